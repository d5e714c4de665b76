#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In the host: 'systemctl kexec' into boot N of the plan, through an entry as a boot loader
# has it.  Returns only if that was called off.
#
# usage: kexec-next.sh N CMDLINE
set -eu
boot=/run/boot-loader-entries
mkdir -p $boot/loader/entries
ln -sf "/kernel$1" "/initrd$1" $boot
printf 'title next\nversion %s\nlinux /kernel%s\ninitrd /initrd%s\n' "$1" "$1" "$1" \
	>$boot/loader/entries/next.conf
# the image of a kexec that was called off stays loaded, with its command line
if [ "$(cat /sys/kernel/kexec/loaded)" = 1 ]; then
	systemctl kexec
else
	systemctl kexec --kernel-cmdline="$2"
fi
while jobs=$(systemctl list-jobs --no-legend kexec.target); [ -n "$jobs" ]; do
	sleep 0.1
done
exit 3
