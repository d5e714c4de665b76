#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Show live how a Linux guest lives through updates of its host's kernel, from stock to ours and
# back: its counter, the host's kernel, and how long the guest stands still.  On a terminal as a
# screen, else as lines.  Ends by itself with a summary; an interrupt cleans up.
#
# Needs the kernels (make kernels).  Files are in build/guest-demo: events (what was shown),
# and timeline.svg and timeline.trace.json of the update to ours.
#
# usage: [SMOKE=1] guest-demo.sh [--replay EVENTS [--screen]]
#   SMOKE=1    one update, from stock to ours; files are in build/smoke/guest-demo
#   --replay   show events of an earlier run
#   --screen   as on a terminal
#
# Exit status: 0; 1 the guest was lost, or it cannot be shown here; 130 interrupted.
set -eu
here=$(dirname -- "$0")
# shellcheck source=../scripts/lib.sh
. "$here/../scripts/lib.sh"
# shellcheck source=env.sh
. "$here/env.sh"

host='' next='' guest='' count=0 bad=0 updates=0 results='' failed='' begun='' now=0 drawn=''
host_strip='' guest_strip='' strip_at=0 still_from=0 stopped_at=0 left=''

# seconds NS
seconds() { printf '%d.%d' $(($1 / 1000000000)) $(($1 / 100000000 % 10)); }

tell() { [ -n "$screen" ] || printf '%6s s  %s\n' "$(seconds $((now - begun)))" "$*"; }

guest_counts() {
	count=${1#* counts }
	bad=${count#*, }
	bad=${bad%% *}
	count=${count%%,*}
	if [ -z "$guest" ]; then
		guest=runs
		tell "the guest runs, its counter is at $count"
	elif [ -z "$left" ]; then
		stopped_at=$count
	elif [ "$guest" = still ] && [ "$count" -gt "$stopped_at" ]; then
		guest=runs
		tell "the guest goes on, its counter was at $stopped_at and is at $count"
	fi
}

# What the kernel and the keeper say on the host's console
console_line() {
	case $1 in
	*'] Linux version '*)
		next=${1#*] Linux version }
		next=${next%% *}
		tell "the host boots $next"
		[ -n "$host" ] || host=$next
		;;
	*'keeper: '*' counts '*) guest_counts "${1#*keeper: }" ;;
	esac
}

# What the plan has done.  The keeper reports the gap by the host's counter.
verdict_line() {
	case $1 in
	'ok '*' run keeper pause')
		guest=still still_from=$now left='' stopped_at=$count updates=$((updates + 1))
		tell "update $updates: the guest stands still"
		;;
	*' t0='*)
		left=1 next=''
		tell "the host leaves $host"
		;;
	'# '*': gap '*' ms')
		gap=$(echo "$1" | awk '{ printf "%.2f s", $(NF - 1) / 1000 }')
		tell "it stood still for $gap, by the host's counter"
		results="$results$host to $next: $gap
"
		host=$next
		;;
	'not ok '*) failed=${1#not ok } ;;
	esac
}

# A character for each half of a second: of the host's kernel, and of the guest
grow_strips() {
	[ $((now - strip_at)) -ge 500000000 ] || return 0
	strip_at=$now
	kernel=${next##*-}
	kernel=${kernel%"${kernel#?}"}
	host_strip=$host_strip${kernel:--}
	case $guest in
	runs) guest_strip="$guest_strip#" ;;
	still) guest_strip="$guest_strip." ;;
	*) guest_strip="$guest_strip " ;;
	esac
	while [ ${#host_strip} -gt 44 ]; do
		host_strip=${host_strip#?} guest_strip=${guest_strip#?}
	done
}

guest_state() {
	case $guest in
	runs) printf '\033[1;32mruns\033[0m' ;;
	still) printf '\033[1;31mstands still for %s s\033[0m' "$(seconds $((now - still_from)))" ;;
	*) printf 'boots' ;;
	esac
}

# screen_line FORMAT ARGUMENT...
screen_line() {
	format=$1
	shift
	# shellcheck disable=SC2059	# of the caller
	printf "\033[K $format\n" "$@"
}

draw() {
	[ -z "$drawn" ] || printf '\033[8A'
	drawn=1
	screen_line 'A Linux guest lives on while its host gets another kernel  %9s s' \
		"$(seconds $((now - begun)))"
	screen_line ''
	screen_line 'host    %-22s %s' "${next:-(no kernel)}" "$host_strip"
	screen_line 'guest   counter %-14s %s' "$count" "$guest_strip"
	screen_line '%-24s %s' '' 's stock  f ours  - no kernel  # runs  . stands still'
	screen_line 'update %s: the guest %s, %s of its pages are bad' "$updates" "$(guest_state)" "$bad"
	screen_line ''
	screen_line '%s' "$(printf %s "$results" | tail -n 1)"
}

# handle KIND NS TEXT: a line of the console (c), of the verdict (v), or just the time (t)
handle() {
	now=$2
	[ -n "$begun" ] || begun=$now
	case $1 in
	c) console_line "$3" ;;
	v) verdict_line "$3" ;;
	t) grow_strips && { [ -z "$screen" ] || draw; } ;;
	esac
}

summary() {
	[ -z "$screen" ] || echo
	printf 'the guest has lived through updates of its host: %s; bad pages: %s\n' "$updates" "$bad"
	printf %s "$results" | sed 's/^/  it stood still, /'
}

replay() {
	while read -r kind ns text; do
		handle "$kind" "$ns" "$text"
	done <"$1"
	summary
}

load_kvm() { printf 'insmod irqbypass\ninsmod kvm\ninsmod kvm-amd kvm-intel\n'; }

# write_plan BOOTS
write_plan() {
	printf '# programs: keeper,qemu-system-x86_64@1\n# guests: fast@1\nstage 1\n'
	load_kvm
	printf '%s\n' 'spawn keeper keeper serve --files --roms /guest/roms --watch /dev/console one,128' \
		'await-text keeper guests run'
	boot=2
	while [ "$boot" -le "$1" ]; do
		printf 'sleep %s\nload-next-kernel\nrun keeper pause\nkexec\nstage %s\n' "$pace" \
			"$boot"
		load_kvm
		printf '%s\n' \
			'spawn keeper keeper serve --files --retrieve --roms /guest/roms --watch /dev/console one' \
			'await-text keeper guests run' 'run keeper report' 'show /tmp/keeper.out'
		[ "$boot" -ne 2 ] || echo 'show /sys/kernel/debug/kho/timeline.json'
		boot=$((boot + 1))
	done
	printf 'sleep %s\npoweroff\n' "$pace"
}

uptime_ns() {
	read -r up _ </proc/uptime
	echo "${up%.*}${up#*.}0000000"
}

# see KIND LINE: "NS TEXT"
see() {
	[ -n "$skew" ] || skew=$(($(uptime_ns) - ${2%% *}))
	case $1-$2 in
	c-*'Linux version '* | c-*' counts '* | v-*)
		printf '%s %s\n' "$1" "$2" >>"$dir/events"
		handle "$1" "${2%% *}" "${2#* }"
		;;
	esac
}

# drain FD KIND: all lines of a file that grows; the last may be a part of one
drain() {
	eval "part=\$part_$2"
	while IFS= read -r line <&"$1"; do
		see "$2" "$part$line"
		part=''
	done
	eval "part_$2=\$part\$line"
}

tick() {
	[ -n "$skew" ] || return 0
	ns=$(($(uptime_ns) - skew))
	echo "t $ns" >>"$dir/events"
	handle t "$ns" ''
}

end_vm() {
	kill -- "-$vm" 2>/dev/null || :
	wait "$vm" 2>/dev/null || :
}

interrupted() {
	trap '' INT TERM HUP
	end_vm
	# from wherever it was drawing
	[ -z "$screen" ] || printf '\r\033[J'
	say "interrupted"
	exit 130
}

# A group of its own, which an interrupt can end whole.
start_vm() {
	setsid "$top/tests/e2e/vm.sh" -1 stock -2 fast -3 stock -m 3G -c 1 -b ram -t 600 -s \
		-o "$dir/vm" "$dir/plan" >"$dir/vm.log" 2>&1 </dev/null &
	vm=$!
	trap interrupted INT TERM HUP
}

# Until the machine ends, five times a second
follow() {
	while [ ! -e "$dir/vm/console.lines" ] || [ ! -e "$dir/vm/verdict.lines" ]; do
		kill -0 "$vm" 2>/dev/null || return 0
		sleep 0.2
	done
	exec 3<"$dir/vm/console.lines" 4<"$dir/vm/verdict.lines"
	running=1
	while [ -n "$running" ]; do
		kill -0 "$vm" 2>/dev/null || running=''
		drain 3 c
		drain 4 v
		tick
		sleep 0.2
	done
}

screen=''
[ ! -t 1 ] || screen=1
if [ "${1-}" = --replay ]; then
	[ "${3-}" != --screen ] || screen=1
	replay "${2:?EVENTS is missing}"
	exit
fi
[ $# -eq 0 ] || bad_usage
need_guests 3 stock fast
dir=$outputs/guest-demo boots=3 pace=5 skew=''
# shellcheck disable=SC2034	# by drain
part_c='' part_v=''
[ -z "$smoke" ] || boots=2 pace=1
rm -rf "$dir"
mkdir -p "$dir"
write_plan "$boots" >"$dir/plan"
echo "a host boots with a stock kernel and starts a guest; takes one to two minutes where emulated"
start_vm
follow
rc=0
wait "$vm" || rc=$?
trap - INT TERM HUP
[ "$rc" -eq 0 ] || die "${failed:-$(tail -n 1 "$dir/vm.log")}; see $dir/vm"
summary
# The only kernel with a timeline is ours.
sed -n '/^# 2 {"version"/,/^# 2 "lost"/s/^# 2 //p' "$dir/vm/verdict" >"$dir/timeline.json"
draw_pause "$dir/timeline" "$dir/vm/verdict" "$dir/timeline.json"
echo "the update to ours as a picture: $dir/timeline.svg"
[ "$(cat "$dir/vm/accel")" = kvm ] ||
	echo "this host is emulated: a real one takes a fraction of the time"
