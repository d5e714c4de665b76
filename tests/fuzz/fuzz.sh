#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Run a fuzzer until it finds something.  TARGET, FUZZ_ARGS and SMOKE as in the Makefile.
#
# usage: [TARGET=luo|memfd] [KDIR=/path/to/linux-7.3.y] fuzz.sh
set -eu
here=$(dirname -- "$0")
# shellcheck source=../../scripts/lib.sh
. "$here/../../scripts/lib.sh"

KDIR=$("$top/scripts/fetch-linux.sh")
export KDIR
exec make --no-print-directory -C "$top/tests/fuzz" fuzz
