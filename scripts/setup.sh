#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Install missing packages with apt, as root or with sudo.  Idempotent, and silent if
# nothing is missing.  On other distributions list what is missing, and stop.
#
# usage: setup.sh
set -eu
here=$(dirname -- "$0")
# shellcheck source=lib.sh
. "$here/lib.sh"
# shellcheck source=apt.sh
. "$here/apt.sh"

# Purpose, Debian package, and a probe: a command or a file that must exist, or a compiler
# with an option that must compile and link.  checkpatch needs more modules than perl-base
# has.
needed='
build	gcc		gcc
build	libc6-dev	/usr/include/stdio.h
build	binutils	ld
build	make		make
build	flex		flex
build	bison		bison
build	bc		bc
build	libelf-dev	/usr/include/gelf.h
build	ccache		ccache
build	lz4		lz4
build	dwarves		pahole
build	rsync		rsync
build	xz-utils	xz
build	git		git
run	qemu-system-x86	qemu-system-x86_64
lint	shellcheck	shellcheck
lint	sparse		sparse
lint	perl		prove
lint	python3		python3
lint	groff-base	groff
docs	python3-sphinx	sphinx-build
test	clang		clang
test	libclang-rt-dev	clang -fsanitize=address
report	gnuplot-nox	gnuplot
report	libjson-c-dev	/usr/include/json-c/json.h
tools	libbpf-dev	/usr/include/bpf/libbpf.h
tools	bpftool		/usr/sbin/bpftool
tools	libfdt-dev	/usr/include/libfdt.h
test	bpftrace	bpftrace
test	linux-perf	perf
'
# With older versions guests crash in text patching under tcg,thread=multi.
qemu_least=9

main() {
	[ "$(uname -m)" = x86_64 ] || die "the kernels and the guests are x86-64, this machine is $(uname -m)"
	missing=$(find_missing)
	if [ -n "$missing" ] || qemu_too_old; then
		is_debian || refuse_other
		install_missing
	fi
}

find_missing() {
	# shellcheck disable=SC2086	# $probe is a command line
	echo "$needed" | while read -r purpose package probe; do
		case $probe in
		'') continue ;;
		*' '*) ! links $probe || continue ;;
		/*) [ ! -e "$probe" ] || continue ;;
		*) ! command -v "$probe" >/dev/null || continue ;;
		esac
		echo "$purpose $package $probe"
	done
}

links() { echo 'int main(void) { return 0; }' | "$@" -x c -o /dev/null - 2>/dev/null; }

qemu_major() {
	qemu-system-x86_64 --version 2>/dev/null | sed -n 's/^QEMU emulator version \([0-9]*\).*/\1/p'
}

qemu_too_old() {
	have=$(qemu_major)
	[ -z "$have" ] || [ "$have" -lt "$qemu_least" ]
}

refuse_other() {
	say "missing here, by purpose (with Debian's name of the package):"
	[ -z "$missing" ] || echo "$missing" | while read -r purpose package probe; do
		printf '  %-8s %-28s package %s\n' "$purpose" "$probe" "$package" >&2
	done
	! qemu_too_old || printf '  %-8s QEMU %s or newer%s\n' run "$qemu_least" "${have:+ (here: $have)}" >&2
	die "only Debian is set up automatically: install the above, then run this again"
}

root_apt() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends "$@"; }

install_missing() {
	packages=$(echo "$missing" | awk 'NF && $2 != "qemu-system-x86" { printf " %s", $2 }')
	[ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null ||
		die "neither root nor sudo, cannot install:${packages} (and QEMU $qemu_least or newer, if there is none)"
	# a password is asked for here, not in the background
	as_root true
	mkdir -p "$cache/log"
	apt_step "reading the package lists" "$cache/log/apt-update.log" root_apt update
	[ -n "$(mirror_in_lists)" ] || apt_failed
	if [ -n "$packages" ]; then
		say "to be installed:$packages"
		# shellcheck disable=SC2086	# words
		apt_step "installing $(echo "$packages" | wc -w) packages" "$cache/log/apt-install.log" \
			root_apt install $packages
	fi
	if qemu_too_old; then
		install_qemu
	fi
	missing=$(find_missing)
	[ -z "$missing" ] || die "still missing after the installation: $missing"
}

# From the release if that is new enough, otherwise from its backports
install_qemu() {
	codename=$(os_release VERSION_CODENAME)
	candidate=$(apt-cache policy qemu-system-x86 | sed -n 's/^  Candidate: \([0-9]*:\)\{0,1\}\([0-9]*\)\..*/\2/p')
	if [ "${candidate:-0}" -ge "$qemu_least" ]; then
		apt_step "installing QEMU" "$cache/log/apt-qemu.log" \
			root_apt install qemu-system-x86
	else
		backport_qemu
	fi
	! qemu_too_old || die "$(command -v qemu-system-x86_64 || echo QEMU) is ${have:-still missing}:" \
		"QEMU older than $qemu_least crashes the guest, and neither $codename nor its backports gave a newer one" \
		"that comes first in PATH; install one by hand"
}

backport_qemu() {
	dir=$cache/apt/qemu
	apt_get=root_apt
	private_suites "$dir" "$codename" "$codename-backports"
	apt_step "installing QEMU from $codename-backports ($qemu_least is needed, the release has ${candidate:-none})" \
		"$cache/log/apt-qemu.log" private_apt "$dir" \
		-t "$codename-backports" install qemu-system-x86
	# root's files in the user's cache
	as_root rm -rf "$dir"
}

main
