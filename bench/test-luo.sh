#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of luo.awk, the table of luo.sh (KTAP), on samples that are made up.
#
# usage: test-luo.sh
set -eu
here=$(dirname -- "$0")
# shellcheck source=../scripts/lib.sh
. "$here/../scripts/lib.sh"
# shellcheck source=../scripts/ktap.sh
. "$here/../scripts/ktap.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$work/luo.jsonl

# put KERNEL SCENARIO MEMBERS [RUN [STATUS]]
put() {
	printf '{"type":"sample","run":"%s","scenario":"%s","kernel":"%s","rep":0,' \
		"${4:-r}" "$2" "$1" >>"$log"
	printf '"status":"%s","reason":"",%s}\n' "${5:-ok}" "$3" >>"$log"
}

# The table has to have the line; the status is in $rc.
table() {
	rc=0
	awk -v run=r -f "$here/luo.awk" "$log" >"$work/table" 2>"$work/said" || rc=$?
	tr -s ' ' <"$work/table" >"$work/words"
}

has() {
	grep -qxF -- "$1" "$work/words" || {
		echo "no line '$1' in:"
		cat "$work/table" "$work/said"
		return 1
	}
}

status() { [ "$rc" -eq "$1" ] || { echo "status $rc, not $1"; cat "$work/table"; return 1; }; }

fresh() { : >"$log"; }

ratios_beside_their_targets() {
	fresh
	put stock pages '"preserve_ns":900000000,"retrieve_ns":660000000'
	put fast pages '"preserve_ns":300000000,"retrieve_ns":200000000'
	table
	has 'memfd of 400,000 pages, preserve 0.900 0.300 3.00x >= 2 met'
	has 'memfd of 400,000 pages, retrieve 0.660 0.200 3.30x >= 3 met'
	status 0
}

missed_target_fails() {
	fresh
	put stock whole '"last_ns":13000000000'
	put fast whole '"last_ns":4000000000'
	table
	has '40,000 files, 2,000 sessions, from reboot 13.000 4.000 3.25x >= 4 MISSED'
	status 1
}

open_and_retrieve_add_up() {
	fresh
	put stock sessions '"open_ns":600000000,"sessions_ns":650000000'
	put fast sessions '"open_ns":100000000,"sessions_ns":150000000'
	table
	has '4,000 sessions, open and retrieve 1.250 0.250 5.00x >= 5 met'
	status 0
}

median_not_mean() {
	fresh
	for ns in 9000000000 1000000000 2000000000; do
		put stock files-10000 "\"preserve_ns\":$ns,\"files_ns\":$ns"
	done
	put fast files-10000 '"preserve_ns":500000000,"files_ns":250000000'
	put fast files-10000 '"preserve_ns":1500000000,"files_ns":750000000'
	table
	has 'seconds, median of 3 stock ours ratio target'
	has '10,000 files, preserve 2.000 1.000 2.00x'
	has '10,000 files, retrieve 2.000 0.500 4.00x'
	status 0
}

linear_is_told_from_quadratic() {
	fresh
	put fast files-5000 '"preserve_ns":50000000,"files_ns":100000000'
	put fast files-20000 '"preserve_ns":220000000,"files_ns":1600000000'
	put stock files-5000 '"preserve_ns":50000000,"files_ns":100000000'
	put stock files-20000 '"preserve_ns":800000000,"files_ns":1600000000'
	table
	has 'preserve, ours 10.0 11.0 1.10x <= 1.3 met'
	has 'retrieve, ours 20.0 80.0 4.00x <= 1.3 MISSED'
	has 'preserve, stock 10.0 40.0 4.00x'
	status 1
}

other_runs_do_not_count() {
	fresh
	put stock whole '"last_ns":8000000000'
	put fast whole '"last_ns":2000000000'
	put fast whole '"last_ns":9000000000' other
	table
	has '40,000 files, 2,000 sessions, from reboot 8.000 2.000 4.00x >= 4 met'
	status 0
}

failed_repetition_gives_no_figure() {
	fresh
	put stock whole '"last_ns":8000000000'
	put fast whole '"last_ns":2000000000'
	put fast whole '"last_ns":1' r failed
	table
	has '40,000 files, 2,000 sessions, from reboot 8.000 2.000 4.00x >= 4 met'
	has '1 repetitions failed: see the log'
	status 1
}

# The run of SMOKE=1: a table, and no target that it could miss
smallest_scenario_has_a_line() {
	fresh
	put stock whole-small '"last_ns":2000000000'
	put fast whole-small '"last_ns":4000000000'
	table
	has '100 files, 20 sessions, from reboot 2.000 4.000 0.50x'
	status 0
}

no_samples_is_said() {
	fresh
	put fast whole '"last_ns":1' other
	table
	status 2
	grep -q "no samples of the run 'r'" "$work/said"
}

ktap_begin 9
check ratios_beside_their_targets ratios_beside_their_targets
check missed_target_fails missed_target_fails
check open_and_retrieve_add_up open_and_retrieve_add_up
check median_not_mean median_not_mean
check linear_is_told_from_quadratic linear_is_told_from_quadratic
check other_runs_do_not_count other_runs_do_not_count
check failed_repetition_gives_no_figure failed_repetition_gives_no_figure
check smallest_scenario_has_a_line smallest_scenario_has_a_line
check no_samples_is_said no_samples_is_said
ktap_end
