#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The host kit in a QEMU guest: a Debian root file system on a disk, systemd, an initrd that mounts
# it, and the kernels host-stock and host-fast (configs/host.config). The matrix runs from its start
# to its end; then the samples are read from the disk, and shown.
#
# Beside the packages of 'make setup' it takes mmdebstrap, e2fsprogs and root, 2 GiB of disk, and a
# first run of 20 minutes on 2 CPUs; so it is no part of 'make check'. Outputs: build/host-qemu.
#
# usage: test-qemu.sh [ROWS]
#   ROWS   the rows to measure; default: three small ones
#
# Exit status: 0 all samples are verified, 1 not
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
# shellcheck source=../../scripts/lib.sh
. "$here/../../scripts/lib.sh"
# shellcheck source=../../tests/e2e/guest.sh
. "$top/tests/e2e/guest.sh"

rows=${1-}
work=$build/host-qemu
root=$work/root
disk=$work/disk
suite=trixie
limit=1500

need() {
	[ "$(id -u)" -eq 0 ] || die "needs root, for the files of the root file system"
	for command in mmdebstrap mke2fs debugfs; do
		command -v "$command" >/dev/null ||
			die "no $command here: apt-get install mmdebstrap e2fsprogs"
	done
	"$top/scripts/build-kernels.sh" host
}

# release KERNEL
release() { cat "$cache/host-$1/include/config/kernel.release"; }

get_root() {
	[ ! -f "$cache/host-root.tar" ] || return 0
	run_long "installing Debian $suite" "$cache/log/host-root.log" \
		mmdebstrap --variant=minbase --include=systemd-sysv,kmod,busybox-static "$suite" \
		"$cache/host-root.tmp.tar"
	mv "$cache/host-root.tmp.tar" "$cache/host-root.tar"
}

# A host's initrd, as small as it gets: mount the disk, and go there.
make_initrd() {
	mkdir -p "$work/initrd"
	cp "$root/usr/bin/busybox" "$work/initrd/busybox"
	cat >"$work/initrd/init" <<-'END'
		#!/busybox sh
		/busybox mount -t devtmpfs none /dev
		/busybox mount -t ext4 /dev/vda /root || exec /busybox sh
		exec /busybox switch_root /root /sbin/init
	END
	cat >"$work/initrd/list" <<-END
		dir /dev 755 0 0
		nod /dev/console 600 0 0 c 5 1
		dir /root 755 0 0
		file /busybox $work/initrd/busybox 755 0 0
		file /init $work/initrd/init 755 0 0
	END
	"$build/host-kit.d/gen_init_cpio" "$work/initrd/list" >"$work/initrd.img"
}

install_kit() {
	"$here/kit.sh" >/dev/null
	tar -C "$root/opt" -xzf "$build/kho-host-kit.tar.gz"
	kit=$root/opt/kho-host-kit
	make_initrd
	for k in stock fast; do
		r=$(release "$k")
		cp "$cache/host-$k/arch/x86/boot/bzImage" "$root/boot/vmlinuz-$r"
		cp "$work/initrd.img" "$root/boot/initrd.img-$r"
		mkdir -p "$kit/modules/$r"
		make -s -C "$cache/host-$k" M="$kit/workload" MO="$kit/modules/$r" modules >&2
	done
	if [ -n "$rows" ]; then
		cp "$rows" "$root/opt/rows"
	else
		cat >"$root/opt/rows" <<-'END'
			nothing		0	0 1 none   stock,fast
			scattered-4096	4096	0 2 full   stock,fast
			contiguous	20%	9 1 sparse stock,fast
		END
	fi
}

# In place of an operator, who starts the matrix after the first boot
install_operator() {
	cat >"$root/etc/systemd/system/operator.service" <<-END
		[Unit]
		ConditionPathExists=!/opt/kho-host-kit/state
		[Service]
		Type=exec
		StandardOutput=journal+console
		ExecStart=/opt/kho-host-kit/matrix start --stock $(release stock) --fast $(release fast) \
			--rows /opt/rows --reps 1 --grace 1 --any-tsc --yes
		[Install]
		WantedBy=multi-user.target
	END
	mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
	ln -sf ../operator.service "$root/etc/systemd/system/multi-user.target.wants"
	echo '/dev/vda / ext4 defaults 0 1' >"$root/etc/fstab"
}

make_disk() {
	rm -rf "$root" "$disk"
	mkdir -p "$root"
	tar -C "$root" -xf "$cache/host-root.tar"
	install_kit
	install_operator
	mke2fs -q -F -t ext4 -d "$root" "$disk" 2G
	rm -rf "$root"
}

# QEMU stands for the firmware and the boot loader: what it boots is the host's own kernel. It ends
# when that is to be booted again, at the end or after a crash.
run_host() {
	image=$cache/host-stock/arch/x86/boot/bzImage
	accel=$(pick_accel auto "$image")
	say "the matrix runs ($accel): see $work/console"
	# shellcheck disable=SC2046	# words on purpose
	run_guest "$work" "$limit" "$image" "$work/initrd.img" 'console=ttyS0 panic=10' \
		$(accel_args "$accel") -smp 2 -m 3G -drive "file=$disk,format=raw,if=virtio" || :
	grep -q 'matrix: all is measured' "$work/console" ||
		die "the matrix did not come to its end within $limit s: see $work/console"
}

# from_disk FILE
from_disk() { debugfs -R "cat $1" "$disk" 2>/dev/null; }

mkdir -p "$work"
need
get_root
make_disk
run_host
from_disk /opt/kho-host-kit/state/results/blackout.jsonl >"$work/blackout.jsonl"
"$build/host-kit.d/report" blackout --no-chart "$work/blackout.jsonl" || exit
wanted=$(($(from_disk /opt/rows | grep -c stock,fast) * 2))
good=$(grep -c '"status":"ok"' "$work/blackout.jsonl") || :
[ "$good" -eq "$wanted" ] || die "$good of $wanted samples are verified: see $work/blackout.jsonl"
say "$good samples, all verified: $work/blackout.jsonl"
