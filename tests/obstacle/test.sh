#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of tools/lib/obstacle.c that the tools cannot ask for by themselves: what it says of
# files made by hand, and in namespaces.  KTAP on stdout.
#
# usage: test.sh
# shellcheck disable=SC2317	# the tests are called by name
set -eu
here=$(dirname -- "$0")
# shellcheck source=../../scripts/lib.sh
. "$here/../../scripts/lib.sh"
# shellcheck source=../../scripts/ktap.sh
. "$here/../../scripts/ktap.sh"

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"	# for who is not root
cc -O1 -g -fsanitize=address,undefined -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror \
	-I "$top/tools/lib" -o "$dir/print" "$here/print.c" "$top/tools/lib/obstacle.c"

# says TEXT COMMAND...: in one line
says() {
	text=$1
	shift
	said=$("$@" 2>&1) || { echo "$*: $said"; return 1; }
	case $said in
	*"$text"*) ;;
	*) echo "'$text' is not in: $said"; return 1 ;;
	esac
	[ "$(echo "$said" | wc -l)" -eq 1 ] || { echo "more than a line: $said"; return 1; }
}

# The address of another one is no address.
symbols_are_found() {
	mkdir -p "$dir/proc"
	printf '%s\n' 'ffffffff81000000 T first' '0000000000000000 T hidden' \
		'ffffffffc0000000 t theirs	[module]' 'ffffffff82000000 D last' >"$dir/proc/kallsyms"
	says 'found 0xffffffff81000000' "$dir/print" "$dir" symbol first
	says 'found 0xffffffff82000000' "$dir/print" "$dir" symbol last
	says 'found 0x0' "$dir/print" "$dir" symbol hidden
	says 'No such file or directory 0x0' "$dir/print" "$dir" symbol theirs
	says 'No such file or directory 0x0' "$dir/print" "$dir" symbol none
	says 'No such file or directory 0x0' "$dir/print" "$dir/nowhere" symbol first
}

# debugfs below what is no folder
what_statfs_says_is_told() {
	# shellcheck disable=SC2016	# of the inner shell
	says 'debug: Not a directory' unshare -m sh -c \
		'mount -t tmpfs none /sys && : >/sys/kernel && exec "$1" "" debugfs' sh "$dir/print"
}

can_mount() { unshare -m mount -t tmpfs none /sys 2>/dev/null; }

ktap_begin 2
check symbols_are_found symbols_are_found
if can_mount; then
	check what_statfs_says_is_told what_statfs_says_is_told
else
	skip what_statfs_says_is_told 'needs root and mount namespaces'
fi
ktap_end
