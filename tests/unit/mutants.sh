#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Break the code in each way that MUTANTS lists, one at a time and in a copy, and see
# that a test fails (KTAP, a line per mutant).  All of them take hours.  Changes nothing
# outside build/.
#
# usage: [SRC=...] mutants.sh [-n N] [PATTERN]
#   -n N      only N of them, evenly spread over the list
#   PATTERN   only those whose line has it
#   SRC=      the tree under test, as in the Makefile
#
# Exit status: 0 all were noticed, 1 not, 2 none could be tried.
set -eu
# shellcheck source=../../scripts/environment.sh
. "$(dirname -- "$0")/../../scripts/environment.sh"
die() { echo "mutants.sh: error: $*" >&2; exit 2; }

unit=$(cd -- "$(dirname -- "$0")" && pwd -P)
top=${unit%/tests/unit}
from=${SRC:-$top}
work=$top/build/unit/mutants
export KHO_SEED="${KHO_SEED:-1}"

# ThreadSanitizer of older compilers cannot live with much address randomisation.
fixed="setarch $(uname -m) -R"
$fixed true 2>/dev/null || fixed=

# fails VARIANT PROGRAM: build it and run it; what it says is in run.log
fails() {
	make -s -j"$(nproc)" -f "$unit/Makefile" SRC="$work/src" OUT="$work/out" VARIANT="$1" \
		"$work/out/$1/$2" >"$work/build.log" 2>&1 || die "does not build, see $work/build.log: $line"
	status=0
	# shellcheck disable=SC2086	# a command line
	timeout 300 $fixed "$work/out/$1/$2" >"$work/run.log" 2>&1 || status=$?
	# an endless loop, or a machine that is too slow
	[ "$status" -ne 124 ] || echo "$1 $2: not done after 300 s" >>"$work/run.log"
	[ "$status" -ne 0 ]
}

# first_failing VARIANT: print the first of its programs that fails, or nothing
first_failing() {
	progs="test_alloc test_tree test_bulk test_map test_memblock_iter test_scratch test_page_init test_sections test_late_free test_handover test_vmalloc test_records test_memfd test_memfd_check test_memfd_preserve test_luo test_trace test_tsc test_preflight test_gate test_cmdline test_kimage test_unretrieved test_checksum test_flb test_params test_ram_known test_memory test_free_runs test_memfd_ranges test_memfd_lazy test_cpu_jobs"
	case $1 in *tsan*) progs="test_tree test_bulk test_sections test_late_free test_free_runs test_cpu_jobs test_memfd_lazy" ;; esac
	for p in $progs; do
		! fails "$1" "$p" || { echo "$p"; return; }
	done
}

# choose N PATTERN: the lines of MUTANTS to try; N 0: all
choose() {
	awk -v n="$1" -v pattern="$2" '
		NF && !/^#/ && index($0, pattern) { line[++nr] = $0 }
		END { step = n && n < nr ? nr / n : 1
		      for (i = 1; i <= nr; i += step) print line[int(i)] }' "$unit/MUTANTS"
}

# A line that breaks nothing any more would be found when its turn comes, by chance.
must_break() {
	while read -r file script; do
		case $file in '' | '#'*) continue ;; esac
		! sed "$script" "$from/$file" | cmp -s "$from/$file" - ||
			die "changes nothing any more: $file $script"
	done <"$unit/MUTANTS"
}

# must_pass VARIANT PROGRAM: on the code as it is, or it would notice anything
must_pass() {
	[ ! -e "$work/passed-$1-$2" ] || return 0
	! fails "$1" "$2" || die "$1 $2 fails on the code as it is: see $work/run.log"
	touch "$work/passed-$1-$2"
}

# try FILE SCRIPT: print the test that fails; 1 if none does.  A variant is asked only
# about what those before it do not notice.
try() {
	for variant in gcc-asan-small gcc-tsan-small gcc-asan; do
		sed "$2" "$from/$1" >"$work/src/$1"
		! cmp -s "$from/$1" "$work/src/$1" || die "changes nothing any more: $line"
		failing=$(first_failing "$variant") || exit $?
		cp "$from/$1" "$work/src/$1"
		[ -n "$failing" ] || continue
		sed -n "s,^not ok [0-9]* ,$variant $failing: ,p; /: not done after/p" "$work/run.log" | head -n 1
		must_pass "$variant" "$failing"
		return
	done
	return 1
}

some=0
if [ "${1-}" = -n ]; then
	case ${2-} in '' | *[!0-9]* | 0*) die "-n ${2-}: give a number" ;; esac
	some=$2
	shift 2
fi
mkdir -p "$work"
choose "$some" "${1-}" >"$work/chosen"
[ -s "$work/chosen" ] || die "no line of MUTANTS has '${1-}'"
must_break
rm -rf "$work/src" "$work"/passed-*
mkdir -p "$work/src"
cp -R "$from/kernel" "$from/mm" "$from/include" "$work/src"

printf 'KTAP version 1\n1..%d\n' "$(awk 'END { print NR }' "$work/chosen")"
n=0
alive=0
while read -r file script <&8; do
	line="$file $script"
	n=$((n + 1))
	rc=0
	noticed=$(try "$file" "$script" 8<&-) || rc=$?
	case $rc in
	0) echo "ok $n - $line"; echo "# $noticed" ;;
	1) echo "not ok $n - $line"; echo "# no test fails"; alive=$((alive + 1)) ;;
	*) exit $rc ;;
	esac
done 8<"$work/chosen"

[ "$alive" -eq 0 ]
