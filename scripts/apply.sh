#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Install the overlay into a kernel tree: the files named in OVERLAY, Kconfig.patch
# and patches/*.patch.  Idempotent.  The result is prepared and checked in a scratch
# folder.  Only files that differ are written, each by rename: builds stay incremental,
# and a tree with hard links to the same files is not changed.  All files are written, or
# none after an error or a signal.
#
# usage: apply.sh [--check | --reverse] <kernel tree>
#        apply.sh --list
#        apply.sh --record <kernel tree>
#   --check     report what would be done, write nothing
#   --reverse   remove the overlay and the patches
#   --list      list the stock files that the patches change
#   --record    write STOCK, the checksums of the stock files behind the overlay
set -eu
# shellcheck source=environment.sh
. "$(dirname -- "$0")/environment.sh"
die() { printf 'apply.sh: error: %s\n' "$*" >&2; exit 1; }
notice() { printf 'apply.sh: notice: %s\n' "$*" >&2; }

top=$(cd -- "$(dirname -- "$0")/.." && pwd -P)

# One hook a line, "path patch", in order: a change of one file by one patch.  Both sides
# of the patch count, since it may create or remove a file.
list_hooks() {
	(cd "$top" && awk '/^(---|\+\+\+) [ab]\// {
		path = substr($2, 3)
		if (!seen[FILENAME, path]++)
			print path, FILENAME
	}' Kconfig.patch patches/*.patch)
}

mode=--apply
case ${1-} in
--list) list_hooks | awk '{ print $1 }' | sort -u; exit ;;
--check | --reverse | --record) mode=$1; shift ;;
-*) die "unknown option $1: see apply.sh --help" ;;
esac
case $#:${1-} in
1:?*) ;;
*) bad_usage ;;
esac
ktree=$(cd -- "$1" 2>/dev/null && pwd -P) || die "$1 is not a folder"
command -v git >/dev/null || die "git is missing: it applies the patches"

# shellcheck source=lists.sh
. "$top/scripts/lists.sh"
# shellcheck source=tree.sh
. "$top/scripts/tree.sh"
# shellcheck source=transaction.sh
. "$top/scripts/transaction.sh"

# modes do not come from the user's umask or from this checkout
umask 022
work=$(mktemp -d "$TMPDIR/apply.XXXXXX" 2>/dev/null) ||
	die "no scratch folder in $TMPDIR: it is full or read-only, set TMPDIR to another"
trap 'at_exit $?' EXIT
# shellcheck disable=SC2086,SC2154	# signals: names, from transaction.sh
trap 'exit 130' $signals
result=$work/result
mkdir "$result"

# git_apply FOLDER OPTION...: the patches on stdin, in their order.  git instead of patch(1):
# exact contexts, no .orig files, and a patch can be limited to one file.  Outside any
# repository, since git skips paths of another one and exits 0, and without a configuration:
# HOME is for git before 2.32, without GIT_CONFIG_GLOBAL.
git_apply() {
	_folder=$1
	shift
	HOME=$work XDG_CONFIG_HOME=$work GIT_DIR=$work/none xargs -d '\n' \
		git -C "$_folder" apply --whitespace=nowarn "$@" 2>>"$work/errors"
}

list_overlay() {
	sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' "$top/OVERLAY" >"$work/roots"
	while read -r path; do
		case /$path/ in
		*/../* | //*) die "OVERLAY: $path leaves the tree" ;;
		esac
		[ -e "$top/$path" ] || die "OVERLAY names $path, which is not in this repository"
	done <"$work/roots"
	# shellcheck disable=SC2046	# paths of this repository, none with a blank
	(cd "$top" && find $(cat "$work/roots") -type f ! -name '.*' ! -name '*~' ! -name '*.orig') \
		>"$work/overlay"
}

# A foreign file of the same name would be overwritten, and removed by --reverse.  In a
# tree without hooks each such file must equal that of the overlay.
check_foreign() {
	list_sources >"$work/sources"
	list_differing "$ktree" "$top" <"$work/sources" >"$work/foreign"
	while read -r path; do
		# check_places refuses a file in the place of a folder
		[ ! -d "$top/$path" ] || continue
		if [ -s "$work/present" ] && { ! grep -qxF "$path" "$work/roots" ||
		   grep -qi 'kho_fast' "$ktree/$path"; }; then
			continue
		fi
		die "$ktree/$path is not of this overlay, which would replace or remove it:" \
			"move it away; nothing was written"
	done <"$work/foreign"
}

# list_sources: files in the places of OVERLAY, without build products
list_sources() {
	lines -vE -e '(^|/)(\.[^/]*|modules\.order)$' \
		-e '\.(o|a|ko|mod|mod\.c|i|s|ll|gcno|dwo|su|lst)$' "$work/places_of_overlay"
}

# Sources of another version of the overlay are removed with a notice.
notice_dropped() {
	list_sources | grep -vxFf "$work/overlay" | grep -xFf "$work/drop" >"$work/unknown" || return 0
	notice "files that this version of the overlay does not have, to be removed from $ktree:" \
		"$(xargs <"$work/unknown")"
}

# $work/undone: the hooked files without hooks, $work/present: the hooks that were in place,
# $result: with all hooks
work_out_hooks() {
	list_files "$ktree" <"$work/hooked" | copy_files "$ktree" "$result"
	T=$top awk '!seen[$2]++ { print ENVIRON["T"] "/" $2 }' "$work/hooks" >"$work/patches"
	# not hooks_at_once || ...: that would go on after an error in it
	at_once=
	hooks_at_once
	[ -n "$at_once" ] || hooks_one_by_one
}

backwards() { sed '1!G;h;$!d' "$1"; }

start_again() {
	rm -rf "$2"
	cp -Rp "$1" "$2"
}

refuse_older_hooks() {
	! grep -rqi kho_fast "$work/undone" ||
		die "$ktree has hooks of another version of this overlay: take them out with" \
			"that version's apply.sh --reverse; nothing was written"
}

# Most trees have all hooks or none: two calls of git
hooks_at_once() {
	: >"$work/present"
	start_again "$result" "$work/undone"
	if backwards "$work/patches" | git_apply "$work/undone" --reverse; then
		awk '{ print $1 }' "$work/hooks" >"$work/present"
		start_again "$work/undone" "$result"
	else
		start_again "$result" "$work/undone"
	fi
	if git_apply "$result" <"$work/patches"; then
		at_once=yes
		refuse_older_hooks
	fi
}

# Revert hooks, last one first, then apply all.  A hook that neither reverts nor applies
# has lost its context.
hooks_one_by_one() {
	rm -rf "$result"
	mkdir "$result"
	list_files "$ktree" <"$work/hooked" | copy_files "$ktree" "$result"

	: >"$work/present"
	backwards "$work/hooks" >"$work/backwards"
	while read -r path p; do
		if printf '%s\n' "$top/$p" | git_apply "$result" --reverse --include="$path"; then
			echo "$path" >>"$work/present"
		fi
	done <"$work/backwards"
	start_again "$result" "$work/undone"
	refuse_older_hooks

	: >"$work/errors"
	while read -r path p; do
		printf '%s\n' "$top/$p" | git_apply "$result" --include="$path" && continue
		cat "$work/errors" >&2
		die "${p##*/}: neither applies nor is applied; nothing was written"
	done <"$work/hooks"
}

# From here on $result has the new contents of the tree.
work_out_files() {
	if [ "$mode" = --reverse ]; then
		rm -rf "$result"
		mv "$work/undone" "$result"
		cat "$work/places_of_overlay" >"$work/drop"
	else
		copy_files "$top" "$result" <"$work/overlay"
		# obsolete sources; objects of an in-tree build stay
		lines -E '(\.[chS]|(^|/)Kconfig|(^|/)Makefile)$' "$work/places_of_overlay" |
			lines -vxFf "$work/overlay" >"$work/drop"
	fi
	(cd "$result" && find . -type f) >"$work/all.found"
	sed 's,^\./,,' "$work/all.found" | sort >"$work/all"
	list_differing "$result" "$ktree" <"$work/all" >"$work/write"
	grep -vxFf "$work/all" "$work/hooked" | list_files "$ktree" >>"$work/drop"
}

# $work/places_of_overlay: files of the tree below the paths of OVERLAY
find_present() {
	: >"$work/places_of_overlay"
	_there=$(while read -r root; do
		[ ! -e "$ktree/$root" ] || echo "$root"
	done <"$work/roots")
	[ -n "$_there" ] || return 0
	# shellcheck disable=SC2086	# paths of OVERLAY, none with a blank
	(cd "$ktree" && find $_there -type f ! -name '*.mod.c') >"$work/places_of_overlay" ||
		die "not all of $ktree can be read: make it readable or become its owner; nothing was written"
}

write_files() {
	# functions before the hooks that call them; in reverse order for removal
	lines -xFf "$work/hooked" "$work/write" >"$work/last"
	lines -vxFf "$work/hooked" "$work/write" >"$work/first"
	begin
	put "$work/first"
	put "$work/last"
	drop "$work/drop"
	commit
}

# report WORDS...: a closed stdout is no error
report() {
	trap '' PIPE
	{ printf '%s\n' "$*"; } 2>/dev/null || printf 'apply.sh: %s\n' "$*" >&2 || :
}

count() { awk 'END { print NR }' "$1"; }

list_hooks >"$work/hooks"
awk '{ print $1 }' "$work/hooks" | sort -u >"$work/hooked"
# shellcheck disable=SC2046	# paths of the tree, none with a blank
check_line_ends Makefile $(cat "$work/hooked")
check_version
list_overlay
case $mode in
--apply | --reverse)
	lock_tree
	roll_back_leftover
	;;
*)
	lock_tree -s
	[ ! -e "$undo/begun" ] || die "an earlier run on $ktree was interrupted: run apply.sh again first"
	;;
esac
[ "$mode" = --reverse ] || check_formats
work_out_hooks
find_present
check_foreign
if [ "$mode" = --record ]; then
	record_stock
	exit
fi
[ "$mode" = --reverse ] || compare_stock
work_out_files
notice_dropped
check_places "$work/write"
check_places "$work/drop"

summary="$(count "$work/write") files to write, $(count "$work/drop") to remove"
if [ "$mode" = --check ]; then
	report "Linux $have: $(count "$work/present") of $(count "$work/hooks") hooks are in place;" \
		"$summary"
elif [ -s "$work/write" ] || [ -s "$work/drop" ]; then
	write_files
	report "Linux $have: $(echo "$summary" | sed 's/ to write/ written/; s/ to remove/ removed/')"
elif [ "$mode" = --reverse ]; then
	report "Linux $have: not applied, nothing to do"
else
	report "Linux $have: already applied"
fi
