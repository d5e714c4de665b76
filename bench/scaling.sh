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
run=$(date -u +%Y%m%dT%H%M%SZ)-$$

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
	nodes_of | awk -v run="$run" -v nodes="$1" -v cpus="$2" -v rep="$3" \
		-v where="qemu-$(cat "$work/vm/accel")" '{
		printf "{\"type\":\"sample\",\"run\":\"%s\",\"where\":\"%s\",\"nodes\":%s,", run, where, nodes
		printf "\"cpus\":%s,\"rep\":%s,\"node\":%s,\"sections\":%s,", cpus, rep, $1, $2
		printf "\"began_ns\":%s,\"ended_ns\":%s,\"cpu_ns\":%s}\n", $4, $5, $6 }' >>"$log"
	say "$1 nodes, $2 CPUs, repetition $3: $(nodes_of | awk '{
		printf "%snode %s from %.3f to %.3f s", sep, $1, $4 / 1e9, $5 / 1e9; sep = ", " }')"
}

# What was measured in this run, one line per sample: nodes cpus began ended
samples() {
	sed -n "s/.*\"run\":\"$run\".*\"nodes\":\([0-9]*\),\"cpus\":\([0-9]*\),.*\"began_ns\":\([0-9]*\),\"ended_ns\":\([0-9]*\),.*/\1 \2 \3 \4/p" "$log"
}

# median CPUS: of the milliseconds that one node took
median() {
	samples | awk -v cpus="$1" '$1 == 1 && $2 == cpus { print ($4 - $3) / 1e6 }' | sort -n |
		awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

# Milliseconds for which all four nodes were at work, in the worst repetition
all_at_once() {
	samples | awk '$1 == 4 { if (!n || $3 > began) began = $3; if (!n || $4 < ended) ended = $4
			n++; if (n == 4) { both = (ended - began) / 1e6; n = 0
			if (worst == "" || both < worst) worst = both } }
		END { print (worst > 0 ? worst : 0) }'
}

whole_number REPS "$reps"
need_cpus 2
need_guests "$host" fast
mkdir -p "$out" "$work"
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

one=$(median 1)
two=$(median 2)
both=$(all_at_once)
awk -v one="$one" -v two="$two" -v both="$both" -v reps="$reps" -v folios="$folios" \
	-v smoke="$smoke" 'BEGIN {
	printf "\nfinishing %.1f GiB of preserved 2 MiB folios, median of %d\n", folios / 512, reps
	printf "one node, 1 CPU   %8.1f ms\n", one
	printf "one node, 2 CPUs  %8.1f ms   %.2f times as fast%s\n", two, one / two,
		smoke ? "" : " (target: 1.7)"
	printf "four nodes        %8.1f ms during which all four were at work\n", both
	exit !(smoke || one / two >= 1.7 && both > 0) }'
