#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Run each target of 'make help' in its smallest form and check its outputs (KTAP, a line
# per target).  Parts of 'make check' only have to exist.  Needs the kernels stock and
# fast; takes two minutes on 2 CPUs.  Benchmarks run with SMOKE=1, so that build/report
# keeps its samples.
#
# usage: test-targets.sh [TARGET...]
#
# Exit status: 0 all passed, 1 not.
# shellcheck disable=SC2317	# the tests are called by name
set -eu
here=$(dirname -- "$0")
# shellcheck source=lib.sh
. "$here/lib.sh"
# shellcheck source=ktap.sh
. "$here/ktap.sh"

# In this order: where and tools read outputs of blackout, compare those of bench.
# where-first is 'make where' without samples.
tried='help setup clean distclean where-first blackout where bench compare luo guest guest-demo scaling host-kit tools docs series fuzz'
# Far above the time of any of them: for a hang
limit=300
smoke=$build/smoke
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset QUICK REPS COUNT QEMU A B FUZZ_ARGS TARGET

plain_make() { make --no-print-directory "$@"; }

# run STATUS TARGET [VARIABLE=VALUE]...: its output goes to $work/out and $work/err
run() {
	want=$1 rc=0
	shift
	SMOKE=1 timeout -k 10 "$limit" make --no-print-directory -C "$top" "$@" >"$work/out" 2>"$work/err" </dev/null || rc=$?
	[ "$rc" -eq "$want" ] || {
		echo "make $*: status $rc, not $want"
		tail -n 20 "$work/out" "$work/err"
		return 1
	}
}

# prints PATTERN [FILE]
prints() {
	grep -qE -- "$1" "${2:-$work/out}" || {
		echo "no line '$1' in what it printed:"
		cat "${2:-$work/out}"
		return 1
	}
}

# left FILE...: of this run
left() {
	for file; do
		[ -s "$file" ] || { echo "it left no $file, or an empty one"; return 1; }
		[ -n "$(find "$file" -newer "$work/begun")" ] ||
			{ echo "$file is older than this run"; return 1; }
	done
}

# counts N PATTERN FILE
counts() {
	_n=$(grep -cE -- "$2" "$3") || :
	[ "$_n" -eq "$1" ] || { echo "$_n lines of $3 have '$2', not $1:"; cat "$3"; return 1; }
}

# Targets of make help and of .PHONY, without which a folder of the same name, such as
# bench, would hide a target
named() { plain_make -C "$top" help | sed -n 's/^make \([a-z][a-z0-9-]*\) .*/\1/p'; }
phony() { plain_make -C "$top" -pRrq help | sed -n 's/^\.PHONY: *//p' | tr ' ' '\n' | grep .; }

is_part() { case $1 in check | check-* | lint | kernels) ;; *) return 1 ;; esac; }

# Without a recipe 'make -n' prints "Nothing to be done" and succeeds.
is_there() {
	plain_make -n -C "$top" "$1" >"$work/out" 2>&1 || { cat "$work/out"; return 1; }
	if grep 'Nothing to be done' "$work/out" || [ ! -s "$work/out" ]; then
		echo "make $1 does nothing"
		return 1
	fi
}

# No target without a test, and none missing in make help
try_help() {
	run 0 help
	named | sort >"$work/named"
	phony | sort | grep -vx help >"$work/phony"
	diff "$work/named" "$work/phony" ||
		{ echo '< is named by make help only, > is in .PHONY of the Makefile only'; return 1; }
	while read -r name; do
		is_part "$name" || case " $tried " in
			*" $name "*) ;;
			*) echo "scripts/test-targets.sh does not try 'make $name'"; return 1 ;;
		esac
	done <"$work/named"
	for name in $tried; do
		case $name in help | where-first) continue ;; esac
		grep -qx "$name" "$work/named" ||
			{ echo "make help does not name '$name', which is tried"; return 1; }
	done
}

# Everything has been installed before.
try_setup() {
	run 0 setup
	cat "$work/out" "$work/err" >"$work/said"
	[ ! -s "$work/said" ] || { echo 'a second time it says:'; cat "$work/said"; return 1; }
}

# scratch_copy: this checkout, with a build/
scratch_copy() {
	rm -rf "$work/copy" "$work/cache"
	mkdir -p "$work/cache"
	touch "$work/cache/.kho-fast"
	copy_checkout "$work/copy"
	in_copy >"$work/before"
	mkdir -p "$work/copy/build/report"
	echo sample >"$work/copy/build/report/blackout.jsonl"
	echo mine >"$work/cache/mine"
}

in_copy() { (cd "$work/copy" && find . | LC_ALL=C sort); }
make_copy() { KHO_CACHE=$work/cache plain_make -C "$work/copy" "$1" >"$work/out" 2>&1; }

only_build_is_gone() {
	in_copy | diff "$work/before" - || { echo '< is gone, > was left'; return 1; }
}

try_clean() {
	scratch_copy
	make_copy clean
	only_build_is_gone
	[ -e "$work/cache/mine" ]
}

# Names of the scripts' files in the cache
in_cache() {
	cd "$top"
	# shellcheck disable=SC2016	# as it is written there
	{
		grep -ohE '\$(cache|\{cache\})/[a-z][a-z.-]*' scripts/*.sh tests/e2e/*.sh bench/*.sh |
			sed 's,.*/,,'
		grep -ohE "^tree=\\\$cache/tree|\\\$tree\.(files|made-from)" scripts/build-kernels.sh |
			sed 's,.*[/$],,'
		sed -n "s/.*kernels='\([a-z ]*\)'.*/\1/p" scripts/build-kernels.sh | tr ' ' '\n'
	} | sort -u
}

try_distclean() {
	scratch_copy
	in_cache >"$work/names"
	counts 1 '^(fast)$' "$work/names"
	counts 1 '^kcsan$' "$work/names"
	while read -r name; do
		mkdir -p "$work/cache/$name"
	done <"$work/names"
	# These are files.
	rmdir "$work/cache/lock" "$work/cache/tree.files" "$work/cache/tree.made-from"
	touch "$work/cache/tree.files" "$work/cache/tree.made-from"
	make_copy distclean
	only_build_is_gone
	[ "$(find "$work/cache" -mindepth 1 ! -name .kho-fast)" = "$work/cache/mine" ] ||
		{ echo 'left in the cache beside what is of the user:'; ls -A "$work/cache"; return 1; }
	prints 'left in .*mine$'
	rm "$work/cache/mine"
	make_copy distclean
	[ ! -e "$work/cache" ] || { echo 'the empty cache was left'; return 1; }
	# another folder with the same names in it
	mkdir -p "$work/cache/linux" "$work/cache/usr"
	! make_copy distclean || { echo 'a folder that is no cache was taken for one'; return 1; }
	prints 'has files that are not from kho-fast'
	[ -d "$work/cache/linux" ] && [ -d "$work/cache/usr" ]
}

# One message, with the command that makes them
try_where_first() {
	rm -rf "$smoke/report"
	run 2 where
	[ ! -s "$work/out" ]
	counts 1 '^report: .* .make blackout. ' "$work/err"
	grep -v '^make: ' "$work/err" >"$work/said"
	counts 1 . "$work/said"
}

try_blackout() {
	run 0 blackout
	prints '^4,096 4 KiB scattered +1G( +[0-9]+\.[0-9]+){4} +[0-9.]+x'
	prints '^4,096 4 KiB scattered +1G( +[0-9]+\.[0-9]+){4} +[0-9.]+x +1/1'
	prints '^ by the kernel.s own stamps'
	left "$smoke"/report/blackout.txt "$smoke"/report/blackout.html "$smoke"/report/blackout.svg \
		"$smoke"/report/blackout.png "$smoke"/report/timeline-smoke.json
	prints '^4,096 4 KiB scattered +1G' "$smoke/report/blackout.txt"
	prints '</html>' "$smoke/report/blackout.html"
	counts 1 '"type":"env".*"command":"SMOKE=1 make blackout"' "$smoke/report/blackout.jsonl"
	counts 1 '"variant":"stock".*"verified":true' "$smoke/report/blackout.jsonl"
	counts 1 '"variant":"fast".*"verified":true.*"phases"' "$smoke/report/blackout.jsonl"
}

try_where() {
	run 0 where
	prints '^4,096 4 KiB scattered, 1G +STOCK +OURS'
	prints '^  initcalls .* <$|^  [a-z]+ .* <'
	prints '^  sum +'
}

# Each benchmark once
try_bench() {
	run 0 bench
	prints ' ns'
	find "$smoke" -name native.jsonl >"$work/native"
	[ -s "$work/native" ] || { echo "no native.jsonl in $smoke"; return 1; }
	left "$(cat "$work/native")"
	prints '"type":"env"' "$(cat "$work/native")"
	prints '"type":"sample"' "$(cat "$work/native")"
}

# samples NS...: in the format of make bench
samples() {
	printf '{"type":"env","schema":3,"run":"r","dirty":false,"where":"shim","rev":"abc",'
	printf '"kernel":"7.3.4","cc":"gcc","cpu":"a cpu","nproc":2,"date":"d","command":"c"}\n'
	for ns; do
		printf '{"type":"sample","run":"r","bench":"insert","unit":"folio","case":"c","variant":"v",'
		printf '"threads":1,"n":10,"rep":0,"ns":%s,"bytes":0}\n' "$ns"
	done
}

# 10, 11, 12 ns and 30, 31, 32 per operation: 31 / 11 = 2.82. Then the samples of make bench.
try_compare() {
	samples 100 110 120 >"$work/a"
	samples 300 310 320 >"$work/b"
	run 0 compare A="$work/a" B="$work/b"
	prints '^c +v/1 +11\.0 ns .* 31\.0 ns .* 2\.82 slower$'
	find "$smoke" -name native.jsonl >"$work/native"
	[ ! -s "$work/native" ] || {
		run 0 compare A="$(cat "$work/native")" B="$(cat "$work/native")"
		prints ' 1\.00 (noise|few)$| same size$'
	}
}

try_luo() {
	run 0 luo
	prints '^100 files, 20 sessions, from reboot( +[0-9]+\.[0-9]+){3}x'
	counts 1 '"variant":"stock".*"status":"ok".*"last_ns":[1-9]' "$smoke/report/luo.jsonl"
	counts 1 '"variant":"fast".*"status":"ok".*"last_ns":[1-9]' "$smoke/report/luo.jsonl"
}

# gap VARIANT: nanoseconds for which the guest stood still
gap() { sed -n "s/.*\"variant\":\"$1\".*\"gap_ns\":\([0-9]*\).*/\1/p" "$smoke/report/guest.jsonl"; }

# Instructions are counted: other work on this machine changes nothing, and with ours the guest
# stands still for less time.
try_guest() {
	run 0 guest COUNT=1
	prints '^nothing +128M( +[0-9]+){2} +[0-9]+\.[0-9]+x '
	prints ' retrieve( +[0-9]+\.[0-9]+){3}x$'
	counts 1 '"variant":"stock".*"status":"ok".*"gap_ns":[1-9]' "$smoke/report/guest.jsonl"
	counts 1 '"variant":"fast".*"status":"ok".*"gap_ns":[1-9]' "$smoke/report/guest.jsonl"
	[ $(($(gap fast) * 100)) -lt $(($(gap stock) * 95)) ] ||
		{ echo "the guest stands still for $(gap fast) ns, with stock for $(gap stock)"; return 1; }
	prints 'the guest stands still for ' "$smoke/report/guest-alone.svg"
	left "$smoke/report/guest-alone.svg" "$smoke/report/guest-alone.trace.json"
}

# A QEMU that writes a recorded run, shortened, in place of a host with a guest
recorded_qemu() {
	cat <<-'END'
		#!/bin/sh
		for arg; do
			case $arg in
			file:*/console*) console=${arg#file:} ;;
			file:*/verdict*) verdict=${arg#file:} ;;
			esac
		done
		echo $$ >"${0%/*}/qemu.pid"
		echo '[    0.000000] Linux version 7.3.4-stock (kho@fast) #4' >"$console"
		echo 'keeper: one counts 300, 0 bad pages' >"$console"
		printf '1 tsc_khz=1000000\nok 1 run keeper pause\n1 t0=2000\n' >"$verdict"
		sleep 1
		echo '[    0.000000] Linux version 7.3.4-fast (kho@fast) #8' >"$console"
		echo 'keeper: one counts 400, 0 bad pages' >"$console"
		sleep 1
		cat >"$verdict" <<-'LINES'
			# 2 one: gap 5987.654 ms
			# 2 one: step 1000 guest
			# 2 one: step 1500 stop
			# 2 one: step 9000 resume
			# 2 {"version":1,"clock":"tsc","khz":1000000,"origin":2000,"previous":false,
			# 2 "phases":[{"name":"early","kernel":"new","begin_ns":0,"end_ns":1000}],
			# 2 "spans":[],"totals":[],
			# 2 "lost":0}
			done
		LINES
	END
}

# An interrupt ends the machine.
interrupt_demo() {
	sed 's/^sleep 1/exec sleep 300/' "$work/qemu" >"$work/qemu-hangs"
	chmod +x "$work/qemu-hangs"
	rm -f "$work/qemu.pid"
	SMOKE=1 QEMU="$work/qemu-hangs" "$top/bench/guest-demo.sh" >"$work/out" 2>&1 </dev/null &
	demo=$! rc=0
	# shellcheck disable=SC2016	# for the other shell
	timeout "$limit" sh -c 'until [ -s "$0" ]; do sleep 0.1; done' "$work/qemu.pid"
	began=$(date +%s)
	kill -TERM "$demo"
	wait "$demo" || rc=$?
	[ "$rc" -eq 130 ] || { echo "interrupted, it has status $rc"; return 1; }
	# It would end by itself after 300 s.
	while kill -0 "$(cat "$work/qemu.pid")" 2>/dev/null; do
		[ $(($(date +%s) - began)) -lt 30 ] || { echo 'its machine still runs'; return 1; }
		sleep 0.1
	done
	[ $(($(date +%s) - began)) -lt 60 ] || { echo 'it waited for its machine'; return 1; }
	prints '^guest-demo.sh: interrupted$'
}

try_guest_demo() {
	recorded_qemu >"$work/qemu"
	chmod +x "$work/qemu"
	(export QEMU="$work/qemu" && run 0 guest-demo)
	prints ' s  the guest goes on, its counter was at 300 and is at 400$'
	prints '^  it stood still, 7\.3\.4-stock to 7\.3\.4-fast: 5\.99 s$'
	prints 'stands still for 0.008 ms' "$smoke/guest-demo/timeline.svg"
	left "$smoke/guest-demo/timeline.trace.json"
	interrupt_demo
}

try_scaling() {
	run 0 scaling
	prints '^one node, 1 CPU +[0-9]+\.[0-9] ms$'
	prints '^one node, 2 CPUs +[0-9]+\.[0-9] ms +[0-9.]+ times as fast$'
	prints '^four nodes +[0-9]+\.[0-9] ms '
	prints '^stock( +[0-9]+\.[0-9]+){3}$'
	prints '^ours( +[0-9]+\.[0-9]+){3}$'
	prints '"nodes":4,' "$smoke/report/scaling.jsonl"
	counts 4 '"threads":[12],.*"min_ns":[1-9]' "$smoke/report/preserve-scaling.jsonl"
}

try_host_kit() {
	run 0 host-kit
	prints '/build/kho-host-kit\.tar\.gz$'
	left "$build/kho-host-kit.tar.gz"
	tar -tzf "$build/kho-host-kit.tar.gz" >"$work/files"
	prints '^kho-host-kit/matrix$' "$work/files"
	prints '^kho-host-kit/overlay/scripts/apply.sh$' "$work/files"
}

try_tools() {
	run 0 tools
	counts 5 . "$work/out"
	counts 5 '/(khosnoop|kholat|khoblackout|khoheat|khoctl)$' "$work/out"
	cp "$work/out" "$work/programs"
	while read -r program; do
		"$program" --help >"$work/out" || { echo "$program --help: status $?"; return 1; }
		prints '^Usage: '
		"$program" --version >"$work/out" || { echo "$program --version: status $?"; return 1; }
		prints "^${program##*/} of kho-fast"
	done <"$work/programs"
	# As Documentation/measuring.rst says
	[ ! -s "$smoke/report/timeline-smoke.json" ] || {
		"$(grep 'khoctl$' "$work/programs")" timeline "$smoke/report/timeline-smoke.json" >"$work/out"
		prints 'initcalls'
	}
}

try_docs() {
	run 0 docs
	prints '^ok 1 pages_render$'
	left "$build/docs/html/index.html" "$build/docs/html/core-api/kho/fast/design.html"
}

try_series() {
	printf '[user]\n\tname = A Maintainer\n\temail = maintainer@example.org\n' >"$work/author"
	(export GIT_CONFIG_GLOBAL="$work/author" && run 0 series)
	prints 'patches and a cover letter in ' "$work/err"
	left "$smoke"/series/0000-cover-letter.patch "$smoke"/series/0001-*.patch
}

try_fuzz() {
	for fuzzer in luo memfd; do
		run 0 fuzz TARGET=$fuzzer
		prints '^Done [1-9][0-9]+ runs in ' "$work/err"
	done
	run 2 fuzz TARGET=nonsense
	prints 'TARGET=nonsense: there is no such fuzzer' "$work/err"
}

# refuses STATUS TEXT COMMAND...: one line that has TEXT, and not one sample
refuses() {
	want=$1 text=$2 rc=0
	shift 2
	rm -rf "$smoke/report"
	timeout "$limit" env "$@" >"$work/out" 2>&1 </dev/null || rc=$?
	[ "$rc" -eq "$want" ] || { echo "$*: status $rc, not $want:"; cat "$work/out"; return 1; }
	prints "$text"
	counts 1 . "$work/out"
	[ -z "$(find "$smoke" -name '*.jsonl')" ] || { echo "$*: it left samples"; return 1; }
}

# Conditions that every guest would fail are reported before the first one.
benchmarks_refuse_early() {
	mkdir -p "$work/empty"
	for bench in blackout luo guest scaling; do
		refuses 1 "no kernel at $work/empty/.*: run 'make kernels'" \
			SMOKE=1 KHO_CACHE="$work/empty" "$top/bench/$bench.sh"
		refuses 1 "no no-qemu here: run 'make setup'" SMOKE=1 QEMU=no-qemu "$top/bench/$bench.sh"
	done
	for bench in luo guest scaling; do
		refuses 1 'REPS=x: give a number' REPS=x "$top/bench/$bench.sh"
	done
	refuses 4 'has 1 CPU' taskset -c 0 "$top/bench/scaling.sh"
	refuses 1 "no scenario 'smoke' in a quick run; there are: nothing" \
		QUICK=1 "$top/bench/blackout.sh" smoke
	# shellcheck disable=SC2016	# for the other shell
	refuses 1 'a guest needs 99999 GiB of memory, this machine has' \
		sh -c '. "${0%/*}/lib.sh"; need_memory 99999 "a guest"' "$top/scripts/lib.sh"
}

# Files of full runs
reports() { find "$build/report" -type f -exec cksum {} + 2>/dev/null | sort || :; }
unchanged() { reports | diff "$work/reports" -; }

# All outputs are in build/.
status() { git -C "$top" status --porcelain; }
checkout_unchanged() { status | diff "$work/status" -; }

parts=$(for t in $(named); do ! is_part "$t" || printf ' %s' "$t"; done)
# shellcheck disable=SC2086	# words
[ $# -gt 0 ] || set -- $tried $parts
rm -rf "$smoke"
touch -d '1 second ago' "$work/begun"
reports >"$work/reports"
status >"$work/status"
ktap_begin $(($# + 3))
check benchmarks_refuse_early benchmarks_refuse_early
for t; do
	case " $tried :$parts " in
	*" $t "*:*) check "make_$t" "try_$(echo "$t" | tr - _)" ;;
	*" $t "*) check "make_${t}_is_there" is_there "$t" ;;
	*) check "make_$t" die "neither tried here nor named by make help" ;;
	esac
done
check smoke_runs_leave_the_samples_of_full_runs unchanged
check nothing_is_left_outside_build checkout_unchanged
ktap_end
