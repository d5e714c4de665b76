#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of the scripts in odd environments (KTAP): no effect, or one message at once.
# Builds nothing.  Idempotent; writes only to a scratch folder.
#
# usage: [KDIR=/path/to/linux-7.3.y] test-environment.sh [TEST...]
set -eu
here=$(dirname -- "$0")
# shellcheck source=lib.sh
. "$here/lib.sh"
# shellcheck source=ktap.sh
. "$here/ktap.sh"
# shellcheck source=test-tree.sh
. "$here/test-tree.sh"

# same_in NAME=VALUE...: apply.sh writes and prints the same as without them, also where
# /bin/sh is bash.
same_in() {
	rm -rf "$tree"
	cp -Rp "$pristine" "$tree"
	for mode in --check '' '' --reverse; do
		# shellcheck disable=SC2086	# nothing, or an option
		env "$@" sh "$repo/scripts/apply.sh" $mode "$tree" >"$work/odd$mode" 2>&1 || :
		cmp "$work/plain$mode" "$work/odd$mode" ||
			{ echo "$*: apply.sh $mode:"; cat "$work/odd$mode"; return 1; }
		case $mode in
		'')
			diff -r "$work/outer/applied" "$tree" || { echo "with $*"; return 1; }
			cp "$work/plain-again" "$work/plain" ;;
		esac
	done
	cp "$work/plain-first" "$work/plain"
	diff -r "$pristine" "$tree"
}

# Outputs without these variables
plain() {
	shrink_overlay
	apply --check >"$work/plain--check"
	apply >"$work/plain-first"
	cp -Rp "$tree" "$work/outer/applied"
	apply >"$work/plain-again"
	apply --reverse >"$work/plain--reverse"
	cp "$work/plain-first" "$work/plain"
}

git_config() {
	printf '[core]\n\tautocrlf = true\n\twhitespace = tab-in-indent\n'
	printf '[apply]\n\twhitespace = fix\n'
}

apply_knows_no_git_configuration() {
	plain
	mkdir -p "$work/home/git"
	git_config >"$work/home/.gitconfig"
	git_config >"$work/home/git/config"
	echo '* text eol=crlf' >"$work/home/git/attributes"
	printf '[core]\n\teol = crlf\n\tattributesFile = %s\n' "$work/home/git/attributes" >"$work/other"
	printf '[apply]\n\twhitespace = error-all\n[core]\n\twhitespace = tab-in-indent\n' >>"$work/other"
	printf '[alias]\n\tapply = version\n[core]\n\thooksPath = /nonexistent\n' >>"$work/other"
	# what git reads instead of one another is set apart
	same_in HOME="$work/home" GIT_CONFIG_SYSTEM="$work/other"
	same_in XDG_CONFIG_HOME="$work/home" GIT_CONFIG_PARAMETERS="'core.autocrlf'='true'"
	same_in GIT_CONFIG_GLOBAL="$work/other" \
		GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.autocrlf GIT_CONFIG_VALUE_0=true \
		GIT_DIR="$top/.git" GIT_WORK_TREE=/ GIT_INDEX_FILE=/nonexistent GIT_PREFIX=x/ \
		GIT_TRACE=1 GIT_LITERAL_PATHSPECS=1 GIT_EXEC_PATH=/nonexistent
}

# Repositories with settings, in the tree and above the scratch folder
apply_knows_no_repository() {
	plain
	for folder in "$pristine" "$tree" "$work"; do
		git init -q "$folder"
		git_config >>"$folder/.git/config"
		echo '* text eol=crlf' >"$folder/.gitattributes"
	done
	rm -r "$work/outer/applied/.git" 2>/dev/null || :
	cp -R "$pristine/.git" "$pristine/.gitattributes" "$work/outer/applied"
	same_in TMPDIR="$work"
	rm -rf "$work/.git" "$work/.gitattributes"
}

apply_knows_no_shell_setting() {
	plain
	mkdir "$work/bash"
	ln -s "$(command -v bash)" "$work/bash/sh"
	echo 'echo "read at the start"; exit 7' >"$work/rc"
	for path in "$PATH" "$work/bash:$PATH"; do
		same_in PATH="$path" ENV="$work/rc" BASH_ENV="$work/rc" CDPATH=".:/tmp:$work" \
			SHELLOPTS=noglob:noclobber BASHOPTS=failglob:nullglob GLOBIGNORE='*' \
			'BASH_FUNC_awk%%=() { echo hijacked; }' 'BASH_FUNC_git%%=() { return 0; }' \
			'BASH_FUNC_cd%%=() { echo elsewhere; }' IFS=/ PS4=x TMOUT=1
	done
	rm -r "$work/bash"
}

apply_knows_no_setting_of_a_tool() {
	plain
	same_in GREP_OPTIONS=-v GREP_COLORS='mt=01;31' GREP_COLOR='1;31' LS_COLORS='di=1' \
		POSIXLY_CORRECT=1 _POSIX2_VERSION=199209 TAR_OPTIONS=-v QUOTING_STYLE=c TIME_STYLE=+%s \
		BLOCK_SIZE=1 VERSION_CONTROL=numbered SIMPLE_BACKUP_SUFFIX=.x MAKEFLAGS=-n ARCH=arm64 \
		LANG=de_DE.UTF-8 LC_ALL=de_DE.UTF-8 LANGUAGE=de
	same_in LC_ALL=C.UTF-8
	same_in LC_ALL=tr_TR.UTF-8
}

apply_takes_any_umask() {
	plain
	for mask in 027 777; do
		(umask $mask && same_in TERM=dumb)
	done
}

# In the paths of the tree, this checkout and the scratch folder
apply_takes_blanks_and_colons_in_paths() {
	plain
	odd="$work/outer/a b:c\\n, \$(d)"
	mkdir "$odd"
	cp -Rp "$repo" "$odd/my repo"
	cp -Rp "$pristine" "$odd/my tree"
	TMPDIR=$odd "$odd/my repo/scripts/apply.sh" "$odd/my tree" 2>"$work/said"
	[ ! -s "$work/said" ] || { cat "$work/said"; return 1; }
	diff -r "$work/outer/applied" "$odd/my tree"
	(cd "$odd" && CDPATH=/tmp sh 'my repo/scripts/apply.sh' --check 'my tree')
	(cd "$odd/my repo/scripts" && sh apply.sh --reverse '../../my tree')
	diff -r "$pristine" "$odd/my tree"
	[ "$(ls "$odd")" = 'my repo
my tree' ]
}

# says WORDS COMMAND...: it fails at once, with one line that has WORDS
says() {
	words=$1
	shift
	if said=$("$@" 2>&1 </dev/null); then
		echo "$*: not refused: $said"
		return 1
	fi
	expect "$words" "$said"
	[ "$(echo "$said" | grep -vc '^make: \*\*\*')" -eq 1 ] || { echo "not one line: $said"; return 1; }
}

unusable_scratch_folder_is_said() {
	says 'TMPDIR=/nonexistent is not a folder that can be written to' \
		env TMPDIR=/nonexistent "$repo/scripts/apply.sh" "$tree"
	touch "$work/file"
	says 'set TMPDIR to one' env TMPDIR="$work/file" "$repo/scripts/fetch-linux.sh"
}

relative_scratch_folder_is_taken() {
	plain
	mkdir "$work/outer/scratch"
	(cd "$work/outer" && TMPDIR=scratch "$repo/scripts/apply.sh" tree)
	diff -r "$work/outer/applied" "$tree"
}

# A checkout like this one, with all scripts
checkout() {
	mkdir -p "$1"
	(cd "$top" && cp -R .ci Makefile KERNEL OVERLAY STOCK Kconfig.patch patches configs \
		include kernel mm bench bpf scripts tests tools "$1")
}

# Scripts that are run by themselves and source lib.sh, which checks first
front_doors() {
	(cd "$1" && grep -lE '^\. .*/lib\.sh"$' scripts/*.sh tests/*/*.sh bench/*.sh bpf/*.sh)
}

unfit_checkout_is_refused_at_once() {
	for name in 'a blank' 'a:colon' 'a,comma' "a'quote" "a\$dollar"; do
		checkout "$work/outer/$name"
		for script in $(front_doors "$work/outer/$name"); do
			says 'move it to a folder without' sh "$work/outer/$name/$script"
		done
		says 'move it to a folder without' make -s -C "$work/outer/$name" check
		rm -r "${work:?}/outer/$name"
	done
}

fetch() { "$here/fetch-linux.sh"; }

unfit_variable_is_refused_at_once() {
	mkdir "$work/outer/a blank" "$work/outer/read-only"
	says 'set KHO_CACHE to a folder without' \
		env KHO_CACHE="$work/outer/a blank" "$here/fetch-linux.sh"
	says 'set KHO_CACHE to a folder you can write to' \
		env KHO_CACHE=/proc/nowhere "$here/fetch-linux.sh"
	says 'set KHO_CACHE' env -u HOME -u KHO_CACHE -u XDG_CACHE_HOME "$here/fetch-linux.sh"
	cp -R "$pristine" "$work/outer/a blank/linux"
	says 'move that kernel source' env KDIR="$work/outer/a blank/linux" "$here/fetch-linux.sh"
	says 'is not a folder' env KDIR="$work/outer/none" "$here/fetch-linux.sh"
	for jobs in x 0 -1 1.5; do
		says "KHO_JOBS=$jobs: give a number from 1" env KHO_JOBS="$jobs" "$here/fetch-linux.sh"
	done
	sed -i 's/"kho-v[0-9]*"$/"kho-v99"/' "$tree/include/linux/kho/abi/kexec_handover.h"
	says 'KHO_FDT_COMPATIBLE is kho-v99' env KDIR="$tree" "$here/fetch-linux.sh"
}

cache_of_somebody_else_is_refused() {
	checkout "$work/outer/checkout"
	chmod -R a+rX "$work/outer"
	mkdir "$work/outer/cache"
	chmod 555 "$work/outer/cache"
	set -- env KHO_CACHE="$work/outer/cache" TMPDIR=/tmp \
		"$work/outer/checkout/scripts/fetch-linux.sh"
	if [ "$(id -u)" -eq 0 ]; then
		set -- setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
	fi
	says 'set KHO_CACHE to a folder you can write to' "$@"
}

# make -C tests/unit, say, before anything else
cache_that_a_makefile_has_begun_is_taken() {
	# shellcheck disable=SC2016	# for make
	printf 'top := x\ninclude %s/ccache.mk\nall:\n\t@echo "<$(ccache)>"\n' "$here_full" \
		>"$work/outer/makefile"
	env -u KHO_CCACHE KHO_CACHE="$work/outer/new" make -s -f "$work/outer/makefile"
	mkdir -p "$work/outer/new/ccache" "$work/outer/files"
	KHO_CACHE="$work/outer/new" KDIR="$tree" "$here/fetch-linux.sh"
	# What is not a cache is left alone.
	: >"$work/outer/files/letter"
	said=$(env -u KHO_CCACHE KHO_CACHE="$work/outer/files" make -s -f "$work/outer/makefile")
	[ "$said" = '<>' ] || { echo "$said"; return 1; }
	said=$(ls -A "$work/outer/files")
	[ "$said" = letter ] || { echo "$said"; return 1; }
}

relative_paths_are_taken() {
	mkdir "$work/outer/here"
	cp -R "$pristine" "$work/outer/here/linux"
	said=$(cd "$work/outer" && KHO_CACHE=cache KDIR=here/linux CDPATH=here:. "$here_full/fetch-linux.sh")
	[ "$said" = "$work/outer/here/linux" ] || { echo "KDIR: $said"; return 1; }
	[ -d "$work/outer/cache" ]
	# as make in a subfolder gets them
	cat >"$repo/scripts/show.sh" <<-'EOS'
		. "$(dirname -- "$0")/lib.sh"
		env | grep -E '^(KDIR|KHO_CACHE)=' | sort
	EOS
	said=$(cd "$work/outer" && KHO_CACHE=cache KDIR=here/linux sh "$repo/scripts/show.sh")
	[ "$said" = "KDIR=$work/outer/here/linux
KHO_CACHE=$work/outer/cache" ] || { echo "$said"; return 1; }
}

# Variables for a developer's own kernel builds
kernel_builds_know_no_setting() {
	cat >"$repo/scripts/show.sh" <<-'EOS'
		set -eu
		. "$(dirname -- "$0")/lib.sh"
		. "$top/scripts/kbuild.sh"
		printf 'all:\n\t@echo "%s"\n\t@echo "%s"\n' 'arch=$(ARCH) cross=$(CROSS_COMPILE) out=$(KBUILD_OUTPUT)' \
			'flags=$(filter-out $(kernel_flags),$(KCFLAGS))$(CFLAGS) v=$(V) llvm=$(LLVM)' >"$top/tree/Makefile"
		export kernel_flags
		(kbuild "$top/tree" "$top/tree" x all)
	EOS
	mkdir "$repo/tree"
	said=$(env KHO_CACHE="$work/outer/cache" ARCH=arm64 CROSS_COMPILE=no- KBUILD_OUTPUT=/nonexistent \
		KCFLAGS=-Wno CFLAGS=-O7 V=1 LLVM=1 MAKEFLAGS=-n MAKEFILES=/nonexistent GNUMAKEFLAGS=-k \
		sh "$repo/scripts/show.sh")
	expect 'arch= cross= out=' "$said"
	expect 'flags= v= llvm=' "$said"
}

scripts_list_under_cdpath() {
	mkdir -p "$work/outer/tests/e2e" "$work/outer/scripts"
	for script in 'tests/e2e/run.sh -l' 'scripts/fetch-linux.sh' 'scripts/apply.sh --list'; do
		# shellcheck disable=SC2086	# a command line
		(cd "$top" && $script) >"$work/want"
		# shellcheck disable=SC2086
		(cd "$top" && CDPATH=".:$work/outer" $script) >"$work/have" 2>&1
		cmp "$work/want" "$work/have" || { cat "$work/have"; return 1; }
	done
	[ -s "$work/want" ]
}

# Functions that bash exports, for scripts that bash runs.  lib.sh finds its top with cd
# and pwd.
scripts_know_no_function_of_a_user() {
	# shellcheck disable=SC2016	# of the other shell
	said=$(bash -c 'cd() { echo x; }; pwd() { echo /x; }; awk() { echo x; }
		export -f cd pwd awk
		timeout 20 env KHO_CACHE="$1" bash "$2/need.sh" -n headers' \
		bash "$work/outer/cache" "$here_full")
	[ "$said" = "$(printf 'packages\nsource\nheaders')" ] || { echo "$said"; return 1; }
}

# CDPATH is set until lib.sh or environment.sh is read; sourced scripts come later.
every_script_is_safe_from_the_start() {
	bad=$(cd "$top" && git ls-files '*.sh' .ci/run 2>/dev/null | while read -r script; do
		if [ ! -f "$script" ] || grep -q '^#.*Sourced' "$script"; then
			continue
		fi
		awk -v f="$script" '/^\. .*\/(lib|environment)\.sh"$/ { exit }
			/(^|[^A-Za-z_])cd / && !/CDPATH=/ && !/^#/ { print f ": " $0 }' "$script"
		grep -qE '^(set -eu|\. .*environment\.sh)' "$script" || continue
		grep -qE '^\. .*/(lib|environment)\.sh"$' "$script" || [ "${script##*/}" = run ] ||
			echo "$script: reads neither lib.sh nor environment.sh"
	done)
	[ -z "$bad" ] || { echo "$bad"; return 1; }
}

# Scripts that are run by themselves print their usage, also without a cache or a source.
every_script_answers_help() {
	(cd "$top" && git ls-files '*.sh') >"$work/scripts"
	[ -s "$work/scripts" ]
	while read -r script; do
		if [ ! -f "$top/$script" ] || grep -q '^#.*Sourced' "$top/$script"; then
			continue
		fi
		said=$(KHO_CACHE=/proc/nowhere KDIR=/nonexistent timeout 20 \
			sh "$top/$script" --help 2>&1 </dev/null) ||
			{ echo "$script --help: status $?: $said"; return 1; }
		case $said in
		"usage: ${script##*/}"* | "usage: ["*"] ${script##*/}"*) ;;
		*) echo "$script --help: $said"; return 1 ;;
		esac
		! echo "$said" | grep -n '^#\|^set -eu' || { echo "$script --help: too much"; return 1; }
	done <"$work/scripts"
}

# distclean.sh --dry-run must not remove the cache.  Without one, a script that goes on has
# another message.
script_without_arguments_refuses_them() {
	(cd "$top" && git ls-files '*.sh' | while read -r script; do
		name=${script##*/}
		[ ! -f "$script" ] || ! grep -qE "^# usage: ([^ ]* )*$name\$" "$script" || echo "$script"
	done) >"$work/scripts"
	grep -qx 'scripts/distclean.sh' "$work/scripts"
	while read -r script; do
		! said=$(KHO_CACHE=/proc/nowhere KDIR=/nonexistent timeout 20 \
			sh "$top/$script" --dry-run 2>&1 </dev/null) ||
			{ echo "$script --dry-run: not refused: $said"; return 1; }
		case $said in
		usage:*) ;;
		*) echo "$script --dry-run: $said"; return 1 ;;
		esac
	done <"$work/scripts"
}

# core.autocrlf of the user that clones
checkout_has_the_bytes_of_the_repository() {
	mkdir "$work/outer/origin"
	(cd "$top" && cp -R .gitattributes KERNEL OVERLAY STOCK Kconfig.patch patches scripts \
		kernel mm include "$work/outer/origin")
	git init -q "$work/outer/origin"
	(
		cd "$work/outer/origin"
		git add .
		git -c user.name=x -c user.email=x commit -q -m x
		git -c core.autocrlf=true -c core.eol=crlf clone -q . ../clone
	) 2>&1
	diff -r -x .git "$work/outer/origin" "$work/outer/clone"
	"$work/outer/clone/scripts/apply.sh" "$tree"
}

here_full=$top/scripts
tests='apply_knows_no_git_configuration apply_knows_no_repository apply_knows_no_shell_setting
apply_knows_no_setting_of_a_tool apply_takes_any_umask apply_takes_blanks_and_colons_in_paths
unusable_scratch_folder_is_said relative_scratch_folder_is_taken unfit_checkout_is_refused_at_once
unfit_variable_is_refused_at_once cache_of_somebody_else_is_refused
cache_that_a_makefile_has_begun_is_taken relative_paths_are_taken
kernel_builds_know_no_setting scripts_list_under_cdpath
scripts_know_no_function_of_a_user every_script_is_safe_from_the_start
every_script_answers_help script_without_arguments_refuses_them
checkout_has_the_bytes_of_the_repository'

run_fresh "$tests" "$@"
