#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Each target of make check gets its own needs (KTAP).  All are run with -n on an empty
# cache.  One for each set of needs without kernels gets them, in a new checkout too, and quick
# ones are run; only the kernel's source is provided.  That no part needs more than it lists is
# tested by .ci/run, which starts with an empty cache, and by check.sh, which gets a need
# only before the first part that lists it.  Idempotent; writes only to a scratch folder.
#
# usage: [KDIR=/path/to/linux-7.3.y] test-check.sh
set -eu
here=$(dirname -- "$0")
# shellcheck source=lib.sh
. "$here/lib.sh"
# shellcheck source=ktap.sh
. "$here/ktap.sh"

base=$("$here/fetch-linux.sh")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export KHO_CACHE="$work/cache"

targets() { awk '/^[^#]/ && !seen[$1]++ { print $1 }' "$here/parts"; }

make_target() { [ "$1" = lint ] && echo lint || echo "check-$1"; }

# A target lists its parts, each after its needs, in an order in which they can be met, and
# does not change the cache.
says_its_needs() {
	rm -rf "$KHO_CACHE"
	make -s -C "$work/new" "$(make_target "$1")" DRY=1 >"$work/plan"
	awk -v target="$1" '
		FNR == NR { if (/^[^#]/) { needs[$2] = $3; of[$2] = $1 } next }
		$1 == "need" { if ($2 == "source" && !got["packages"] ||
				   $2 == "headers" && !got["source"] ||
				   $2 == "both" && !got["headers"] ||
				   $2 ~ /debug|kcsan/ && !got["both"]) bad = "need " $2 " too early"
			       got[$2] = 1; next }
		$1 == "run" { runs++
			      if (of[$2] != target) bad = $2 " is of another target"
			      if (!got[needs[$2] == "-" ? "packages" : needs[$2]]) bad = $2 " lacks " needs[$2]
			      next }
		{ bad = "what is: " $0 }
		END { if (!runs) bad = "nothing is run"
		      if (bad) { print bad; exit 1 } }' "$here/parts" "$work/plan"
	left=$(find "$KHO_CACHE" -mindepth 1 ! -name .kho-fast 2>/dev/null | head -n 3)
	[ -z "$left" ] || { echo "the cache has $left"; return 1; }
}

is_in_make_help() { make -s -C "$work/new" help | grep -q "^make $(make_target "$1") "; }

# One target for each set of needs without kernels, except those that are run
without_kernels() {
	awk -v run=" $quick " '/^[^#]/ { if (!t[$1]) name[++nr] = $1
			     if (!index(t[$1], $3)) t[$1] = t[$1] " " $3 }
		END { for (i = 1; i <= nr; i++)
			if (t[name[i]] !~ /both|debug|kcsan/ && !index(run, " " name[i] " ") && !seen[t[name[i]]]++)
				print name[i] }' "$here/parts"
}

needs_of() { awk -v t="$1" '/^[^#]/ && $1 == t && $3 != "-" { print $3 }' "$here/parts" | sort -u; }

gets_its_needs() {
	rm -rf "$KHO_CACHE" "$work/new/build"
	rc=0
	KDIR=$base "$work/new/scripts/check.sh" -g "$1" >"$work/log" 2>&1 || rc=$?
	if [ "$rc" -ne 0 ] || ! grep -q '^run ' "$work/log" ||
	   ! grep -qx '[1-9][0-9]* passed, 0 failed' "$work/log"; then
		tail -n 5 "$work/log"
		return 1
	fi
	# shellcheck disable=SC2046	# words
	"$here/need.sh" -n packages $(needs_of "$1") | while read -r n; do
		grep -q "^# $n: 1 passed, 0 failed" "$work/log" || { echo "$n was not got"; return 1; }
		[ "$n" != headers ] || [ -f "$KHO_CACHE/usr/include/linux/liveupdate.h" ] ||
			{ echo 'there are no headers'; return 1; }
	done
}

passes_alone() {
	rm -rf "$KHO_CACHE" "$work/new/build"
	rc=0
	KDIR=$base make -s -C "$work/new" "check-$1" >"$work/log" 2>&1 || rc=$?
	tail -n 1 "$work/log" | grep -qx '[1-9][0-9]* passed, 0 failed' && [ "$rc" -eq 0 ] && return
	grep -E '^not ok|error:' "$work/log" || tail -n 5 "$work/log"
	return 1
}

# A need that cannot be met fails the check and is named, at the end too.
missing_need_fails() {
	rm -rf "$KHO_CACHE" "$work/new/build"
	mkdir "$work/nowhere"
	rc=0
	KDIR=$work/nowhere make -s -C "$work/new" check-khoctl >"$work/log" 2>&1 || rc=$?
	[ "$rc" -ne 0 ]
	grep -q '^not ok 1 source$' "$work/log"
	tail -n 3 "$work/log" | grep -qx '# failed: source: source'
	grep -qx '[0-9]* passed, 1 failed' "$work/log"
}

# late_part MINUTES [TARGET]: a check with a quick part and a late one
late_part() {
	rm -rf "$work/new/build"
	printf '%s\t%s\t-\t%s\t%s\n' report first alone bench/test-where.sh \
		budget last late bench/test-budget.sh >"$work/new/scripts/parts"
	KDIR=$base KHO_CHECK_MINUTES=$1 "$work/new/scripts/check.sh" ${2:+"$2"} >"$work/log" 2>&1
}

# With no time left it is named and not counted, unless it is asked for.
late_part_is_run_if_there_is_time() {
	cp "$work/new/scripts/parts" "$work/parts"
	late_part 0
	grep -qx '# not run, since 0 minutes were over: last, see make check-budget' "$work/log"
	! grep -q '^# last' "$work/log" || return 1
	late_part 60
	grep -q '^# last: [1-9][0-9]* passed' "$work/log"
	! grep -q 'not run' "$work/log" || return 1
	late_part 0 budget
	grep -q '^# last: [1-9][0-9]* passed' "$work/log"
	! late_part x || return 1
	grep -q 'KHO_CHECK_MINUTES=x: give a number' "$work/log"
	cp "$work/parts" "$work/new/scripts/parts"
}

copy_checkout "$work/new"
quick='bpf report'
others=$(without_kernels)
# shellcheck disable=SC2046	# one word, one target
set -- $(targets)
ktap_begin $((2 * $# + $(echo "$quick $others" | wc -w) + 2))
for t; do
	check "$(make_target "$t")_says_its_needs" says_its_needs "$t"
	check "$(make_target "$t")_is_in_make_help" is_in_make_help "$t"
done
for t in $others; do
	check "check-${t}_gets_its_needs" gets_its_needs "$t"
done
for t in $quick; do
	check "check-${t}_passes_alone" passes_alone "$t"
done
check missing_need_fails_the_check missing_need_fails
check late_part_is_run_if_there_is_time late_part_is_run_if_there_is_time
ktap_end
