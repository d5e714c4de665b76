#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Build the kernels from one patched tree, and the test modules of each in
# build/kmod/KERNEL.  stock and fast are for measurements and differ in CONFIG_KHO_FAST.
# The others are fast with less hardware and tracing (configs/slim.config): debug with
# KASAN and lockdep, without deferred struct pages; kcsan with KCSAN and checks of them.
# Idempotent and incremental.
#
# usage: [KDIR=/path/to/linux-7.3.y] build-kernels.sh [KERNEL | both | all | host]
#   KERNEL   stock, fast, debug or kcsan
#   both     stock and fast
#   host     host-stock and host-fast, for a machine with a disk; not among all
set -eu
here=$(dirname -- "$0")
# shellcheck source=lib.sh
. "$here/lib.sh"
# shellcheck source=kbuild.sh
. "$here/kbuild.sh"

tree=$cache/tree
kmod=$top/tests/e2e/kmod

main() {
	case ${1-all} in
	all) kernels='stock fast debug kcsan' ;;
	both) kernels='stock fast' ;;
	host) kernels='host-stock host-fast' ;;
	stock | fast | debug | kcsan) kernels=$1 ;;
	*) die "unknown kernel '$1': stock, fast, debug, kcsan, both, all or host" ;;
	esac
	base=$("$here/fetch-linux.sh")
	"$here/install-headers.sh"
	stage=$(mktemp -d)
	trap 'rm -rf "$stage"' EXIT
	make_stage
	made_from="$base $(stat -c '%i %Y' "$base/Makefile") $(cc --version | head -n 1)"
	state=$(sum_of "$stage" "$top/configs" "$here/build-kernels.sh" "$here/kbuild.sh") || exit 1
	! up_to_date || return 0

	lock_cache
	[ -d "$cache/stock" ] || need_space 5 "building the kernels"
	sync_tree
	case $kernels in
	'stock fast '*) build_beside 'stock fast' "${kernels#stock fast }" ;;
	*) build_each "$kernels" ;;
	esac
}

build_each() {
	for k in $1; do
		build "$k"
		build_modules "$k"
	done
}

# build_beside KERNELS OTHERS: two kernels at a time, since one CPU links while others wait
build_beside() {
	trap 'kill $these $others 2>/dev/null; wait; exit 130' INT TERM HUP
	(build_each "$1") &
	these=$!
	(build_each "$2") &
	others=$!
	rc=0
	wait "$these" || rc=$?
	wait "$others" || rc=$?
	trap - INT TERM HUP
	[ "$rc" -eq 0 ] || exit "$rc"
}

# The changed stock files, so that the tree can be updated file by file: unchanged files
# keep their time stamps.
make_stage() {
	for path in Makefile $("$here/apply.sh" --list); do
		[ -f "$base/$path" ] || continue
		mkdir -p "$stage/$(dirname "$path")"
		cp "$base/$path" "$stage/$path"
	done
	# fetch-linux.sh has reported files that differ, with their paths
	said=$("$here/apply.sh" "$stage" 2>&1) || die "${said#*error: }"
	rm "$stage/Makefile"
}

sum_of() {
	{
		printf '%s\n' "$made_from"
		find "$@" -type f | LC_ALL=C sort | while read -r f; do
			_name=${f#"$stage"}
			echo "${_name#"$top"}"
			cat "$f"
		done
	} | sha256sum
}

state_of_modules() {
	{
		echo "$state"
		find "$kmod" -type f -exec cat {} + 2>/dev/null
	} | sha256sum
}

base_changed() {
	[ "$(cat "$tree.made-from" 2>/dev/null)" != "$made_from" ] ||
		find "$base" -name .git -prune -o -newer "$tree.made-from" -print -quit | grep -q .
}

up_to_date() {
	! base_changed || return 1
	for k in $kernels; do
		[ "$(cat "$cache/$k/.state" 2>/dev/null)" = "$state" ] || return 1
		[ "$(cat "$build/kmod/$k/.state" 2>/dev/null)" = "$(state_of_modules)" ] || return 1
	done
}

sync_tree() {
	if base_changed; then
		copy_base
	fi
	(cd "$stage" && find . -type f | sed 's,^\./,,' | LC_ALL=C sort) >"$stage.files"
	# files of an earlier run that are no longer part of the overlay
	LC_ALL=C sort "$tree.files" 2>/dev/null | LC_ALL=C comm -23 - "$stage.files" |
		while read -r path; do
			rm -f "${tree:?}/$path"
			[ ! -f "$base/$path" ] || cp "$base/$path" "$tree/$path"
		done
	cp "$stage.files" "$tree.files"
	while read -r path; do
		! cmp -s "$stage/$path" "$tree/$path" || continue
		mkdir -p "$tree/$(dirname "$path")"
		cp "$stage/$path" "$tree/$path.new"
		mv "$tree/$path.new" "$tree/$path"
	done <"$stage.files"
	rm "$stage.files"
}

# Hard links where possible: no file is written in place.
copy_base() {
	say "copying $base"
	rm -rf "$tree" "$tree.tmp" "$tree.made-from" "$tree.files"
	cp -al "$base" "$tree.tmp" 2>/dev/null || {
		rm -rf "$tree.tmp"
		cp -a "$base" "$tree.tmp"
	}
	rm -rf "$tree.tmp/.git"
	mv "$tree.tmp" "$tree"
	echo "$made_from" >"$tree.made-from"
}

this_kbuild() {
	[ ! -f "$top/configs/$k.objects" ] || watch_some
	kbuild "$tree" "$out" "$k" "$@"
}

# Variables of kbuild; n excludes an object.  From the environment, so that a Makefile
# can override them, and expanded when $(obj) is known.
watch_some() {
	KHO_WATCHED=$(watched)
	# shellcheck disable=SC2016	# make's variables
	KASAN_SANITIZE='$(if $(filter $(KHO_WATCHED),$(obj)/$(target-stem).o),,n)'
	KCSAN_SANITIZE=$KASAN_SANITIZE
	# shellcheck disable=SC2016
	KCSAN_INSTRUMENT_BARRIERS='$(if $(filter env%,$(origin KCSAN_SANITIZE)),$(is-kernel-object))'
	export KHO_WATCHED KASAN_SANITIZE KCSAN_SANITIZE KCSAN_INSTRUMENT_BARRIERS
}

watched() { grep -v '^#' "$top/configs/$k.objects" | xargs; }

build() {
	out=$cache/$k
	if [ "$(cat "$out/.made-from" 2>/dev/null)" != "$made_from" ]; then
		new_output
	fi
	rm -f "$out/.state"
	configure
	build_image
	[ ! -f "$top/configs/$k.objects" ] || check_watched
	echo "$state" >"$out/.state"
}

# kbuild tracks the options that an object depends on, so fast starts as a copy of stock
# and rebuilds few objects.  The other kernels have other structures or compiler flags,
# which change every object.
new_output() {
	rm -rf "$out" "$out.tmp"
	case $k in
	fast) like=stock ;;
	host-fast) like=host-stock ;;
	*) like=none ;;
	esac
	if [ -f "$cache/$like/.state" ] &&
	   [ "$(cat "$cache/$like/.made-from")" = "$made_from" ]; then
		cp -a "$cache/$like" "$out.tmp"
	else
		mkdir "$out.tmp"
		echo "$made_from" >"$out.tmp/.made-from"
	fi
	mv "$out.tmp" "$out"
}

fragments() {
	echo "$top/configs/base.config"
	case $k in
	stock) ;;
	fast) echo "$top/configs/fast.config" ;;
	host-stock) echo "$top/configs/host.config" ;;
	host-fast) printf '%s\n' "$top/configs/fast.config" "$top/configs/host.config" ;;
	*) printf '%s\n' "$top/configs/fast.config" "$top/configs/slim.config" "$top/configs/$k.config" ;;
	esac
}

# If two fragments set an option the later one wins.
options() {
	fragments | xargs cat | awk '
		match($0, /CONFIG_[A-Z0-9_]+/) { last[substr($0, RSTART, RLENGTH)] = $0 }
		END { for (o in last) print last[o] }' | grep -E '^(CONFIG_|# CONFIG_.* is not set$)'
}

# Written to a new file: an unchanged .config keeps its time stamp.
configure() {
	log=$cache/log/$k-config.log
	mkdir -p "$cache/log"
	new=$out/.config.new
	{
		(KCONFIG_CONFIG=$new this_kbuild allnoconfig) &&
			fragments | xargs cat >>"$new" &&
			(KCONFIG_CONFIG=$new this_kbuild olddefconfig)
	} >"$log" 2>&1 </dev/null || {
		tail -n 15 "$log" >&2
		die "cannot configure the $k kernel; the whole log: $log"
	}
	options | while read -r line; do
		check_option "$line"
	done
	cmp -s "$new" "$out/.config" || cp "$new" "$out/.config"
	rm -f "$new" "$new.old"
}

check_option() {
	case $1 in
	CONFIG_*=*)
		grep -qxF "$1" "$new" && return
		die "$1 did not survive in the $k kernel: a dependency is missing or the option is gone" ;;
	'# CONFIG_'*' is not set')
		option=${1#'# '}
		! grep -q "^${option%% *}=" "$new" ||
			die "${option%% *} shall be off in the $k kernel, but something selects it" ;;
	esac
}

# With a pattern that matches nothing the test could not fail.
check_watched() {
	for pattern in $(watched); do
		# shellcheck disable=SC2046	# a pattern of the shell, on purpose
		nm $(printf %s "$out/$pattern" | tr % '*') 2>/dev/null |
			grep -qE ' U __(tsan_read|asan_report_load)' ||
			die "configs/$k.objects: nothing is watched in $pattern"
	done
}

build_image() {
	progress="objects $cache/log/$k.log"
	run_long "building the $k kernel" "$cache/log/$k.log" \
		this_kbuild bzImage modules
	progress=
	! grep 'warning:' "$cache/log/$k.log" >&2 || say "see $cache/log/$k.log"
}

objects() { awk '/^  (CC|AS|LD|AR) / { n++ } END { print n + 0 " objects" }' "$1"; }

# One source for all kernels, so objects are in a folder of each.
build_modules() {
	dir=$build/kmod/$k
	[ "$(cat "$dir/.state" 2>/dev/null)" != "$(state_of_modules)" ] || return 0
	rm -f "$dir/.state"
	mkdir -p "$dir"
	run_long "building the test modules for the $k kernel" "$cache/log/$k-modules.log" \
		this_kbuild M="$kmod" MO="$dir" modules
	find "$cache/$k/virt" "$cache/$k/arch" -name '*.ko' -exec ln -sf {} "$dir" \;
	state_of_modules >"$dir/.state"
}

main "$@"
