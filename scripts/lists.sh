#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Lists of paths, a line each, that commands get at once: a process for each path would take
# most of the time.  Sourced by apply.sh, which has $work, a scratch folder.  Of a pipeline
# only the last command ends the script, so what may fail is the last one, or writes a file.
# shellcheck disable=SC2154	# work is the caller's

# lines OPTION...: grep, where no line is no error, but a full disk is
lines() { grep "$@" || [ $? -eq 1 ]; }

# list_files FOLDER: those of the paths on stdin that are regular files there
list_files() {
	while read -r path; do
		[ ! -f "$1/$path" ] || echo "$path"
	done
}

# run_in FOLDER COMMAND...: in that folder, with the paths on stdin as further arguments; for
# very many of them more than once
run_in() (
	cd "$1" || exit
	shift
	xargs -r -d '\n' "$@"
)

# list_differing FOLDER OTHER: the paths on stdin, but for regular files that are the same in
# both folders
list_differing() {
	cat >"$work/compared"
	for _in in "$@"; do
		list_files "$_in" <"$work/compared" | run_in "$_in" sha256sum 2>/dev/null || :
	done | sort | uniq -d | sed 's/^[^ ]*  //' >"$work/same"
	lines -vxFf "$work/same" "$work/compared"
}

# copy_files FROM TO: the paths on stdin.  Not their modes, nor those of their folders.
copy_files() { run_in "$1" cp --parents --no-preserve=all -t "$2"; }

# list_folders: folders of the paths on stdin, parents first
list_folders() {
	while read -r path; do
		while [ "$path" != "${path%/*}" ]; do
			path=${path%/*}
			echo "$path"
		done
	done | sort -u
}

# by_folder: sort the paths on stdin by their folders
by_folder() {
	awk '{ folder = $0; sub("[^/]*$", "", folder); print folder "\t" $0 }' | LC_ALL=C sort | cut -f 2-
}
