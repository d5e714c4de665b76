#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of bench/report on logs made by hand; expected figures were worked out by hand.
# KTAP on stdout.
#
# usage: test-blackout.sh
# shellcheck disable=SC2317	# the tests are called by name
set -eu
here=$(dirname -- "$0")
# shellcheck source=../scripts/lib.sh
. "$here/../scripts/lib.sh"

dir=$build/test-blackout
report=$build/bench/blackout-report
tests='median_and_ratio_of_odd_and_even_samples restore_is_added_to_the_total
	limit_makes_a_lower_bound unverified_sample_gives_no_figure
	targets_are_met_or_not latest_run_wins different_wheres_share_no_table
	cut_line_is_named unknown_schema_is_refused empty_log_is_refused
	missing_log_is_refused sum_that_is_wrong_is_refused page_is_self_contained
	a_single_point_is_drawn_in_silence no_setting_of_a_user_is_in_a_chart'

env_line() {
	printf '{"type":"env","schema":%s,"run":"%s","rev":"abc","dirty":false,"kernel":"7.3.4",' "$2" "$1"
	printf '"cc":"gcc","cpu":"a cpu","nproc":2,"where":"%s","qemu":"10","date":"d","command":"c"}\n' "$3"
}

# sample RUN SCENARIO KERNEL N BLACKOUT_S RETRIEVE_S [STATUS [VERIFIED]]
sample() {
	printf '{"type":"sample","run":"%s","scenario":"%s","kernel":"%s","n":%s,' "$1" "$2" "$3" "$4"
	printf '"order":0,"stride":2,"memory":"8G","nodes":1,"cpus":2,"rep":0,"limit_s":240,'
	printf '"status":"%s","verified":%s,"reason":"","blackout_ns":%s,"retrieve_ns":%s,"total_ns":%s}\n' \
		"${7:-ok}" "${8:-true}" "$(ns "$5")" "$(ns "$6")" "$(ns "$(awk "BEGIN { print $5 + $6 }")")"
}

ns() { awk -v s="$1" 'BEGIN { printf "%.0f", s * 1e9 }'; }

# run_report EXIT_STATUS [OPTIONS]: on the log of this test
run_report() {
	want=$1
	shift
	got=0
	"$report" --no-chart "$@" "$dir/log" >"$dir/out" 2>"$dir/err" || got=$?
	[ "$got" -eq "$want" ] || { echo "# exit status $got, not $want: $(cat "$dir/err")"; return 1; }
}

says() { grep -q -- "$2" "$1" || { echo "# '$2' is not in:"; sed 's/^/#   /' "$1"; return 1; }; }

# stock 10, 12, 40 -> min 10, median 12; ours 2, 4 -> min 2, median (2 + 4) / 2 = 3; 12 / 3
median_and_ratio_of_odd_and_even_samples() {
	{
		env_line r 1 qemu-tcg
		for s in 40 10 12; do sample r sc stock 16384 "$s" 0; done
		for s in 2 4; do sample r sc fast 16384 "$s" 0; done
	} >"$dir/log"
	run_report 0 && says "$dir/out" '16,384 4 KiB scattered .* 8G *10.0 *12.0 *2.00 *3.00 *4.0x'
}

# 10 + 2 and 1 + 1: 12 / 2
restore_is_added_to_the_total() {
	{ env_line r 1 qemu-tcg; sample r sc stock 5 10 2; sample r sc fast 5 1 1; } >"$dir/log"
	run_report 0 && says "$dir/out" '2.00 *1.00 *12.0 *2.00 *6.0x'
}

# beyond 240 s against 2 s: more than 120 times
limit_makes_a_lower_bound() {
	{ env_line r 1 qemu-tcg; sample r sc stock 5 0 0 limit false; sample r sc fast 5 2 0; } >"$dir/log"
	run_report 0 && says "$dir/out" '> 240 .*> 120.0x'
}

unverified_sample_gives_no_figure() {
	{ env_line r 1 qemu-tcg; sample r sc stock 5 10 0; sample r sc fast 5 1 0 ok false; } >"$dir/log"
	run_report 1 && says "$dir/out" FAILED && ! grep -q '10.0x' "$dir/out"
}

# blackout 10 / 2 = 5, restore 8 / 2 = 4, total 18 / 4 = 4.5; 3 s is 50 % above 2 s
targets_are_met_or_not() {
	{
		env_line r 1 qemu-tcg
		sample r sc stock 5 10 8
		sample r sc fast 5 2 2
		sample r more fast 9 3 0
	} >"$dir/log"
	printf 'faster sc 5\nadds more 50 sc\n' >"$dir/targets"
	run_report 0 --check "$dir/targets" || return 1
	printf 'faster-restore sc 4\nfaster-total sc 4.5\n' >"$dir/targets"
	run_report 0 --check "$dir/targets" || return 1
	for missed in 'faster sc 5.1' 'faster-restore sc 4.1' 'faster-total sc 4.6'; do
		echo "$missed" >"$dir/targets"
		run_report 1 --check "$dir/targets" || return 1
	done
	echo 'adds more 49 sc' >"$dir/targets"
	run_report 1 --check "$dir/targets" || return 1
	echo 'faster none 2' >"$dir/targets"
	run_report 4 --check "$dir/targets"
}

latest_run_wins() {
	{
		env_line old 1 qemu-tcg
		sample old sc fast 5 7 0
		env_line new 1 qemu-tcg
		sample new sc fast 5 3 0
	} >"$dir/log"
	run_report 0 && says "$dir/out" '3.00' && ! grep -q '7.00' "$dir/out"
}

different_wheres_share_no_table() {
	{
		env_line a 1 qemu-tcg
		sample a sc fast 5 7 0
		env_line b 1 metal
		sample b sc fast 5 3 0
	} >"$dir/log"
	run_report 0 && [ "$(grep -c '^Blackout in seconds' "$dir/out")" -eq 2 ]
}

cut_line_is_named() {
	{ env_line r 1 qemu-tcg; sample r sc fast 5 1 0 | cut -c1-50; } >"$dir/log"
	run_report 2 && says "$dir/err" 'log:2: .*cut off'
}

unknown_schema_is_refused() {
	env_line r 9 qemu-tcg >"$dir/log"
	run_report 2 && says "$dir/err" 'log:1: schema 9'
}

empty_log_is_refused() {
	: >"$dir/log"
	run_report 2 && says "$dir/err" empty
}

missing_log_is_refused() {
	rm -f "$dir/log"
	run_report 2 && says "$dir/err" 'make blackout'
}

sum_that_is_wrong_is_refused() {
	{ env_line r 1 qemu-tcg; sample r sc fast 5 1 1 | sed 's/"total_ns":2/"total_ns":3/'; } >"$dir/log"
	run_report 2 && says "$dir/err" 'log:2: total_ns'
}

page_is_self_contained() {
	{ env_line r 1 qemu-tcg; sample r sc stock 5 10 2; sample r sc fast 5 1 1; } >"$dir/log"
	run_report 0 || return 1
	says "$dir/blackout.html" '<table' && ! grep -qE '(src|href)=|@import|url\(' "$dir/blackout.html"
}

# One number of pages, and one time: gnuplot makes no range of that.
a_single_point_is_drawn_in_silence() {
	{ env_line r 1 qemu-tcg; sample r sc stock 16384 10 0; } >"$dir/log"
	"$report" "$dir/log" >"$dir/out" 2>"$dir/err" || return 1
	[ ! -s "$dir/err" ] || { sed 's/^/# /' "$dir/err"; return 1; }
	says "$dir/blackout.svg" '>16,384<'
}

# A chart is the same for everybody.
no_setting_of_a_user_is_in_a_chart() {
	{ env_line r 1 qemu-tcg; sample r sc stock 16384 10 0; } >"$dir/log"
	mkdir -p "$dir/home"
	echo 'set label "HIJACK" at screen 0.5,0.5' >"$dir/home/.gnuplot"
	HOME=$dir/home "$report" "$dir/log" >"$dir/out" || return 1
	says "$dir/blackout.svg" '>16,384<' && ! grep -q HIJACK "$dir/blackout.svg"
}

make -s -C "$here" OUT="$build/bench"
mkdir -p "$dir"
# shellcheck disable=SC2086	# words on purpose
set -- $tests
echo 'KTAP version 1'
echo "1..$#"
nr=0 rc=0
for t; do
	nr=$((nr + 1))
	if "$t"; then
		echo "ok $nr - report: $t"
	else
		echo "not ok $nr - report: $t"
		rc=1
	fi
done
exit "$rc"
