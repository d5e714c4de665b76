#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Install the overlay into a kernel tree: the files named in OVERLAY, Kconfig.patch
# and patches/*.patch.  Idempotent.  Everything is worked out and checked in a
# scratch folder before the tree is written to, and only files that differ are
# written, each by rename: an incremental build stays one, and a tree that shares
# its files with another by hard link leaves the other alone.
#
# usage: apply.sh [--check | --reverse] <kernel tree>
#        apply.sh --list
#   --check     say what would be done, write nothing
#   --reverse   take the overlay and the patches out again
#   --list      print the existing files the patches touch
set -eu
usage='usage: apply.sh [--check | --reverse] <kernel tree>'
die() { echo "apply.sh: error: $*" >&2; exit 1; }

top=$(cd -- "$(dirname -- "$0")/.." && pwd -P)

# A hook is what one patch does to one file: "path patch" per line, in order.  Old and
# new side alike, so that a file made or removed by a patch is known.
list_hooks() {
	for p in "$top/Kconfig.patch" "$top"/patches/*.patch; do
		[ -f "$p" ] || continue
		sed -n 's,^\(---\|+++\) [ab]/\([^	]*\).*,\2,p' "$p" | sort -u |
			while read -r path; do
				echo "$path $p"
			done
	done
}

mode=--apply
case ${1-} in
--list) list_hooks | awk '{ print $1 }' | sort -u; exit ;;
--check | --reverse) mode=$1; shift ;;
-*) die "unknown option $1; $usage" ;;
esac
[ $# -eq 1 ] || die "$usage"
ktree=$(cd -- "$1" 2>/dev/null && pwd -P) || die "$1 is not a folder"
command -v git >/dev/null || die "git is missing: it applies the patches"

work=$(mktemp -d "${TMPDIR:-/tmp}/apply.XXXXXX") || die "no scratch folder: is ${TMPDIR:-/tmp} full?"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
result=$work/result
mkdir "$result"

# A scratch folder inside another git repository would make git-apply skip every
# path and still exit 0.
export GIT_CEILING_DIRECTORIES="$work"
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
git_apply() { git -C "$result" apply "$@" 2>>"$work/errors"; }

check_version() {
	have=$(awk -F ' *= *' '/^(VERSION|PATCHLEVEL|SUBLEVEL)/ { v = v s $2; s = "." }
		/^EXTRAVERSION/ { print v $2; exit }' "$ktree/Makefile" 2>/dev/null) || :
	# shellcheck source=../KERNEL
	. "$top/KERNEL"
	# shellcheck disable=SC2154	# range: from KERNEL
	case $have in
	*-rc*) die "made for Linux $range.y, $ktree is $have" ;;
	"$range" | "$range".*) ;;
	*) die "made for Linux $range.y, $ktree is ${have:-not a kernel tree}" ;;
	esac
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

# Undo what is there, last hook first, then do all.  A hook that was not there
# and cannot be done either has lost its anchor.
work_out_hooks() {
	while read -r path; do
		[ -f "$ktree/$path" ] || continue
		mkdir -p "$result/$(dirname -- "$path")"
		cp -p "$ktree/$path" "$result/$path"
	done <"$work/hooked"

	: >"$work/present"
	sed '1!G;h;$!d' "$work/hooks" >"$work/backwards"
	while read -r path p; do
		if git_apply --reverse --include="$path" "$p"; then
			echo "$path" >>"$work/present"
		fi
	done <"$work/backwards"
	cp -Rp "$result" "$work/undone"
	! grep -rqi kho_fast "$work/undone" ||
		die "$ktree has hooks of another version of this overlay: take them out with" \
			"that version's apply.sh --reverse; nothing was written"

	: >"$work/errors"
	while read -r path p; do
		git_apply --include="$path" "$p" && continue
		cat "$work/errors" >&2
		die "${p##*/}: neither applies nor is applied; nothing was written"
	done <"$work/hooks"
}

# From here on $result holds what shall be in the tree
work_out_files() {
	if [ "$mode" = --reverse ]; then
		rm -rf "$result"
		mv "$work/undone" "$result"
		list_present '*' >"$work/drop"
	else
		while read -r path; do
			mkdir -p "$result/$(dirname -- "$path")"
			cp "$top/$path" "$result/$path"
		done <"$work/overlay"
		# sources the overlay no longer has; objects of an in-tree build stay
		list_present '*.[chS]' Kconfig Makefile |
			grep -vxFf "$work/overlay" >"$work/drop" || :
	fi
	(cd "$result" && find . -type f) | sed 's,^\./,,' | sort >"$work/all"
	while read -r path; do
		cmp -s "$result/$path" "$ktree/$path" || echo "$path"
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

check_writable() {
	while read -r path; do
		dir=$(dirname -- "$path")
		while [ ! -d "$ktree/$dir" ]; do
			dir=$(dirname -- "$dir")
		done
		[ -w "$ktree/$dir" ] || die "$ktree/$dir cannot be written to; nothing was written"
	done <"$1"
}

write_files() {
	# what the hooks call must be there before the hooks, and go after them
	grep -xFf "$work/hooked" "$work/write" >"$work/last" || :
	[ "$mode" = --reverse ] || grep -vxFf "$work/hooked" "$work/write" >"$work/first" || :
	cat "$work/first" "$work/last" 2>/dev/null | while read -r path; do
		mkdir -p "$ktree/$(dirname -- "$path")"
		cp "$result/$path" "$ktree/$path.kho_fast"
		mv -f "$ktree/$path.kho_fast" "$ktree/$path"
	done
	while read -r path; do
		rm -f "${ktree:?}/$path"
		(cd "$ktree" && rmdir -p "$(dirname -- "$path")" 2>/dev/null) || :
	done <"$work/drop"
}

count() { awk 'END { print NR }' "$1"; }

check_version
list_hooks >"$work/hooks"
awk '{ print $1 }' "$work/hooks" | sort -u >"$work/hooked"
list_overlay
work_out_hooks
work_out_files
check_writable "$work/write"
check_writable "$work/drop"

summary="$(count "$work/write") files to write, $(count "$work/drop") to remove"
case $mode in
--check)
	echo "Linux $have: $(count "$work/present") of $(count "$work/hooks") hooks are in place; $summary" ;;
*)
	write_files
	if [ -s "$work/write" ] || [ -s "$work/drop" ]; then
		echo "Linux $have: $(echo "$summary" | sed 's/ to write/ written/; s/ to remove/ removed/')"
	elif [ "$mode" = --reverse ]; then
		echo "Linux $have: not applied, nothing to do"
	else
		echo "Linux $have: already applied"
	fi ;;
esac
