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

reps=${REPS:-3} host=2 memory='' target=1.8
[ -z "$smoke" ] || reps=1 host=1 memory=1G target=0
log=$out/preserve-scaling.jsonl
work=$outputs/preserve-scaling
run=$(date -u +%Y%m%dT%H%M%SZ)-$$

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
	"$top/tests/e2e/vm.sh" -1 "$kernel" ${memory:+-m "$memory"} -o "$work/vm" \
		"$work/preserve-scaling.plan" || exit 1
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
				if (target)
					printf "target: ours gains at least %s\n", target
				exit !(gain >= target)
			}'
}

whole_number REPS "$reps"
need_cpus 2
need_guests "$host" stock fast
mkdir -p "$out" "$work"
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
table
