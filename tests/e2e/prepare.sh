#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Build the programs of the guests.  Incremental.
#
# usage: prepare.sh init | selftests | host | flips | guest | systemd | program NAME
#   init        build/e2e/init/init, the /init of the guests
#   selftests   build/e2e/selftests, upstream's live update tests, from the kernel
#               tree as they are, the way its vmtest.sh builds them
#   host        build/e2e/host, programs that run beside a guest
#   flips       build/e2e/flips/flip and save, of flips.sh
#   guest       build/guest/initrd, of the guests of a host that is updated
#   systemd     build/systemd/root.cpio, of a host whose init is systemd; prints its path
#   program     a program of bpf/, tools/ or Documentation/, or of this machine; prints its path
set -eu
# shellcheck source=../../scripts/lib.sh
. "$(dirname -- "$0")/../../scripts/lib.sh"
# shellcheck source=guest.sh
. "$(dirname -- "$0")/guest.sh"

headers=$cache/usr/include
[ -f "$headers/linux/liveupdate.h" ] ||
	die "no kernel headers in $headers: run 'scripts/need.sh headers' first"

# Runs in parallel must not build the same file.
locked_make() {
	mkdir -p "$1"
	out=$1
	shift
	(
		flock 8
		make -s "$@" OUT="$out" HEADERS="$headers" >&2
	) 8>"$out/.lock"
}

# The repository comes first, this machine second.
program() {
	if [ -f "$top/bpf/$1.c" ]; then
		locked_make "$build/bpf" -C "$top/bpf"
		echo "$build/bpf/$1"
	elif [ -d "$top/tests/guest/$1" ]; then
		locked_make "$build/guest" -C "$top/tests/guest/$1"
		echo "$build/guest/$1"
	elif [ -d "$top/tools/$1" ]; then
		locked_make "$build/tools" -C "$top/tools/$1"
		echo "$build/tools/$1"
	elif [ -f "$top/Documentation/$1.c" ]; then
		locked_make "$build/lib" -C "$top/tools/lib" "$build/lib/$1"
		echo "$build/lib/$1"
	else
		command -v "$1" || die "there is no program $1: run 'make setup'"
	fi
}

guest() {
	locked_make "$build/guest" -C "$top/tests/guest/workload" PACK="$(pack_tool)"
}

systemd() {
	mkdir -p "$build/systemd"
	(
		flock 8
		"$top/tests/systemd/root.sh" "$build/systemd/root.cpio"
	) 8>"$build/systemd/.lock"
	echo "$build/systemd/root.cpio"
}

case ${1-} in
init) locked_make "$build/e2e/init" -C "$top/tests/e2e/init" ;;
selftests)
	locked_make "$build/e2e/selftests" -f "$top/tests/e2e/selftests.mk" \
		TREE="${KDIR:-$cache/linux}" ;;
host) locked_make "$build/e2e/host" -C "$top/tests/e2e/host" ;;
flips) locked_make "$build/e2e/flips" -C "$top/tests/e2e/flips" ;;
guest) guest ;;
systemd) systemd ;;
program) program "${2:?NAME is missing}" ;;
*) bad_usage ;;
esac
