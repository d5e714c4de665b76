#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Common parts of the scripts.  Sourced, never run: the caller has done set -eu.
#
#   $top     the repository        $cache   sources and kernels, kept between checkouts
#   $build   all outputs           $self    name of the script, for messages

self=${0##*/}

say() { printf '%s: %s\n' "$self" "$*" >&2; }
die() { printf '%s: error: %s\n' "$self" "$*" >&2; exit 1; }

# Exported functions of bash; environment.sh is not read yet.
unset -f cd pwd dirname printf
top=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
while [ ! -f "$top/scripts/lib.sh" ]; do
	[ "$top" != "${top%/*}" ] || die "$0 is not inside a kho-fast checkout"
	top=${top%/*}
done
# shellcheck source=environment.sh
. "$top/scripts/environment.sh"
# shellcheck disable=SC2034	# for the scripts that source this file
build=$top/build

# need_plain_path WHAT PATH REMEDY: make splits at blanks and colons, QEMU at commas and equal
# signs, and neither make nor kbuild quotes special characters of the shell.
need_plain_path() {
	case $2 in
	*[[:space:]:,=\;\#\$%\&\|\<\>\(\)\*\?\[\]\{\}\'\"\`\\]*)
		die "$1 '$2' has a blank, a colon or another special character in its path," \
			"where kernels and modules cannot be built: $3" ;;
	esac
}
need_plain_path "the checkout" "$top" "move it to a folder without"

if [ -z "${KHO_CACHE-}" ] && [ -z "${XDG_CACHE_HOME-}" ] && [ -z "${HOME-}" ]; then
	die "no place for the cache, HOME is not set: set KHO_CACHE to a folder you can write to"
fi
cache=${KHO_CACHE:-${XDG_CACHE_HOME:-${HOME-}/.cache}/kho-fast}
reason=$(mkdir -p -- "$cache" 2>&1) ||
	die "cannot create the cache $cache (${reason##*: }):" \
		"set KHO_CACHE to a folder you can write to"
cache=$(cd -- "$cache" && pwd -P)
need_plain_path "the cache" "$cache" "set KHO_CACHE to a folder without"
[ -w "$cache" ] || die "cannot write to the cache $cache: set KHO_CACHE to a folder you can write to"
# The cache is marked when it is created: the scripts replace and remove folders in it,
# such as linux and usr, which must be theirs.  Older caches have a lock but no mark.
if [ ! -e "$cache/.kho-fast" ]; then
	[ -z "$(ls -A -- "$cache")" ] || [ -f "$cache/lock" ] ||
		die "$cache has files that are not from kho-fast: set KHO_CACHE to an empty or new folder"
	: >"$cache/.kho-fast"
fi
# Absolute, for make in a subfolder
export KHO_CACHE="$cache"
case ${KHO_CCACHE-} in
'' | /*) ;;
*) export KHO_CCACHE="$PWD/$KHO_CCACHE" ;;
esac
case ${KHO_JOBS:-1} in
*[!0-9]* | 0*) die "KHO_JOBS=$KHO_JOBS: give a number from 1, or unset it" ;;
esac
if [ -n "${KDIR-}" ]; then
	given=$KDIR
	KDIR=$(cd -- "$given" 2>/dev/null && pwd -P) || die "KDIR=$given is not a folder"
	export KDIR
	need_plain_path KDIR "$KDIR" "move that kernel source to a folder without"
fi

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		command -v sudo >/dev/null || die "needs root for: $* (run as root, or install sudo)"
		sudo "$@"
	fi
}

# kernel_image <stock|fast|debug|kcsan|file>: the path of a bootable kernel
kernel_image() {
	case $1 in
	stock | fast | debug | kcsan) _image=$cache/$1/arch/x86/boot/bzImage ;;
	*) _image=$1 ;;
	esac
	[ -f "$_image" ] || die "no kernel at $_image: run 'make kernels' first"
	echo "$_image"
}

# need_space GIB WHAT: fail early
need_space() {
	_free=$(df -Pk -- "$cache" | awk 'NR == 2 { print int($4 / 1048576) }')
	[ "$_free" -ge "$1" ] || die "$2 needs $1 GiB, $cache has $_free GiB free:" \
		"free some, or set KHO_CACHE to a folder on a larger disk"
}

# free_gib: GiB of memory that are available without swapping
free_gib() { awk '/^MemAvailable:/ { print int($2 / 1048576) }' /proc/meminfo; }

# need_memory GIB WHAT: fail early; a guest that the OOM killer ends has no message
need_memory() {
	_free=$(free_gib)
	[ "$1" -le "$_free" ] || die "$2 needs $1 GiB of memory, this machine has $_free GiB free:" \
		"free some, or choose a smaller one"
}

# copy_checkout DIR: all files that git does not ignore, without .git
copy_checkout() {
	mkdir -p "$1"
	(cd "$top" && git ls-files --cached --others --exclude-standard | sort -u |
		while read -r _file; do
			[ ! -f "$_file" ] || echo "$_file"
		done | tar -c -T - -f -) | tar -x -C "$1" -f -
}

# One script at a time changes the cache; file descriptor 9 holds the lock.
lock_cache() {
	exec 9>"$cache/lock"
	flock -n 9 && return
	say "waiting for another run that uses $cache"
	flock 9
}

# run_long WHAT LOG COMMAND...: output goes to LOG; the terminal gets a line at the start
# and every 15 s, and the reason if COMMAND fails.  The output of the command $progress, if
# set, is added to that line; $on_failure replaces fail_long.
run_long() {
	_what=$1 _log=$2
	shift 2
	mkdir -p -- "${_log%/*}"
	_start=$(date +%s)
	say "$_what"
	"$@" >"$_log" 2>&1 </dev/null &
	_job=$!
	tick "$_what" "$_start" &
	_tick=$!
	# A background job ignores the terminal's interrupt: forward it.
	trap 'kill $_job $_tick 2>/dev/null; exit 130' INT TERM HUP
	_rc=0
	wait "$_job" || _rc=$?
	kill "$_tick" 2>/dev/null || :
	trap - INT TERM HUP
	_took=$(($(date +%s) - _start))
	[ "$_rc" -eq 0 ] || "${on_failure:-fail_long}"
	[ "$_took" -lt 15 ] || say "$_what: done in $_took s"
}

tick() {
	# The sleeping child must not hold the lock or the caller's pipe.
	while sleep 15 >/dev/null 2>&1 9>&-; do
		say "$1: $(($(date +%s) - $2)) s${progress:+, $($progress)}"
	done
}

fail_long() {
	grep -n -m 5 -E '(^|[ :])(fatal )?[Ee]rror:' "$_log" >&2 || tail -n 15 -- "$_log" >&2
	! grep -q 'No space left on device' "$_log" || die "$_what failed: the disk is full; the log: $_log"
	die "$_what failed after $_took s (exit status $_rc); the whole log: $_log"
}
