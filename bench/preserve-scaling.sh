#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Do two threads on two nodes preserve twice as many folios a second as one?  Runs
# bench/plans/preserve-scaling.plan on stock and on the accelerated kernel, in turns: each
# thread has a CPU and 262,144 single pages of its own node. Adds records to
# build/report/preserve-scaling.jsonl, prints a table. Emulated CPUs run in parallel (MTTCG),
# as far as the host has CPUs for them: measure on a quiet machine with at least two.
#
# usage: [REPS=N] preserve-scaling.sh
#   REPS   guests per kernel (3); in each the fastest of 25 passes counts, since whatever
#          else the host does can only slow them down
#
# Exit status: 0; 1 a run failed, or ours does less than 1.8 times as much with two threads
# as with one; 4 the machine has a single CPU.
set -eu
here=$(dirname -- "$0")
# shellcheck source=../scripts/lib.sh
. "$here/../scripts/lib.sh"

reps=${REPS:-3}
out=$build/report
log=$out/preserve-scaling.jsonl
work=$build/preserve-scaling
run=$(date -u +%Y%m%dT%H%M%SZ)-$$
target=1.8

# value KEY
value() {
	v=$(sed -n "s/^1 $1=//p" "$work/vm/verdict")
	echo "${v:?the guest reported no $1}"
}

# sample THREADS: one record of the guest that just ended
sample() {
	label=one
	[ "$1" -eq 1 ] || label=two
	printf '{"type":"sample","run":"%s","where":"qemu-%s","kernel":"%s","threads":%s,"rep":%s,' \
		"$run" "$(cat "$work/vm/accel")" "$kernel" "$1" "$rep"
	printf '"folios":%s,"min_ns":%s,"ns":%s,"max_ns":%s}\n' "$(value "${label}_folios")" \
		"$(value "${label}_preserve_min_ns")" "$(value "${label}_preserve_ns")" \
		"$(value "${label}_preserve_max_ns")"
}

measure() {
	"$top/tests/e2e/vm.sh" -1 "$kernel" -o "$work/vm" "$here/plans/preserve-scaling.plan" || exit 1
	sample 1 >"$work/samples"
	sample 2 >>"$work/samples"
	cat "$work/samples" >>"$log"
}

# The median rate of the guests, in folios per microsecond, and what two threads gain
table() {
	grep "\"run\":\"$run\"" "$log" |
		sed -e 's/.*"kernel":"\(.*\)","threads":\(.*\),"rep".*"folios":/\1 \2 /' \
			-e 's/,"min_ns":\(.*\),"ns".*/ \1/' |
		awk '{ print $1 $2, 1e3 * $3 / $4 }' | sort -k1,1 -k2,2n |
		awk -v target="$target" -v reps="$reps" '
			{ rate[$1, ++n[$1]] = $2 }
			function median(key,  m) {
				m = n[key]
				return (rate[key, int((m + 1) / 2)] + rate[key, int(m / 2) + 1]) / 2
			}
			function line(name, key) {
				gain = median(key 2) / median(key 1)
				printf "%-6s %12.2f %12.2f %8.2f\n", name, median(key 1), median(key 2), gain
			}
			END {
				printf "folios per us, single pages, two nodes, median of %d\n", reps
				printf "%-6s %12s %12s %8s\n", "", "1 thread", "2 threads", "gain"
				line("stock", "stock")
				line("ours", "fast")
				printf "target: ours gains at least %s\n", target
				exit !(gain >= target)
			}'
}

[ "$(nproc)" -ge 2 ] || { say 'this machine has one CPU: nothing can run in parallel'; exit 4; }
case $reps in *[!0-9]* | 0 | '') die "REPS is the number of guests per kernel, not '$reps'" ;; esac
mkdir -p "$out" "$work"
rep=0
while [ "$rep" -lt "$reps" ]; do
	for kernel in stock fast; do
		measure
		say "$kernel, repetition $rep: fastest pass of one thread $(value one_preserve_min_ns) ns," \
			"of two $(value two_preserve_min_ns) ns for twice as much"
	done
	rep=$((rep + 1))
done
table
