#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of what tells where the time of a blackout went: the stamps of lines, landmarks
# of the console, the timeline against the clock of userspace, and the report of them.
# Expected figures were worked out by hand. KTAP on stdout.
#
# usage: test-where.sh
# shellcheck disable=SC2317	# the tests are called by name
set -eu
here=$(dirname -- "$0")
# shellcheck source=../scripts/lib.sh
. "$here/../scripts/lib.sh"

dir=$build/test-where
report=$build/bench/blackout-report
host=$build/e2e/host
tests='lines_are_stamped_at_their_first_byte raw_bytes_are_kept
	parts_are_those_between_the_stamps phases_that_miss_a_percent_are_refused
	phases_outside_the_blackout_are_refused timeline_without_the_old_kernel_is_refused
	landmarks_before_the_console_are_placed_by_the_log landmark_not_said_is_passed_over
	console_without_t0_is_refused table_has_medians_and_marks_the_largest
	parts_of_stock_without_phases parts_that_do_not_add_up_are_refused
	part_names_are_checked old_logs_have_no_parts where_prints_the_last_run_alone
	page_has_a_bar_for_each'

# wants STATUS COMMAND...: its output goes to out and err
wants() {
	want=$1
	shift
	got=0
	"$@" >"$dir/out" 2>"$dir/err" </dev/null || got=$?
	[ "$got" -eq "$want" ] || { echo "# exit status $got, not $want: $(cat "$dir/err")"; return 1; }
}

says() { grep -q -- "$2" "$1" || { echo "# '$2' is not in:"; sed 's/^/#   /' "$1"; return 1; }; }

is() {
	cat >"$dir/want"
	diff "$dir/want" "$1" >"$dir/diff" && return
	sed 's/^/#   /' "$dir/diff"
	return 1
}

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
	sed 's/^/#   /' "$dir/lines"
	return 1
}

raw_bytes_are_kept() {
	printf 'a\r\n\001b' | "$host/stamp" "$dir/raw" 1000 >"$dir/lines"
	[ "$(od -An -c "$dir/raw" | tr -d ' ')" = 'a\r\n001b' ] && says "$dir/lines" '^[0-9]* b$'
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
	wants "$1" "$host/timeline-parts" "$dir/timeline.json" "$2" "$3" 2000000
}

# 200,800 ticks: 100 ns before, 300 ns after 100,000 ns
parts_are_those_between_the_stamps() {
	parts_wants 0 10000 210800 || return 1
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
	parts_wants 0 10000 212000 || return 1
	parts_wants 1 10000 212040 && says "$dir/err" '0.100 ms of 0.101 ms .* 1.01 %'
}

phases_outside_the_blackout_are_refused() {
	parts_wants 1 10300 210800 && says "$dir/err" "'freeze' begins 50 ns before" || return 1
	parts_wants 1 10000 210000 && says "$dir/err" "'early' ends 100 ns after"
}

timeline_without_the_old_kernel_is_refused() {
	timeline | sed -e 's/"previous": true/"previous": false/' -e '/"old"/d' >"$dir/timeline.json"
	wants 1 "$host/timeline-parts" "$dir/timeline.json" 10000 210800 2000000 &&
		says "$dir/err" "the old kernel's phases are missing"
}

# landmarks_want STATUS: of the console in lines, t0 came at 1 s, 100 ms of blackout
landmarks_want() {
	printf '# a comment\nshutdown\tStarting new kernel\nearly\tMemory:\nsmp\tBrought up\ninitcalls\tRun /init\nlate\tafter the blackout\n' >"$dir/marks"
	echo '1000000000 1 t0=77' >"$dir/verdict"
	wants "$1" awk -v blackout=100000000 -f "$here/landmarks.awk" "$dir/marks" "$dir/verdict" "$dir/lines"
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
	landmarks_want 0 || return 1
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
	landmarks_want 0 || return 1
	is "$dir/out" <<-END
		shutdown 2000000
		smp 58000000
		userspace 40000000
	END
}

console_without_t0_is_refused() {
	: >"$dir/lines"
	landmarks_want 1 && says "$dir/err" 'nothing on the console'
}

env_line() {
	printf '{"type":"env","schema":1,"run":"%s","rev":"abc","dirty":false,"kernel":"7.3.4",' "$1"
	printf '"cc":"gcc","cpu":"a cpu","nproc":2,"where":"qemu-tcg","qemu":"10","date":"d","command":"c"}\n'
}

# sample RUN KERNEL BLACKOUT_MS [PARTS]
sample() {
	printf '{"type":"sample","run":"%s","scenario":"sc","kernel":"%s","n":5,"order":0,' "$1" "$2"
	printf '"stride":2,"memory":"8G","nodes":1,"cpus":2,"rep":0,"limit_s":240,"status":"ok",'
	printf '"verified":true,"reason":"","blackout_ns":%s000000,"retrieve_ns":0,' "$3"
	printf '"total_ns":%s000000%s}\n' "$3" "${4-}"
}

# landmarks SHUTDOWN_MS INIT_MS
landmarks() { printf ',"landmarks":{"shutdown":%s000000,"init":%s000000}' "$1" "$2"; }

usual_log() {
	env_line r
	sample r stock 10000 "$(landmarks 2000 8000)"
	sample r stock 12000 "$(landmarks 3000 9000)"
	sample r fast 1000 "$(landmarks 400 600),\"phases\":{\"before\":1000000,\"freeze\":399000000,\"early\":600000000}"
}

# run_report EXIT_STATUS [OPTIONS]: on the log of this test
run_report() {
	status=$1
	shift
	wants "$status" "$report" --no-chart "$@" "$dir/log"
}

# stock (2,000 + 3,000) / 2 of 11,000 and (8,000 + 9,000) / 2; ours 400 and 600 of 1,000
table_has_medians_and_marks_the_largest() {
	usual_log >"$dir/log"
	run_report 0 || return 1
	says "$dir/out" '^  shutdown  *2500.00  *22.7%  *400.00  *40.0%$' || return 1
	says "$dir/out" '^  init  *8500.00  *77.3% <  *600.00  *60.0% <$' || return 1
	says "$dir/out" '^  sum  *11000.00  *1000.00$'
}

# 1 + 399 + 600
parts_of_stock_without_phases() {
	usual_log >"$dir/log"
	run_report 0 || return 1
	says "$dir/out" '^  before  *1.00  *0.1%$' && says "$dir/out" '^  early  *600.00  *60.0% <$' &&
		says "$dir/out" '^  sum  *-  *1000.00$'
}

# 1,009 of 1,000 may be, 1,011 may not
parts_that_do_not_add_up_are_refused() {
	{ env_line r; sample r fast 1000 "$(landmarks 409 600)"; } >"$dir/log"
	run_report 0 || return 1
	{ env_line r; sample r fast 1000 "$(landmarks 411 600)"; } >"$dir/log"
	run_report 2 && says "$dir/err" 'log:2: landmarks: the sum is 1011000000 ns, the blackout 1000000000 ns'
}

part_names_are_checked() {
	{ env_line r; sample r fast 1000 ',"phases":{"<b>":1000000000}'; } >"$dir/log"
	run_report 2 && says "$dir/err" "log:2: field 'phases' is '<b>'"
}

old_logs_have_no_parts() {
	{ env_line r; sample r stock 9000; sample r fast 1000; } >"$dir/log"
	run_report 0 && ! grep -q 'Where the time went' "$dir/out" "$dir/blackout.html" || return 1
	run_report 2 --where && says "$dir/err" "run r was measured without"
}

where_prints_the_last_run_alone() {
	{ usual_log; env_line s | sed s/qemu-tcg/metal/; sample s fast 1000 "$(landmarks 300 700)"; } >"$dir/log"
	rm -f "$dir/blackout.txt"
	run_report 0 --where && says "$dir/out" 'run s$' && says "$dir/out" '^  init .* 700.00  *70.0% <$' &&
		! grep -q -e 'run r$' -e '^Blackout' "$dir/out" && [ ! -e "$dir/blackout.txt" ]
}

# Bars are 800 - 150 - 80 = 570 wide; 40 % of that are 228
page_has_a_bar_for_each() {
	usual_log >"$dir/log"
	run_report 0 && says "$dir/blackout.html" '<title>shutdown: 400.00 ms, 40.0%</title><rect x="150.00" y="49" width="228.00"' &&
		says "$dir/blackout.html" '<title>init: 600.00 ms, 60.0%</title><rect x="378.00" y="49" width="342.00"' &&
		says "$dir/blackout.html" 'ours, own stamps' && [ "$(grep -c '<title>[a-z]*: .* ms, ' "$dir/blackout.html")" -eq 7 ]
}

make -s -C "$here" OUT="$build/bench"
make -s -C "$top/tests/e2e/host" OUT="$host"
mkdir -p "$dir"
# shellcheck disable=SC2086	# words on purpose
set -- $tests
echo 'KTAP version 1'
echo "1..$#"
nr=0 rc=0
for t; do
	nr=$((nr + 1))
	if "$t"; then
		echo "ok $nr - where: $t"
	else
		echo "not ok $nr - where: $t"
		rc=1
	fi
done
exit "$rc"
