#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of tools/lib/obstacle.c beyond those of the tools: on files made by hand, and in
# namespaces. KTAP on stdout.
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
chmod 755 "$dir"	# for other users
cc -O1 -g -fsanitize=address,undefined -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror \
	-I "$top/tools/lib" -o "$dir/print" "$here/print.c" "$top/tools/lib/obstacle.c" \
	"$top/tools/lib/file.c"

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

# Symbols of modules do not count.
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

# /sys/kernel is a file
errors_of_statfs_are_reported() {
	# shellcheck disable=SC2016	# of the inner shell
	says 'debug: Not a directory' unshare -m sh -c \
		'mount -t tmpfs none /sys && : >/sys/kernel && exec "$1" "" debugfs' sh "$dir/print"
}

# Root of a user namespace, of one or of all IDs, is not advised to become root.
a_container_has_its_own_root() {
	mkdir -p "$dir/proc/sys/kernel"
	echo '0000000000000000 D hidden' >"$dir/proc/kallsyms"
	echo 1 >"$dir/proc/sys/kernel/kptr_restrict"
	user='setpriv --reuid 1000 --clear-groups'
	# shellcheck disable=SC2086	# words on purpose
	says 'is 1); run as root' $user "$dir/print" "$dir" address hidden
	for ids in 1 4294967295; do
		says 'of a container' as_root_of "$ids" "$dir/print" '' host
		says 'run as root of the host' as_root_of "$ids" "$dir/print" "$dir" address hidden
	done
}

# as_root_of IDS COMMAND...: in a namespace of users that has the first so many of the host's
as_root_of() {
	ids=$1 here_is=$(readlink /proc/self/ns/user)
	shift
	# shellcheck disable=SC2016	# of the inner shell
	unshare -U sh -c \
		'while ! grep -q . /proc/self/uid_map; do sleep 0.1; done; exec "$@"' sh "$@" &
	child=$!
	while [ "$(readlink "/proc/$child/ns/user")" = "$here_is" ]; do
		sleep 0.1
	done
	echo "0 0 $ids" >"/proc/$child/uid_map"
	wait "$child"
}

# 4026531837: the kernel's PROC_USER_INIT_INO
may_map_users() {
	[ "$(readlink /proc/self/ns/user)" = 'user:[4026531837]' ] && is_root &&
		unshare -U true 2>/dev/null
}

# Process 13 of the other system has it; processes of this system do not count.
the_process_is_of_that_system() {
	mkdir -p "$dir/proc/12/fd" "$dir/proc/13/fd"
	ln -sf /dev/null "$dir/proc/12/fd/0"
	ln -sf /dev/liveupdate "$dir/proc/13/fd/3"
	echo other >"$dir/proc/12/comm"
	echo agent >"$dir/proc/13/comm"
	says 'process 13 (agent) has it open' "$dir/print" "$dir" device 16
}

is_root() { [ "$(id -u)" -eq 0 ]; }

can_mount() { unshare -m mount -t tmpfs none /sys 2>/dev/null; }

ktap_begin 4
check symbols_are_found symbols_are_found
check the_process_is_of_that_system the_process_is_of_that_system
if may_map_users; then
	check a_container_has_its_own_root a_container_has_its_own_root
else
	skip a_container_has_its_own_root 'needs root of the host, and user namespaces'
fi
if can_mount; then
	check errors_of_statfs_are_reported errors_of_statfs_are_reported
else
	skip errors_of_statfs_are_reported 'needs root and mount namespaces'
fi
ktap_end
