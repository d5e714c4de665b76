#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Common parts of the benchmarks: their smallest form, their needs, their samples and the env
# record (machine and versions).  Sourced after scripts/lib.sh, never run.
# shellcheck disable=SC2034,SC2154	# used by, and from, the other scripts

# is_on VALUE: of QUICK and SMOKE; empty and 0 are off
is_on() { case $1 in '' | 0) return 1 ;; esac; }

# With SMOKE=1 a benchmark does all that it does in full, once and with little memory, and
# is held against no target.  Its outputs stay apart from those of a full run.
smoke='' outputs=$build
! is_on "${SMOKE-}" || smoke=1 outputs=$build/smoke
out=$outputs/report

# The program that adds samples and reports on them
report=$build/bench/report
build_report() {
	make -s -C "$here" OUT="$build/bench" "$report" >&2 ||
		die "cannot be built, see above; 'make setup' installs what may be missing"
}

# need_guests GIB KERNEL...: refuse before the first sample if every guest would fail.  GIB is
# the most memory that a guest takes from the host.
need_guests() {
	need_memory "$1" "the largest guest"
	shift
	command -v "${QEMU:-qemu-system-x86_64}" >/dev/null ||
		die "no ${QEMU:-qemu-system-x86_64} here: run 'make setup', or set QEMU to one"
	for _kernel; do
		kernel_image "$_kernel" >/dev/null
		[ -f "$build/kmod/$_kernel/kho_workload.ko" ] ||
			die "no test modules for the $_kernel kernel in $build/kmod/$_kernel:" \
				"run 'scripts/build-kernels.sh $_kernel'"
	done
}

# need_cpus N: for what runs in parallel; a smoke run is not held against a speed
need_cpus() {
	[ -n "$smoke" ] || [ "$(nproc)" -ge "$1" ] || {
		say "not measured: this machine has $(nproc) CPU, and it takes $1 to run anything in" \
			"parallel; SMOKE=1 runs it all the same, without a target"
		exit 4
	}
}

# whole_number NAME VALUE
whole_number() {
	case $2 in
	'' | *[!0-9]* | 0*) die "$1=$2: give a number from 1" ;;
	esac
}

# env_record LOG RUN ACCEL COMMAND
env_record() {
	dirty=false
	[ -z "$(git -C "$top" status --porcelain 2>/dev/null)" ] || dirty=true
	"$report" add "$1" env run="$2" where="qemu-$3" command="$4" date="$(date -u +%FT%TZ)" \
		rev="$(git -C "$top" rev-parse --short HEAD 2>/dev/null || echo unknown)" \
		dirty="$dirty" kernel="$(make -s -C "$cache/tree" kernelversion)" \
		cc="$(gcc --version | head -n 1)" \
		cpu="$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)" \
		nproc="$(nproc)" qemu="$("${QEMU:-qemu-system-x86_64}" --version | head -n 1)"
}

# begin_run NAME GIB KERNEL...: check the needs; samples go to $log, all else to $work.  Samples
# of before schema 3 that lack an env record are put aside.
begin_run() {
	log=$out/$1.jsonl work=$outputs/$1 env_written='' run=$(date -u +%Y%m%dT%H%M%SZ)-$$
	shift
	need_guests "$@"
	build_report
	mkdir -p "$out" "$work"
	[ ! -s "$log" ] || head -n 1 "$log" | grep -q '"type":"env"' || mv "$log" "$log.old"
}

# After the time limit of a run, sets $before_s: the seconds up to reboot(2), which a busy host
# makes many. Without any the run says nothing about the blackout.
at_the_limit() {
	status=limit
	grep -qx kexec "$_plan" || return 0
	before_s=$(awk -v began="$_began" '$2 == 1 && $3 ~ /^t0=/ { print int($1 / 1e9 - began) + 1 }' \
		"$work/vm/verdict.lines" 2>/dev/null) || : # there with -s only
	[ -n "$before_s" ] || grep -qs '^1 t0=' "$work/vm/verdict" || {
		status=failed
		reason='reboot(2) was not reached within the time limit: is this host busy?'
	}
}

# Seconds of the clock of verdict.lines, which stands still while a host is suspended
seconds_now() {
	"$top/tests/e2e/prepare.sh" host
	echo | "$build/e2e/host/stamp" /dev/null | awk '{ print int($1 / 1e9) }'
}

# run_guest COMMAND PLAN [OPTION...]: a live update of $kernel in $work/vm; sets $status and
# $reason.  COMMAND, which does the run again, is for its env record.
run_guest() {
	_command=$1 _plan=$2 status=ok reason='' before_s=0
	shift 2
	_rc=0 _began=$(seconds_now)
	"$top/tests/e2e/vm.sh" -1 "$kernel" "$@" -o "$work/vm" "$_plan" 2>"$work/reason" || _rc=$?
	case $_rc in
	0) ;;
	3) at_the_limit ;;
	*) status=failed reason=$(tail -n 1 "$work/reason") ;;
	esac
	[ -n "$env_written" ] || env_record "$log" "$run" "$(cat "$work/vm/accel")" "$_command"
	env_written=1
}

# add_sample KEY=VALUE...: of the guest that ran last
add_sample() { "$report" add "$log" sample run="$run" variant="$kernel" rep="$rep" "$@"; }

# draw_pause NAME VERDICT TIMELINE: NAME.svg and NAME.trace.json, of how long guest 'one' stood
# still until boot 2
draw_pause() {
	sed -n 's/^# 2 one: step //p' "$2" >"$1.steps"
	"$("$top/tests/e2e/prepare.sh" program khoctl)" timeline --guest "$1.steps" --svg "$1.svg" \
		--trace "$1.trace.json" "$3"
}

# in_turns FUNCTION REPS KERNEL...: calls it with $kernel and $rep, so that a slow minute of the
# host hits all kernels
in_turns() {
	_function=$1 _reps=$2 rep=0
	shift 2
	while [ "$rep" -lt "$_reps" ]; do
		for kernel; do
			"$_function"
		done
		rep=$((rep + 1))
	done
}

# measure_all BENCH REPS SCENARIO...: all repetitions, and the report.  Of the script: scenario
# NAME sets the machine, with $host, write_plan NAME prints its plan, measure adds a sample of
# $kernel.
measure_all() {
	_bench=$1 _reps=$2 most=0
	shift 2
	for name; do
		scenario "$name"
		[ "$host" -le "$most" ] || most=$host
	done
	begin_run "$_bench" "$most" stock fast
	say "$(($# * _reps * 2)) live updates; the samples go to $log"
	for name; do
		scenario "$name"
		write_plan "$name" >"$work/$name.plan"
		in_turns measure "$_reps" stock fast
	done
	echo
	"$report" "$_bench" --run "$run" "$log"
}
