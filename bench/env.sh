#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Common parts of the benchmarks in guests: their smallest form, their needs and the env
# record: what ran where.  Sourced after scripts/lib.sh, never run.
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

# need_guests GIB KERNEL...: refuse early, before a sample is taken, what every guest would
# fail for.  GIB is the most memory that a guest takes from the host.
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

# Text for JSON: what could end the string is dropped.
text() { tr -d '"\\\t' | tr '\n' ' ' | sed 's/ *$//'; }

# env_record RUN ACCEL COMMAND
env_record() {
	dirty=false
	[ -z "$(git -C "$top" status --porcelain 2>/dev/null)" ] || dirty=true
	printf '{"type":"env","schema":1,"run":"%s","rev":"%s","dirty":%s,' "$1" \
		"$(git -C "$top" rev-parse --short HEAD 2>/dev/null || echo unknown)" "$dirty"
	printf '"kernel":"%s","cc":"%s","cpu":"%s","nproc":%s,"where":"qemu-%s",' \
		"$(make -s -C "$cache/tree" kernelversion | text)" "$(gcc --version | head -n 1 | text)" \
		"$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1 | text)" "$(nproc)" "$2"
	printf '"qemu":"%s","date":"%s","command":"%s"}\n' \
		"$(qemu-system-x86_64 --version | head -n 1 | text)" "$(date -u +%FT%TZ)" "$3"
}
