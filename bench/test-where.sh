#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of the breakdown of a blackout, up to its samples: stamps of lines, landmarks of the
# console, the timeline against the clock of userspace. The expected figures were calculated by
# hand. KTAP on stdout.
#
# usage: test-where.sh
# shellcheck disable=SC2317	# the tests are called by name
set -eu
here=$(dirname -- "$0")
# shellcheck source=../scripts/lib.sh
. "$here/../scripts/lib.sh"
# shellcheck source=../scripts/ktap.sh
. "$here/../scripts/ktap.sh"

dir=$build/test-where
host=$build/e2e/host

is() { diff - "$1"; }

# "two" begins with "one", 50 ms before its end comes; "three" 100 ms later
# On a busy machine the reader may come late and find all at once: another try then.  One
# that stamps the ends of lines never passes.
lines_are_stamped_at_their_first_byte() {
	for delay in 0.2 1 3; do
		{ sleep "$delay"; printf 'one\nt'; sleep 0.05; printf 'wo\r\n'; sleep 0.05; echo three; } |
			"$host/stamp" "$dir/raw" >"$dir/lines"
		awk 'NR == 1 { one = $1 } NR == 2 { two = $1 }
			{ texts = texts $2 " " }
			END { exit texts != "one two three " || two != one || $1 - two < 90e6 }' \
			"$dir/lines" && return
	done
	cat "$dir/lines"
	return 1
}

raw_bytes_are_kept() {
	printf 'a\r\n\001b' | "$host/stamp" "$dir/raw" 1000 >"$dir/lines"
	[ "$(od -An -c "$dir/raw" | tr -d ' ')" = 'a\r\n001b' ]
	has lines '^[0-9]* b$'
}

# Two ticks a ns. The first stamp is 200 ticks after t0, the phases take 100,000 ns
timeline() {
	cat <<-END
		{"version": 1, "clock": "tsc", "khz": 2000000, "origin": 10200, "previous": true,
		 "phases": [
		  {"name": "freeze", "kernel": "old", "begin_ns": 0, "end_ns": 20000},
		  {"name": "jump", "kernel": "old", "begin_ns": 20000, "end_ns": 50000},
		  {"name": "early", "kernel": "new", "begin_ns": 50000, "end_ns": 100000}],
		 "spans": [], "totals": [], "lost": 0}
	END
}

# parts_wants STATUS T0 T1
parts_wants() {
	timeline >"$dir/timeline.json"
	exits "$1" "$host/timeline-parts" "$dir/timeline.json" "$2" "$3" 2000000
}

# 200,800 ticks: 100 ns before, 300 ns after 100,000 ns
parts_are_those_between_the_stamps() {
	parts_wants 0 10000 210800
	is "$dir/out" <<-END
		before 100
		freeze 20000
		jump 30000
		early 50000
		return 300
	END
}

# 100,000 ns of 101,000 are missing 0.99 %, of 101,020 1.01 %
phases_that_miss_a_percent_are_refused() {
	parts_wants 0 10000 212000
	parts_wants 1 10000 212040
	has err '0.100 ms of 0.101 ms .* 1.01 %'
}

phases_outside_the_blackout_are_refused() {
	parts_wants 1 10300 210800
	has err "'freeze' begins 50 ns before"
	parts_wants 1 10000 210000
	has err "'early' ends 100 ns after"
}

timeline_without_the_old_kernel_is_refused() {
	timeline | sed -e 's/"previous": true/"previous": false/' -e '/"old"/d' >"$dir/timeline.json"
	exits 1 "$host/timeline-parts" "$dir/timeline.json" 10000 210800 2000000
	has err "the old kernel's phases are missing"
}

# landmarks_want STATUS: of the console in lines, t0 came at 1 s, 100 ms of blackout
landmarks_want() {
	printf '%s\t%s\n' '# a' comment shutdown 'Starting new kernel' early Memory: smp 'Brought up' \
		initcalls 'Run /init' late 'after the blackout' >"$dir/marks"
	echo '1000000000 1 t0=77' >"$dir/verdict"
	exits "$1" awk -v blackout=100000000 -f "$here/landmarks.awk" "$dir/marks" "$dir/verdict" \
		"$dir/lines"
}

# The line at 50.5 ms of the log came at 70 ms, sooner after it was said than any other: the
# log began at 19.5 ms, and "Memory:" was said at 29.5 ms, though it came at 60 ms. The last
# line has no say in what was before: it came late, half a ms after the end.
landmarks_before_the_console_are_placed_by_the_log() {
	cat >"$dir/lines" <<-END
		999000000 [    4.000000] Memory: of an earlier boot
		1002000000 [    5.100000] kexec_core: Starting new kernel
		1060000000 [    0.000000] Linux version 7.3.4
		1060000000 [    0.010000] Memory: 1K
		1061000000 [    0.040000] printk: console [ttyS0] enabled
		1070000000 [    0.050500] smp: Brought up 1 node, 2 CPUs
		1100500000 [    0.070000] Run /init as init process
		1200000000 [    0.075000] after the blackout
	END
	landmarks_want 0
	is "$dir/out" <<-END
		shutdown 2000000
		early 27500000
		smp 40500000
		initcalls 30000000
		userspace 0
	END
}

landmark_not_said_is_passed_over() {
	cat >"$dir/lines" <<-END
		1002000000 [    5.100000] kexec_core: Starting new kernel
		1060000000 [    0.040000] smp: Brought up 1 node, 2 CPUs
	END
	landmarks_want 0
	is "$dir/out" <<-END
		shutdown 2000000
		smp 58000000
		userspace 40000000
	END
}

console_without_t0_is_refused() {
	: >"$dir/lines"
	landmarks_want 1
	has err 'nothing on the console'
}

make -s -C "$top/tests/e2e/host" OUT="$host"
mkdir -p "$dir"
check_all where parts_wants landmarks_want
