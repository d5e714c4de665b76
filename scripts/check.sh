#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Run every test and sum up.  Each part writes KTAP, shown here and kept in
# build/check/PART.log; a part that ends without a result, or early, counts as a
# failure.  The last line is "N passed, N failed", with ", N skipped" where a tool
# was missing; under CI a skip is a failure.  Exit status 1 if anything failed.
#
# usage: check.sh
set -eu
here=$(dirname -- "$0")
# shellcheck source=lib.sh
. "$here/lib.sh"

logs=$build/check
passed=0
failed=0
skipped=0

# part NAME COMMAND...: run one part and add its results
part() {
	name=$1
	shift
	log=$logs/$name.log
	echo "# $name"
	start=$(date +%s)
	# the status goes through a file: in a pipeline it would be tee's
	{ rc=0; "$@" 2>&1 || rc=$?; echo "$rc" >"$log.rc"; } | tee "$log"
	rc=$(cat "$log.rc")
	rm "$log.rc"
	sum_up
	echo "# $name: $p passed, $f failed, $s skipped, $(($(date +%s) - start)) s; $log"
	passed=$((passed + p))
	failed=$((failed + f))
	skipped=$((skipped + s))
}

# Top-level results only: nested ones are indented, and summed up by theirs.  A part
# must give as many as it planned, and may fail only by giving a failed one.
sum_up() {
	counts=$(awk '/^1\.\.0.*# SKIP/ { s++; plan++; next }
		/^1\.\.[0-9]+/ { plan += substr($1, 4) }
		/^not ok / { f++ }
		/^ok .*# SKIP/ { s++; next }
		/^ok / { p++ }
		END { print p + 0, f + 0, s + 0, plan + 0 }' "$log")
	# shellcheck disable=SC2086	# four numbers
	set -- $counts
	p=$1 f=$2 s=$3
	if [ $((p + f + s)) -ne "$4" ] || [ "$4" -eq 0 ]; then
		echo "# $name: gave $((p + f + s)) of $4 results, exit status $rc"
		f=$((f + 1))
	elif [ "$rc" -ne 0 ] && [ "$rc" -ne 4 ] && [ "$f" -eq 0 ]; then
		echo "# $name: nothing failed, but exit status $rc"
		f=$((f + 1))
	fi
}

# A step is not a test, but the tests need it.
# shellcheck disable=SC2317	# called through part
as_ktap() {
	printf 'KTAP version 1\n1..1\n'
	"$@" && { echo "ok 1 ${1##*/}"; return; }
	echo "not ok 1 ${1##*/}"
	return 1
}

# Nothing else compiles them, and `make bench` is too long for a test.
# shellcheck disable=SC2317	# called through part
build_native_benchmarks() { make -s -C "$top/bench/native" OUT="$build/bench"; }

step() {
	name=$1
	shift
	part "$name" as_ktap "$@"
	[ "$f" -eq 0 ] || finish
}

finish() {
	if [ -n "${CI-}" ] && [ "$skipped" -gt 0 ]; then
		echo "# under CI a skip is a failure"
		failed=$((failed + skipped))
		skipped=0
	fi
	summary="$passed passed, $failed failed"
	[ "$skipped" -eq 0 ] || summary="$summary, $skipped skipped"
	echo "$summary"
	[ "$failed" -eq 0 ] || exit 1
	exit 0
}

mkdir -p "$logs"
rm -f "$logs"/*.log
step setup "$here/setup.sh"
step fetch "$here/fetch-linux.sh"
part apply "$here/test-apply.sh"
part unit make --no-print-directory -C "$top/tests/unit" check
part fuzz make --no-print-directory -C "$top/tests/fuzz" check
part report "$top/bench/test-report.sh"
part where "$top/bench/test-where.sh"
part compare "$top/bench/test-compare.sh"
part native as_ktap build_native_benchmarks
part budget-report "$top/bench/test-budget.sh"
part luo-report "$top/bench/test-luo.sh"
part bpf "$top/bpf/test.sh"
part timeline "$top/tests/timeline/test.sh"
part khoctl "$top/tests/khoctl/test.sh"
step kernels "$here/build-kernels.sh" all
part lint "$here/lint.sh"
part identical "$here/check-identical.sh"
part budget "$top/bench/budget.sh"
part e2e "$top/tests/e2e/run.sh"
finish
