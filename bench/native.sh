#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Run the native benchmarks: samples to build/bench/native.jsonl, the table to the terminal
# and to build/bench/table.txt, charts to build/bench/charts/. The samples of the run
# before stay in build/bench/native.old.jsonl, for 'make compare'. Takes 7 minutes on 2 CPUs;
# needs 4 GiB of memory.
#
# usage: [SMOKE=1] native.sh [OPTION...] [BENCHMARK...]
#   OPTION    of build/bench/native, which has a --help of its own
#   SMOKE=1   small cases, once, 1 GiB; output goes to build/smoke/bench/
#
# Exit status: 0 all was measured; 1 a result was wrong; 2 any other error
set -eu
here=$(dirname -- "$0")
# shellcheck source=../scripts/lib.sh
. "$here/../scripts/lib.sh"
# shellcheck source=env.sh
. "$here/env.sh"

bin=$build/bench
out=$outputs/bench
mkdir -p "$out"
build_report
make --no-print-directory -C "$here" native OUT="$bin" ||
	die "cannot be built, see above; 'make setup' installs what may be missing"

rm -f "$out/native.new.jsonl"
"$bin/native" ${smoke:+--smoke} -o "$out/native.new.jsonl" "$@"
# --list measures nothing, and a -o of the user is another file.
[ -s "$out/native.new.jsonl" ] || exit 0
[ ! -f "$out/native.jsonl" ] || mv "$out/native.jsonl" "$out/native.old.jsonl"
mv "$out/native.new.jsonl" "$out/native.jsonl"
"$report" native "$out/native.jsonl" >"$out/table.txt"
cat "$out/table.txt"
"$report" charts "$out/native.jsonl" "$out/charts"
