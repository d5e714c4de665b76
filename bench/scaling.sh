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

# live_update PLAN [OPTION...]
live_update() {
	_name=$1
	shift
	run_guest "${smoke:+SMOKE=1 }bench/scaling.sh $_name" "$work/$_name.plan" "$@"
	[ "$status" = ok ] || { cat "$work/reason" >&2; exit 1; }
}

# initialise NODES CPUS
initialise() {
	live_update sections -m "$memory" -b ram -n "$1" -c "$2" -t 180
	[ -n "$(nodes_of)" ] || die "the guest reported no node in kho/in/nodes: see $work/vm/verdict"
	nodes_of | while read -r node sections _ began ended cpu; do
		add_sample bench=scaling case="$1x$2" nodes="$1" cpus="$2" node="$node" \
			sections="$sections" began_ns="$began" ended_ns="$ended" cpu_ns="$cpu" || exit
	done
	say "$1 nodes, $2 CPUs, repetition $rep: $(nodes_of | awk '{
		printf "%snode %s from %.3f to %.3f s", sep, $1, $4 / 1e9, $5 / 1e9; sep = ", " }')"
}

one_node() {
	initialise 1 1
	initialise 1 2
}

four_nodes() { initialise 4 4; }

two_threads() {
	live_update preserve ${smoke:+-m 1G}
	for label in one two; do
		threads=1
		[ "$label" = one ] || threads=2
		add_sample bench=preserve-scaling case=two-nodes threads="$threads" \
			folios="$(value "${label}_folios")" min_ns="$(value "${label}_preserve_min_ns")" \
			ns="$(value "${label}_preserve_ns")" max_ns="$(value "${label}_preserve_max_ns")"
	done
	say "$kernel, repetition $rep: fastest pass of one thread $(value one_preserve_min_ns) ns," \
		"of two $(value two_preserve_min_ns) ns for twice as much"
}

# report_on COMMAND LIMIT
report_on() {
	[ -z "$smoke" ] || set -- "$1" ''
	"$report" "$1" --run "$run" "$log" ${2:+--limit "$2"}
}

sections() {
	reps=${REPS:-5} reps_of_four=3 memory=256G host=9 folios=100000
	[ -z "$smoke" ] || reps=1 reps_of_four=1 memory=2G host=2 folios=400
	begin_run scaling "$host" fast
	printf '%s\n' 'stage 1' 'insmod kho_workload' \
		"workload preserve set=scatter n=$folios order=9 stride=1 stamp=sparse" kexec 'stage 2' \
		'show /sys/kernel/debug/kho/in/nodes' 'insmod kho_workload' \
		'workload scribble max_mb=1024' 'workload restore' 'workload verify' poweroff \
		>"$work/sections.plan"
	in_turns one_node "$reps" fast
	in_turns four_nodes "$reps_of_four" fast
	printf '\nfinishing %s preserved folios of 2 MiB, median of %s\n' "$folios" "$reps"
	report_on scaling 1.7
}

preserve() {
	reps=${REPS:-3} host=2
	[ -z "$smoke" ] || reps=1 host=1
	begin_run preserve-scaling "$host" stock fast
	sed ${smoke:+-e 's/ n=[0-9]* / n=4096 /; s/ reps=[0-9]* / reps=2 /'} -e '' \
		"$here/plans/preserve-scaling.plan" >"$work/preserve.plan"
	in_turns two_threads "$reps" stock fast
	report_on preserve-scaling 1.8
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
