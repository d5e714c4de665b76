#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Change many files of a kernel tree, all or none.  Sourced by apply.sh after
# lists.sh; it has die(), notice(), $ktree, $work, $result and $mode.
#
# New files are first written to $undo/new, below the tree, so that a full disk is found
# before anything is changed.  Then each file is renamed to its place, and the replaced one
# to $undo/old.  Removing $undo/begun commits the transaction: while it exists, roll_back()
# restores the tree, also in a later run after this one was killed, unless one of the files
# was changed since ($undo/sums).  Nothing is synced: after a crash of the machine, restore
# the tree from git or the tarball.
# shellcheck disable=SC2154	# ktree, work, result and mode are the caller's

undo=$ktree/.kho_fast.undo
in_transaction=
uid=$(id -u)
# signals that end a shell and can be caught
signals='HUP INT QUIT PIPE ALRM TERM USR1 USR2 XCPU XFSZ VTALRM PROF'

# lock_tree [-s]: exclusive, or shared with -s; file descriptor 9 holds the lock.  The
# options and status 1 are also those of busybox's flock.
lock_tree() {
	exec 9<"$ktree"
	_rc=0
	_why=$(flock -n "$@" 9 2>&1) || _rc=$?
	case $_rc in
	0) ;;
	1) die "another apply.sh is running on $ktree: wait for it" ;;
	*) notice "$ktree could not be locked (${_why:-flock: status $_rc}): run nothing else on it" ;;
	esac
}

# not for --check, for which the tree may be read-only
check_writable() {
	[ "$mode" != --check ] || return 0
	if [ ! -w "$1" ] || [ ! -x "$1" ]; then
		die "$1 cannot be written to: make it writable or become its owner; nothing was written"
	fi
}

# check_place PATH: it is writable and inside the tree.  Prints the folder that is there.
check_place() {
	_dir=$ktree _rest=$1
	while [ "$_rest" != "${_rest#*/}" ]; do
		_next=$_dir/${_rest%%/*} _rest=${_rest#*/}
		[ ! -L "$_next" ] || die "$_next is a symbolic link, to $(readlink "$_next"), where a folder of" \
			"the tree must be: remove it; nothing was written"
		[ -e "$_next" ] || break
		[ -d "$_next" ] || die "$_next is there and not a folder: remove it; nothing was written"
		_dir=$_next
	done
	check_writable "$_dir"
	printf '%s\n' "$_dir"
	[ ! -L "$ktree/$1" ] || die "$ktree/$1 is a symbolic link, to $(readlink "$ktree/$1"):" \
		"put a copy in its place, or remove it; nothing was written"
	[ ! -e "$ktree/$1" ] || [ -f "$ktree/$1" ] ||
		die "$ktree/$1 is there and not a regular file: remove it; nothing was written"
}

# check_places LIST
check_places() {
	while read -r path; do
		check_place "$path"
	done <"$1" >"$work/places"
	_dev=$(stat -c %d "$ktree")
	sort -u "$work/places" | xargs -r -d '\n' stat -c '%d %n' | while read -r _on _dir; do
		[ "$_on" = "$_dev" ] || die "$_dir is on another file system than $ktree: copy it into" \
			"one; nothing was written"
	done
	# for $undo
	[ ! -s "$1" ] || check_writable "$ktree"
}

# modes_of_replaced: the new files on stdin get mode and owner of those that they replace, or
# are readable by all
modes_of_replaced() {
	cat >"$work/new"
	run_in "$undo/new" chmod 644 <"$work/new"
	[ "$uid" -ne 0 ] || run_in "$undo/new" chown --reference="$ktree" <"$work/new" 2>/dev/null || :
	_owner=$(stat -c %u:%g "$ktree")
	list_files "$ktree" <"$work/new" | run_in "$ktree" stat -c '%a %u:%g %n' |
		while read -r _mode _own path; do
			[ "$_mode" = 644 ] || chmod "$_mode" "$undo/new/$path"
			[ "$uid" -ne 0 ] || [ "$_own" = "$_owner" ] ||
				chown "$_own" "$undo/new/$path" 2>/dev/null || :
		done
}

list_missing() {
	while read -r path; do
		[ -e "$ktree/$path" ] || echo "$path"
	done
}

# begin: write all of $work/write, to $undo/new
begin() {
	in_transaction=yes
	mkdir "$undo"
	mkdir "$undo/new" "$undo/old"
	list_missing <"$work/write" >"$undo/created"
	list_folders <"$undo/created" | list_missing >"$undo/folders"
	copy_files "$result" "$undo/new" <"$work/write"
	modes_of_replaced <"$work/write"
	run_in "$undo/new" sha256sum <"$work/write" >"$undo/sums"
	cat "$work/write" "$work/drop" | list_folders | run_in "$undo/old" mkdir -p
	: >"$undo/begun"
	run_in "$ktree" mkdir -m 755 <"$undo/folders"
	[ "$uid" -ne 0 ] || run_in "$ktree" chown --reference="$ktree" <"$undo/folders" 2>/dev/null || :
}

# move_files FROM TO: the paths on stdin, by_folder, those of a folder at once
move_files() {
	_from=$1 _to=$2 _folder=
	set --
	while read -r path; do
		_of=
		[ "$path" = "${path##*/}" ] || _of=${path%/*}
		if [ "$_of" != "$_folder" ]; then
			[ $# -eq 0 ] || mv -f -t "$_to/$_folder" "$@"
			set --
			_folder=$_of
		fi
		set -- "$@" "$_from/$path"
	done
	[ $# -eq 0 ] || mv -f -t "$_to/$_folder" "$@"
}

# put LIST: rename the files of LIST to their places.  Those that replace a file come last,
# one by one, so that it is missing for a moment only.
put() {
	lines -xFf "$undo/created" "$1" | by_folder >"$work/creating"
	move_files "$undo/new" "$ktree" <"$work/creating"
	lines -vxFf "$undo/created" "$1" >"$work/replacing"
	while read -r path; do
		mv -f "$ktree/$path" "$undo/old/$path"
		mv -f "$undo/new/$path" "$ktree/$path"
	done <"$work/replacing"
}

# drop LIST
drop() {
	by_folder <"$1" >"$work/dropping"
	move_files "$ktree" "$undo/old" <"$work/dropping"
}

commit() {
	# shellcheck disable=SC2086	# names
	trap '' $signals
	rm "$undo/begun"
	in_transaction=
	rm -rf "$undo" || notice "$undo could not be removed: remove it"
	list_folders <"$work/drop" | sort -r | run_in "$ktree" rmdir 2>/dev/null || :
}

# list_touched: files that a run has changed or was about to change
list_touched() {
	(cd "$undo/old" && find . -type f) | sed 's,^\./,,'
	cat "$undo/created"
}

# List files that were changed after the run: they are neither those that it wrote nor
# those that it replaced.
list_changed() {
	list_touched | run_in "$ktree" sha256sum 2>/dev/null | grep -vxFf "$undo/sums" |
		while read -r _sum path; do
			cmp -s "$undo/old/$path" "$ktree/$path" || echo "$path"
		done
}

# May be called again after an interrupt.
roll_back() {
	_failed=
	if [ -e "$undo/begun" ]; then
		[ -z "$(list_changed)" ] || return 1
		find "$undo/old" -type f | {
			while read -r path; do
				path=${path#"$undo/old/"}
				mkdir -p "$ktree/$(dirname -- "$path")"
				mv -f "$undo/old/$path" "$ktree/$path" || _failed=yes
			done
			[ -z "$_failed" ]
		} || return 1
		while read -r path; do
			rm -f "${ktree:?}/$path" || _failed=yes
		done <"$undo/created"
		sort -r "$undo/folders" | while read -r path; do
			rmdir "$ktree/$path" 2>/dev/null || :
		done
		[ -z "$_failed" ] || return 1
	fi
	rm -rf "$undo"
}

# A roll-back would lose later changes of the user.
refuse_changed() {
	list_changed | {
		_changed=
		while read -r path; do
			_changed="$_changed $ktree/$path"
			[ ! -e "$undo/old/$path" ] || _changed="$_changed (before that run $undo/old/$path)"
		done
		[ -z "$_changed" ] || die "an earlier run was interrupted, and these files were changed" \
			"since:$_changed: move them away, run this again, which reverts that run," \
			"then apply your changes again; nothing was written"
	} || exit 1
}

# Leftovers of a run that was killed
roll_back_leftover() {
	[ -e "$undo" ] || [ -L "$undo" ] || return 0
	if [ -L "$undo" ] || [ ! -d "$undo" ]; then
		die "$undo exists and is not a folder: remove it"
	fi
	if [ -e "$undo/begun" ]; then
		refuse_changed
		notice "an earlier run was interrupted: its changes are reverted"
	fi
	roll_back || die "the files in $undo cannot be put back into the tree:" \
		"free space, then run this again"
}

# at_exit STATUS: for the caller's trap
at_exit() {
	# shellcheck disable=SC2086	# names
	trap '' $signals
	if [ -n "$in_transaction" ]; then
		if roll_back; then
			printf 'apply.sh: error: %s; the tree is as it was\n' \
				"not all of $ktree could be written" >&2
		else
			printf 'apply.sh: error: %s: run apply.sh again, which puts them back\n' \
				"not all of $ktree could be written, and $undo still has files of it" >&2
		fi
	fi
	rm -rf "$work" || notice "$work could not be removed: remove it"
	exit "$1"
}
