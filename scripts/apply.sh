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
	(cd "$top" && ls Kconfig.patch patches/*.patch) | while read -r p; do
		sed -n 's,^\(---\|+++\) [ab]/\([^	]*\).*,\2,p' "$top/$p" | sort -u |
			while read -r path; do
				echo "$path $p"
			done
	done
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

# git instead of patch(1): exact contexts, no .orig files, and a patch can be limited to
# one file.  Outside any repository, since git skips paths of another one and exits 0,
# and without a configuration: HOME is for git before 2.32, without GIT_CONFIG_GLOBAL.
git_apply() {
	HOME=$work XDG_CONFIG_HOME=$work GIT_DIR=$work/none \
		git -C "$result" apply --whitespace=nowarn "$@" 2>>"$work/errors"
}

list_overlay() {
	sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' "$top/OVERLAY" >"$work/roots"
	while read -r path; do
		case /$path/ in
		*/../* | //*) die "OVERLAY: $path leaves the tree" ;;
		esac
		[ -e "$top/$path" ] || die "OVERLAY names $path, which is not in this repository"
		(cd "$top" && find "$path" -type f ! -name '.*' ! -name '*~' ! -name '*.orig')
	done <"$work/roots" >"$work/overlay"
}

# A foreign file of the same name would be overwritten, and removed by --reverse.  In a
# tree without hooks each such file must equal that of the overlay.
check_foreign() {
	list_sources | while read -r path; do
		# check_places refuses a file in the place of a folder
		[ ! -d "$top/$path" ] || continue
		! cmp -s "$top/$path" "$ktree/$path" || continue
		if [ -s "$work/present" ] && { ! grep -qxF "$path" "$work/roots" ||
		   grep -qi 'kho_fast' "$ktree/$path"; }; then
			continue
		fi
		die "$ktree/$path is not of this overlay, which would replace or remove it:" \
			"move it away; nothing was written"
	done
}

# list_sources: files in the places of OVERLAY, without build products
list_sources() {
	list_present '*' | grep -vE -e '(^|/)(\.[^/]*|modules\.order)$' \
		-e '\.(o|a|ko|mod|mod\.c|i|s|ll|gcno|dwo|su|lst)$' || :
}

# Sources of another version of the overlay are removed with a notice.
notice_dropped() {
	list_sources | grep -vxFf "$work/overlay" | grep -xFf "$work/drop" >"$work/unknown" || return 0
	notice "files that this version of the overlay does not have, to be removed from $ktree:" \
		"$(xargs <"$work/unknown")"
}

# Revert hooks, last one first, then apply all.  A hook that neither reverts nor applies
# has lost its context.
work_out_hooks() {
	while read -r path; do
		[ -f "$ktree/$path" ] || continue
		mkdir -p "$result/$(dirname -- "$path")"
		cat "$ktree/$path" >"$result/$path"
	done <"$work/hooked"

	: >"$work/present"
	sed '1!G;h;$!d' "$work/hooks" >"$work/backwards"
	while read -r path p; do
		if git_apply --reverse --include="$path" "$top/$p"; then
			echo "$path" >>"$work/present"
		fi
	done <"$work/backwards"
	cp -Rp "$result" "$work/undone"
	! grep -rqi kho_fast "$work/undone" ||
		die "$ktree has hooks of another version of this overlay: take them out with" \
			"that version's apply.sh --reverse; nothing was written"

	: >"$work/errors"
	while read -r path p; do
		git_apply --include="$path" "$top/$p" && continue
		cat "$work/errors" >&2
		die "${p##*/}: neither applies nor is applied; nothing was written"
	done <"$work/hooks"
}

# From here on $result has the new contents of the tree.
work_out_files() {
	if [ "$mode" = --reverse ]; then
		rm -rf "$result"
		mv "$work/undone" "$result"
		list_present '*' >"$work/drop"
	else
		while read -r path; do
			mkdir -p "$result/$(dirname -- "$path")"
			cat "$top/$path" >"$result/$path"
		done <"$work/overlay"
		# obsolete sources; objects of an in-tree build stay
		list_present '*.[chS]' Kconfig Makefile |
			grep -vxFf "$work/overlay" >"$work/drop" || :
	fi
	(cd "$result" && find . -type f) | sed 's,^\./,,' | sort >"$work/all"
	while read -r path; do
		# not of a pipe or a device
		if [ ! -f "$ktree/$path" ] || ! cmp -s "$result/$path" "$ktree/$path"; then
			echo "$path"
		fi
	done <"$work/all" >"$work/write"
	grep -vxFf "$work/all" "$work/hooked" | while read -r path; do
		[ ! -f "$ktree/$path" ] || echo "$path"
	done >>"$work/drop"
}

# Files of the tree below the paths of OVERLAY that have one of the names
list_present() {
	while read -r root; do
		[ -e "$ktree/$root" ] || continue
		for name; do
			(cd "$ktree" && find "$root" -type f -name "$name" ! -name '*.mod.c')
		done
	done <"$work/roots"
}

write_files() {
	# functions before the hooks that call them; in reverse order for removal
	grep -xFf "$work/hooked" "$work/write" >"$work/last" || :
	grep -vxFf "$work/hooked" "$work/write" >"$work/first" || :
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
