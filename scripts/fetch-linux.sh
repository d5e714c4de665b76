#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Print the path of a pristine Linux tree of the version in KERNEL: $KDIR if set, or else
# Debian's source package, fetched through apt and unpacked in the cache.  Idempotent.
#
# usage: [KDIR=/path/to/linux-7.3.y] fetch-linux.sh
set -eu
here=$(dirname -- "$0")
# shellcheck source=lib.sh
. "$here/lib.sh"
# shellcheck source=apt.sh
. "$here/apt.sh"
# shellcheck source=tree.sh
. "$here/tree.sh"

# shellcheck disable=SC2154	# range, suite, package, version, sha256: from KERNEL
main() {
	if [ -n "${KDIR-}" ]; then
		use_kdir
		return
	fi
	if ! in_range "$(kernel_version "$cache/linux")"; then
		lock_cache
		# another run may have fetched it while this one waited
		in_range "$(kernel_version "$cache/linux")" || fetch
	fi
	echo "$cache/linux"
}

use_kdir() {
	have=$(kernel_version "$KDIR")
	in_range "$have" || die "KDIR=$KDIR is ${have:+Linux }${have:-not a kernel tree};" \
		"this overlay is made for Linux $range.y (see KERNEL)"
	if [ -e "$KDIR/.config" ] || [ -d "$KDIR/include/config" ] ||
	   [ -n "$(find "$KDIR/arch" -path '*/include/generated' -prune -print 2>/dev/null)" ]; then
		die "KDIR=$KDIR has been built in: run 'make mrproper' there, or give a clean tree"
	fi
	[ ! -e "$KDIR/include/linux/kho_fast.h" ] ||
		die "KDIR=$KDIR has the overlay applied: run 'scripts/apply.sh --reverse $KDIR' first"
	check_tree "$KDIR" "KDIR=$KDIR cannot be used"
	echo "$KDIR"
}

# check_tree TREE WORDS: notices of apply.sh, such as files that differ from STOCK, are
# shown even if the tree can be used
check_tree() {
	said=$("$here/apply.sh" --check "$1" 2>&1) || die "$2: ${said#*error: }"
	echo "$said" | sed -n "s/^apply\.sh: notice:/$self: notice:/p" >&2
}

fetch() {
	rm -rf "$cache/linux.tmp" # of a run that was interrupted
	need_space 4 "the kernel source"
	mkdir -p "$cache/dl"
	deb=$(find "$cache/dl" -name "${package}_*.deb" | sort -V | tail -n 1)
	if [ -z "$deb" ]; then
		download
	fi
	check_sum
	unpack
}

download() {
	is_debian || die "only Debian carries $package: give a tree with KDIR=/path/to/linux-$range.y"
	private_suites "$cache/apt/source" "$suite"
	part=$cache/dl/part
	rm -rf "$part"
	mkdir "$part"
	progress="du_mib $part"
	(cd "$part" && apt_download) || exit 1
	progress=
	deb=$(find "$part" -name "${package}_*.deb")
	[ -n "$deb" ] || die "apt fetched no $package: see $cache/log/download.log"
	mv -- "$deb" "$cache/dl/"
	deb=$cache/dl/${deb##*/}
	rm -rf "$part"
}

apt_download() {
	private_apt "$cache/apt/source" --print-uris download "$package" >/dev/null 2>&1 ||
		die "$suite on the machine's mirror has no $package any more:" \
			"give a tree with KDIR=/path/to/linux-$range.y"
	export DEBIAN_FRONTEND=noninteractive
	apt_step "fetching $package" "$cache/log/download.log" \
		private_apt "$cache/apt/source" download "$package"
}

du_mib() { du -sm "$1" | awk '{ print $1 " MiB" }'; }

# apt has verified the signature.  The checksum is that of the measured source.
check_sum() {
	have=$(dpkg-deb -f "$deb" Version) || die "$deb is damaged: remove it and run this again"
	if [ "$have" != "$version" ]; then
		say "notice: the source is $have, the measurements were made with $version"
		return
	fi
	echo "$sha256  $deb" | sha256sum --check --status ||
		die "$deb does not have the sha256 in KERNEL: remove it and run this again"
}

# Unpacked under another name and renamed, so that no incomplete tree remains after an
# interrupt.
unpack() {
	tmp=$cache/linux.tmp
	rm -rf "$tmp"
	mkdir "$tmp"
	run_long "unpacking the package" "$cache/log/unpack.log" dpkg-deb -x "$deb" "$tmp"
	run_long "unpacking the source" "$cache/log/unpack.log" \
		tar -x -I 'xz -T0' -f "$tmp/usr/src/$package.tar.xz" -C "$tmp"
	have=$(kernel_version "$tmp/$package")
	in_range "$have" || die "$deb does not hold a Linux $range.y tree but $have"
	check_tree "$tmp/$package" "$deb cannot be used"
	rm -rf "$cache/linux"
	mv "$tmp/$package" "$cache/linux"
	rm -rf "$tmp"
}

main
