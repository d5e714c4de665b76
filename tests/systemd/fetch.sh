#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Fetch systemd and what it needs from Debian, unpack it in the cache and print the path of
# that root.  Nothing is installed: apt resolves versions and dependencies as for an empty
# machine, with this machine's mirror.  Idempotent.
#
# usage: fetch.sh
set -eu
# shellcheck source=../../scripts/lib.sh
. "$(dirname -- "$0")/../../scripts/lib.sh"
# shellcheck source=../../scripts/apt.sh
. "$top/scripts/apt.sh"

# The first suite with a new enough systemd: LUOSession= and KExecCount are of 262.
suites='forky sid'
least=262
# busybox: a shell for the units of the tests
packages='systemd mount busybox-static'
dir=$cache/systemd
root=$dir/root

main() {
	if [ ! -f "$root/.packages" ]; then
		lock_cache
		# another run may have fetched it while this one waited
		[ -f "$root/.packages" ] || fetch
	fi
	echo "$root"
}

fetch() {
	is_debian || die "only Debian has the packages: $packages"
	need_space 1 "systemd's root"
	for suite in $suites; do
		private_suites "$dir/apt" "$suite"
		list=$(resolve) || die "apt cannot resolve $packages in $suite: see $cache/log/systemd.log"
		have=$(echo "$list" | awk '$1 == "systemd" { print $2 }')
		if dpkg --compare-versions "$have" ge "$least"; then
			download
			unpack
			return
		fi
		say "notice: $suite has systemd ${have:-(none)}, $least is needed"
	done
	die "none of $suites on the machine's mirror has systemd $least or newer"
}

# Name and version of each package of the closure
resolve() {
	mkdir -p "$cache/log"
	# shellcheck disable=SC2086	# words
	private_apt "$dir/apt" -s -o Dir::State::status=/dev/null --no-install-recommends \
		install $packages 2>"$cache/log/systemd.log" |
		sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*/\1 \2/p' | grep .
}

download() {
	rm -rf "$dir/debs"
	mkdir -p "$dir/debs"
	words=$(echo "$list" | sed 's/ /=/')
	(
		cd "$dir/debs"
		# shellcheck disable=SC2086	# words
		apt_step "fetching systemd $have of $suite" "$cache/log/systemd.log" \
			private_apt "$dir/apt" -o Dir::State::status=/dev/null download $words
	) || exit 1
}

# Renamed when it is complete.  usr/share is documentation and locales.
unpack() {
	rm -rf "$root" "$root.tmp"
	mkdir "$root.tmp"
	for deb in "$dir"/debs/*.deb; do
		dpkg-deb -x "$deb" "$root.tmp" || die "$deb is damaged: remove $dir and run this again"
	done
	rm -rf "$root.tmp/usr/share" "$dir/debs"
	echo "$list" >"$root.tmp/.packages"
	mv "$root.tmp" "$root"
}

[ $# -eq 0 ] || bad_usage
main
