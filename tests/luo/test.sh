#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of libluo, over a /dev/liveupdate of files (fake.c). KTAP on stdout.
#
# usage: [KHO_SEED=N] test.sh
# shellcheck disable=SC2317	# the tests are called by name
set -eu
here=$(dirname -- "$0")
# shellcheck source=../../scripts/lib.sh
. "$here/../../scripts/lib.sh"
# shellcheck source=../../scripts/ktap.sh
. "$here/../../scripts/ktap.sh"

dir=$build/test-luo
headers=$cache/usr/include
flags='-O1 -g -fsanitize=address,undefined'

# A cold kernel
boot() {
	export FAKE_LUO="$dir/luo"
	rm -rf "$FAKE_LUO"
	mkdir "$FAKE_LUO"
	"$dir/libluo" boot
}

in_c() { boot && "$dir/libluo" "$1" </dev/null; }

[ -f "$headers/linux/liveupdate.h" ] || die "no kernel headers in $headers: run 'scripts/need.sh headers' first"
mkdir -p "$dir"
dir=$(cd "$dir" && pwd -P)
make -s -C "$top/tools/lib" OUT="$dir/lib" HEADERS="$headers" CFLAGS="$flags" >&2
# shellcheck disable=SC2086	# words on purpose
compile() { cc $flags -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -I "$top/tools/lib" "$@"; }
compile -fno-builtin -idirafter "$headers" -c -o "$dir/fake.o" "$here/fake.c"
compile -o "$dir/libluo" "$here/libluo.c" "$dir/fake.o" "$dir/lib/libluo.a"

tests=$("$dir/libluo")
# shellcheck disable=SC2086	# words on purpose
set -- $tests
ktap_begin $#
for t; do
	check "$t" in_c "$t"
done
ktap_end
