#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of bench/report on samples made by hand; the expected figures were calculated by hand.
# KTAP on stdout.
#
# usage: test-report.sh
# shellcheck disable=SC2317	# the tests are called by name
set -eu
here=$(dirname -- "$0")
# shellcheck source=../scripts/lib.sh
. "$here/../scripts/lib.sh"
# shellcheck source=../scripts/ktap.sh
. "$here/../scripts/ktap.sh"

dir=$build/test-report
report=$build/bench/report
log=$dir/log run=r

# add TYPE KEY=VALUE...: to $log
add() { "$report" add "$log" "$@"; }

# env_of RUN [WHERE]: what follows is of that run
env_of() {
	run=$1
	add env run="$1" where="${2:-qemu-tcg}" rev=abc dirty=false kernel=7.3.4 cc=gcc \
		cpu='a cpu' nproc=2 date=2026-01-02T03:04:05Z command='make it' qemu=10
}

# new NAME: a file that has but an env record, from now on $log
new() {
	log=$dir/$1
	: >"$log"
	env_of r
}

# b CASE VARIANT N BLACKOUT_MS RESTORE_MS [KEY=VALUE...]
b() {
	_case=$1 _variant=$2 _n=$3 _blackout=$4 _restore=$5
	shift 5
	add sample run="$run" bench=blackout case="$_case" variant="$_variant" rep=0 status=ok \
		verified=true reason= limit_s=240 n="$_n" order=0 stride=2 memory=8G nodes=1 cpus=2 \
		blackout_ns="${_blackout}000000" retrieve_ns="${_restore}000000" \
		total_ns="$((_blackout + _restore))000000" "$@"
}

# parts NAME MS...: a file of parts
parts() {
	while [ $# -gt 0 ]; do
		echo "$1 ${2}000000"
		shift 2
	done >"$dir/parts"
	echo "$dir/parts"
}

# n CASE VARIANT THREADS N NS...: samples of insert
n() {
	_case=$1 _variant=$2 _threads=$3 _n=$4
	shift 4
	for ns; do
		# shellcheck disable=SC2086	# words
		add sample run=r bench=insert unit=folio case="$_case" variant="$_variant" \
			threads="$_threads" n="$_n" rep=0 ns="$ns" bytes=0 ${more-}
	done
}

# a NS... and bb NS...: the files to compare, with 10 operations a sample
a() { new a; n c v 1 10 "$@"; }
bb() { new b; n c v 1 10 "$@"; }

# l CASE VARIANT KEY=VALUE...: a sample of make luo
l() {
	_case=$1 _variant=$2
	shift 2
	add sample run="$run" bench=luo case="$_case" variant="$_variant" rep=0 memory=2G pages=0 \
		sessions=0 files=0 status=ok reason= "$@"
}

# g VARIANT GAP_MS REBOOT_MS KEY=VALUE...: a sample of make guest; the other parts are 15 ms
g() {
	_variant=$1 _gap=$2 _reboot=$3
	shift 3
	add sample run="$run" bench=guest case=alone variant="$_variant" rep=0 memory=128M status=ok \
		reason= gap_ns="${_gap}000000" blackout_ns="${_reboot}000000" stop_ns=1000000 \
		save_ns=2000000 preserve_ns=1000000 userspace_ns=1000000 retrieve_ns=1000000 \
		qemu_ns=7000000 load_ns=1000000 resume_ns=1000000 "$@"
}

# wants STATUS COMMAND...
wants() { _status=$1; shift; exits "$_status" "$report" "$@"; }

hasnt() { ! grep -e "$2" "$dir/$1"; }

# blackout STATUS [OPTION...], compare STATUS [OPTION...], ratio STATUS [OPTION...], luo STATUS
blackout() { _s=$1; shift; wants "$_s" blackout --no-chart "$log" "$@"; }
compare() { _s=$1; shift; wants "$_s" compare "$@" "$dir/a" "$dir/b"; }
ratio() { _s=$1; shift; wants "$_s" ratio "$@" "$dir/a" insert ours memset stock; }
luo() { wants "$1" luo "$log"; tr -s ' ' <"$dir/out" >"$dir/words"; }

# stock 10, 12, 40 -> min 10, median 12; ours 2, 4 -> min 2, median (2 + 4) / 2 = 3; 12 / 3
median_and_ratio_of_odd_and_even_samples() {
	new log
	for ms in 40000 10000 12000; do b sc stock 16384 "$ms" 0; done
	for ms in 2000 4000; do b sc fast 16384 "$ms" 0; done
	blackout 0
	has out '^16,384 4 KiB scattered  *8G  *10.0  *12.0  *2.00  *3.00  *4.0x  *250%  *67%$'
}

# 10 + 2 and 1 + 1: 12 / 2
restore_is_added_to_the_total() {
	new log
	b sc stock 5 10000 2000
	b sc fast 5 1000 1000
	blackout 0
	has out ' 2.00  *1.00  *12.0  *2.00  *6.0x  *1/1$'
}

# beyond 240 s against 2 s: more than 120 times
limit_makes_a_lower_bound() {
	new log
	b sc stock 5 0 0 status=limit verified=false
	b sc fast 5 2000 0
	blackout 0
	has out '> 240 .*> 120.0x'
}

unverified_sample_gives_no_figure() {
	new log
	b sc stock 5 10000 0
	b sc fast 5 1000 0 verified=false
	blackout 1
	has out FAILED '^FAILED sc, fast kernel, repetition 0: not verified$'
	hasnt out '10.0x'
}

# blackout 10 / 2 = 5, restore 8 / 2 = 4, total 18 / 4 = 4.5; 3 s is 50 % above 2 s
targets_are_met_or_not() {
	new log
	b sc stock 5 10000 8000
	b sc fast 5 2000 2000
	b more fast 9 3000 0
	for line in '0 faster sc 5' '0 faster-restore sc 4' '0 faster-total sc 4.5' '0 adds more 50 sc' \
		'1 faster sc 5.1' '1 faster-restore sc 4.1' '1 faster-total sc 4.6' '1 adds more 49 sc' \
		'4 faster none 2' '2 faster sc' '2 slower sc 1'; do
		echo "${line#* }" >"$dir/targets"
		blackout "${line%% *}" --check "$dir/targets"
	done
}

latest_run_of_each_where_counts() {
	new log
	b sc fast 5 7000 0
	env_of new
	b sc fast 5 3000 0
	blackout 0
	has out '3.00'
	hasnt out '7.00'
	blackout 0 --run r
	has out '7.00'
	blackout 2 --run x
	b sc fast 5 3000 0 verified=false
	env_of other metal
	b sc fast 5 9000 0
	blackout 1
	[ "$(grep -c '^Blackout in seconds' "$dir/out")" -eq 2 ]
}

# spoil STATUS TEXT SED: a good file of two lines, changed by a sed script
spoil() {
	new log
	b sc fast 5 1000 1000
	sed -i "$3" "$log"
	blackout "$1"
	has err "$2"
	[ "$(wc -l <"$dir/err")" -eq 1 ]
}

spoiled_files_are_refused_with_the_line() {
	spoil 2 'log:2: .*cut off' '2s/^\(.\{50\}\).*/\1/'
	spoil 2 'log:2: not JSON: .* at column' '2s/$/ {}/'
	spoil 2 'log:2: not one JSON object' '2s/.*/[1]/'
	spoil 2 'log:2: not JSON' '2s/^/\x00/'
	spoil 2 'log:1: schema 9, this program reads 3' 's/"schema":3/"schema":9/'
	spoil 2 'no samples in it' '2d'
	spoil 2 "log:1: run 'r' has no env record above" '1d'
	spoil 2 "log:2: run 'r' has a second env" 1p
	spoil 2 'log:2: total_ns' '2s/"total_ns":2/"total_ns":3/'
	spoil 2 'log:2: a blackout of 0 ns' '2s/_ns":1000000000/_ns":0/; s/"total_ns":2/"total_ns":1/'
	spoil 2 "log:2: field 'n' is missing" '2s/"n":5,//'
	spoil 2 "log:2: field 'n' is string, not int" '2s/"n":5/"n":"5"/'
	spoil 2 "log:2: field 'n' is -5" '2s/"n":5/"n":-5/'
	spoil 2 "log:2: field 'variant' is 'slow'" '2s/"fast"/"slow"/'
	spoil 2 "log:2: field 'status' is 'good'" '2s/"ok"/"good"/'
	spoil 2 "log:3: case 'sc' has another 'order'" '2{p;s/"order":0/"order":1/}'
	spoil 2 "log:2: a sample of 'make luo', not of 'make blackout'" \
		'2s/"blackout"/"luo"/; 2s/}/,"pages":0,"sessions":0,"files":0}/'
	: >"$log"
	blackout 2
	has err 'no samples in it'
	rm "$log"
	blackout 2
	has err "No such file.*'make blackout' writes it"
}

# As the first version wrote them
samples_of_schema_1_are_read() {
	{
		printf '{"type":"env","schema":1,"run":"r","rev":"a","dirty":false,"kernel":"7.3.4",'
		printf '"cc":"gcc","cpu":"c","nproc":2,"where":"qemu-tcg","qemu":"10","date":"d",'
		printf '"command":"c"}\n'
		printf '{"type":"sample","run":"r","scenario":"sc","kernel":"fast","n":5,"order":0,'
		printf '"stride":2,"memory":"8G","nodes":1,"cpus":2,"rep":0,"limit_s":240,"status":"ok",'
		printf '"verified":true,"reason":"","blackout_ns":3000000000,"retrieve_ns":0,'
		printf '"total_ns":3000000000}\n'
	} >"$log"
	blackout 0
	has out '^5 4 KiB scattered  *8G  *-  *-  *3.00  *3.00 '
}

records_are_checked_and_escaped_when_they_are_added() {
	new log
	b sc fast 5 1000 0 'reason=a "b\c" d'
	has log '"reason":"a \\"b\\\\c\\" d"'
	cp "$log" "$dir/before"
	for bad in n=x memory=a/b order=19 nonsense=1 status=good n; do
		if b sc fast 5 1000 0 "$bad" 2>"$dir/err"; then return 1; fi
		has err '^report: new record:0: '
	done
	cmp "$log" "$dir/before"
}

# An interrupted run spoils its own line only.
record_after_a_cut_line_is_whole() {
	new log
	b sc fast 5 1000 0
	truncate -s -9 "$log"
	b sc fast 5 2000 0
	blackout 2
	has err 'log:2: .*cut off'
	sed -i 2d "$log"
	blackout 0
	has out '^5 4 KiB scattered .* 2.00 '
}

# Of two scenarios; nothing preserved is nothing restored
summary_in_markdown() {
	new log
	b none stock 0 3000 0 stride=1
	b sc stock 5 10000 20
	b sc fast 5 4000 5
	wants 0 table --markdown "$log"
	sed -n 1,4p "$dir/out" >"$dir/head"
	diff - "$dir/head" <<-'END'
		| preserved | guest | blackout stock | kho-fast | ratio | restore stock | kho-fast | runs |
		|---|---:|---:|---:|---:|---:|---:|---:|
		| nothing | 8G | 3.00 | - | - | - | - | 1/0 |
		| 5 4 KiB scattered | 8G | 10.0 | 4.00 | 2.5x | 0.020 | 0.005 | 1/1 |
	END
	has out '^.make it., 2026-01-02, .* qemu-tcg'
	wants 0 table "$log"
	has out '^5 4 KiB scattered  *8G  *10.0  *4.00  *2.5x  *0.020  *0.005  *1/1$'
}

page_is_self_contained_and_escaped() {
	new log
	b sc stock 5 10000 2000 'reason=<b>' status=failed
	b sc fast 5 1000 1000
	blackout 1
	has blackout.html '<table' 'repetition 0: &lt;b&gt;' '^</html>$'
	hasnt blackout.html '\(src\|href\)=\|@import\|url('
}

# One number of pages, and one time: gnuplot makes no range of that. And no setting of a user.
a_single_point_is_drawn_in_silence() {
	new log
	b sc stock 16384 10000 0
	mkdir -p "$dir/home"
	echo 'set label "HIJACK" at screen 0.5,0.5' >"$dir/home/.gnuplot"
	HOME=$dir/home wants 0 blackout "$log"
	[ ! -s "$dir/err" ] || { cat "$dir/err"; return 1; }
	has blackout.svg '>16,384<'
	has blackout.html '>16,384<'
	hasnt blackout.svg HIJACK
	[ -s "$dir/blackout.png" ]
	# without a point the old chart is not left
	new log
	b sc fast 0 1000 0
	wants 0 blackout "$log"
	[ ! -e "$dir/blackout.svg" ]
	hasnt blackout.html '>16,384<'
}

# stock (2,000 + 3,000) / 2 of 11,000 and (8,000 + 9,000) / 2; ours 400 and 600 of 1,000
parts_log() {
	new log
	b sc stock 5 10000 0 landmarks="$(parts shutdown 2000 init 8000)"
	b sc stock 5 12000 0 landmarks="$(parts shutdown 3000 init 9000)"
	parts before 1 freeze 399 early 600 >"$dir/name"
	cp "$dir/parts" "$dir/phases"
	b sc fast 5 1000 0 landmarks="$(parts shutdown 400 init 600)" phases="$dir/phases"
}

parts_are_medians_and_the_largest_is_marked() {
	parts_log
	blackout 0
	has out '^  shutdown  *2500.00  *22.7%  *400.00  *40.0%$' \
		'^  init  *8500.00  *77.3% <  *600.00  *60.0% <$' '^  sum  *11000.00  *1000.00$' \
		'^  before  *1.00  *0.1%$' '^  early  *600.00  *60.0% <$' '^  sum  *-  *1000.00$'
}

# 1,009 of 1,000 may be, 1,011 may not
parts_are_checked() {
	new log
	b sc fast 5 1000 0 landmarks="$(parts a 409 b 600)"
	blackout 0
	sed -i 's/"a":409/"a":411/' "$log"
	blackout 2
	has err 'log:2: landmarks: the sum is 1011000000 ns, the blackout 1000000000 ns'
	sed -i 's/"a":/"<b>":/' "$log"
	blackout 2
	has err "log:2: field 'landmarks' is '<b>'"
}

where_prints_the_last_run_alone() {
	parts_log
	env_of s metal
	rm -f "$dir/blackout.txt"
	b sc fast 5 1000 0
	wants 2 where "$log"
	has err 'run s was measured without'
	b sc fast 5 1000 0 landmarks="$(parts shutdown 300 init 700)"
	wants 0 where "$log"
	has out 'run s$' '^  init .* 700.00  *70.0% <$'
	hasnt out 'run r$'
	hasnt out '^Blackout'
	[ ! -e "$dir/blackout.txt" ]
}

# A bar is 1 wide: 40 % and 60 %. Bars of the same parts as above, the second one is ours.
page_has_a_bar_for_each() {
	parts_log
	wants 0 blackout "$log"
	has blackout-where.gp '^set object rectangle from 0.000000,1.6 to 0.400000,2.4 ' \
		'^set object rectangle from 0.400000,1.6 to 1.000000,2.4 ' \
		'^set label "init" at 0.700000,2 center' '^set label "11.0 s" at 1.010000,1 left$'
	[ "$(grep -c '^set object rectangle' "$dir/blackout-where.gp")" -eq 7 ]
	has blackout.html 'Where the time went' '>ours, own stamps<' '>init<'
	hasnt blackout.html '< '
	# samples without parts
	new log
	b sc fast 5 1000 0
	blackout 0
	hasnt out 'Where the time went'
	hasnt blackout.html 'Where the time went'
}

# Processes, tracks and slices, in microseconds; names and slices are all there is.
trace_has_both_kernels_as_tracks() {
	parts_log
	wants 0 where --trace "$dir/trace" "$log"
	[ ! -s "$dir/out" ]
	python3 - "$dir/trace" >"$dir/slices" <<-'END'
		import json, sys
		with open(sys.argv[1], encoding="utf-8") as f:
		    trace = json.load(f, parse_float=str)
		assert set(trace) == {"displayTimeUnit", "traceEvents"}, trace.keys()
		names, end = {}, {}
		for e in trace["traceEvents"]:
		    assert isinstance(e["pid"], int) and isinstance(e["tid"], int), e
		    track = e["pid"], e["tid"]
		    if e["ph"] == "M":
		        if e["name"] == "process_name":
		            names[e["pid"]] = e["args"]["name"]
		        elif e["name"] == "thread_name":
		            names[track] = e["args"]["name"]
		        continue
		    assert e["ph"] == "X", e
		    assert float(e["ts"]) >= end.get(track, 0) and float(e["dur"]) >= 0, e
		    end[track] = float(e["ts"]) + float(e["dur"])
		    print(names[e["pid"]], names[track], e["name"], e["ts"], e["dur"], sep=", ")
	END
	diff - "$dir/slices" <<-'END'
		5 4 KiB scattered, 8G: stock, old kernel, shutdown, 0.000, 2500000.000
		5 4 KiB scattered, 8G: stock, new kernel, init, 2500000.000, 8500000.000
		5 4 KiB scattered, 8G: ours, old kernel, shutdown, 0.000, 400000.000
		5 4 KiB scattered, 8G: ours, new kernel, init, 400000.000, 600000.000
		5 4 KiB scattered, 8G: ours, own stamps, old kernel, before, 0.000, 1000.000
		5 4 KiB scattered, 8G: ours, own stamps, old kernel, freeze, 1000.000, 399000.000
		5 4 KiB scattered, 8G: ours, own stamps, new kernel, early, 400000.000, 600000.000
	END
	wants 0 where --trace - "$log"
	cmp "$dir/out" "$dir/trace"
	wants 2 where --trace "$dir/none/trace" "$log"
}

# 10 operations a sample. 30 ns are 3 times 10 ns, 3,000 bytes in 300 ns 10 GB/s; 15 ns are half of
# v2; 100 us are 10,000 times v1; two threads are compared with two
native_times_and_ratios_to_their_bases() {
	new a
	n c v1 1 10 200 300 100
	more=bytes=3000 n c v2 1 10 300
	more='base=v2 size=8192' n c v3 1 10 150
	more='extrapolated=true measured_n=5 power=1.5' n c v4 1 10 1000000
	n c v1 2 10 50
	wants 0 native "$dir/a"
	has out '^insert: time per folio$' '^c  *v1  *1  *10.0 ns  *20.0 ns  *30.0 ns  *-  *1.00$' \
		'^c  *v2  *1  *30.0 ns  *30.0 ns  *30.0 ns  *10.0  *3.00$' \
		'^c  *v3  *1  *15.0 ns  *15.0 ns  *15.0 ns  *8K  *0.50$' \
		'^c  *v4  *1  *~100 us  *n=5  *n^1.50  *-  *1.0e+04$' \
		'^c  *v1  *2  *5.00 ns  *5.00 ns  *5.00 ns  *-  *1.00$'
}

# 100, 120, 140 of 10: 10, 12, 14; and 50, 54, 58, 62: 5.0 .. 6.2, (5.4 + 5.8) / 2 = 5.6;
# 5.6 / 12 = 0.47. The quartiles of the first are 11 and 13, and the medians 6.4 apart.
two_runs_are_compared() {
	a 140 100 120
	bb 62 50 54 58
	compare 0
	has out '^A: .*/a (abc, a cpu)$' '^insert: time per folio$' \
		'^c  *v/1  *12.0 ns 10.0..14.0  *5.60 ns 5.00..6.20  *0.47 faster$'
	compare 0 -j
	[ "$(wc -l <"$dir/out")" -eq 1 ]
	has out '"a":{"median_ns":12.0,"min_ns":10.0,"max_ns":14.0,"samples":3}' \
		'"b":{"median_ns":5.6,"min_ns":5.0,"max_ns":6.2,"samples":4},"ratio":0.466667,' \
		'"verdict":"faster"}$'
}

# says VERDICT A B: lists of samples
says() {
	# shellcheck disable=SC2086	# words
	{ a $2; bb $3; }
	compare 0
	has out " $1\$"
}

# 30 is in both ranges of the first. In the second one more than the largest of A is the least of
# B, medians are 10.1 apart per operation, quartiles 0.1. In the third the ranges are 0..300 and
# 301..340, the quartiles 0 and 300, 30 apart per operation, and both 310; the medians are 2 apart.
verdicts_of_a_comparison() {
	says noise '100 200 300' '300 400 500'
	says slower '100 199 200 201 300' '301 301 301 302 303'
	says noise '0 0 290 300 300' '301 310 310 310 340'
	says noise '301 310 310 310 340' '0 0 290 300 300'
	says few '100 101' '500 501 502'
	more='extrapolated=true measured_n=5' says estimate '100 101 102' 500
	more=size=8192 says 'same size' 100 900
	more=size=8192 a 100
	more=size=4096 bb 100
	compare 0
	has out ' other size$'
}

# 1000 of 100 operations and 100 of 10 are both 10
times_are_per_operation() {
	new a
	n c v 1 100 1000 1000 1000
	bb 100 100 100
	compare 0
	has out '10.0 ns 10.0..10.0  *10.0 ns 10.0..10.0  *1.00 noise$'
}

# The same name with other threads is another variant.
variants_in_one_file_only_are_named() {
	a 1 2 3
	new b
	n c v 2 10 1 2 3
	compare 0
	has out '^only in A: insert, c, v/1$' '^only in B: insert, c, v/2$'
}

files_that_do_not_compare_are_refused() {
	a 1 2 3
	bb 1 2 3
	sed -i s/qemu-tcg/metal/ "$dir/b"
	compare 2
	has err 'measured in qemu-tcg, .* in metal'
	[ "$(wc -l <"$dir/err")" -eq 1 ]
	[ ! -s "$dir/out" ]
	cat "$dir/a" >>"$dir/b"
	compare 2
	has err 'b:5: measured in qemu-tcg'
	new b
	b sc fast 5 1000 0
	compare 2
	has err "b:2: a sample of 'make blackout', not of 'make bench'"
	bb 1
	sed -i 's/"n":10/"n":0/' "$dir/b"
	compare 2
	has err "b:2: field 'n' is 0"
}

full_disk_is_noticed() {
	a 1 2 3
	bb 1 2 3
	[ -c /dev/full ] || return 0
	got=0
	"$report" compare "$dir/a" "$dir/b" >/dev/full 2>"$dir/err" || got=$?
	[ "$got" -eq 2 ]
	has err 'cannot be written'
}

# Points of two thread counts, the other case not among them; then one point and one time
chart_has_the_points() {
	new a
	n 'order 0' stock 2 10 200 210 220
	n 'order 0' stock 1 10 100 110 120
	n 'order 9' stock 4 10 300 310 320
	wants 0 charts "$dir/a" "$dir"
	has out 'insert.svg$'
	[ "$(wc -l <"$dir/out")" -eq 1 ]
	has insert.gp '^1 11 10 12 ""$' '^2 21 20 22 ""$'
	hasnt insert.gp '^4 '
	has insert.svg '<svg'
	new a
	n 'order 0' stock 1 10 100
	wants 0 charts "$dir/a" "$dir"
	[ ! -s "$dir/err" ] || { cat "$dir/err"; return 1; }
}

# Minimum of ours 30, of memset 8, of stock 20, each of 10 operations: 30 / 20 = 1.5. In order 2
# 31 / 20; samples on two threads are others.
ratio_is_of_minima_to_the_slowest_base() {
	new a
	n 'order 1' ours 1 10 90 30 50
	n 'order 1' ours 2 10 900
	n 'order 1' memset 1 10 8 200
	n 'order 1' stock 1 10 30 20
	ratio 0
	has out '^within insert, order 1: ours takes 1.50 times as long as stock (3.00 ns, 2.00 ns), ' \
		'limit 1.50$'
	[ "$(wc -l <"$dir/out")" -eq 1 ]
	ratio 1 -l 1.49
	has out '^above insert, order 1: ours takes 1.50 .*, limit 1.49$'
	n 'order 2' ours 1 10 31
	n 'order 2' memset 1 10 20
	n 'order 2' stock 1 10 10
	ratio 1
	has out '^within insert, order 1: ' \
		'^above insert, order 2: ours takes 1.55 times as long as memset'
}

# 28 against 1.5 * 20 and 1 * 25; then 28 against 1.1 * 20 and 1 * 25, with a margin of 1.2.
ratio_allows_so_many_times_a_base() {
	new a
	n 'order 1' ours 1 10 280
	n 'order 1' memset 1 10 200
	n 'order 1' stock 1 10 250
	wants 0 ratio -l 1 "$dir/a" insert ours memset=1.5 stock
	has out '^within insert, order 1: ours takes 1.40 times as long as memset .*, limit 1.50$'
	wants 1 ratio -l 1 "$dir/a" insert ours memset=1.1 stock
	has out '^above insert, order 1: ours takes 1.12 times as long as stock .*, limit 1.00$'
	wants 0 ratio -l 1.2 "$dir/a" insert ours memset=1.1 stock=1.0
	wants 2 ratio "$dir/a" insert ours memset=x
	has err 'memset=x: after = comes how many times'
	wants 2 ratio "$dir/a" insert ours memset=
	wants 2 ratio "$dir/a" insert ours memset=0
}

# Order 2 is 40 / 10 = 4 times order 1 of ours itself.
ratio_to_a_named_case_of_one_case() {
	new a
	n 'order 1' ours 1 10 100
	n 'order 2' ours 1 10 400
	wants 1 ratio -l 3 --case 'order 2' -b 'order 1' "$dir/a" insert ours ours
	has out '^above insert, order 2: ours takes 4.00 times as long as ours of order 1 '
	[ "$(wc -l <"$dir/out")" -eq 1 ]
	wants 2 ratio --case 'order 3' -b 'order 1' "$dir/a" insert ours ours
	has err 'no samples of insert, ours, order 3'
	ratio 2
	has err 'order 1: no samples of memset'
	ratio 2 -l 0
}

luo_has_ratios_beside_their_targets() {
	new log
	l pages stock preserve_ns=900000000 retrieve_ns=660000000
	l pages fast preserve_ns=300000000 retrieve_ns=200000000
	l sessions stock open_ns=600000000 sessions_ns=650000000
	l sessions fast open_ns=100000000 sessions_ns=150000000
	l whole-small stock last_ns=2000000000
	l whole-small fast last_ns=4000000000
	luo 0
	has words '^memfd of 400,000 pages, preserve 0.900 0.300 3.00x >= 2 met$' \
		'^memfd of 400,000 pages, retrieve 0.660 0.200 3.30x >= 3 met$' \
		'^4,000 sessions, open and retrieve 1.250 0.250 5.00x >= 5 met$' \
		'^100 files, 20 sessions, from reboot 2.000 4.000 0.50x$'
	l whole stock last_ns=13000000000
	l whole fast last_ns=4000000000
	luo 1
	has words '^40,000 files, 2,000 sessions, from reboot 13.000 4.000 3.25x >= 4 MISSED$'
}

luo_has_medians() {
	new log
	for ns in 9000000000 1000000000 2000000000; do
		l files-10000 stock preserve_ns=$ns files_ns=$ns
	done
	l files-10000 fast preserve_ns=500000000 files_ns=250000000
	l files-10000 fast preserve_ns=1500000000 files_ns=750000000
	luo 0
	has words '^seconds, median of 3 stock ours ratio target$' \
		'^10,000 files, preserve 2.000 1.000 2.00x$' '^10,000 files, retrieve 2.000 0.500 4.00x$'
}

luo_tells_linear_from_quadratic() {
	new log
	l files-5000 fast preserve_ns=50000000 files_ns=100000000
	l files-20000 fast preserve_ns=220000000 files_ns=1600000000
	l files-5000 stock preserve_ns=50000000 files_ns=100000000
	l files-20000 stock preserve_ns=800000000 files_ns=1600000000
	luo 1
	has words '^preserve, ours 10.0 11.0 1.10x <= 1.3 met$' \
		'^retrieve, ours 20.0 80.0 4.00x <= 1.3 MISSED$' '^preserve, stock 10.0 40.0 4.00x$'
}

# Neither other runs nor repetitions that failed
luo_counts_what_is_good() {
	new log
	env_of other
	l whole fast last_ns=9000000000
	env_of last
	l whole stock last_ns=8000000000
	l whole fast last_ns=2000000000
	luo 0
	has words '^40,000 files, 2,000 sessions, from reboot 8.000 2.000 4.00x >= 4 met$'
	l whole fast last_ns=1 status=failed
	luo 1
	has words '^40,000 files, 2,000 sessions, from reboot 8.000 2.000 4.00x >= 4 met$' \
		'^1 repetitions failed: see the log$' '^seconds, median of 1 '
	wants 2 luo --run none "$log"
	has err "no samples of the run 'none'"
}

guest_has_the_gap_and_its_parts() {
	new log
	for ms in 300 100 200; do g stock "$ms" $((ms - 15)); done
	g fast 50 35
	wants 0 guest "$log"
	tr -s ' ' <"$dir/out" >"$dir/words"
	has words '^nothing 128M 200 50 4.00x 185 35 1 1 14 14$' '^Medians of 3. make it, ' \
		'^ reboot(2) to /init 185.0 35.0 5.29x$' '^ start QEMU 7.0 7.0 1.00x$'
	wants 0 guest --markdown "$log"
	has out '^| nothing | 128M | 200 | 50 | 4.00x | 185 | 35 | 1 | 1 | 14 | 14 |$'
	hasnt out 'start QEMU'
	g fast 50 35 status=failed
	wants 1 guest "$log"
}

# A target is for counted instructions only: 135 of 50 is 2.7.
guest_has_targets_when_counted() {
	new log
	g stock 135 120 case=2g
	g fast 50 35 case=2g
	wants 0 guest "$log"
	sed -i 's/"where":"[^"]*"/"where":"qemu-tcg-icount"/' "$log"
	wants 1 guest "$log"
	tr -s ' ' <"$dir/out" >"$dir/words"
	has words '^nothing; .* 135 50 2.70x .* >= 2.8 MISSED$'
	new log
	g stock 50 35 case=huge
	g fast 60 45 case=huge
	sed -i 's/"where":"[^"]*"/"where":"qemu-tcg-icount"/' "$log"
	wants 0 guest "$log"
	tr -s ' ' <"$dir/out" >"$dir/words"
	has words '^nothing; 2 MiB folios .* 50 60 0.83x [0-9 ]*$'
	new log
	g stock 140 125 case=2g
	g fast 50 35 case=2g
	sed -i 's/"where":"[^"]*"/"where":"qemu-tcg-icount"/' "$log"
	wants 0 guest "$log"
}

# Within 2 %
guest_parts_that_are_not_the_gap_are_refused() {
	new log
	g stock 500 495
	g fast 500 475
	wants 0 guest "$log"
	! g fast 500 474 2>"$dir/err" || return 1
	has err 'the parts of the gap are 489000000 ns, gap_ns is 500000000, more than 2 % apart'
}

# s CASE REP NODE BEGAN_MS ENDED_MS
s() {
	add sample run=r bench=scaling case="$1" variant=fast nodes="${1%x*}" cpus="${1#*x}" rep="$2" \
		node="$3" sections=1 began_ns="${4}000000" ended_ns="${5}000000" cpu_ns=1
}

# 17 ms and 10 ms: 1.70 times. Four nodes: all at work from 3 to 5 and from 14 to 15.
scaling_of_cpus_and_nodes() {
	new log
	s 1x1 0 0 3 20
	s 1x2 0 0 10 20
	for node in 0 1 2 3; do s 4x4 0 $node $node 5; done
	for node in 0 1 2 3; do s 4x4 1 $node $((node + 11)) $((node + 15)); done
	wants 0 scaling --limit 1.7 "$log"
	has out '^one node, 1 CPU  *17.0 ms$' \
		'^one node, 2 CPUs  *10.0 ms  *1.70 times as fast (target: 1.7)$' \
		'^four nodes  *1.0 ms during which all four were at work$'
	wants 1 scaling --limit 1.71 "$log"
	wants 0 scaling "$log"
	hasnt out target
	# one node ends when the last begins
	for node in 0 1 2 3; do s 4x4 2 $node $node $((node + 3)); done
	wants 1 scaling --limit 1.7 "$log"
}

# p VARIANT THREADS FOLIOS MIN_NS
p() {
	add sample run=r bench=preserve-scaling case=two-nodes variant="$1" threads="$2" rep=0 \
		folios="$3" min_ns="$4" ns="$4" max_ns="$4"
}

# 1,000 in 100 us are 10 a us, 2,000 in 111 us 18.02; stock 2,000 in 200 us
preserving_with_two_threads() {
	new log
	for variant in stock fast; do p $variant 1 1000 100000; done
	p stock 2 2000 200000
	wants 2 preserve-scaling "$log"
	has err 'no samples of fast with 2 threads'
	p fast 2 2000 111000
	wants 0 preserve-scaling --limit 1.8 "$log"
	has out '^stock  *10.00  *10.00  *1.00$' '^ours  *10.00  *18.02  *1.80$' \
		'^target: ours gains at least 1.8$'
	wants 1 preserve-scaling --limit 1.81 "$log"
}

# script STATUS [ARGUMENT...]: report.sh, on what a smoke run left
script() {
	_want=$1 _got=0
	shift
	SMOKE=1 "$here/report.sh" "$@" >"$dir/out" 2>"$dir/err" || _got=$?
	[ "$_got" -eq "$_want" ] || { echo "exit status $_got:"; cat "$dir/out" "$dir/err"; return 1; }
}

# Files of the user are put aside.
script_compares_runs_of_one_form() {
	_kept=$build/smoke/bench
	mkdir -p "$_kept"
	rm -rf "$dir/kept"
	mv "$_kept" "$dir/kept"
	trap 'rm -rf "$_kept"; mv "$dir/kept" "$_kept"' EXIT
	script 1 compare
	has err "no .*/build/smoke/bench/native.old.jsonl: 'make bench' has not been run twice"
	mkdir "$_kept"
	a 100 100 100
	bb 100 100 100
	cp "$dir/a" "$_kept/native.old.jsonl"
	cp "$dir/b" "$_kept/native.jsonl"
	script 0 compare
	script 0 compare "$dir/a" "$dir/b"
	for _files in "$dir/a:" ":$dir/a"; do
		script 1 compare "${_files%:*}" "${_files#*:}"
		has err 'compare takes two files, or none'
	done
}

# coefficient NAME: its value, in $dir/out
coefficient() {
	sed -n "/\"$1\"/,/}/s/.*\"value\": *\([0-9.]*\).*/\1/p" "$dir/out" | sed 's/\.0$//'
}

coefficients_are_those_of_the_machine() {
	new coefficients
	b nothing stock 0 1000 0
	b nothing fast 0 900 0
	b few stock 100 1010 9
	b many stock 1000 2000 1	# a square of 10^6: 1000 ns each; 1 ms for 1000 folios
	b many fast 1000 950 2		# 50 ms: 50 us each; restore 2 us
	b full stock 1000 2024 512 order=9 stride=1	# 1024 ms for 512,000 pages; 511 us for 511
	b full fast 1000 890 1 order=9 stride=1		# less than nothing: 0
	b huge stock 100 1203 1 order=9	# without 102.4 ms for its pages, 100.6 ms for 10^4
	wants 0 coefficients "$log" "$top/tools/khoctl/coefficients.json" || return
	for want in stock_base_ms=1000 stock_gib_ms=0 stock_range_squared_ns=1000 \
		stock_huge_range_squared_ns=10060 stock_page_ns=2000 stock_restore_folio_ns=1000 \
		stock_restore_page_ns=1000 fast_base_ms=900 fast_gib_ms=0 fast_range_ns=50000 \
		fast_page_ns=0 fast_restore_folio_ns=2000 stock_session_squared_ns=117; do
		[ "$(coefficient "${want%=*}")" = "${want#*=}" ] ||
			{ echo "$want: $(coefficient "${want%=*}")"; return 1; }
	done
	has out '"where": *"qemu-tcg, a cpu, 2 CPUs, Linux 7.3.4, 2026-01-02; what was not measured: qemu' || return
	# Machines of two sizes, each with its base; and a case without one
	new sizes
	b nothing stock 0 1000 0
	b nothing-264g stock 0 2280 0 memory=264G	# 5 ms each of 256 GiB: 960 ms without
	b nothing-264g fast 0 1700 0 memory=264G
	b many stock 1000 3280 1 memory=264G		# 1000 ms over nothing, as above
	b few stock 100 1010 9
	b many-16g stock 2000 9000 1 memory=16G
	b many fast 1000 1750 2 memory=264G
	b many-8g fast 2000 3000 2
	wants 0 coefficients "$log" "$top/tools/khoctl/coefficients.json" || return
	for want in stock_base_ms=960 stock_gib_ms=5 stock_range_squared_ns=1000 \
		fast_base_ms=1700 fast_gib_ms=0 fast_range_ns=50000 fast_restore_folio_ns=2000; do
		[ "$(coefficient "${want%=*}")" = "${want#*=}" ] ||
			{ echo "$want: $(coefficient "${want%=*}")"; return 1; }
	done
	new base
	b many stock 1000 2000 1
	wants 2 coefficients "$log" "$top/tools/khoctl/coefficients.json"
	has err "no blackout of 'stock' with nothing preserved"
	wants 2 coefficients "$dir/coefficients" /dev/null
	has err 'not coefficients of khoctl plan'
}

options_are_checked() {
	new log
	l whole fast last_ns=1
	wants 0 luo "$log"
	wants 2 luo --json "$log"
	has err 'luo has no option -j'
	wants 0 --help
	has out 'compare A B'
	for bad in '' nonsense blackout "luo $log b" 'ratio -l x a b c d' "charts $log"; do
		# shellcheck disable=SC2086	# words
		wants 2 $bad
	done
}

# ended_at_limit PLAN VERDICT STATUS [BEFORE_S]: of a guest that was not done in time, and was
# started at 100 s
ended_at_limit() (
	# shellcheck source=env.sh
	. "$here/env.sh"
	work=$dir/guest _plan=$dir/plan _began=100
	mkdir -p "$work/vm"
	# shellcheck disable=SC2059	# lines
	printf "$1" >"$_plan"
	# shellcheck disable=SC2059
	printf "$2" >"$work/vm/verdict.lines"
	at_the_limit
	[ "$status ${before_s-}" = "$3 ${4-}" ] ||
		{ echo "$status ${before_s-} ${reason-}, not $3 ${4-}"; return 1; }
)

a_host_too_slow_to_reboot_is_no_long_blackout() {
	ended_at_limit 'stage 1\nkexec\n' '104000000000 1 tsc_khz=1\n' failed || return
	ended_at_limit 'stage 1\nkexec\n' '104000000000 1 tsc_khz=1\n170100000000 1 t0=5\n' \
		limit 71 || return
	ended_at_limit 'stage 1\n' '104000000000 1 tsc_khz=1\n' limit
}

make -s -C "$here" OUT="$build/bench" >&2 ||
	die "cannot be built, see above; 'make setup' installs what may be missing"
rm -rf "$dir"
mkdir -p "$dir"
check_all report env_of parts_log ended_at_limit
