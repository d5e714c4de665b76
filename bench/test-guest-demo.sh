#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of what make guest-demo shows, on events of a run that were shortened and given round
# times.  KTAP on stdout.
#
# usage: test-guest-demo.sh
# shellcheck disable=SC2317	# the tests are called by name
set -eu
here=$(dirname -- "$0")
# shellcheck source=../scripts/lib.sh
. "$here/../scripts/lib.sh"
# shellcheck source=../scripts/ktap.sh
. "$here/../scripts/ktap.sh"

dir=$build/test-guest-demo

# The counter is the same after the pause until the guest has gone on: twice by then.
events() {
	cat <<-'END'
		c 1000000000 [    0.000000] Linux version 7.3.4-stock (kho@fast) #4 SMP
		c 5000000000 keeper: one counts 300, 0 bad pages
		t 5200000000
		c 6000000000 [    8.123456] tail of a line keeper: one counts 500, 0 bad pages
		v 6100000000 ok 1 run keeper pause
		c 6200000000 keeper: one counts 510, 0 bad pages
		c 6300000000 keeper: one counts 510, 0 bad pages
		t 6600000000
		v 6700000000 1 t0=68057431977
		t 7300000000
		c 8000000000 [    0.000000] Linux version 7.3.4-fast (kho@fast) #8 SMP
		t 8400000000
		c 12000000000 keeper: one counts 510, 0 bad pages
		c 12200000000 keeper: one counts 700, 2 bad pages
		v 12300000000 # 2 one: gap 5987.654 ms
		v 12300000001 # 2 one: gap 44.319 ms by the guest's counter
		t 13000000000
		v 13000000001 done
	END
}

is() { diff - "$1"; }

shown() {
	events >"$dir/events"
	"$here/guest-demo.sh" --replay "$dir/events" "$@" >"$dir/out"
}

lines_tell_what_happens() {
	shown
	is "$dir/out" <<-'END'
		   0.0 s  the host boots 7.3.4-stock
		   4.0 s  the guest runs, its counter is at 300
		   5.1 s  update 1: the guest stands still
		   5.7 s  the host leaves 7.3.4-stock
		   7.0 s  the host boots 7.3.4-fast
		  11.2 s  the guest goes on, its counter was at 510 and is at 700
		  11.3 s  it stood still for 5.99 s, by the host's counter
		the guest has lived through updates of its host: 1; bad pages: 2
		  it stood still, 7.3.4-stock to 7.3.4-fast: 5.99 s
	END
}

# frame N: as a terminal without colours would show it
frame() {
	sed 's/\x1b\[[0-9;]*m//g' "$dir/out" | awk -v n="$1" '
		/\033\[8A/ { frame++ }
		{ gsub(/\033\[[0-9]*[AK]/, "") }
		frame + 1 == n { sub(/ +$/, ""); print }' | head -n 8
}

# The third of five, while there is no kernel
screen_shows_a_guest_that_stands_still() {
	shown --screen
	frame 3 >"$dir/frame"
	is "$dir/frame" <<-'END'
		 A Linux guest lives on while its host gets another kernel        6.3 s

		 host    (no kernel)            ss-
		 guest   counter 510            #..
		                          s stock  f ours  - no kernel  # runs  . stands still
		 update 1: the guest stands still for 1.2 s, 0 of its pages are bad


	END
}

screen_shows_a_guest_that_goes_on() {
	shown --screen
	frame 5 >"$dir/frame"
	is "$dir/frame" <<-'END'
		 A Linux guest lives on while its host gets another kernel       12.0 s

		 host    7.3.4-fast             ss-ff
		 guest   counter 700            #...#
		                          s stock  f ours  - no kernel  # runs  . stands still
		 update 1: the guest runs, 2 of its pages are bad

		 7.3.4-stock to 7.3.4-fast: 5.99 s
	END
}

# 100 halves of a second; a screen has 80 columns
strips_show_the_end() {
	events | head -n 3 >"$dir/events"
	awk 'BEGIN { for (i = 11; i <= 110; i++) printf "t %.0f\n", i * 5e8 }' >>"$dir/events"
	"$here/guest-demo.sh" --replay "$dir/events" --screen >"$dir/out"
	awk '{ gsub(/\033\[[0-9;]*[A-Za-z]/, "") } length > 79 { print; bad = 1 } END { exit bad }' "$dir/out"
	[ "$(grep -c '#\{44\}$' "$dir/out")" -gt 50 ]
}

mkdir -p "$dir"
check_all guest-demo
