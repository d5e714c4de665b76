#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of libluo, over a /dev/liveupdate of files (fake.c). KTAP on stdout.
#
# usage: [KHO_SEED=N] test.sh
# shellcheck disable=SC2317	# the tests are called by name
set -eu
here=$(dirname -- "$0")
# shellcheck source=../../scripts/lib.sh
. "$here/../../scripts/lib.sh"
# shellcheck source=../../scripts/ktap.sh
. "$here/../../scripts/ktap.sh"

# shellcheck source=build.sh
. "$here/build.sh"

in_c() { boot && "$dir/libluo" "$1" </dev/null; }

tests=$("$dir/libluo")
# shellcheck disable=SC2086	# words on purpose
set -- $tests
ktap_begin $#
for t; do
	check "$t" in_c "$t"
done
ktap_end
