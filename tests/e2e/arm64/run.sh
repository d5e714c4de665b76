#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Live update of an arm64 guest with UEFI, in an emulator: build the kernel, its initrds and
# modules with a cross compiler, and run a plan.  Once with a device tree, which says where memory
# is, and once with ACPI, where only UEFI does.  Not part of make check: the kernel takes 20
# minutes on two CPUs.
#
# usage: run.sh [PLAN]
#   PLAN      handover.plan beside this script
#
# Needs gcc-aarch64-linux-gnu, libc6-dev-arm64-cross, qemu-efi-aarch64, and qemu-system-arm 9.1 or
# newer, which has a second serial port.  UEFI, QEMU_ARM64: firmware and emulator, if they are
# elsewhere.  Files in build/arm64: console and verdict of either run.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
# shellcheck source=../../../scripts/lib.sh
. "$here/../../../scripts/lib.sh"
# shellcheck source=../../../scripts/kbuild.sh
. "$here/../../../scripts/kbuild.sh"

cross=aarch64-linux-gnu-
qemu=${QEMU_ARM64:-qemu-system-aarch64}
uefi=${UEFI:-/usr/share/qemu-efi-aarch64/QEMU_EFI.fd}
dir=$build/arm64
out=$cache/arm64
plan=${1:-$here/handover.plan}

arm_kbuild() {
	make -s -C "$cache/tree" O="$out" ARCH=arm64 CROSS_COMPILE="$cross" LOCALVERSION=-arm64 \
		KCFLAGS="$kernel_flags" -j "$(nproc)" "$@"
}

needs() {
	for tool in "${cross}gcc" "$qemu"; do
		command -v "$tool" >/dev/null || die "$tool is not installed: see the top of $0"
	done
	[ -f "$uefi" ] || die "no UEFI firmware at $uefi: install qemu-efi-aarch64, or set UEFI="
	[ -f "$plan" ] || die "there is no plan $plan"
}

# build-kernels.sh makes the tree with the overlay.
build_kernel() {
	"$top/scripts/build-kernels.sh" fast
	mkdir -p "$out"
	if ! cmp -s "$here/arm64.config" "$out/made-from"; then
		arm_kbuild KCONFIG_ALLCONFIG="$here/arm64.config" allnoconfig >/dev/null
		grep '^CONFIG' "$here/arm64.config" | while read -r option; do
			grep -qxF "$option" "$out/.config" || die "the kernel has no $option"
		done
		cp "$here/arm64.config" "$out/made-from"
	fi
	arm_kbuild Image modules
	arm_kbuild M="$top/tests/e2e/kmod" MO="$dir/kmod" modules
	arm_kbuild headers_install INSTALL_HDR_PATH="$out/usr"
}

# mkinitrd.sh strips modules.
build_initrds() {
	make -s -C "$top/tests/e2e/init" OUT="$dir/init" HEADERS="$out/usr/include" \
		CC="${cross}gcc" AR="${cross}ar"
	mkdir -p "$dir/bin"
	ln -sf "$(command -v "${cross}strip")" "$dir/bin/strip"
	boot=$out/arch/arm64/boot/Image,$dir/kmod
	# shellcheck disable=SC2046	# words on purpose
	PATH="$dir/bin:$PATH" "$top/tests/e2e/mkinitrd.sh" -i "$dir/init/init" -p "$plan" -o "$dir" \
		$(awk -v boot="$boot" '$1 == "stage" { print boot }' "$plan")
}

# run WAY: with a device tree or with ACPI
run() {
	case $1 in
	device-tree) machine=virt,acpi=off ;;
	acpi) machine=virt ;;
	esac
	console=$dir/console-$1 verdict=$dir/verdict-$1
	rm -f "$console" "$verdict"
	timeout 600 "$qemu" -machine "$machine" -cpu cortex-a57 -smp 2 -m 2G -nodefaults -display none \
		-no-reboot -bios "$uefi" -serial "file:$console" -serial "file:$verdict" \
		-kernel "$out/arch/arm64/boot/Image" -initrd "$dir/initrd1" \
		-append 'console=ttyAMA0 kho=on liveupdate=on panic=-1 oops=panic kho_stage=1' \
		</dev/null >"$dir/qemu.log" 2>&1 ||
		die "$1: QEMU ended with $?: $(tail -n 1 "$dir/qemu.log")"
	judge "$1"
}

# The plan's steps, and what the kernel must not print
judge() {
	! grep -a '^not ok' "$verdict" || die "$1: a step failed, see $verdict"
	grep -qx 'done' "$verdict" || die "$1: the guest was lost, see $console"
	! grep -aE 'BUG:|WARNING:|Oops|Bad page' "$console" || die "$1: see $console"
	say "$1: $(grep -c '^ok' "$verdict") steps passed in $(grep -ac 'Linux version' "$console") boots (qemu-tcg, arm64, UEFI)"
}

needs
mkdir -p "$dir"
build_kernel
build_initrds
run device-tree
run acpi
