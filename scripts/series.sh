#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Write the overlay and its documentation as a patch series for upstream to build/series:
# the patches that scripts/series lists, committed to a scratch repository that has only the
# files of the kernel that they change, and formatted by git.  The cover letter has the
# measurements of README.md.  The author is git's user.name and user.email; other settings of
# git have no effect.  Nothing is written unless the patches give the files of apply.sh and
# apply-docs.sh.  Idempotent.
#
# usage: [KDIR=/path/to/linux-7.3.y] series.sh [-s] [-v N]
#   -s    sign off each patch
#   -v N  the Nth version of the series
set -eu
here=$(dirname -- "$0")
# before environment.sh hides them
name=$(command git -C "$here" config user.name) || name=
email=$(command git -C "$here" config user.email) || email=
# shellcheck source=lib.sh
. "$here/lib.sh"
# shellcheck source=tree.sh
. "$here/tree.sh"

main() {
	base=$("$here/fetch-linux.sh")
	# the user's git/attributes and git/ignore are no configuration
	export HOME="$work" XDG_CONFIG_HOME="$work"
	export GIT_AUTHOR_NAME="$name" GIT_AUTHOR_EMAIL="$email"
	export GIT_COMMITTER_NAME="$name" GIT_COMMITTER_EMAIL="$email"
	GIT_AUTHOR_DATE=$(git -C "$top" log -1 --format=%cI 2>/dev/null || date -R)
	export GIT_AUTHOR_DATE GIT_COMMITTER_DATE="$GIT_AUTHOR_DATE"
	make_trees
	read_table
	assign_files
	commit_all
	diff -r -x .git "$work/after" "$repo" >&2 ||
		die "the patches do not give what apply.sh and apply-docs.sh give"
	write_patches
}

# $repo has the files of stock, $work/after those of the overlay.  apply.sh reads the
# version from the Makefile.
make_trees() {
	mkdir "$repo" "$work/after"
	{
		echo Makefile
		"$here/apply.sh" --list
		"$here/apply-docs.sh" --list
	} >"$work/touched"
	(cd "$base" && xargs cp --parents -t "$repo") <"$work/touched"
	git -C "$repo" init -q -b series --template=
	git -C "$repo" add -A
	git -C "$repo" commit -q -m "Linux $(kernel_version "$base")"
	(cd "$base" && xargs cp --parents -t "$work/after") <"$work/touched"
	# the notices have been given by fetch-linux.sh
	said=$("$here/apply.sh" "$work/after" 2>&1) || die "${said#*error: }"
	"$here/apply-docs.sh" "$work/after" >/dev/null
}

# $work/NNN.subject, .globs and .body of each patch; 001 is the cover letter
read_table() {
	awk -v work="$work" '
		/^= / {
			if (nr)
				close(file ".body")
			file = sprintf("%s/%03d", work, ++nr)
			print substr($0, 3) >(file ".subject")
			close(file ".subject")
			printf "" >(file ".body")
			next
		}
		!nr { next }
		/^> / {
			for (i = 2; i <= NF; i++)
				print $i >>(file ".globs")
			close(file ".globs")
			next
		}
		{ print >(file ".body") }' "$here/series"
}

# $work/owners: "NNN PATH" of each file that is new or changed by apply-docs.sh.  What
# apply.sh changes is in the patches of the repository.
assign_files() {
	for globs in "$work"/*.globs; do
		nr=${globs##*/}
		sed "s/^/${nr%.globs} /" "$globs"
	done >"$work/globs"
	(cd "$work/after" && find . -type f) | sed 's,^\./,,' | LC_ALL=C sort >"$work/files"
	{
		echo Makefile
		"$here/apply.sh" --list
	} | grep -vxFf - "$work/files" | while read -r path; do
		owner=$(owner_of "$path") ||
			die "scripts/series: no patch has $path: name it in one"
		echo "$owner $path"
	done >"$work/owners"
	while read -r nr glob; do
		matches "$nr" "$glob" ||
			die "scripts/series: $glob: no such file, or an earlier patch has it"
	done <"$work/globs"
}

# shellcheck disable=SC2254	# globs
owner_of() {
	while read -r nr glob; do
		case $1 in
		$glob) echo "$nr"; return ;;
		esac
	done <"$work/globs"
	return 1
}

# matches NNN GLOB: one of the files of the patch
# shellcheck disable=SC2254	# a glob
matches() {
	sed -n "s/^$1 //p" "$work/owners" | {
		while read -r path; do
			case $path in $2) exit 0 ;; esac
		done
		exit 1
	}
}

commit_all() {
	for subject in "$work"/*.subject; do
		nr=${subject##*/} nr=${nr%.subject}
		case $nr:$(cat "$subject") in
		001:*) ;;
		*.patch) commit_patches "$(cat "$subject")" ;;
		*) commit "$(cat "$subject")" "$work/$nr.body" ;;
		esac
	done
}

# commit_patches GLOB: each as a commit with its own message
commit_patches() {
	for patch in "$top"/$1; do
		[ -f "$patch" ] || die "scripts/series: there is no $1"
		git -C "$repo" apply --index "$patch" >&2 ||
			die "${patch##*/} does not apply in its place"
		git mailinfo "$work/body" /dev/null <"$patch" >"$work/info"
		commit "$(sed -n 's/^Subject: //p' "$work/info")" "$work/body"
	done
}

# commit SUBJECT BODY: with the files of patch $nr
commit() {
	sed -n "s/^$nr //p" "$work/owners" | while read -r path; do
		mkdir -p "$repo/$(dirname -- "$path")"
		cp "$work/after/$path" "$repo/$path"
	done
	git -C "$repo" add -A
	{ printf '%s\n\n' "$1"; cat "$2"; } >"$work/message"
	# shellcheck disable=SC2086	# an option or nothing
	git -C "$repo" commit -q $signoff -F "$work/message" ||
		die "scripts/series: '$1' changes nothing"
}

# base-commit is for tools that apply the series; only a tree with git has it.
write_cover() {
	cat "$work/001.subject"
	echo
	cat "$work/001.body"
	awk -v section=Measured -f "$here/plain.awk" "$top/README.md"
	echo
	echo 'These commands, and Documentation/measuring.rst, are those of the repository'
	echo 'of the overlay, from which scripts/series.sh wrote this series.'
	echo
	echo "Based on Linux $(kernel_version "$base")."
	if [ -e "$base/.git" ]; then
		printf '\nbase-commit: %s\n' "$(git -C "$base" rev-parse HEAD)"
	fi
}

write_patches() {
	write_cover | cat -s >"$work/cover"
	git -C "$repo" config branch.series.description "$(cat "$work/cover")"
	# shellcheck disable=SC2086	# an option or nothing
	git -C "$repo" -c core.abbrev=12 format-patch -q --cover-letter \
		--cover-from-description=subject --zero-commit --no-signature --no-thread \
		$reroll -o "$work/series" "$(git -C "$repo" rev-list --max-parents=0 HEAD)"
	mkdir -p "${out%/*}"
	rm -rf "$out"
	mv "$work/series" "$out"
	say "$(git -C "$repo" rev-list --count HEAD^) patches and a cover letter in $out"
}

signoff='' reroll=''
while getopts sv: option; do
	case $option in
	s) signoff=-s ;;
	v)
		case $OPTARG in
		'' | *[!0-9]* | 0*) die "-v $OPTARG: give a number from 1" ;;
		esac
		reroll=-v$OPTARG ;;
	*) bad_usage ;;
	esac
done
[ $# -lt "$OPTIND" ] || bad_usage
[ "${name:+n}${email:+e}" = ne ] ||
	die "no author: set user.name and user.email with git config"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
repo=$work/repo
out=$build${SMOKE:+/smoke}/series
main
