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

# wants STATUS COMMAND...: its output goes to out and err
wants() {
	_want=$1 _got=0
	shift
	"$report" "$@" >"$dir/out" 2>"$dir/err" || _got=$?
	[ "$_got" -eq "$_want" ] ||
		{ echo "exit status $_got, not $_want:"; cat "$dir/out" "$dir/err"; return 1; }
}

# has FILE REGEX...
has() {
	_file=$1
	shift
	for _regex; do
		grep -qe "$_regex" "$dir/$_file" || { echo "'$_regex' is not in:"; cat "$dir/$_file"; return 1; }
	done
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

tests=$(sed -n 's/^\([a-z_0-9]*\)() {$/\1/p' "$0" | grep _ | grep -v -x -e env_of -e parts_log)
make -s -C "$here" OUT="$build/bench" "$report" >&2 ||
	die "cannot be built, see above; 'make setup' installs what may be missing"
rm -rf "$dir"
mkdir -p "$dir"
# shellcheck disable=SC2086	# words
set -- $tests
ktap_begin $#
for t; do
	check "report: $t" "$t"
done
ktap_end
