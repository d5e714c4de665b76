#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of tools/lib/timeline.c: valid timelines are read, all others are refused with the place
# and the reason. KTAP on stdout.
#
# usage: test.sh
# shellcheck disable=SC2317	# the tests are called by name
set -eu
here=$(dirname -- "$0")
# shellcheck source=../../scripts/lib.sh
. "$here/../../scripts/lib.sh"
# shellcheck source=../../scripts/ktap.sh
. "$here/../../scripts/ktap.sh"

dir=$build/test-timeline
mkdir -p "$dir"
cc -O1 -g -fsanitize=address,undefined -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror \
	-I "$top/tools/lib" -o "$dir/print" "$here/print.c" "$top/tools/lib/timeline.c" \
	"$top/tools/lib/file.c" -ljson-c

# json [KEY=VALUE]...: a timeline; the largest phase is jump, 60 of 100 ms
json() {
	version=1 clock='"tsc"' khz=2000000 origin=7 previous=true lost=3
	phases='{"name":"freeze","kernel":"old","begin_ns":0,"end_ns":15000000},
		{"name":"jump","kernel":"old","begin_ns":15000000,"end_ns":75000000},
		{"name":"early","kernel":"new","begin_ns":75000000,"end_ns":100000000}'
	spans='{"name":"session","kernel":"old","label":"vm-1","begin_ns":10,"end_ns":20},
		{"name":"node","kernel":"new","node":1,"begin_ns":80000000,"end_ns":80000000}'
	totals='{"name":"session","kernel":"old","nr":4,"sum_ns":40,"max_ns":10}'
	for set; do
		eval "${set%%=*}=\${set#*=}"
	done
	cat <<-EOT
	{"version": $version, "clock": $clock, "khz": $khz, "origin": $origin,
	 "previous": $previous, "phases": [$phases], "spans": [$spans],
	 "totals": [$totals], "lost": $lost}
	EOT
}

says() {
	grep -qF -- "$1" "$dir/said" || { echo "'$1' is not in:"; cat "$dir/said"; return 1; }
}

accepts() {
	json "$@" >"$dir/in.json"
	"$dir/print" "$dir/in.json" >"$dir/said" 2>&1 || { cat "$dir/said"; return 1; }
}

# refuses REASON [KEY=VALUE]...
refuses() {
	reason=$1
	shift
	json "$@" >"$dir/in.json"
	refuses_file "$reason"
}

refuses_file() {
	rc=0
	"$dir/print" "$dir/in.json" >"$dir/said" 2>&1 || rc=$?
	[ "$rc" -eq 1 ] || { echo "exit status $rc"; cat "$dir/said"; return 1; }
	says "in.json: $1"
}

reads_all_fields() {
	accepts && says 'tsc 2000000 kHz from 7 previous 1 lost 3' &&
		says 'phase jump old - -1 15000000 75000000' && says 'span session old vm-1 -1 10 20' &&
		says 'span node new - 1 80000000 80000000' && says 'total session old 4 40 10'
}

sums_up_and_finds_the_largest() { accepts && says '100000000 ns, largest jump'; }

first_of_equals_is_the_largest() {
	accepts 'phases={"name":"a","kernel":"new","begin_ns":5,"end_ns":9},
		{"name":"b","kernel":"new","begin_ns":9,"end_ns":13}' && says '8 ns, largest a'
}

spans_and_totals_may_be_empty() { accepts spans= totals=; }

reads_64_bits() { accepts origin=18446744073709551615 && says 'from 18446744073709551615'; }

reads_standard_input() {
	json | "$dir/print" - >"$dir/said" && says 'largest jump'
}

refuses_bad_heads() {
	refuses 'version 2, only 1 is known' version=2 &&
		refuses 'version: is of type string, not int' 'version="1"' &&
		refuses 'clock: is empty' 'clock=""' && refuses 'khz: is 0' khz=0 &&
		refuses 'khz: is of type double, not int' khz=2.5 &&
		refuses 'origin: is negative' origin=-1 &&
		refuses 'previous: is of type int, not boolean' previous=1 &&
		refuses 'lost: is of type null, not int' lost=null
}

refuses_bad_phases() {
	refuses 'phases: there is none' phases= &&
		refuses 'phases[0]: is not an object' phases=1 &&
		refuses "phases[1] 'b': begins at 10 ns, but 'a' before it ends at 9 ns" \
			'phases={"name":"a","kernel":"new","begin_ns":5,"end_ns":9},
			{"name":"b","kernel":"new","begin_ns":10,"end_ns":13}' &&
		refuses 'phases[0].end_ns: is before begin_ns' \
			'phases={"name":"a","kernel":"new","begin_ns":5,"end_ns":4}' &&
		refuses 'phases[0].end_ns: is missing' \
			'phases={"name":"a","kernel":"new","begin_ns":5}' &&
		refuses "phases[0].kernel: is neither 'old' nor 'new'" \
			'phases={"name":"a","kernel":"2nd","begin_ns":5,"end_ns":9}' &&
		refuses "phases[1] 'b': the old kernel's, after one of the new" \
			'phases={"name":"a","kernel":"new","begin_ns":5,"end_ns":9},
			{"name":"b","kernel":"old","begin_ns":9,"end_ns":13}' &&
		refuses 'phases[0]: is of the old kernel, but previous is false' previous=false
}

refuses_bad_spans_and_totals() {
	refuses 'spans[0].node: is of type string, not int' \
		'spans={"name":"n","kernel":"new","node":"0","begin_ns":1,"end_ns":2}' &&
		refuses 'spans[0].label: is empty' \
			'spans={"name":"n","kernel":"new","label":"","begin_ns":1,"end_ns":2}' &&
		refuses 'spans[0].begin_ns: is negative' \
			'spans={"name":"n","kernel":"new","begin_ns":-1,"end_ns":2}' &&
		refuses 'totals[0].max_ns: is missing' \
			'totals={"name":"n","kernel":"new","nr":1,"sum_ns":2}'
}

refuses_other_files() {
	for case in '|is truncated' '{"version": 1|is truncated' 'text|is not JSON' '[]|is not an object' \
		'null|is null' '{}|version: is missing' '{} {}|is not JSON'; do
		echo "${case%|*}" >"$dir/in.json"
		refuses_file "${case##*|}" || return 1
	done
	rm "$dir/in.json"
	refuses_file 'No such file or directory'
}

tests='reads_all_fields sums_up_and_finds_the_largest first_of_equals_is_the_largest
	spans_and_totals_may_be_empty reads_64_bits reads_standard_input refuses_bad_heads
	refuses_bad_phases refuses_bad_spans_and_totals refuses_other_files'
# shellcheck disable=SC2086	# words on purpose
set -- $tests
ktap_begin $#
for t; do
	check "$t" "$t"
done
ktap_end
