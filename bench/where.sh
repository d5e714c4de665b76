#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Where the time of the last 'make blackout' went.  Builds what it needs into build/bench;
# changes nothing else.
#
# usage: [SMOKE=1] where.sh [FILE]
#   FILE      samples of bench/blackout.sh (build/report/blackout.jsonl)
#   SMOKE=1   those of 'SMOKE=1 make blackout' (build/smoke/report/blackout.jsonl)
#
# Exit status: 0; 1 a repetition of that run failed; 2 there are no samples.
set -eu
here=$(dirname -- "$0")
# shellcheck source=../scripts/lib.sh
. "$here/../scripts/lib.sh"
# shellcheck source=env.sh
. "$here/env.sh"

make -s -C "$here" OUT="$build/bench" >&2 ||
	die "cannot be built, see above; 'make setup' installs what may be missing"
exec "$build/bench/blackout-report" --where "${1:-$out/blackout.jsonl}"
