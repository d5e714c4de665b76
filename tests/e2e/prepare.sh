#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Build what the guests run, from this checkout; incremental.
#
# usage: prepare.sh init | selftests
#   init        build/e2e/init/init, the /init of the guests
#   selftests   build/e2e/selftests, upstream's live update tests, from the kernel
#               tree as they are, the way its vmtest.sh builds them
set -eu
# shellcheck source=../../scripts/lib.sh
. "$(dirname -- "$0")/../../scripts/lib.sh"

headers=$cache/usr/include
[ -f "$headers/linux/liveupdate.h" ] ||
	die "no kernel headers in $headers: run 'make kernels' first"

# Two runs at a time must not build the same file twice.
make_init() {
	mkdir -p "$build/e2e/init"
	(
		flock 8
		make -s -C "$top/tests/e2e/init" OUT="$build/e2e/init" HEADERS="$headers" >&2
	) 8>"$build/e2e/init/.lock"
}

# shellcheck disable=SC2086	# words on purpose
make_selftests() {
	ktree=$cache/linux
	src=$ktree/tools/testing/selftests/liveupdate
	out=$build/e2e/selftests
	mkdir -p "$out"
	nolibc="-static -nostdinc -nostdlib -I $headers -I $ktree/tools/include/nolibc"
	for t in luo_kexec_simple luo_multi_session luo_stress_sessions luo_stress_files; do
		cc $nolibc -O2 -I "$src/lib/include" -o "$out/$t" "$src/$t.c" "$src/lib/lu_utils.c"
	done
	cc $nolibc -s -Os -fno-asynchronous-unwind-tables -fno-ident -fno-stack-protector \
		-o "$out/init" "$src/init.c"
	# This one is built as its own Makefile does, against the C library.
	cc -static -O2 -D_GNU_SOURCE= -Wno-unused-function -isystem "$headers" \
		-I "$src/lib/include" -o "$out/liveupdate" "$src/liveupdate.c" "$src/lib/lu_utils.c"
}

case ${1-} in
init) make_init ;;
selftests) make_selftests ;;
*) die "usage: prepare.sh init | selftests" ;;
esac
