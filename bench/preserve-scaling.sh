#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Do two threads on two nodes preserve twice as many folios a second as one?  Runs
# bench/plans/preserve-scaling.plan on stock and on the accelerated kernel, in turns: each
# thread has a CPU and 262,144 single pages of its own node. Adds records to
# build/report/preserve-scaling.jsonl, prints a table. Emulated CPUs run in parallel (MTTCG),
# as far as the host has CPUs for them: measure on a quiet machine with at least two.
#
# usage: [REPS=N | SMOKE=1] preserve-scaling.sh
#   REPS      guests per kernel (3); in each the fastest of 25 passes counts, since whatever
#             else the host does can only slow them down
#   SMOKE=1   does it work? Guests of 1 GiB, one per kernel, 4,096 pages, two passes;
#             everything goes to build/smoke/ instead, and speed is no matter
#
# Exit status: 0; 1 a run failed, ours does less than 1.8 times as much with two threads
# as with one, or it cannot be measured here; 4 the machine has a single CPU.
set -eu
here=$(dirname -- "$0")
# shellcheck source=../scripts/lib.sh
. "$here/../scripts/lib.sh"
# shellcheck source=env.sh
. "$here/env.sh"

reps=${REPS:-3} host=2 memory=''
[ -z "$smoke" ] || reps=1 host=1 memory=1G
log=$out/preserve-scaling.jsonl
work=$outputs/preserve-scaling
run=$(date -u +%Y%m%dT%H%M%SZ)-$$ env_written=''

write_plan() {
	if [ -n "$smoke" ]; then
		sed 's/ n=[0-9]* / n=4096 /; s/ reps=[0-9]* / reps=2 /' "$here/plans/preserve-scaling.plan"
	else
		cat "$here/plans/preserve-scaling.plan"
	fi
}

# value KEY
value() {
	v=$(sed -n "s/^1 $1=//p" "$work/vm/verdict")
	echo "${v:?the guest reported no $1}"
}

# sample THREADS LABEL: one record of the guest that just ended
sample() {
	"$report" add "$log" sample run="$run" bench=preserve-scaling case=two-nodes \
		variant="$kernel" threads="$1" rep="$rep" folios="$(value "$2_folios")" \
		min_ns="$(value "$2_preserve_min_ns")" ns="$(value "$2_preserve_ns")" \
		max_ns="$(value "$2_preserve_max_ns")"
}

measure() {
	"$top/tests/e2e/vm.sh" -1 "$kernel" ${memory:+-m "$memory"} -o "$work/vm" \
		"$work/preserve-scaling.plan" || exit 1
	[ -n "$env_written" ] || env_record "$log" "$run" "$(cat "$work/vm/accel")" \
		bench/preserve-scaling.sh
	env_written=1
	sample 1 one
	sample 2 two
}

whole_number REPS "$reps"
need_cpus 2
need_guests "$host" stock fast
build_report
begin_log "$log"
mkdir -p "$work"
write_plan >"$work/preserve-scaling.plan"
rep=0
while [ "$rep" -lt "$reps" ]; do
	for kernel in stock fast; do
		measure
		say "$kernel, repetition $rep: fastest pass of one thread $(value one_preserve_min_ns) ns," \
			"of two $(value two_preserve_min_ns) ns for twice as much"
	done
	rep=$((rep + 1))
done
set -- --run "$run" "$log"
[ -n "$smoke" ] || set -- --limit 1.8 "$@"
"$report" preserve-scaling "$@"
