# SPDX-License-Identifier: GPL-2.0-only
#
# Build what both tests have: libluo, and its tests over fake.c. Sourced after lib.sh.
# shellcheck shell=sh disable=SC2154	# here, top, build and cache are of the script

headers=$cache/usr/include
flags='-O1 -g -fsanitize=address,undefined'
dir=$build/test-luo

# A cold kernel
boot() {
	export FAKE_LUO="$dir/luo"
	rm -rf "$FAKE_LUO"
	mkdir "$FAKE_LUO"
	"$dir/libluo" boot
}

# shellcheck disable=SC2086	# words on purpose
compile() { cc $flags -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -I "$top/tools/lib" -I "$top/include/uapi" "$@"; }

[ -f "$headers/linux/liveupdate.h" ] || die "no kernel headers in $headers: run 'scripts/need.sh headers' first"
mkdir -p "$dir"
dir=$(CDPATH='' cd -- "$dir" && pwd -P)
make -s -C "$top/tools/lib" OUT="$dir/lib" HEADERS="$headers" CFLAGS="$flags" >&2
compile -fno-builtin -idirafter "$headers" -c -o "$dir/fake.o" "$here/fake.c"
compile -o "$dir/libluo" "$here/libluo.c" "$dir/fake.o" "$dir/lib/libluo.a" -ljson-c
