#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Measure how long a guest stands still while its host is updated, with the stock and the
# accelerated kernel on the host, in turns.  The guest is Linux in an unpatched QEMU with KVM,
# the host a guest itself (nested); the gap is the one between two stamps that the guest
# wrote, by the host's time stamp counter.  Adds samples to build/report/guest.jsonl and
# prints a table of the gap and its parts; build/report/guest-SCENARIO.svg and .trace.json are
# the last pause with the accelerated kernel.
#
# Needs the kernels (make kernels).
#
# With COUNT=1 the host counts instructions, one a nanosecond, and the guest is a program
# without an operating system (tests/guest/tiny): figures repeat within 1 %, also beside other
# work on the machine.  They show what is executed, not how fast a real machine does it.
#
# usage: [REPS=N | SMOKE=1] [COUNT=1] guest.sh [SCENARIO...]
#   alone         a guest of 128 MiB, nothing else preserved
#   2g            a guest of 2 GiB that has touched half of it, in 4 KiB folios
#   scattered     the first, and 16,384 scattered 4 KiB pages beside it
#   scattered-131072
#                 the first, and 131,072 of them; minutes with stock, and only on request
#   100g          the first, and 100 GiB of 2 MiB folios beside it; only on request
#   fragments     a guest whose memory is 131,072 scattered 4 KiB pages; only on request, as the
#                 next ones
#   huge          the first, its memory in folios of 2 MiB that QEMU maps as such
#   huge-unaligned
#                 the same, as QEMU maps them without align=2M: page by page
#   prealloc      the first, QEMU in the new kernel maps all memory before the guest goes on
#   REPS          repetitions per kernel (3)
#   SMOKE=1       alone, one repetition; output goes to build/smoke/
#
# Exit status: 0; 1 a repetition failed, or it cannot be measured here.
set -eu
here=$(dirname -- "$0")
# shellcheck source=../scripts/lib.sh
. "$here/../scripts/lib.sh"
# shellcheck source=env.sh
. "$here/env.sh"

all='alone 2g scattered' more='scattered-131072 100g fragments huge huge-unaligned prealloc'
reps=${REPS:-3}
[ -z "$smoke" ] || all=alone reps=1
accel=auto guest=fast count=''
! is_on "${COUNT-}" || accel=tcg-icount guest=tiny count='COUNT=1 '

scenario() {
	memory=3G mib=128 n=0 order=0 stride=2 limit=300 host=3 kind=plain backend='' again=''
	case $1 in
	alone) ;;
	2g) memory=6G mib=2048 host=5 ;;
	scattered) memory=8G n=16384 host=4 ;;
	scattered-131072) memory=8G n=131072 limit=3600 host=4 ;;
	100g) memory=112G n=51200 order=9 stride=1 limit=900 host=6 ;;
	fragments) memory=8G mib=512 kind=scattered limit=3600 host=4 ;;
	huge) kind=huge backend='--backend align=2M ' again=$backend ;;
	huge-unaligned) kind=huge ;;
	prealloc) again='--backend prealloc=on ' ;;
	*) die "no scenario '$1'; there are: $all $more" ;;
	esac
}

load_kvm() { printf 'insmod irqbypass\ninsmod kvm\ninsmod kvm-amd kvm-intel\n'; }

# The host's counter has the same name in both kernels.
write_plan() {
	printf '# programs: keeper,qemu-system-x86_64@1\n# guests: %s@1\nstage 1\n' "$guest"
	load_kvm
	[ "$n" -eq 0 ] || printf '%s\n' 'insmod kho_workload' \
		"workload preserve set=scatter n=$n order=$order stride=$stride stamp=none"
	[ "$kind" != huge ] || echo 'write /sys/kernel/mm/transparent_hugepage/shmem_enabled advise'
	printf '%s\n' "spawn keeper keeper serve --files $backend--roms /guest/roms one,$mib,1,$kind" \
		'await-text keeper guests run' load-next-kernel 'run keeper pause' kexec 'stage 2'
	load_kvm
	printf '%s\n' "spawn keeper keeper serve --files --retrieve $again--roms /guest/roms one" \
		'await-text keeper guests run'
	# the first second of the guest, and one to compare it with
	[ -n "$smoke" ] || echo 'sleep 2'
	printf '%s\n' 'run keeper report' 'show /tmp/keeper.out' poweroff
}

# The part before the keeper of the next kernel has the blackout and some userspace.
figures() {
	LC_ALL=C awk '
		$2 ~ /^blackout_ns=/ { split($2, v, "="); blackout = v[2] }
		/^# 2 one: gap [0-9.]+ ms$/ { printf "gap_ns=%.0f\n", $5 * 1e6 }
		/^# 2 one: part / { part[$5] += $6 * 1e6 }
		END {
			if (!blackout)
				exit
			printf "blackout_ns=%.0f\nuserspace_ns=%.0f\n", blackout,
				part["userspace"] + part["files"] - blackout
			printf "qemu_ns=%.0f\n", part["start"] + part["greeting"]
			split("stop save preserve retrieve load resume", name, " ")
			for (i in name)
				printf "%s_ns=%.0f\n", name[i], part[name[i]]
		}' "$work/vm/verdict"
}

# Our kernel has a timeline, and with it the whole pause can be drawn.
measure() {
	plan=$work/$name.plan
	if [ "$kernel" = fast ]; then
		sed 's/^poweroff$/timeline\n&/' "$plan" >"$work/$name-fast.plan"
		plan=$work/$name-fast.plan
	fi
	run_guest "${smoke:+SMOKE=1 }${count}bench/guest.sh${args:+ $args}" "$plan" -m "$memory" \
		-c 1 -b ram -t "$limit" -x "$accel"
	[ "$status" != limit ] || status=failed reason=$(tail -n 1 "$work/reason")
	# shellcheck disable=SC2046	# words
	add_sample bench=guest case="$name" status="$status" reason="$reason" memory="${mib}M" $(figures)
	# shellcheck disable=SC2046	# words
	say "$name, $kernel, repetition $rep: $reason" $(figures | grep gap)
	sed -n 's/^# 2 one: \(.* first second.*\)/  \1/p' "$work/vm/verdict" >&2
	[ "$status" != ok ] || [ ! -s "$work/vm/timeline.json" ] ||
		draw_pause "$out/guest-$name" "$work/vm/verdict" "$work/vm/timeline.json"
}

whole_number REPS "$reps"
args=$*
# shellcheck disable=SC2086	# words on purpose
[ $# -gt 0 ] || set -- $all
measure_all guest "$reps" "$@"
