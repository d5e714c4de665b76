#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Get the needs of a target, with their own needs.  Idempotent, and silent if nothing is
# missing.
#
# usage: [KDIR=/path/to/linux-7.3.y] need.sh [-n] NEED...
#   packages   programs and libraries of Debian
#   source     pristine kernel source
#   headers    kernel headers for userspace
#   both       the kernels stock and fast
#   debug      the debug kernel
#   kcsan      the kcsan kernel
#   kernels    all kernels
#   -n         list them in order, one a line, do nothing
set -eu
here=$(dirname -- "$0")
# shellcheck source=lib.sh
. "$here/lib.sh"

# in_order NEED: its own needs, then itself
in_order() {
	case $1 in
	packages) echo packages ;;
	source) in_order packages; echo source ;;
	headers) in_order source; echo headers ;;
	both | kernels) in_order headers; echo "$1" ;;
	debug | kcsan) in_order both; echo "$1" ;;
	*) die "unknown need '$1': packages, source, headers, both, debug, kcsan or kernels" ;;
	esac
}

get() {
	case $1 in
	packages) "$here/setup.sh" ;;
	source) "$here/fetch-linux.sh" >/dev/null ;;
	headers) "$here/install-headers.sh" ;;
	both | debug | kcsan) "$here/build-kernels.sh" "$1" ;;
	kernels) "$here/build-kernels.sh" all ;;
	esac
}

dry=''
if [ "${1-}" = -n ]; then
	dry=1
	shift
fi
[ $# -gt 0 ] || bad_usage
# In an assignment, where an unknown need ends the script.
needs=$(for need; do in_order "$need" || exit; done)
for need in $(echo "$needs" | awk '!seen[$0]++'); do
	if [ -n "$dry" ]; then
		echo "$need"
	else
		get "$need"
	fi
done
