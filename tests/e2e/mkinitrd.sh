#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Pack the initrds of a plan.  The initrd of boot N has kernel and initrd of boot N+1, so
# the last one is made first; it has only /init, the plan, the modules and the files of
# -f, since unpacking it is part of the blackout.  Idempotent.
#
# usage: mkinitrd.sh -i INIT -p PLAN -o DIR [-b ROOT] [-f HOSTFILE:GUESTPATH[@BOOT]]...
#                    IMAGE[,MODULES]...
#
# One IMAGE per boot; MODULES is the folder with its modules.  A file with @BOOT goes into
# the initrd of that boot only.  ROOT is an archive with an /init of its own, which starts
# INIT as /usr/libexec/plan; its files replace those of -f, such as a C library of this
# machine.  Writes DIR/initrd1, DIR/initrd2, ...
set -eu
# shellcheck source=../../scripts/lib.sh
. "$(dirname -- "$0")/../../scripts/lib.sh"
# shellcheck source=guest.sh
. "$(dirname -- "$0")/guest.sh"

init='' plan='' dir='' files='' root=''
while getopts i:p:o:f:b: opt; do
	case $opt in
	i) init=$OPTARG ;;
	p) plan=$OPTARG ;;
	o) dir=$OPTARG ;;
	f) files="$files $OPTARG" ;;
	b) root=$OPTARG ;;
	*) bad_usage ;;
	esac
done
shift $((OPTIND - 1))
[ -n "$init" ] || die "-i INIT is missing"
[ -f "$plan" ] || die "-p PLAN is missing"
[ -d "$dir" ] || die "-o DIR is missing"
[ $# -gt 0 ] || die "no kernel given"
pack=$(pack_tool)

# list_files BOOT: folders before files; a library may be listed by several programs
list_files() {
	for f in $files; do
		case $f in
		*@"$1") echo "${f%@*}" ;;
		*@*) ;;
		*) echo "$f" ;;
		esac
	done | merged_usr | awk -F: '
		seen[$0]++ { next }
		{ n = split($2, part, "/"); path = "" }
		{ for (i = 2; i < n; i++) {
			path = path "/" part[i]
			if (!dir[path]++) print "dir " path " 0755 0 0" } }
		{ print "file " $2 " " $1 " 0755 0 0" }'
}

# In ROOT these folders are links.
merged_usr() { sed -E "${root:+s,:/(bin|lib|lib64)/,:/usr/\\1/,}"; }

# How much of a module's symbols goes.  KVM is loaded while a guest stands still, and the kernel
# looks for each of its functions among all of its symbols, one by one.
strip_option() {
	case $1 in
	kvm*) echo --strip-unneeded ;;
	*) echo --strip-debug ;;
	esac
}

# list_modules BOOT IMAGE[,MODULES]: those that the plan loads in this boot, without debug
# information. Initrds of equal content for each kernel keep the comparison fair.
list_modules() {
	case $2 in
	*,*) ;;
	*) return 0 ;;
	esac
	awk -v boot="$1" '
		BEGIN { stage = 1 }
		$1 == "stage" { stage = $2 }
		$1 == "insmod" && stage == boot {
			for (i = 2; i <= NF; i++)
				if (!seen[$i]++)
					print $i }' "$plan" |
	while read -r name; do
		[ -e "${2#*,}/$name.ko" ] || continue
		strip "$(strip_option "$name")" -o "$dir/$name.ko$1" "${2#*,}/$name.ko"
		echo "file /$name.ko $dir/$name.ko$1 0644 0 0"
	done
}

# list_boot BOOT IMAGE[,MODULES]
list_boot() {
	for d in /dev /proc /sys; do
		echo "dir $d 0755 0 0"
	done
	echo 'nod /dev/console 0600 0 0 c 5 1'
	if [ -n "$root" ]; then
		echo "dir /usr 0755 0 0"
		echo "dir /usr/libexec 0755 0 0"
		echo "file /usr/libexec/plan $init 0755 0 0"
	else
		echo "file /init $init 0755 0 0"
	fi
	echo "file /plan $plan 0644 0 0"
	list_modules "$1" "$2"
	list_files "$1"
}

nr=$#
while [ "$nr" -gt 0 ]; do
	eval "boot=\${$nr}"
	{
		list_boot "$nr" "$boot"
		if [ "$nr" -lt $# ]; then
			next=''
			eval "next=\${$((nr + 1))}"
			echo "file /kernel$((nr + 1)) ${next%%,*} 0644 0 0"
			echo "file /initrd$((nr + 1)) $dir/initrd$((nr + 1)) 0644 0 0"
		fi
	} >"$dir/list$nr"
	"$pack" "$dir/list$nr" >"$dir/initrd$nr"
	[ -z "$root" ] || cat "$root" >>"$dir/initrd$nr"
	nr=$((nr - 1))
done
