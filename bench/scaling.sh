#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Do more CPUs finish the sections of preserved memory faster, and do all nodes work at
# once?  Live updates of guests of 256 GiB, of which 195 are preserved: one node with one and
# with two CPUs, then four nodes with a CPU each.  The kernel's own record, kho/in/nodes
# in debugfs, says when each node began and ended.  Adds records to
# build/report/scaling.jsonl, prints a table.  Emulated CPUs run in parallel (MTTCG), as
# far as the host has CPUs for them: measure on a quiet machine with at least two.
#
# usage: [REPS=N | SMOKE=1] scaling.sh
#   REPS      repetitions with one node (5)
#   SMOKE=1   does it work? Guests of 2 GiB, once each; everything goes to build/smoke/
#             instead, and speed is no matter
#
# Exit status: 0; 1 a run failed, two CPUs are less than 1.7 times as fast as one, some
# node ended before another began, or it cannot be measured here; 4 the machine has a
# single CPU.
set -eu
here=$(dirname -- "$0")
# shellcheck source=../scripts/lib.sh
. "$here/../scripts/lib.sh"
# shellcheck source=env.sh
. "$here/env.sh"

reps=${REPS:-5} reps_of_four=3 memory=256G host=9 folios=100000
[ -z "$smoke" ] || reps=1 reps_of_four=1 memory=2G host=2 folios=400
log=$out/scaling.jsonl
work=$outputs/scaling
run=$(date -u +%Y%m%dT%H%M%SZ)-$$ env_written=''

write_plan() {
	cat <<-EOF
		stage 1
		insmod kho_workload
		workload preserve set=scatter n=$folios order=9 stride=1 stamp=sparse
		kexec
		stage 2
		show /sys/kernel/debug/kho/in/nodes
		insmod kho_workload
		workload scribble max_mb=1024
		workload restore
		workload verify
		poweroff
	EOF
}

# The lines of kho/in/nodes: node sections freed_pages began_ns ended_ns cpu_ns
nodes_of() { sed -n 's/^# 2 \([0-9 ]*\)$/\1/p' "$work/vm/verdict"; }

# measure NODES CPUS REP
measure() {
	"$top/tests/e2e/vm.sh" -1 fast -m "$memory" -b ram -n "$1" -c "$2" -t 180 -o "$work/vm" \
		"$work/scaling.plan" || exit 1
	[ -n "$(nodes_of)" ] || die "the guest reported no node in kho/in/nodes: see $work/vm/verdict"
	[ -n "$env_written" ] || env_record "$log" "$run" "$(cat "$work/vm/accel")" bench/scaling.sh
	env_written=1
	nodes_of | while read -r node sections _ began ended cpu; do
		"$report" add "$log" sample run="$run" bench=scaling case="$1x$2" variant=fast nodes="$1" \
			cpus="$2" rep="$3" node="$node" sections="$sections" began_ns="$began" \
			ended_ns="$ended" cpu_ns="$cpu" || exit
	done
	say "$1 nodes, $2 CPUs, repetition $3: $(nodes_of | awk '{
		printf "%snode %s from %.3f to %.3f s", sep, $1, $4 / 1e9, $5 / 1e9; sep = ", " }')"
}

whole_number REPS "$reps"
need_cpus 2
need_guests "$host" fast
build_report
begin_log "$log"
mkdir -p "$work"
write_plan >"$work/scaling.plan"
rep=0
while [ "$rep" -lt "$reps" ]; do
	measure 1 1 "$rep"
	measure 1 2 "$rep"
	rep=$((rep + 1))
done
rep=0
while [ "$rep" -lt "$reps_of_four" ]; do
	measure 4 4 "$rep"
	rep=$((rep + 1))
done

printf '\nfinishing %s preserved folios of 2 MiB, median of %s\n' "$folios" "$reps"
set -- --run "$run" "$log"
[ -n "$smoke" ] || set -- --limit 1.7 "$@"
"$report" scaling "$@"
