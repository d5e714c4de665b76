#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of bench/compare, bench/ratio and of what draws the charts, on samples made by hand; expected
# figures were worked out by hand. KTAP on stdout.
#
# usage: test-compare.sh
# shellcheck disable=SC2317	# the tests are called by name
set -eu
here=$(dirname -- "$0")
# shellcheck source=../scripts/lib.sh
. "$here/../scripts/lib.sh"
# shellcheck source=../scripts/ktap.sh
. "$here/../scripts/ktap.sh"

dir=$build/test-compare
compare=$build/bench/compare
ratio=$build/bench/ratio
charts=$build/bench/charts-of-native

# env [WHERE [SCHEMA]]
env_line() {
	printf '{"type":"env","schema":%s,"dirty":false,"where":"%s","rev":"abc","kernel":"7.3.4",' \
		"${2:-2}" "${1:-shim}"
	printf '"cc":"gcc","cpu":"a cpu","governor":"none","cpus":2,"nodes":1,"seed":1}\n'
}

# samples CASE VARIANT THREADS N NS...
samples() {
	_case=$1 _variant=$2 _threads=$3 _n=$4
	shift 4
	for ns; do
		printf '{"type":"sample","bench":"insert","unit":"folio","case":"%s","variant":"%s",' \
			"$_case" "$_variant"
		printf '"threads":%s,"n":%s,"rep":0,"ns":%s,"bytes":0%s}\n' "$_threads" "$_n" "$ns" \
			"${more-}"
	done
}

# a NS... and b NS...: the file with these samples of 10 operations each
a() { { env_line; samples c v 1 10 "$@"; } >"$dir/a"; }
b() { { env_line; samples c v 1 10 "$@"; } >"$dir/b"; }

# run EXIT_STATUS [OPTIONS]: on the files of this test
run() {
	want=$1
	shift
	got=0
	"$compare" "$@" "$dir/a" "$dir/b" >"$dir/out" 2>"$dir/err" || got=$?
	[ "$got" -eq "$want" ] || { echo "exit status $got, not $want: $(cat "$dir/err")"; return 1; }
}

says() { grep -q -- "$2" "$1" || { echo "'$2' is not in:"; cat "$1"; return 1; }; }

# 100, 120, 140 of 10: 10, 12, 14; and 50, 54, 58, 62: 5.0 .. 6.2, (5.4 + 5.8) / 2 = 5.6;
# 5.6 / 12 = 0.47. The quartiles of the first are 11 and 13, and the medians 6.4 apart.
median_of_odd_and_even_samples_and_ratio() {
	a 140 100 120
	b 62 50 54 58
	run 0
	says "$dir/out" '^c  *v/1  *12.0 ns 10.0..14.0  *5.60 ns 5.00..6.20  *0.47 faster$'
}

# 30 is in both ranges
ranges_that_overlap_are_noise() {
	a 100 200 300
	b 300 400 500
	run 0
	says "$dir/out" ' noise$'
}

# One more than the largest of A is the least of B. The medians are 200 and 301: 10.1 apart
# per operation; the quartiles 199.5 and 200.5, 301 and 302: 0.1 each.
ranges_that_only_touch_are_not() {
	a 100 199 200 201 300
	b 301 301 301 302 303
	run 0
	says "$dir/out" ' slower$'
}

# Ranges 0..300 and 301..340. The quartiles are 0 and 300, 30 apart per operation, and both
# 310; the medians 290 and 310 are 2 apart.
medians_closer_than_the_quartiles_are_noise() {
	a 0 0 290 300 300
	b 301 310 310 310 340
	run 0
	says "$dir/out" ' noise$'
}

# With B as A and A as B
the_larger_of_both_quartile_ranges_counts() {
	b 0 0 290 300 300
	a 301 310 310 310 340
	run 0
	says "$dir/out" ' noise$'
}

less_than_three_samples_are_few() {
	a 100 101
	b 500 501 502
	run 0
	says "$dir/out" ' few$'
}

# 1000 of 100 operations and 100 of 10 are both 10
times_are_per_operation() {
	{ env_line; samples c v 1 100 1000 1000 1000; } >"$dir/a"
	b 100 100 100
	run 0
	says "$dir/out" '10.0 ns 10.0..10.0  *10.0 ns 10.0..10.0  *1.00 noise$'
}

an_extrapolated_time_is_an_estimate() {
	a 100 101 102
	more=',"extrapolated":true,"measured_n":5,"power":2.00' b 500
	run 0
	says "$dir/out" ' estimate$'
}

sizes_are_compared_not_times() {
	more=',"size":8192' a 100
	more=',"size":8192' b 900
	run 0
	says "$dir/out" ' same size$'
	more=',"size":4096' b 100
	run 0
	says "$dir/out" ' other size$'
}

# The same name with other threads is another variant.
what_is_in_one_file_only_is_named() {
	a 1 2 3
	{ env_line; samples c v 2 10 1 2 3; } >"$dir/b"
	run 0
	says "$dir/out" '^only in A: insert, c, v/1$'
	says "$dir/out" '^only in B: insert, c, v/2$'
}

json_has_the_same_figures() {
	a 140 100 120
	b 62 50 54 58
	run 0 -j
	says "$dir/out" '"a":{"median_ns":12.0,"min_ns":10.0,"max_ns":14.0,"samples":3}'
	says "$dir/out" '"b":{"median_ns":5.6,"min_ns":5.0,"max_ns":6.2,"samples":4},"ratio":0.466667,'
	says "$dir/out" '"verdict":"faster"}$'
	[ "$(wc -l <"$dir/out")" -eq 1 ]
}

other_where_is_refused() {
	a 1 2 3
	{ env_line metal; samples c v 1 10 1 2 3; } >"$dir/b"
	run 2
	says "$dir/err" 'measured in shim, .* in metal'
	[ "$(wc -l <"$dir/err")" -eq 1 ] && [ ! -s "$dir/out" ]
}

other_where_in_one_file_is_refused() {
	a 1 2 3
	{ cat "$dir/a"; env_line metal; samples c v 1 10 1 2 3; } >"$dir/b"
	run 2
	says "$dir/err" 'b:5: measured in metal'
}

other_schema_is_refused() {
	a 1 2 3
	{ env_line shim 1; samples c v 1 10 1 2 3; } >"$dir/b"
	run 2
	says "$dir/err" 'b:1: schema 1, this program reads 2'
}

samples_of_make_blackout_are_refused() {
	a 1 2 3
	{ env_line; echo '{"type":"sample","scenario":"s","kernel":"fast"}'; } >"$dir/b"
	run 2
	says "$dir/err" "b:2: no field 'bench'"
}

cut_line_is_named() {
	a 1 2 3
	{ env_line; samples c v 1 10 1 2; printf '{"type":"sam'; } >"$dir/b"
	run 2
	says "$dir/err" 'b:4: not a JSON object'
}

empty_and_missing_files_are_refused() {
	a 1 2 3
	: >"$dir/b"
	run 2
	says "$dir/err" 'b: no sample in it'
	rm "$dir/b"
	run 2
	says "$dir/err" 'b: No such file'
}

full_disk_is_noticed() {
	a 1 2 3
	b 1 2 3
	[ -c /dev/full ] || return 0
	got=0
	"$compare" "$dir/a" "$dir/b" >/dev/full 2>"$dir/err" || got=$?
	[ "$got" -eq 2 ]
	says "$dir/err" 'cannot be written'
}

# Points of two thread counts, the other case not among them
chart_has_the_points() {
	{
		env_line
		samples 'order 0' stock 1 10 100 110 120
		samples 'order 0' stock 2 10 200 210 220
		samples 'order 9' stock 4 10 300 310 320
	} >"$dir/a"
	"$charts" "$dir/a" "$dir" >"$dir/out"
	says "$dir/out" 'insert.svg$'
	[ "$(wc -l <"$dir/out")" -eq 1 ]
	says "$dir/insert.gp" '^1 11 10 12$'
	says "$dir/insert.gp" '^2 21 20 22$'
	if grep '^4 ' "$dir/insert.gp"; then
		return 1
	fi
	says "$dir/insert.svg" '<svg'
}

# All at one number of threads, and one time: gnuplot makes no range of that.
a_single_point_is_drawn_in_silence() {
	{ env_line; samples 'order 0' stock 1 10 100; } >"$dir/a"
	"$charts" "$dir/a" "$dir" >"$dir/out" 2>"$dir/err"
	[ ! -s "$dir/err" ] || { cat "$dir/err"; return 1; }
	says "$dir/insert.svg" '<svg'
}

# hold EXIT_STATUS [OPTIONS]: the ratio of ours to the slower of memset and stock, in file a
hold() {
	want=$1
	shift
	got=0
	"$ratio" "$@" "$dir/a" insert ours memset stock >"$dir/out" 2>"$dir/err" || got=$?
	[ "$got" -eq "$want" ] || { echo "exit status $got, not $want: $(cat "$dir/err")"; return 1; }
}

# Minimum of ours 30, of memset 8, of stock 20, each of 10 operations: 30 / 20 = 1.5
ratio_is_of_minima_to_the_slowest_base() {
	{
		env_line
		samples 'order 1' ours 1 10 90 30 50
		samples 'order 1' memset 1 10 8 200
		samples 'order 1' stock 1 10 30 20
	} >"$dir/a"
	hold 0
	says "$dir/out" '^within insert, order 1: ours takes 1.50 times as long as stock (3.00 ns, 2.00 ns), limit 1.50$'
	[ "$(wc -l <"$dir/out")" -eq 1 ]
	hold 1 -l 1.49
	says "$dir/out" '^above insert, order 1: ours takes 1.50 .*, limit 1.49$'
}

# The first case is within the limit; samples on two threads are others.
one_case_above_the_limit_is_enough() {
	{
		env_line
		samples 'order 1' ours 1 10 10
		samples 'order 1' ours 2 10 900
		samples 'order 1' memset 1 10 10
		samples 'order 1' stock 1 10 10
		samples 'order 2' ours 1 10 31
		samples 'order 2' memset 1 10 20
		samples 'order 2' stock 1 10 10
	} >"$dir/a"
	hold 1
	says "$dir/out" '^within insert, order 1: ours takes 1.00 times as long'
	says "$dir/out" '^above insert, order 2: ours takes 1.55 times as long as memset'
	[ "$(wc -l <"$dir/out")" -eq 2 ]
}

ratio_without_a_base_or_a_case_is_refused() {
	{ env_line; samples c ours 1 10 10; samples c memset 1 10 10; } >"$dir/a"
	hold 2
	says "$dir/err" 'c: no samples of stock'
	{ env_line; samples c memset 1 10 10; } >"$dir/a"
	hold 2
	says "$dir/err" 'no samples of insert, ours'
	hold 2 -l 0
}

# Order 2 is 40 / 10 = 4 times order 1 of ours itself; bases of the same case are not asked.
ratio_to_a_named_case_of_one_case() {
	{
		env_line
		samples 'order 1' ours 1 10 100
		samples 'order 2' ours 1 10 400
	} >"$dir/a"
	got=0
	"$ratio" -l 3 -c 'order 2' -b 'order 1' "$dir/a" insert ours ours >"$dir/out" || got=$?
	[ "$got" -eq 1 ]
	says "$dir/out" '^above insert, order 2: ours takes 4.00 times as long as ours of order 1 '
	[ "$(wc -l <"$dir/out")" -eq 1 ]
	! "$ratio" -c 'order 3' -b 'order 1' "$dir/a" insert ours ours 2>"$dir/err" || return 1
	says "$dir/err" 'no samples of insert, ours, order 3'
}

tests='median_of_odd_and_even_samples_and_ratio ranges_that_overlap_are_noise
	ranges_that_only_touch_are_not medians_closer_than_the_quartiles_are_noise
	the_larger_of_both_quartile_ranges_counts less_than_three_samples_are_few
	times_are_per_operation an_extrapolated_time_is_an_estimate sizes_are_compared_not_times
	what_is_in_one_file_only_is_named json_has_the_same_figures other_where_is_refused
	other_where_in_one_file_is_refused other_schema_is_refused
	samples_of_make_blackout_are_refused cut_line_is_named empty_and_missing_files_are_refused
	full_disk_is_noticed chart_has_the_points a_single_point_is_drawn_in_silence
	ratio_is_of_minima_to_the_slowest_base one_case_above_the_limit_is_enough
	ratio_without_a_base_or_a_case_is_refused ratio_to_a_named_case_of_one_case'

make -s -C "$top/bench" "$compare" "$ratio" "$charts" OUT="$build/bench" >&2 ||
	die "cannot be built, see above; 'make setup' installs what may be missing"
rm -rf "$dir"
mkdir -p "$dir"
# shellcheck disable=SC2086	# words
set -- $tests
ktap_begin $#
for t; do
	check "$t" "$t"
done
ktap_end
