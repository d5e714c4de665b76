#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Install the user headers of the pristine kernel and of the overlay into the cache, in
# usr/include, for khoctl, the programs of the guests, and others that use libluo.  Idempotent.
#
# usage: [KDIR=/path/to/linux-7.3.y] install-headers.sh
set -eu
here=$(dirname -- "$0")
# shellcheck source=lib.sh
. "$here/lib.sh"
# shellcheck source=kbuild.sh
. "$here/kbuild.sh"

usr=$cache/usr
base=$("$here/fetch-linux.sh")
made_from="$base $(stat -c '%i %Y' "$base/Makefile")"

install_them() {
	rm -rf "$usr" "$cache/headers-o"
	mkdir -p "$cache/headers-o"
	run_long "installing the user headers" "$cache/log/headers.log" \
		kbuild "$base" "$cache/headers-o" headers headers_install INSTALL_HDR_PATH="$usr"
	rm -rf "$cache/headers-o"
	echo "$made_from" >"$usr/.made-from"
}

# The overlay's may be newer than the cache.
overlay() { (cd "$top/include/uapi" && find linux -name '*.h'); }

install_overlay() {
	overlay | while read -r header; do
		cmp -s "$top/include/uapi/$header" "$usr/include/$header" ||
			cp "$top/include/uapi/$header" "$usr/include/$header"
	done
}

there() { [ "$(cat "$usr/.made-from" 2>/dev/null)" = "$made_from" ]; }

there || {
	lock_cache
	# another run may have installed them while this one waited
	there || install_them
}
install_overlay
