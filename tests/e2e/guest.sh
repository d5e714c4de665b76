#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# QEMU guests: accelerator, memory and nodes, and the check of the console.  Sourced after
# scripts/lib.sh, never run.
# shellcheck disable=SC2154	# build and cache come from lib.sh

qemu=${QEMU:-qemu-system-x86_64}
kvm_state=$build/e2e/.kvm

mib() {
	case $1 in
	*[!0-9MG]* | *[MG]?* | [MG]) die "'$1' is not a size: give MiB, or a number with M or G" ;;
	*G) echo $((${1%G} * 1024)) ;;
	*) echo "${1%M}" ;;
	esac
}

accel_args() {
	case $1 in
	tcg) echo '-accel tcg,thread=multi -cpu max,la57=off' ;;
	tcg-icount) echo '-accel tcg,thread=single -icount shift=0,sleep=off -cpu max,la57=off' ;;
	kvm) echo '-accel kvm -cpu host' ;;
	*) die "unknown accelerator '$1': tcg, tcg-icount, kvm or auto" ;;
	esac
}

# /dev/kvm may exist without running an ordinary kernel, so one is booted on it, once per
# boot of this machine.
kvm_works() {
	[ -r /dev/kvm ] && [ -w /dev/kvm ] || return 1
	boot=$(cat /proc/sys/kernel/random/boot_id)
	if ! grep -qs "^$boot" "$kvm_state"; then
		mkdir -p "${kvm_state%/*}"
		# shellcheck disable=SC2046	# words on purpose
		timeout --foreground 10 "$qemu" $(accel_args kvm) -m 256M -nodefaults -display none \
			-no-reboot -serial stdio -kernel "$1" \
			-append 'console=ttyS0 panic=-1' </dev/null >"$kvm_state.log" 2>&1 || :
		# Without an initrd a kernel that runs gets here.
		if grep -q 'Unable to mount root fs' "$kvm_state.log"; then
			echo "$boot yes"
		else
			echo "$boot no"
		fi >"$kvm_state"
	fi
	grep -q ' yes$' "$kvm_state"
}

# pick_accel WANTED KERNEL: prints tcg, tcg-icount or kvm
pick_accel() {
	if [ "$1" != auto ]; then
		accel_args "$1" >/dev/null
		echo "$1"
	elif kvm_works "$2"; then
		echo kvm
	else
		echo tcg
	fi
}

# memory_args SIZE NODES CPUS BACKING: NODES is N, or N+M for M more without memory.
# Memory that the guest does not touch costs the host nothing.  With anonymous memory (ram)
# QEMU asks for huge pages, so one touched byte costs 2 MiB; memfd has small pages, with
# more faults.  auto: ram up to 4 GiB.
memory_args() {
	mem=$(mib "$1") with=${2%+*} bare=0
	case $4 in
	auto) backend=memory-backend-ram; [ "$mem" -le 4096 ] || backend=memory-backend-memfd ;;
	ram | memfd) backend=memory-backend-$4 ;;
	*) die "unknown backing '$4': ram, memfd or auto" ;;
	esac
	case $2 in
	[1-4]) ;;
	[1-3]+[1-3]) bare=${2#*+} ;;
	*) die "'$2' nodes: give 1 to 4, or N+M for M nodes without memory" ;;
	esac
	printf -- '-m %sM -smp %s,sockets=%s' "$mem" "$3" "$3"
	node=0
	while [ "$node" -lt $((with + bare)) ]; do
		if [ "$node" -lt "$with" ]; then
			part=$((mem / with))
			# the last node gets the remainder
			[ "$node" -ne $((with - 1)) ] || part=$((mem - part * (with - 1)))
			printf -- ' -object %s,id=m%s,size=%sM,reserve=off' "$backend" "$node" "$part"
			printf -- ' -numa node,nodeid=%s,memdev=m%s' "$node" "$node"
		else
			printf -- ' -numa node,nodeid=%s' "$node"
		fi
		node=$((node + 1))
	done
	cpu=0
	while [ "$cpu" -lt "$3" ]; do
		printf -- ' -numa cpu,node-id=%s,socket-id=%s' $((cpu % (with + bare))) "$cpu"
		cpu=$((cpu + 1))
	done
}

# run_guest DIR LIMIT IMAGE INITRD CMDLINE MACHINE...: MACHINE is the output of accel_args
# and memory_args.  Writes DIR/console, DIR/verdict, DIR/qemu (the command line) and
# DIR/qemu.log; the status is QEMU's, 124 or 137 at the time limit.  With $stamps set,
# DIR/console.lines and DIR/verdict.lines have the time of each line (host/stamp.c).
run_guest() {
	guest_dir=$1 guest_limit=$2 guest_image=$3 guest_initrd=$4 guest_cmdline=$5
	shift 5
	rm -f "$guest_dir/console" "$guest_dir/verdict" "$guest_dir"/*.lines "$guest_dir"/*.fifo
	port=''
	[ -z "${stamps-}" ] || port=.fifo
	set -- "$qemu" "$@" -machine q35 -nodefaults -no-user-config -display none \
		-no-reboot -serial "file:$guest_dir/console$port" \
		-serial "file:$guest_dir/verdict$port" -kernel "$guest_image" \
		-initrd "$guest_initrd" -append "$guest_cmdline"
	echo "$*" >"$guest_dir/qemu"
	rc=0
	[ -z "$port" ] || start_stamps "$guest_dir"
	timeout --foreground -k 5 "$guest_limit" "$@" </dev/null >"$guest_dir/qemu.log" 2>&1 || rc=$?
	[ -z "$port" ] || end_stamps "$guest_dir"
	touch "$guest_dir/console" "$guest_dir/verdict"
	return "$rc"
}

# A reader for each port: the console has many bytes, the verdict few, but its line with t0
# is the reference of all times.  This shell has both ports open too, so that the readers
# start at once and end when it closes them, whatever QEMU does.
start_stamps() {
	mkfifo "$1/console.fifo" "$1/verdict.fifo"
	"$build/e2e/host/stamp" "$1/console" 1000 <"$1/console.fifo" >"$1/console.lines" &
	console_reader=$!
	"$build/e2e/host/stamp" "$1/verdict" <"$1/verdict.fifo" >"$1/verdict.lines" &
	verdict_reader=$!
	exec 6>"$1/console.fifo" 7>"$1/verdict.fifo"
}

end_stamps() {
	exec 6>&- 7>&-
	wait "$console_reader" "$verdict_reader"
	rm -f "$1/console.fifo" "$1/verdict.fifo"
}

# console_badness FILE PLAN: console lines of a faulty kernel, except those excused by the
# plan's '# allow: TEXT' lines
console_badness() {
	sed -n 's/^# allow: *//p' "$2" >"$1.allow"
	grep -a -E -e 'BUG:|WARNING:|Oops|Call Trace|Kernel panic|Bad page|page dumped because' \
		-e 'general protection|rcu.*stall|soft lockup|hung_task|blocked for more than' \
		-e 'possible (recursive|circular)|inconsistent lock state|suspicious RCU' \
		-e 'refcount_t:|Bad rss-counter|list_(add|del) corruption|Out of memory' \
		-e 'UBSAN|KASAN|KFENCE|DEBUG_LOCKS|unable to handle' \
		-e 'pagealloc: |refcount went to 0' "$1" |
		grep -a -v -F -f "$1.allow" || :
}

# The kernel's gen_init_cpio, which makes device nodes without root
pack_tool() {
	for o in stock fast; do
		[ ! -x "$cache/$o/usr/gen_init_cpio" ] || {
			echo "$cache/$o/usr/gen_init_cpio"
			return
		}
	done
	die "no gen_init_cpio in $cache: run 'make kernels' first"
}
