#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Break the code in each way that MUTANTS lists, one at a time and in a copy,
# and see that a test fails. Prints a line per mutant and at the end those that
# no test noticed. Minutes; run it as often as you like.
#
# usage: mutants.sh [PATTERN]	only those whose line matches; SRC= as in Makefile
set -eu
# shellcheck source=../../scripts/environment.sh
. "$(dirname -- "$0")/../../scripts/environment.sh"
die() { echo "mutants.sh: $*" >&2; exit 2; }

unit=$(cd -- "$(dirname -- "$0")" && pwd -P)
top=${unit%/tests/unit}
from=${SRC:-$top}
work=$top/build/unit/mutants
export KHO_SEED="${KHO_SEED:-1}"

# The tests of one variant; prints the first that fails. 0: there was one.
some_test_fails() {
	progs="test_tree test_bulk test_busy test_scratch test_form test_hold test_handover test_vmalloc test_records test_memfd test_memfd_preserve test_luo test_trace"
	case $1 in *tsan*) progs="test_tree test_bulk test_hold" ;; esac
	paths=
	for p in $progs; do paths="$paths $work/out/$1/$p"; done
	# shellcheck disable=SC2086
	make -s -j2 -f "$unit/Makefile" SRC="$work/src" OUT="$work/out" VARIANT="$1" $paths \
		>"$work/build.log" 2>&1 || die "does not build, see $work/build.log: $line"
	for p in $progs; do
		timeout 300 "$work/out/$1/$p" >"$work/run.log" 2>&1 && continue
		sed -n "s,^not ok [0-9]* ,$1 $p: ,p" "$work/run.log" | head -n 1
		return 0
	done
	return 1
}

is_noticed() {
	some_test_fails gcc-asan-small || some_test_fails gcc-tsan-small ||
		some_test_fails gcc-asan
}

rm -rf "$work/src"
mkdir -p "$work/src"
cp -R "$from/kernel" "$from/mm" "$from/include" "$work/src"
line="the code as it is"
rc=0
noticed=$(is_noticed) || rc=$?
[ "$rc" -eq 1 ] || die "the tests must pass before anything is broken: ${noticed:-they do not build}"

n=0
alive=0
while read -r file script; do
	case $file in '' | '#'*) continue ;; esac
	line="$file $script"
	case $line in *"${1-}"*) ;; *) continue ;; esac
	n=$((n + 1))
	sed "$script" "$from/$file" >"$work/src/$file"
	! cmp -s "$from/$file" "$work/src/$file" || die "changes nothing any more: $line"
	rc=0
	noticed=$(is_noticed) || rc=$?
	case $rc in
	0) printf 'killed  %s  # %s\n' "$line" "$noticed" ;;
	1) printf 'ALIVE   %s\n' "$line"; alive=$((alive + 1)) ;;
	*) exit $rc ;;
	esac
	cp "$from/$file" "$work/src/$file"
done <"$unit/MUTANTS"

echo "# $n mutants, $alive alive"
[ "$alive" -eq 0 ]
