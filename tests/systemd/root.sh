#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Pack the root of hosts that run systemd: Debian's packages (fetch.sh), the units of
# tools/systemd, and the files of this folder.  The test's own programs are added by
# mkinitrd.sh.
#
# usage: root.sh OUT
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
# shellcheck source=../../scripts/lib.sh
. "$here/../../scripts/lib.sh"
# shellcheck source=../e2e/guest.sh
. "$top/tests/e2e/guest.sh"

out=${1-}
[ -n "$out" ] || bad_usage
root=$("$here/fetch.sh")
pack=$(pack_tool)
list=$out.list
made=$out.made		# files of a line or two

# Units that need devices, users or programs that are not in this root
masked='getty.target systemd-logind.service systemd-ask-password-console.path
systemd-ask-password-wall.path systemd-hostnamed.socket systemd-logind-varlink.socket
systemd-user-sessions.service systemd-hibernate-clear.service systemd-firstboot.service
proc-sys-fs-binfmt_misc.automount ldconfig.service kmod-static-nodes.service
dev-mqueue.mount dev-hugepages.mount systemd-sysusers.service systemd-pstore.service
systemd-tmpfiles-setup-dev-early.service systemd-tmpfiles-setup-dev.service
systemd-networkd-persistent-storage.service systemd-random-seed.service
systemd-update-done.service systemd-journal-catalog-update.service
systemd-tmpfiles-clean.timer systemd-binfmt.service systemd-sysext.socket
sys-fs-fuse-connections.mount sys-kernel-config.mount systemd-machine-id-commit.service
systemd-sysctl.service'
# Programs that they would start, and what glibc needs for other character sets
left_out='usr/lib/systemd/systemd-networkd usr/lib/systemd/system-generators
usr/lib/systemd/user usr/lib/systemd/catalog usr/lib/tmpfiles.d usr/lib/x86_64-linux-gnu/gconv usr/lib/udev
usr/lib/x86_64-linux-gnu/libmvec.so.1'
applets='sh awk cat ln mkdir sed sleep sort timeout true'

# entries FOLDER [PREFIX]: what is in it, for gen_init_cpio
entries() {
	find "$1" -mindepth 1 \( -type d -printf "dir $2/%P %m 0 0\n" \
		-o -type l -printf "slink $2/%P %l 777 0 0\n" \
		-o -type f -printf "file $2/%P %p %m 0 0\n" \)
}

skip() {
	pattern=$(echo "$left_out .packages" | tr ' \n' '||' | sed 's/\./\\./g')
	grep -vE " /($pattern)(/| )"
}

rm -rf "$made"
mkdir -p "$made"
printf '%s\n' 'root:x:0:0::/root:/bin/sh' 'nobody:x:65534:65534::/:/bin/false' >"$made/passwd"
printf '%s\n' root:x:0: tty:x:5: kvm:x:106: adm:x:4: systemd-journal:x:999: nogroup:x:65534: >"$made/group"
# without one systemd takes each boot for the first
echo 6b686f666173746b686f666173746b68 >"$made/machine-id"
printf '%s\n' ID=kho-fast 'NAME="kho-fast test host"' >"$made/os-release"
echo host >"$made/hostname"

{
	for link in bin sbin lib lib64; do
		echo "slink /$link usr/$link 777 0 0"
	done
	for folder in run tmp var var/tmp var/log root; do
		echo "dir /$folder 755 0 0"
	done
	entries "$root" '' | skip
	entries "$here/etc" /etc
	entries "$made" /etc
	for unit in "$top"/tools/systemd/*.service; do
		echo "file /usr/lib/systemd/system/${unit##*/} $unit 644 0 0"
	done
	echo 'dir /usr/lib/kho 755 0 0'
	echo "file /usr/lib/kho/before-kexec $top/tools/systemd/before-kexec 755 0 0"
	echo "file /usr/bin/kho-steps $top/tools/systemd/kho-steps 755 0 0"
	for unit in $masked; do
		echo "slink /etc/systemd/system/$unit /dev/null 777 0 0"
	done
	echo 'dir /etc/systemd/system/multi-user.target.wants 755 0 0'
	for unit in plan kho-before-kexec; do
		echo "slink /etc/systemd/system/multi-user.target.wants/$unit.service ../$unit.service 777 0 0"
	done
	echo 'slink /etc/systemd/system/default.target /usr/lib/systemd/system/multi-user.target 777 0 0'
	for applet in $applets; do
		echo "slink /usr/bin/$applet busybox 777 0 0"
	done
	echo 'slink /init usr/lib/systemd/systemd 777 0 0'
} >"$list"
"$pack" "$list" >"$out.tmp"
mv "$out.tmp" "$out"
