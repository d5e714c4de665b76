#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Compare the kernel with CONFIG_KHO_FAST off with stock (KTAP): the objects of all
# hooked files and of kernel/liveupdate must have the instructions, relocations and
# section sizes of those compiled from the pristine tree.  Debug information is ignored,
# since it has line numbers.  Needs the stock kernel; compiles these objects of the
# pristine tree, into the cache.  Idempotent.
#
# usage: [KDIR=/path/to/linux-7.3.y] check-identical.sh
set -eu
here=$(dirname -- "$0")
# shellcheck source=lib.sh
. "$here/lib.sh"
# shellcheck source=ktap.sh
. "$here/ktap.sh"
# shellcheck source=kbuild.sh
. "$here/kbuild.sh"

ours=$cache/stock
pristine=$cache/pristine-o
base=$("$here/fetch-linux.sh")
kernel_image stock >/dev/null
lock_cache

list_objects() {
	"$here/apply.sh" --list | grep -vx "$not_x86" | sed -n 's/\.c$/.o/p'
	(cd "$ours" && find kernel/liveupdate -name '*.o' ! -name 'built-in*' ! -name '.*')
}

# The same options, except those that the pristine tree does not have
configure() {
	made_from="$base $(stat -c '%i %Y' "$base/Makefile") $(cksum <"$ours/.config")"
	[ "$(cat "$pristine/.made-from" 2>/dev/null)" != "$made_from" ] || return 0
	rm -rf "$pristine"
	mkdir "$pristine"
	cp "$ours/.config" "$pristine/.config"
	run_long "configuring the pristine tree" "$cache/log/pristine-config.log" \
		kbuild "$base" "$pristine" stock olddefconfig
	echo "$made_from" >"$pristine/.made-from"
}

# Numbers that the compiler counts up for names differ though the code does not.
disassemble() {
	objdump -d -r "$1" | sed -e '/file format/d' \
		-e 's/\(__UNIQUE_ID_[A-Za-z_]*\)[0-9_]*/\1N/g' -e 's/\([A-Za-z_]\)\.[0-9][0-9]*/\1.N/g'
	objdump -h "$1" | awk '$1 ~ /^[0-9]+$/ && $2 !~ /^\.debug_/ { print $2, $3 }'
}

same_code() {
	[ -f "$ours/$1" ] || { echo "the stock kernel has no $1"; return 1; }
	disassemble "$ours/$1" >"$work/ours"
	disassemble "$pristine/$1" >"$work/pristine"
	grep -q '^[0-9a-f]* <' "$work/pristine" || { echo "$1 holds no code"; return 1; }
	diff -u "$work/pristine" "$work/ours" >"$work/diff" && return
	head -n 20 "$work/diff"
	return 1
}

# A hook in a header would change objects that are not compared here.
no_header_is_hooked() { ! "$here/apply.sh" --list | grep '\.h$'; }

nothing_of_ours_is_linked() { ! nm "$ours/vmlinux" | grep -i kho_fast; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
objects=$(list_objects | sort -u)
[ -n "$objects" ] || die "no object to compare: there are no patches"
configure
# shellcheck disable=SC2086	# words
run_long "compiling the same objects from the pristine tree" "$cache/log/pristine.log" \
	kbuild "$base" "$pristine" stock $objects

# shellcheck disable=SC2086	# words
set -- $objects
ktap_begin $(($# + 2))
for o; do
	check "$o" same_code "$o"
done
check no_header_is_hooked no_header_is_hooked
check nothing_of_ours_is_in_the_stock_kernel nothing_of_ours_is_linked
ktap_end
