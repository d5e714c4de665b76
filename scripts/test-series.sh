#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of series.sh (KTAP).  The series is that of a copy of this checkout.  Each patch is
# applied with git am to the files of the kernel that it changes, and the objects that it
# brings or changes are compiled there with the commands of the stock and the fast kernel,
# against the headers of the pristine tree and no file of a later patch.  Wants the two
# kernels built; compiles into a scratch folder.  Idempotent; takes some 60 s.
#
# usage: [KDIR=/path/to/linux-7.3.y] test-series.sh
# shellcheck disable=SC2317	# the checks are called by name
set -eu
here=$(dirname -- "$0")
# shellcheck source=lib.sh
. "$here/lib.sh"
# shellcheck source=ktap.sh
. "$here/ktap.sh"
# shellcheck source=kbuild.sh
. "$here/kbuild.sh"
# shellcheck source=checkpatch.sh
. "$here/checkpatch.sh"

base=$("$here/fetch-linux.sh")
kernel_image stock >/dev/null
kernel_image fast >/dev/null
unset SMOKE
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" XDG_CONFIG_HOME="$work/config"
repo=$work/repo
series=$repo/build/series
tree=$work/tree
author=$work/author

# The copy has no git, so the author is that of the file.
write_series() { GIT_CONFIG_GLOBAL=${config:-$author} "$repo/scripts/series.sh" "$@"; }

list_patches() { find "$series" -name '*.patch' ! -name '0000-*' | LC_ALL=C sort; }

# The files that the patches change, and beside them, for the compiler and not in git, what
# is included from these folders by a relative path.
make_tree() {
	git init -q -b series --template= "$tree"
	{
		"$here/apply.sh" --list
		"$here/apply-docs.sh" --list
	} | (cd "$base" && xargs cp --parents -t "$tree")
	in_tree add -A
	in_tree commit -q -m pristine
	in_tree tag pristine
	for header in "$base"/mm/*.h "$base"/kernel/*.h "$base"/init/*.h; do
		ln -s "$header" "$tree/${header#"$base"/}"
	done
}

in_tree() { git -C "$tree" -c user.name=x -c user.email=x@example.org "$@"; }

# changed STATUS: the paths of the last patch that it added (A) or modified (M)
changed() { in_tree diff --name-only --diff-filter="$1" --no-renames HEAD^ HEAD; }

# patch_is_sound PATCH
# shellcheck disable=SC2046	# paths of the tree, none with a blank
patch_is_sound() {
	in_tree am -q "$1"
	if changed M | grep -q '\.c$'; then
		one_hook HEAD^
		compiles fast $(changed M)
		compiles stock $(changed M)
		: >"$work/symbols"
		have_symbols "$work/stock/$(changed M | sed 's/c$/o/')"
	fi
	compiles fast $(changed A | grep '\.c$')
}

# one_hook REVISION: since then one file was changed, in one function
one_hook() {
	file=$(in_tree diff --name-only "$1" HEAD)
	[ "$(echo "$file" | wc -l)" -eq 1 ] || { echo "more than a file: $file"; return 1; }
	in_tree diff -U0 "$1" HEAD |
		sed -n 's/^@@ .* +\([0-9]*\)\(,\([0-9]*\)\)\{0,1\} @@.*/\1 \3/p' >"$work/hunks"
	awk 'NR == FNR {
			for (i = $1; i < $1 + ($2 == "" ? 1 : $2); i++)
				changed[i]
			next
		}
		/^\{/ { begin = FNR }
		FNR in changed && !/^#include / { print begin }
		/^}/ { begin = "outside of a function" }' "$work/hunks" "$tree/$file" |
		uniq >"$work/functions"
	[ "$(wc -l <"$work/functions")" -eq 1 ] && ! grep -q outside "$work/functions" && return
	echo "$file: not in one function, but those whose { is in line:"
	cat "$work/functions"
	return 1
}

# compiles KERNEL SOURCE...: each as in KERNEL, as many at a time as there are CPUs
compiles() {
	kernel=$1 n=0
	shift
	rm -f "$work"/*.fault
	for source; do
		compile "$kernel" "$source" >"$work/$n.log" 2>&1 ||
			mv "$work/$n.log" "$work/$n.fault" &
		n=$((n + 1))
		[ $((n % cpus)) -ne 0 ] || wait
	done
	wait
	! cat "$work"/*.fault 2>/dev/null
}

# The command is the build's, less what it does besides.
compile() {
	object=${2%.c}.o
	[ "$2" != "$not_x86" ] || return 0
	cmd=$(compiler_of "$1" "$object" | sed -e 's/^ccache //' -e 's/-Wp,-MMD,[^ ]*//' \
		-e "s,$cache/tree/,$base/,g" -e "s,-nostdinc,& -I$tree/include,")
	out=$work/$1/$object
	has_object "$1" "$object" || out=$work/others/$object
	mkdir -p "${out%/*}"
	(cd "$cache/$1" && eval "$cmd -g0 -Werror -c -o $out $tree/$2")
}

defined() { nm "$@" | awk '$2 ~ /^[A-Z]$/ && $2 != "U" { print $3 }' | LC_ALL=C sort -u; }

# have_symbols OBJECT...: each that these need is in stock or in the file $work/symbols
have_symbols() {
	nm -u "$@" | sed -n 's/^ *U //p' | LC_ALL=C sort -u |
		LC_ALL=C comm -23 - "$work/stock.symbols" |
		LC_ALL=C comm -23 - "$work/symbols" >"$work/missing"
	sed "s/$/: not there/" "$work/missing"
	[ ! -s "$work/missing" ]
}

# With the option, once it can be selected: the objects of all patches have what they need.
option_links() {
	find "$work/fast" -name '*.o' >"$work/objects"
	# shellcheck disable=SC2046	# paths, none with a blank
	defined $(cat "$work/objects") "$cache/fast/lib/xxhash.o" >"$work/symbols"	# selected
	# shellcheck disable=SC2046
	have_symbols $(cat "$work/objects")
}

# No Makefile names a file before all are there, and no code comes after that.
one_patch_turns_it_on() {
	in_tree log --format=%H --reverse pristine.. -- '*Makefile' '*Kconfig' >"$work/wiring"
	[ "$(wc -l <"$work/wiring")" -eq 1 ] ||
		{ echo "more than one: $(cat "$work/wiring")"; return 1; }
	after=$(in_tree diff --name-only "$(cat "$work/wiring")" HEAD)
	[ -n "$after" ]
	! echo "$after" | grep -vE '^(Documentation/|MAINTAINERS$)'
}

# The series gives the tree of make kernels, and the documentation.
series_is_the_overlay() {
	mkdir "$work/want"
	(cd "$tree" && in_tree archive pristine) | tar -x -C "$work/want" -f -
	cp "$base/Makefile" "$work/want"
	"$here/apply.sh" "$work/want"
	"$here/apply-docs.sh" "$work/want"
	rm "$work/want/Makefile"
	find "$tree" -type l -delete
	diff -r -x .git "$work/want" "$tree"
	[ -z "$(in_tree status --porcelain)" ]
}

# checkpatch_is_silent FILE...: the messages, the sign-off and the code. That patches add
# files and MAINTAINERS has a patch of its own is no fault.
checkpatch_is_silent() {
	rm -f "$work"/list.*
	printf '%s\n' "$@" | awk -v n="$cpus" -v list="$work/list." '{ print >(list NR % n) }'
	for list in "$work"/list.*; do
		run_checkpatch --showfile --ignore FILE_PATH_CHANGES <"$list" >"$list.said" &
	done
	wait
	cat "$work"/list.*.said | checkpatch_faults
}

# Each row of the table but its head, which takes two lines there, without the markup of Markdown
cover_has_measurements_and_their_command() {
	cover=$(ls "$series"/0000-*)
	sed -n '/^## Measured/,/^## Run/p' "$top/README.md" |
		sed -n -e '/^|-/d' -e '/^|/s/[|*]/ /gp' | awk 'NR > 1 { $1 = $1; print }' >"$work/rows"
	[ -s "$work/rows" ]
	awk '{ $1 = $1; print }' "$cover" >"$work/cover"
	while read -r row; do
		grep -qxF "$row" "$work/cover" ||
			{ echo "not in the cover letter: $row"; return 1; }
	done <"$work/rows"
	grep -q 'make blackout' "$cover"
	grep -q "Linux $(make -s -C "$base" kernelversion)\.$" "$cover"
	grep -qE '^ [0-9]+ files changed, [0-9]+ insertions' "$cover"
}

# Settings of whoever runs it
no_setting_of_git_counts() {
	mv "$series" "$work/plain"
	cat >"$work/hostile" <<-EOF
		[user]
			name = A Maintainer
			email = maintainer@example.org
		[commit]
			gpgSign = true
			cleanup = scissors
		[core]
			autocrlf = true
			abbrev = 5
			hooksPath = /nonexistent
		[diff]
			noprefix = true
			context = 1
			renames = copies
		[format]
			attach = true
			numbered = false
			signOff = true
			from = true
			headers = "X-Setting: x"
	EOF
	mkdir -p "$work/config/git"
	echo '* text eol=crlf -diff' >"$work/config/git/attributes"
	echo '*' >"$work/config/git/ignore"
	config=$work/hostile write_series -s
	rm -r "$work/config"
	diff -r -I '^Date: ' "$work/plain" "$series"
}

versions_are_in_the_subject() {
	write_series -v 2
	grep -q '^Subject: \[PATCH v2 01/' "$series"/v2-0001-*
	for version in x 0 ''; do
		fails 'give a number from 1' write_series -v "$version"
	done
	! grep -rq '^Signed-off-by: ' "$series"
}

# fails WORDS COMMAND...
fails() {
	words=$1
	shift
	! said=$("$@" 2>&1) || { echo "did not fail: $*"; return 1; }
	case $said in
	*"$words"*) ;;
	*) echo "expected '$words' in: $said"; return 1 ;;
	esac
}

no_author_is_refused() {
	printf '[user]\n\temail = maintainer@example.org\n' >"$work/nobody"
	config=$work/nobody
	fails 'no author: set user.name and user.email with git config' write_series
}

# fails_with_table WORDS SCRIPT: scripts/series after sed has changed it
fails_with_table() {
	cp "$repo/scripts/series" "$work/table"
	sed "$2" "$work/table" >"$repo/scripts/series"
	! cmp -s "$work/table" "$repo/scripts/series" || { echo "'$2' changes nothing"; return 1; }
	fails "$1" write_series
	cp "$work/table" "$repo/scripts/series"
}

faults_of_the_table_are_named() {
	fails_with_table 'no patch has kernel/kho_fast/tree/key.c' 's,kernel/kho_fast/tree/\*\.\[ch\],,'
	fails_with_table 'kernel/none.c: no such file' '/^> .*\/tree\/\*/s,$, kernel/none.c,'
	fails_with_table "there is no patches/none.patch" 's,^= patches/.*,= patches/none.patch,'
	fails_with_table 'does not apply in its place' 's/^= Kconfig.patch/&\n&/'
}

# The last two of the patches for a file, which follow each other, as if they were one
two_hooks_are_told_from_one() {
	in_tree log --format=%H --reverse pristine.. -- mm/mm_init.c >"$work/hooks"
	[ "$(wc -l <"$work/hooks")" -gt 1 ]
	in_tree checkout -q "$(tail -n 1 "$work/hooks")"
	one_hook HEAD^
	fails 'not in one function' one_hook HEAD^^
	in_tree checkout -q "$(in_tree log --format=%H pristine..series -- kernel/kexec_core.c)"
	fails 'more than a file' one_hook HEAD^^
}

faults_of_a_message_are_found() {
	first=$(list_patches | head -n 1)
	sed '/^Signed-off-by: /i A line of 76 columns, one more than a mail has for it, which is to be found.' \
		"$first" >"$work/long.patch"
	fails COMMIT_LOG_LONG_LINE checkpatch_is_silent "$work/long.patch"
	grep -v '^Signed-off-by: ' "$first" >"$work/unsigned.patch"
	fails MISSING_SIGN_OFF checkpatch_is_silent "$work/unsigned.patch"
}

cpus=$(nproc)
printf '[user]\n\tname = A Maintainer\n\temail = maintainer@example.org\n' >"$author"
copy_checkout "$repo"
write_series -s
make_tree
defined "$cache/stock/vmlinux" >"$work/stock.symbols"
# shellcheck disable=SC2046	# names, none with a blank
set -- $(list_patches)
ktap_begin $(($# + 11))
for patch; do
	name=${patch##*/}
	check "${name%.patch}" patch_is_sound "$patch"
done
check two_hooks_are_told_from_one two_hooks_are_told_from_one
in_tree checkout -q series
check one_patch_turns_it_on one_patch_turns_it_on
check option_links option_links
check series_is_the_overlay series_is_the_overlay
check checkpatch_is_silent checkpatch_is_silent "$@"
check faults_of_a_message_are_found faults_of_a_message_are_found
check cover_has_measurements_and_their_command cover_has_measurements_and_their_command
check no_setting_of_git_counts no_setting_of_git_counts
check versions_are_in_the_subject versions_are_in_the_subject
check no_author_is_refused no_author_is_refused
check faults_of_the_table_are_named faults_of_the_table_are_named
ktap_end
