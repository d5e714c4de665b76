#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# KTAP output of shell scripts.  Sourced after lib.sh.

ktap_nr=0
ktap_failed=0

ktap_begin() { printf 'KTAP version 1\n1..%d\n' "$1"; }

# check NAME COMMAND...: passes if COMMAND does, or else shows its output
check() {
	_name=$1
	shift
	ktap_nr=$((ktap_nr + 1))
	# Not in an if, which would disable set -e for the command
	set +e
	_said=$(set -e; "$@" 2>&1 9>&-)
	_rc=$?
	set -e
	if [ "$_rc" -eq 0 ]; then
		echo "ok $ktap_nr $_name"
	else
		ktap_failed=$((ktap_failed + 1))
		echo "not ok $ktap_nr $_name"
		printf '%s\n' "$_said" | sed 's/^/# /'
	fi
}

skip() {
	ktap_nr=$((ktap_nr + 1))
	echo "ok $ktap_nr $1 # SKIP $2"
}

# The exit status of the report
ktap_end() { [ "$ktap_failed" -eq 0 ]; }

# check_all PREFIX [HELPER...]: a whole report, with a test for each function of the script
# whose name has an underscore, but for helpers
check_all() {
	_prefix=$1
	shift
	_tests=$(sed -n 's/^\([a-z0-9]*_[a-z0-9_]*\)() {$/\1/p' "$0" | grep -vxF "$(printf '%s\n' / "$@")")
	ktap_begin "$(echo "$_tests" | wc -l)"
	for _test in $_tests; do
		check "$_prefix: $_test" "$_test"
	done
	ktap_end
}

# exits STATUS COMMAND...: its output goes to out and err in $dir
# shellcheck disable=SC2154	# dir is of the script
exits() {
	_want=$1 _got=0
	shift
	"$@" >"$dir/out" 2>"$dir/err" </dev/null || _got=$?
	[ "$_got" -eq "$_want" ] ||
		{ echo "exit status $_got, not $_want:"; cat "$dir/out" "$dir/err"; return 1; }
}

# has FILE REGEX...: each of them, in a file in $dir
has() {
	_file=$1
	shift
	for _regex; do
		grep -qe "$_regex" "$dir/$_file" || { echo "'$_regex' is not in:"; cat "$dir/$_file"; return 1; }
	done
}
