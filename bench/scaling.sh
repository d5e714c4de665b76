#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# More CPUs and more nodes. Emulated CPUs run in parallel (MTTCG) as far as the host has CPUs for
# them: measure on a quiet machine with at least two.
#
# usage: [REPS=N | SMOKE=1] scaling.sh [sections | preserve]
#   sections  time to initialise the sections of preserved memory: guests of 256 GiB, of which 195
#             are preserved, with one node and one CPU, then two, then four nodes with a CPU each.
#             The kernel records when each node began and ended (kho/in/nodes in debugfs).
#             Samples: build/report/scaling.jsonl
#   preserve  two threads on two nodes, 262,144 single pages each, against one: the plan
#             preserve-scaling, stock and accelerated in turns. In each guest the fastest of 25
#             passes counts, since other load can only slow them down.
#             Samples: build/report/preserve-scaling.jsonl
#   REPS      repetitions (5; 3 with four nodes, 3 of preserve)
#   SMOKE=1   guests of 1 or 2 GiB, once each, no target; everything goes to build/smoke/
#
# Exit status: 0; 1 a run failed, two CPUs are less than 1.7 times as fast as one, two threads
# less than 1.8 times, some node ended before another began, or it cannot be measured here;
# 4 the machine has a single CPU.
set -eu
here=$(dirname -- "$0")
# shellcheck source=../scripts/lib.sh
. "$here/../scripts/lib.sh"
# shellcheck source=env.sh
. "$here/env.sh"

# The lines of kho/in/nodes: node sections freed_pages began_ns ended_ns cpu_ns
nodes_of() { sed -n 's/^# 2 \([0-9 ]*\)$/\1/p' "$work/vm/verdict"; }

# value KEY
value() {
	v=$(sed -n "s/^1 $1=//p" "$work/vm/verdict")
	echo "${v:?the guest reported no $1}"
}

# run_guest KERNEL PLAN [OPTION...]
run_guest() {
	_kernel=$1 _plan=$2
	shift 2
	"$top/tests/e2e/vm.sh" -1 "$_kernel" "$@" -o "$work/vm" "$work/$_plan.plan" || exit 1
	[ -n "$env_written" ] || env_record "$log" "$run" "$(cat "$work/vm/accel")" \
		"${smoke:+SMOKE=1 }bench/scaling.sh $what"
	env_written=1
}

# add_sample KEY=VALUE...
add_sample() { "$report" add "$log" sample run="$run" rep="$rep" "$@"; }

# measure_sections NODES CPUS
measure_sections() {
	run_guest fast sections -m "$memory" -b ram -n "$1" -c "$2" -t 180
	[ -n "$(nodes_of)" ] || die "the guest reported no node in kho/in/nodes: see $work/vm/verdict"
	nodes_of | while read -r node sections _ began ended cpu; do
		add_sample bench=scaling case="$1x$2" variant=fast nodes="$1" cpus="$2" node="$node" \
			sections="$sections" began_ns="$began" ended_ns="$ended" cpu_ns="$cpu" || exit
	done
	say "$1 nodes, $2 CPUs, repetition $rep: $(nodes_of | awk '{
		printf "%snode %s from %.3f to %.3f s", sep, $1, $4 / 1e9, $5 / 1e9; sep = ", " }')"
}

# measure_preserve KERNEL
measure_preserve() {
	run_guest "$1" preserve ${smoke:+-m 1G}
	for label in one two; do
		threads=1
		[ "$label" = one ] || threads=2
		add_sample bench=preserve-scaling case=two-nodes variant="$1" threads="$threads" \
			folios="$(value "${label}_folios")" min_ns="$(value "${label}_preserve_min_ns")" \
			ns="$(value "${label}_preserve_ns")" max_ns="$(value "${label}_preserve_max_ns")"
	done
	say "$1, repetition $rep: fastest pass of one thread $(value one_preserve_min_ns) ns," \
		"of two $(value two_preserve_min_ns) ns for twice as much"
}

# begin WHAT LOG GIB KERNEL...
begin() {
	what=$1 log=$out/$2.jsonl work=$outputs/$2 env_written='' rep=0
	run=$(date -u +%Y%m%dT%H%M%SZ)-$$
	shift 2
	need_guests "$@"
	build_report
	begin_log "$log"
	mkdir -p "$work"
}

sections() {
	reps=${REPS:-5} reps_of_four=3 memory=256G host=9 folios=100000
	[ -z "$smoke" ] || reps=1 reps_of_four=1 memory=2G host=2 folios=400
	begin sections scaling "$host" fast
	printf '%s\n' 'stage 1' 'insmod kho_workload' \
		"workload preserve set=scatter n=$folios order=9 stride=1 stamp=sparse" kexec 'stage 2' \
		'show /sys/kernel/debug/kho/in/nodes' 'insmod kho_workload' \
		'workload scribble max_mb=1024' 'workload restore' 'workload verify' poweroff \
		>"$work/sections.plan"
	while [ "$rep" -lt "$reps" ]; do
		measure_sections 1 1
		measure_sections 1 2
		rep=$((rep + 1))
	done
	rep=0
	while [ "$rep" -lt "$reps_of_four" ]; do
		measure_sections 4 4
		rep=$((rep + 1))
	done
	printf '\nfinishing %s preserved folios of 2 MiB, median of %s\n' "$folios" "$reps"
	set -- --run "$run" "$log"
	[ -n "$smoke" ] || set -- --limit 1.7 "$@"
	"$report" scaling "$@"
}

preserve() {
	reps=${REPS:-3} host=2
	[ -z "$smoke" ] || reps=1 host=1
	begin preserve preserve-scaling "$host" stock fast
	sed ${smoke:+-e 's/ n=[0-9]* / n=4096 /; s/ reps=[0-9]* / reps=2 /'} -e '' \
		"$here/plans/preserve-scaling.plan" >"$work/preserve.plan"
	while [ "$rep" -lt "$reps" ]; do
		measure_preserve stock
		measure_preserve fast
		rep=$((rep + 1))
	done
	set -- --run "$run" "$log"
	[ -n "$smoke" ] || set -- --limit 1.8 "$@"
	"$report" preserve-scaling "$@"
}

whole_number REPS "${REPS:-1}"
need_cpus 2
case ${1-} in
sections | preserve) "$1" ;;
'')
	sections
	preserve ;;
*) bad_usage ;;
esac
