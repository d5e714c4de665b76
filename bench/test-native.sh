#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of the native benchmarks: each runs, and its results are right; and initialising and
# claiming preserved struct pages takes at most LIMIT times as long as the slower of memset()
# and stock's pass over them, at each order, in the same run. KTAP on stdout, samples in
# build/test-native/. 20 s and 200 MiB of memory on two idle CPUs.
#
# The minimum of interleaved repetitions counts, on one thread: other load only ever adds.
# Where one is above the limit all are measured once more, and the minimum of both counts.
#
# usage: test-native.sh
set -eu
here=$(dirname -- "$0")
# shellcheck source=../scripts/lib.sh
. "$here/../scripts/lib.sh"
# shellcheck source=../scripts/ktap.sh
. "$here/../scripts/ktap.sh"

limit=1.5
dir=$build/test-native
native=$build/bench/native
ratio=$build/bench/ratio

# smoke BENCHMARK: its small cases once, and a sample of each is in the file
smoke() {
	"$native" --smoke -o "$dir/$1-smoke.jsonl" "$1"
	grep -q '"type":"sample"' "$dir/$1-smoke.jsonl" || { echo "it left no sample"; return 1; }
}

# measure BENCHMARK: more than the caches hold, 15 times unless that takes over a second
measure() { "$native" -m 4 -r 15 -t 1 -o "$dir/$1.jsonl" "$1" >>"$dir/$1.txt" 2>&1; }

# judge BENCHMARK BASE...: a line per case in $dir/verdicts, whose first word is the verdict
judge() {
	_bench=$1
	shift
	"$ratio" -l "$limit" "$dir/$_bench.jsonl" "$_bench" kho_fast "$@" >"$dir/verdicts"
}

measure_and_judge() { measure "$1" && judge "$@"; }

# hold BENCHMARK BASE...: kho_fast against the slowest of these, a result per case
hold() {
	: >"$dir/verdicts"
	if ! measure_and_judge "$@" && grep -q '^above' "$dir/verdicts"; then
		echo "# $1: above the limit, so measured once more; the minimum of both counts"
		measure_and_judge "$@" || :
	fi
	nr=0
	while read -r verdict text; do
		nr=$((nr + 1))
		check "$text" test "$verdict" = within
	done <"$dir/verdicts"
	check "$1: all cases were measured" all_measured "$1" "$nr"
}

cases_of() { "$native" --list | grep -c "^$1 "; }

all_measured() {
	[ "$2" -eq "$(cases_of "$1")" ] && return
	tail -n 20 "$dir/$1.txt"
	return 1
}

make -s -C "$top/bench" native "$ratio" OUT="$build/bench" >&2 ||
	die "cannot be built: 'make setup' installs what is missing"
rm -rf "$dir"
mkdir -p "$dir"
all=$("$native" --list | cut -d ' ' -f 1 | uniq)
# shellcheck disable=SC2086	# words
set -- $all
ktap_begin $(($# + $(cases_of finish) + $(cases_of claim) + 2))
for b; do
	check "$b runs, and its results are right" smoke "$b"
done
hold finish memset stock-like
hold claim stock-like
ktap_end
