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

# begin_log LOG: samples of before schema 3, which may lack an env record, are put aside
begin_log() {
	mkdir -p "${1%/*}"
	[ ! -s "$1" ] || head -n 1 "$1" | grep -q '"type":"env"' || mv "$1" "$1.old"
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
