#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Build what the guests run, from this checkout; incremental.
#
# usage: prepare.sh init | selftests | host | program NAME
#   init        build/e2e/init/init, the /init of the guests
#   selftests   build/e2e/selftests, upstream's live update tests, from the kernel
#               tree as they are, the way its vmtest.sh builds them
#   host        build/e2e/host, what runs beside a guest
#   program     one of ours, or of this machine; prints its path
set -eu
# shellcheck source=../../scripts/lib.sh
. "$(dirname -- "$0")/../../scripts/lib.sh"

headers=$cache/usr/include
[ -f "$headers/linux/liveupdate.h" ] ||
	die "no kernel headers in $headers: run 'scripts/need.sh headers' first"

# Two runs at a time must not build the same file twice.
locked_make() {
	mkdir -p "$1"
	out=$1
	shift
	(
		flock 8
		make -s "$@" OUT="$out" HEADERS="$headers" >&2
	) 8>"$out/.lock"
}

# Ours come first: nothing of this machine hides them.
program() {
	if [ -f "$top/bpf/$1.c" ]; then
		locked_make "$build/bpf" -C "$top/bpf"
		echo "$build/bpf/$1"
	elif [ -d "$top/tools/$1" ]; then
		locked_make "$build/tools" -C "$top/tools/$1"
		echo "$build/tools/$1"
	else
		command -v "$1" || die "there is no program $1: run 'make setup'"
	fi
}

case ${1-} in
init) locked_make "$build/e2e/init" -C "$top/tests/e2e/init" ;;
selftests)
	locked_make "$build/e2e/selftests" -f "$top/tests/e2e/selftests.mk" \
		TREE="${KDIR:-$cache/linux}" ;;
host) locked_make "$build/e2e/host" -C "$top/tests/e2e/host" ;;
program) program "${2:?NAME is missing}" ;;
*) bad_usage ;;
esac
