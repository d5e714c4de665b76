#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of khoctl that need no kernel: timelines, plans and memory images made by hand, and a
# /sys and /proc of files. Expected figures are computed by hand. KTAP on stdout.
#
# usage: test.sh
# shellcheck disable=SC2317	# the tests are called by name
set -eu
here=$(dirname -- "$0")
# shellcheck source=../../scripts/lib.sh
. "$here/../../scripts/lib.sh"
# shellcheck source=../../scripts/ktap.sh
. "$here/../../scripts/ktap.sh"

dir=$build/test-khoctl
khoctl=$dir/tools/khoctl
headers=$cache/usr/include

# khoctl EXIT_STATUS ARGUMENTS...
khoctl() {
	want=$1 rc=0
	shift
	"$khoctl" "$@" >"$dir/out" 2>"$dir/err" || rc=$?
	[ "$rc" -eq "$want" ] || { echo "exit status $rc, not $want"; cat "$dir/out" "$dir/err"; return 1; }
	! grep -q -e Sanitizer -e 'runtime error' "$dir/err" || { cat "$dir/err"; return 1; }
}

says() { grep -qE -- "$1" "$dir/out" || { echo "'$1' is not in:"; cat "$dir/out"; return 1; }; }
says_not() { ! grep -E -- "$1" "$dir/out"; }

# complains TEXT: on stderr, in the only message
complains() {
	grep -qF -- "$1" "$dir/err" || { echo "'$1' is not in:"; cat "$dir/err"; return 1; }
	[ "$(grep -c '^khoctl: ' "$dir/err")" -eq 1 ]
}

# timeline FREEZE JUMP EARLY, in ms: phases of old, old, new
timeline() {
	f=$(($1 * 1000000)) j=$((f + $2 * 1000000)) e=$((f + ($2 + $3) * 1000000))
	cat <<-EOT
	{"version": 1, "clock": "tsc", "khz": 2000000, "origin": 7, "previous": true,
	 "phases": [{"name":"freeze","kernel":"old","begin_ns":0,"end_ns":$f},
		{"name":"jump","kernel":"old","begin_ns":$f,"end_ns":$j},
		{"name":"early","kernel":"new","begin_ns":$j,"end_ns":$e}],
	 "spans": [{"name":"session","kernel":"old","label":"a<b&c","begin_ns":0,"end_ns":2000000},
		{"name":"node","kernel":"new","node":1,"begin_ns":$j,"end_ns":$e}],
	 "totals": [{"name":"session","kernel":"old","nr":1234,"sum_ns":${4:-3000000},"max_ns":2000000}],
	 "lost": 1233, "more": "unknown"}
	EOT
}

# 15 + 60 + 25 = 100 ms
timeline_marks_the_largest() {
	timeline 15 60 25 >"$dir/a.json"
	khoctl 0 timeline "$dir/a.json" && says '^old +freeze +15.000 +15.0$' &&
		says '^old +jump +60.000 +60.0 +<-- LARGEST$' && says '^new +early +25.000 +25.0$' &&
		says '^ +all +100.000 +100.0$' && says '^largest: jump, 60.000 of 100.000 ms: ' &&
		[ "$(grep -c LARGEST "$dir/out")" -eq 1 ]
}

# the node's span is 25 ms, the session's 2 ms
timeline_shows_spans_longest_first() {
	timeline 15 60 25 >"$dir/a.json"
	khoctl 0 timeline - <"$dir/a.json" && says '^old +session +2.000 +0.000 +a<b&c$' &&
		says '^new +node +25.000 +75.000 +1$' && says '^old +session +1,234 +3.000 +2.000$' &&
		says '^1,233 spans have no entry' &&
		[ "$(grep -nE '^new +node' "$dir/out" | cut -d: -f1)" -lt \
			"$(grep -nE '^old +session .*a<b' "$dir/out" | cut -d: -f1)" ]
}

timeline_passes_json_through() {
	timeline 15 60 25 >"$dir/a.json"
	khoctl 0 timeline -j "$dir/a.json" && says '"more": ?"unknown"' &&
		cp "$dir/out" "$dir/b.json" && khoctl 0 timeline "$dir/b.json" && says 'largest: jump'
}

# The axis is 1200 - 150 - 110 = 940 wide: jump from 150 + 940 * 0.15 = 291.0, for 564.0
timeline_draws_a_chart() {
	timeline 15 60 25 >"$dir/a.json"
	rm -f "$dir/a.svg"
	khoctl 0 timeline -s "$dir/a.svg" "$dir/a.json" && cp "$dir/a.svg" "$dir/out" &&
		says '<rect class="largest" x="291.0" y="[0-9.]*" width="564.0"' &&
		says '<rect class="old" x="150.0" y="[0-9.]*" width="141.0"' &&
		says 'session a&#60;b&#38;c' && says_not 'a<b' && says '>60.000 ms, 60.0 %<' &&
		says '>milliseconds<' && says 'old kernel' && says 'new kernel' && says '^</svg>$' &&
		python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$dir/a.svg"
}

# Two node spans overlap, from 75 to 100 and from 80 to 90 ms. The jump is at 15 ms; old has
# 15 + 60, new 25 ms. Slices of a track nest if none ends after the one around it.
timeline_writes_a_trace() {
	timeline 15 60 25 | sed 's/"spans": \[/&{"name":"node","kernel":"new","node":0,"begin_ns":80000001,"end_ns":90000000},/' \
		>"$dir/a.json"
	rm -f "$dir/trace.json"
	khoctl 0 timeline -t "$dir/trace.json" "$dir/a.json" && [ ! -s "$dir/out" ] &&
		python3 - "$dir/trace.json" <<-'EOT' || return 1
		import json, sys
		events = json.load(open(sys.argv[1], encoding="utf-8"), parse_float=str)["traceEvents"]
		ns = lambda us: int(us.replace(".", ""))
		meta = [e for e in events if e["ph"] == "M"]
		processes = {e["pid"]: e["args"]["name"] for e in meta if e["name"] == "process_name"}
		threads = {(e["pid"], e["tid"]): e["args"]["name"] for e in meta if e["name"] == "thread_name"}
		assert sorted(processes.values()) == ["new kernel", "old kernel"], processes
		tracks = {}
		for e in events:
		    if e["ph"] == "X":
		        tracks.setdefault((e["pid"], e["tid"]), []).append((ns(e["ts"]), ns(e["ts"]) + ns(e["dur"]), e["name"]))
		assert set(tracks) == set(threads), (tracks, threads)
		for track in tracks.values():
		    around = []
		    for begin, end, name in sorted(track, key=lambda s: (s[0], -s[1])):
		        while around and around[-1] <= begin:
		            around.pop()
		        assert not around or end <= around[-1], (name, begin, end)
		        around.append(end)
		seen = {}
		for (pid, tid), track in tracks.items():
		    seen.setdefault(processes[pid], {}).setdefault(threads[pid, tid], []).append(track)
		ms = 1000000
		assert seen == {
		    "old kernel": {
		        "phases": [[(0, 75 * ms, "live update"), (0, 15 * ms, "freeze"), (15 * ms, 75 * ms, "jump")]],
		        "session": [[(0, 2 * ms, "session a<b&c")]]},
		    "new kernel": {
		        "phases": [[(75 * ms, 100 * ms, "live update"), (75 * ms, 100 * ms, "early")]],
		        "node": [[(75 * ms, 100 * ms, "node 1")], [(80 * ms + 1, 90 * ms, "node 0")]]}}, seen
		instants = [(e["name"], ns(e["ts"]), e["s"], processes[e["pid"]]) for e in events if e["ph"] == "i"]
		assert instants == [("jump", 15 * ms, "g", "old kernel")], instants
		assert all(e["ph"] in "MXi" for e in events)
	EOT
	khoctl 0 timeline -t - "$dir/a.json" && cmp "$dir/out" "$dir/trace.json" &&
		khoctl 2 timeline -t "$dir/none/trace.json" "$dir/a.json" &&
		complains 'none/trace.json: No such file'
}

# Links, also to a full disk, and a pipe are written to, not replaced by a file.
timeline_keeps_links_and_devices() {
	timeline 15 60 25 >"$dir/a.json"
	for option in -s -t; do
		echo old >"$dir/target"
		ln -sf target "$dir/link"
		ln -sf /dev/full "$dir/full"
		khoctl 0 timeline $option "$dir/link" "$dir/a.json" && [ -L "$dir/link" ] &&
			khoctl 0 timeline $option - "$dir/a.json" && cmp "$dir/out" "$dir/target" &&
			khoctl 2 timeline $option "$dir/full" "$dir/a.json" &&
			complains 'full: No space left on device' && [ -L "$dir/full" ] || return 1
	done
}

# A kernel without a record of the one before it
timeline_of_one_kernel_has_one_process() {
	timeline 15 60 25 | sed -e '/"kernel":"old"/d' -e 's/true/false/' -e 's/{"name":"early"/"phases":[&/' \
		-e 's/{"name":"node"/"spans":[&/' -e 's/"lost"/"totals":[],&/' >"$dir/a.json"
	khoctl 0 timeline -t - "$dir/a.json" && says '"new kernel"' && says_not 'old kernel|"i"'
}

# 2 ticks are a ns. The phases are from 10 to 110 ms after the guest's last moment.
guest_steps() {
	timeline 15 60 25 | sed 's/"origin": 7/"origin": 20000007/' >"$dir/a.json"
	printf '%s\n' '7 guest' '8000007 stop' '16000007 save' '240000007 load' '250000007 resume' \
		>"$dir/steps"
}

timeline_adds_steps_of_a_guest() {
	guest_steps
	khoctl 0 timeline -g "$dir/steps" "$dir/a.json" && says '^vmm +stop +4.000 +3.2$' &&
		says '^vmm +save +4.000' && says '^vmm +reboot +2.000' && says '^old +freeze +15.000' &&
		says '^new +early +25.000' && says '^vmm +load +10.000' && says '^vmm +resume +5.000' &&
		says '^ +all +125.000' && says '^old +session +2.000 +10.000 +a<b&c$' &&
		says '^largest: jump, 60.000 of 125.000 ms: ' || return 1
	khoctl 0 timeline -j -g "$dir/steps" "$dir/a.json" && says '"more": ?"unknown"' &&
		cp "$dir/out" "$dir/b.json" && khoctl 0 timeline "$dir/b.json" && says '^vmm +load +10.000' &&
		khoctl 0 diff "$dir/a.json" "$dir/b.json" && says '^vmm +reboot +- +2.000 .*only in B$' &&
		says '^old +freeze +15.000 +15.000 .* same$'
}

# In the picture a bar of its own colour, in the trace a process
timeline_shows_steps_of_a_guest() {
	guest_steps
	khoctl 0 timeline -s - -g "$dir/steps" "$dir/a.json" && says 'stands still for 125.000 ms' &&
		says '<rect class="vmm".*>load, vmm: 10.000 ms, from 110.000 ms<' &&
		says '<rect class="largest".*>jump, old kernel: 60.000 ms, from 25.000 ms<' || return 1
	khoctl 0 timeline -t "$dir/trace.json" -g "$dir/steps" "$dir/a.json" && python3 - "$dir/trace.json" <<-'EOT'
		import json, sys
		events = json.load(open(sys.argv[1], encoding="utf-8"))["traceEvents"]
		pids = {e["args"]["name"]: e["pid"] for e in events if e["name"] == "process_name"}
		slices = {side: [(e["name"], e["ts"] / 1000, e["dur"] / 1000) for e in events
				 if e["ph"] == "X" and e["pid"] == pid] for side, pid in pids.items()}
		assert slices["VMM"] == [("guest stands still", 0, 125), ("stop", 0, 4), ("save", 4, 4),
					 ("reboot", 8, 2), ("load", 110, 10), ("resume", 120, 5)], slices
		assert ("live update", 10, 75) in slices["old kernel"], slices
		assert ("live update", 85, 25) in slices["new kernel"], slices
	EOT
}

# refuses_steps REASON [LINE...]
refuses_steps() {
	reason=$1
	shift
	printf '%s\n' "$@" >"$dir/steps"
	khoctl 2 timeline -g "$dir/steps" "$dir/a.json" && complains "steps: $reason"
}

timeline_refuses_bad_steps() {
	guest_steps
	refuses_steps 'has no step' && refuses_steps 'has no step' '7 guest' &&
		refuses_steps 'line 2: is not a counter and the name of a step' '7 guest' 'stop' &&
		refuses_steps 'line 2: is not a counter' '7 guest' '8 stop it' &&
		refuses_steps "line 3: 'save' ends before 'stop'" '7 guest' '9 stop' '8 save' &&
		refuses_steps 'no step is after the blackout' '7 guest' '8 stop' &&
		refuses_steps "'load' ends in the blackout" '7 guest' '30000007 load' '240000007 resume' &&
		refuses_steps 'the guest still ran in the blackout' '20000008 guest' '240000007 resume' &&
		khoctl 2 timeline -g "$dir/none" "$dir/a.json" && complains 'none: No such file'
}

# Stock has no record of the old kernel.
timeline_adds_steps_around_one_kernel() {
	timeline 15 60 25 | sed -e '/"kernel":"old"/d' -e 's/true/false/' -e 's/{"name":"early"/"phases":[&/' \
		-e 's/{"name":"node"/"spans":[&/' -e 's/"lost"/"totals":[],&/' >"$dir/a.json"
	printf '%s\n' '7 guest' '8000007 stop' '240000007 resume' >"$dir/steps"
	khoctl 0 timeline -g "$dir/steps" "$dir/a.json" && says '^vmm +reboot +71.000' &&
		says '^new +early +25.000' && says '^vmm +resume +20.000' && says 'has no record'
}

timeline_refuses_bad_input() {
	echo '{' >"$dir/a.json"
	khoctl 2 timeline "$dir/a.json" && complains 'a.json: is truncated' || return 1
	timeline 15 60 25 | sed 's/"end_ns":15000000/"end_ns":14000000/' >"$dir/a.json"
	khoctl 2 timeline "$dir/a.json" && complains "phases[1] 'jump': begins at 15000000 ns" &&
		khoctl 2 timeline "$dir/none" && complains 'none: No such file' &&
		khoctl 2 -R "$dir/nowhere" timeline && complains 'copy debugfs of that host'
}

# freeze 15 -> 15.05: below 0.1 ms; jump 60 -> 30; early 25 -> 45; all 100 -> 90; spans 3 -> 6
diff_says_what_changed() {
	timeline 15 60 25 >"$dir/a.json"
	timeline 15 30 45 6000000 >"$dir/b.json"
	khoctl 0 diff "$dir/a.json" "$dir/b.json" && says '^old +freeze +15.000 +15.000 +[+]0.000 +same$' &&
		says '^old +jump +60.000 +30.000 +-30.000 +faster$' &&
		says '^new +early +25.000 +45.000 +[+]20.000 +slower$' &&
		says '^ +all phases +100.000 +90.000 +-10.000 +faster$' &&
		says '^old +session +3.000 +6.000 +[+]3.000 +slower$'
}

diff_shows_what_is_in_one_only() {
	timeline 15 60 25 >"$dir/a.json"
	sed 's/jump/leap/' "$dir/a.json" >"$dir/b.json"
	khoctl 0 diff "$dir/a.json" "$dir/b.json" && says '^old +jump +60.000 +- .* only in A$' &&
		says '^old +leap +- +60.000 .* only in B$' && khoctl 0 diff -j "$dir/a.json" "$dir/b.json" &&
		says '"verdict": ?"only in A"' && khoctl 2 diff "$dir/a.json" &&
		khoctl 2 diff "$dir/a.json" "$dir/none" && complains 'none: No such file'
}

# host FOLIOS ORDER RANGES [SCRATCH_MIB]: a status, of 10 GiB
host() {
	printf '{"version":1,"memory_bytes":10737418240,"sessions":3000,"files":2000,'
	printf '"scratch":[{"addr":0,"bytes":%s}],' $((${4:-200} * 1048576))
	printf '"outgoing":{"ranges":%s,"orders":[{"node":0,"order":%s,"folios":%s}]}}\n' "$3" "$2" "$1"
}

# Round ones: ms for 1, ns for the rest
coefficients() {
	printf '{"version":1,"where":"a test","coefficients":{'
	for c in stock_base_ms=1000 stock_gib_ms=2 stock_range_squared_ns=10 \
		stock_huge_range_squared_ns=20 stock_page_ns=50 stock_restore_folio_ns=400 \
		stock_restore_page_ns=10 stock_session_squared_ns=100 stock_file_ns=6000 \
		stock_file_squared_ns=7 fast_base_ms=1100 fast_gib_ms=3 fast_range_ns=5 fast_page_ns=1 \
		fast_restore_folio_ns=100 fast_session_ns=10000 fast_file_ns=20000 \
		scratch_base_mib=30 scratch_gib_mib=4; do
		printf '"%s":{"value":%s,"command":"c"},' "${c%=*}" "${c#*=}"
	done
	printf '"end":{"value":0}}}\n'
}

# 20,000 pages, 10,000 ranges: 10 ns * 10^8 = 1000 ms, 20,000 * 50 ns = 1 ms, 400 ns * 20,000 =
# 8 ms, sessions 100 ns * 9 * 10^6 = 900 ms, files 2000 * (6 us + 14 us) = 40 ms;
# fast: 50 us, 20 us, 2 ms, 30 ms, 40 ms; blackouts 1000 + 20 + 1000 + 1 and 1100 + 30 + 0.07
plan_adds_up() {
	coefficients >"$dir/c.json"
	host 20000 0 10000 >"$dir/s.json"
	khoctl 0 plan -j -c "$dir/c.json" -s "$dir/s.json" && tr -d ' \n' <"$dir/out" >"$dir/flat" &&
		mv "$dir/flat" "$dir/out" &&
		says '"stock":{"base_ms":1000.000,"memory_ms":20.000,"ranges_ms":1000.000,"pages_ms":1.000,"blackout_ms":2021.000,"restore_ms":8.000,"sessions_ms":900.000,"files_ms":40.000,"all_ms":2969.000}' &&
		says '"accelerated":{"base_ms":1100.000,"memory_ms":30.000,"ranges_ms":0.050,"pages_ms":0.020,"blackout_ms":1130.070,"restore_ms":2.000,"sessions_ms":30.000,"files_ms":40.000,"all_ms":1202.070}' &&
		says '"scratch_needed_bytes":73400320,'
}

# 1,000 folios of 512 pages in 1,000 ranges: 20 ns * 10^6 = 20 ms, 512,000 * 50 ns = 25.6 ms,
# 1,000 * 400 ns + 511,000 * 10 ns = 5.51 ms
plan_knows_huge_folios() {
	coefficients >"$dir/c.json"
	host 1000 9 1000 >"$dir/s.json"
	khoctl 0 plan -c "$dir/c.json" -s "$dir/s.json" && says '^preserved ranges +20.0 +0.0$' &&
		says '^preserved pages +25.6 +0.5$' && says '^restoring memory +5.5 +0.1$' &&
		says 'measured on: a test' && says_not '^change (folios|ranges|scratch)'
}

# 30 + 10 * 4 = 70 MiB are needed
plan_gives_advice() {
	coefficients >"$dir/c.json"
	host 200000 0 200000 69 >"$dir/s.json"
	khoctl 0 plan -c "$dir/c.json" -s "$dir/s.json" && says '^change scratch: 69 MiB .* 70 MiB' &&
		says '^change folios: 200,000 of 200,000 ' && says '^change ranges: 200,000 ' &&
		says '^change sessions: 3,000 ' && says '^change kernel: '
	host 200000 0 200000 70 >"$dir/s.json"
	khoctl 0 plan -c "$dir/c.json" -s "$dir/s.json" && says_not '^change scratch'
}

plan_has_built_in_coefficients() {
	host 65536 0 65536 >"$dir/s.json"
	khoctl 0 plan -s "$dir/s.json" && says '^measured on: qemu-tcg' || return 1
	# with their origin
	python3 - "$top/tools/khoctl/coefficients.json" <<-'EOT'
	import json, sys
	for name, c in json.load(open(sys.argv[1]))["coefficients"].items():
	    assert c["value"] >= 0 and c["command"] and c["from"], name
	EOT
}

plan_refuses_bad_input() {
	coefficients | sed 's/"value":50,/"value":"50",/' >"$dir/c.json"
	host 1 0 1 >"$dir/s.json"
	khoctl 2 plan -c "$dir/c.json" -s "$dir/s.json" && complains "'stock_page_ns' has no value from 0 on" ||
		return 1
	coefficients | sed 's/fast_file_ns/fast_fil_ns/' >"$dir/c.json"
	khoctl 2 plan -c "$dir/c.json" -s "$dir/s.json" && complains "'fast_file_ns' has no value" &&
		khoctl 2 plan -s "$dir/c.json.none" && complains 'No such file' || return 1
	host 1 32 1 >"$dir/s.json"
	khoctl 2 plan -s "$dir/s.json" && complains "'orders' has an entry of an impossible" || return 1
	echo '[]' >"$dir/s.json"
	khoctl 2 plan -s "$dir/s.json" && complains 'not the output of khoctl status -j'
}

# image [FAULT]
image() { "$dir/mkimage" "$dir/image" "$dir/fdt" "${1-}"; }

# 4 + 1 + 1 folios, 4 + 8 + 512 pages; runs 10-11, 13, 18-20, 100000-1001ff
tree_counts_folios() {
	image
	khoctl 0 tree --fdt "$dir/fdt" "$dir/image" &&
		says ': 6 folios, 524 pages \(2.0 MiB\) in 4 ranges; 15 pages of its own' &&
		khoctl 0 tree --root 0x40000 --json "$dir/image" && says '"ranges": ?4,' &&
		khoctl 0 tree -r 262144 --dump "$dir/image" && says 'folio 0x100000000 order 9$' &&
		says 'folio 0x18000 order 3$' && [ "$(grep -c 'order 0$' "$dir/out")" -eq 4 ] &&
		[ "$(grep -c ' level ' "$dir/out")" -eq 14 ]
}

tree_reads_many_segments() {
	image many-segments
	khoctl 0 tree --fdt "$dir/fdt" "$dir/image" && says ': 6 folios, 524 pages'
}

# bad FAULT TEXT: the tree is found bad, by exactly one message
bad() {
	image "$1"
	khoctl 1 tree --fdt "$dir/fdt" "$dir/image" && says "^BAD: .*$2" &&
		[ "$(grep -c '^BAD' "$dir/out")" -eq 1 ] && says 'the next kernel refuses'
}

tree_finds_bad_tables() {
	bad root-unaligned 'the root at 0x40008 .* not aligned' &&
		bad root-outside 'the root at 0x200000000000 .*outside memory' &&
		bad root-at-the-end 'the root at 0xfffffffffffff000 .*outside memory' &&
		bad table-unaligned 'a table at 0x.*8 \(level 1, slot at 0x.*\) is not aligned' &&
		bad table-outside 'a table at 0x200000 \(level 1, .*outside memory' &&
		bad loop 'a table at 0x40000 \(level 1, .*two slots point to it' &&
		bad too-wide 'slot 4 of the root is for keys that are too wide' &&
		bad preserved-table 'the page of the tree at 0x40000 is also preserved'
}

tree_finds_bad_folios() {
	bad bad-order 'key 0x100000 .* has no possible order' &&
		bad folio-outside 'folio of order 0 at 0x200000 is outside memory' &&
		bad folio-across-the-end 'folio of order 9 at 0 is outside memory' &&
		bad overlap 'folio of order 3 at 0x18000|folio of order 1 at 0x1a000 overlaps a larger'
}

# 32768 bits of order 0: 16 faults are printed, the others counted
tree_limits_messages() {
	image many
	khoctl 1 tree -f "$dir/fdt" "$dir/image" && says '^BAD: and [0-9]+ more$' &&
		[ "$(grep -c '^BAD' "$dir/out")" -eq 17 ]
}

tree_refuses_other_files() {
	image no-core
	khoctl 2 tree -f "$dir/fdt" "$dir/image" && complains 'not a 64-bit little-endian ELF core' || return 1
	image no-memory
	khoctl 2 tree -f "$dir/fdt" "$dir/image" && complains 'no segment has a physical' || return 1
	echo x >"$dir/image"
	khoctl 2 tree -r 4096 "$dir/image" && complains 'not a 64-bit' && khoctl 2 tree "$dir/image" || return 1
	image cut
	khoctl 2 tree -f "$dir/fdt" "$dir/image" && complains 'truncated'
}

tree_refuses_a_bad_fdt() {
	image fdt-version
	khoctl 2 tree -f "$dir/fdt" "$dir/image" && complains 'not of format kho-v4' || return 1
	image fdt-no-map
	khoctl 2 tree -f "$dir/fdt" "$dir/image" && complains "no usable 'preserved-memory-map'" || return 1
	khoctl 2 tree -f "$dir/image" "$dir/image" && complains 'image: is not an FDT' || return 1
	: >"$dir/fdt"
	khoctl 2 tree -f "$dir/fdt" "$dir/image" && complains 'fdt: is not an FDT'
}

tree_accepts_a_truncated_fdt() {
	image fdt-cut
	khoctl 0 tree -f "$dir/fdt" "$dir/image" && says ': 6 folios'
}

# A machine of files: the image as its /proc/kcore, two nodes, scratch, a previous kernel
machine() {
	image
	root=$dir/machine kho=$dir/machine/sys/kernel/debug/kho
	rm -rf "$root"
	mkdir -p "$kho/out" "$kho/in/sub_fdts" "$root/proc/sys/kernel" "$root/dev"
	cp "$dir/image" "$root/proc/kcore"
	cp "$dir/fdt" "$kho/out/fdt"
	cp "$dir/fdt" "$kho/in/fdt"
	echo 7 >"$kho/in/preserved"
	echo 7.3.4-test >"$root/proc/sys/kernel/osrelease"
	printf '0x80000\n0x100200000\n' >"$kho/out/scratch_phys"
	printf '0x10000\n0x20000\n' >"$kho/out/scratch_len"
	{ printf '\1\0\0\0'; printf '7.3.4-before' | dd bs=65 conv=sync 2>/dev/null | tr ' ' '\0'; printf '\5\0\0\0'; } \
		>"$kho/in/sub_fdts/kexec-metadata"
	cat >"$root/proc/zoneinfo" <<-'EOT'
	Node 0, zone      DMA
	        spanned  256
	        present  250
	  start_pfn:           0
	Node 1, zone   Normal
	        spanned  4096
	        present  4096
	  start_pfn:           1048576
	Node 1, zone  Movable
	        spanned  0
	        present  0
	EOT
}

# 4 and 1 folios on node 0, one of 512 pages on node 1; 64 + 128 KiB of scratch
status_counts_by_node_and_order() {
	machine
	khoctl 0 -R "$root" status && says '^kernel +7.3.4-test, accelerated$' && says '^KHO +on$' &&
		says '^LUO +off' && says '^scratch +192.0 KiB in 2 areas$' &&
		says '^outgoing +6 folios, 524 pages \(2.0 MiB\) in 4 ranges; 15 pages of tree$' &&
		says '^ +0 +0 +4 +4 +16.0 KiB$' && says '^ +0 +3 +1 +8 +32.0 KiB$' &&
		says '^ +1 +9 +1 +512 +2.0 MiB$' && says 'records: kexec-metadata \(73 B\)' &&
		says '^incoming +from 7.3.4-before, kexec number 5; not restored: 7 pages \(28.0 KiB\)$'
}

# last_update NUMBER UNRETRIEVED UNRESTORED QUARANTINED: what the kernel tells about it
last_update() {
	luo=$root/sys/kernel/liveupdate
	mkdir -p "$luo"
	echo "$1" >"$luo/number"
	echo "$2" >"$luo/unretrieved_sessions"
	echo "$3" >"$luo/unrestored_bytes"
	echo "$4" >"$luo/quarantined_bytes"
	echo 0 >"$luo/drop_unretrieved"
}

status_shows_the_last_update() {
	machine
	khoctl 0 -R "$root" status && says_not '^last update' || return 1
	last_update 3 2 2097152 134217728
	khoctl 0 -R "$root" status && says '^last update +number 3; sessions not retrieved: 2; ' &&
		says '; not restored: 2.0 MiB; in quarantine: 128.0 MiB$' || return 1
	khoctl 0 -R "$root" status -j && says '"unretrieved_sessions": ?2' &&
		says '"quarantined_bytes": ?134217728'
}

# Stock would need 9 s instead of 1.1 s, but this kernel is accelerated already.
status_feeds_plan() {
	machine
	coefficients | sed 's/"stock_base_ms":{"value":1000/"stock_base_ms":{"value":9000/' >"$dir/c.json"
	khoctl 0 -R "$root" status -j && cp "$dir/out" "$dir/s.json" &&
		khoctl 0 -R "$root" plan -j -c "$dir/c.json" && cp "$dir/out" "$dir/live" &&
		khoctl 0 plan -j -c "$dir/c.json" -s "$dir/s.json" && says '"folios": ?6,' &&
		cmp "$dir/live" "$dir/out" && says_not 'kernel: an accelerated one'
}

status_without_kho() {
	machine
	rm -r "$kho"
	khoctl 1 -R "$root" status && says '^KHO +off ' && says '^outgoing +not known: KHO is off' &&
		khoctl 2 -R "$root" plan && complains 'preserved memory is not known' &&
		khoctl 2 -R "$dir/nowhere" status && complains 'copy debugfs of that host'
}

# kallsyms NAME...: symbols with hidden addresses
kallsyms() { printf '0000000000000000 T %s\n' "$@" >"$root/proc/kallsyms"; }

# debugfs without the FDT, and with a truncated one: records need the names of properties
handover_is_found_by_kho_out() {
	machine
	rm "$kho/out/fdt"
	echo '0000000000030000 d kho_out' >"$root/proc/kallsyms"
	khoctl 0 -R "$root" tree && says ': 6 folios' && khoctl 0 -R "$root" status &&
		says '^ +records: kexec-metadata \(73 B\)$' || return 1
	image fdt-cut
	cp "$dir/fdt" "$kho/out/fdt"
	khoctl 0 -R "$root" status && says '^outgoing +6 folios' &&
		says '^ +records: kexec-metadata \(73 B\)$' || return 1
	rm "$root/proc/kallsyms"
	khoctl 0 -R "$root" status && says '^outgoing +6 folios' &&
		says '^ +records: not shown: the address of kho_out is not known: .*no /proc/kallsyms'
}

# A variable of a module does not count.
reports_hidden_addresses() {
	machine
	rm "$kho/out/fdt"
	printf 'ffffffff81000000 d kho_out\t[other]\n' >"$root/proc/kallsyms"
	khoctl 2 -R "$root" tree && complains 'CONFIG_KALLSYMS_ALL' || return 1
	kallsyms kho_out
	echo 2 >"$root/proc/sys/kernel/kptr_restrict"
	khoctl 2 -R "$root" tree && complains 'kernel.kptr_restrict is 2;' || return 1
	echo 1 >"$root/proc/sys/kernel/kptr_restrict"
	khoctl 2 -R "$root" tree && complains 'it takes CAP_SYSLOG' || return 1
	rm "$root/proc/kallsyms"
	khoctl 2 -R "$root" status && says '^outgoing +not known: .*no /proc/kallsyms'
}

# tree_says TEXT [WORD...]: with WORDs on the command line and no KHO in debugfs
tree_says() {
	want_text=$1
	shift
	echo "$*" >"$root/proc/cmdline"
	khoctl 2 -R "$root" tree && complains "$want_text"
}

reports_why_kho_is_off() {
	machine
	rm -r "$kho"
	# stock's, ours
	for files in kho_debugfs_blob_add kho_fast_debugfs_add; do
		kallsyms kho_preserve_folio liveupdate_reboot $files
		tree_says 'KHO is off, by kho= ' quiet kho=off &&
			tree_says 'KHO is off, by kho= ' kho=on kho=0 &&
			tree_says 'in spite of kho=on' kho=n kho=1 &&
			tree_says 'KHO is off, by kho= ' kho=on kho=Disable kho=why kho= -- kho=on &&
			tree_says 'KHO is off, by kho= ' 'kho=1 x="a kho=on"' '"kho=of"' &&
			tree_says 'in spite of kho=on' kho=0 'kho="Enable"' -- kho=off &&
			tree_says 'KHO is off: start the kernel with kho=on' xkho=off kho= liveupdate=on &&
			khoctl 2 -R "$root" sessions list && complains 'KHO is off: start' || return 1
	done
	kallsyms kho_preserve_folio
	tree_says 'KHO is off (start the kernel with kho=on), or the kernel has no CONFIG' quiet ||
		return 1
	echo '124 liveupdate' >"$root/proc/misc"
	tree_says 'the kernel has no CONFIG_KEXEC_HANDOVER_DEBUGFS' quiet || return 1
	rm "$root/proc/misc"
	kallsyms vprintk
	tree_says 'this kernel has no KHO: it needs CONFIG_KEXEC_HANDOVER' kho=on
}

# /proc/misc shows whether LUO is on; /dev may be a container's.
reports_why_luo_is_off() {
	machine
	kallsyms kho_preserve_folio liveupdate_reboot
	echo quiet liveupdate=off >"$root/proc/cmdline"
	khoctl 2 -R "$root" sessions list && complains 'LUO is off, by liveupdate= ' &&
		khoctl 0 -R "$root" status && says '^LUO +off, by liveupdate= ' || return 1
	echo liveupdate=on >"$root/proc/cmdline"
	khoctl 2 -R "$root" sessions list && complains 'in spite of liveupdate=on' || return 1
	mv "$kho" "$kho.away"
	khoctl 2 -R "$root" sessions list && complains 'LUO is off: KHO may be off, ' || return 1
	mv "$kho.away" "$kho"
	echo quiet >"$root/proc/cmdline"
	khoctl 2 -R "$root" sessions create x && complains 'LUO is off: start the kernel' || return 1
	kallsyms kho_preserve_folio
	khoctl 2 -R "$root" sessions list && complains 'it needs CONFIG_LIVEUPDATE' || return 1
	echo '124 liveupdate' >"$root/proc/misc"
	[ -e /dev/liveupdate ] || {
		khoctl 2 -R "$root" sessions create x && complains "this is not the host's /dev"
	}
}

reports_missing_files() {
	machine
	rm "$root/proc/kcore"
	khoctl 2 -R "$root" tree && complains 'it needs CONFIG_PROC_KCORE' &&
		khoctl 2 -R "$root" status && says '^outgoing +not known: /proc/kcore: is not' || return 1
	machine
	rm "$root/proc/zoneinfo"
	khoctl 2 -R "$root" status && complains 'zoneinfo: No such file' || return 1
	machine
	: >"$kho/in/fdt"
	khoctl 2 -R "$root" status && says '^incoming +not known: is not an FDT' || return 1
	: >"$kho/out/scratch_len"
	khoctl 2 -R "$root" status && complains 'scratch_len: cannot be read'
}

status_and_tree_see_scratch() {
	machine
	printf '0x18000\n' >"$kho/out/scratch_phys"
	printf '0x1000\n' >"$kho/out/scratch_len"
	khoctl 1 -R "$root" tree && says '^BAD: folio of order 3 at 0x18000 is in the scratch area' &&
		khoctl 1 -R "$root" status && says '^ +BAD: folio of order 3'
}

tree_in_exists_until_all_is_restored() {
	machine
	khoctl 0 -R "$root" tree --in && says ': 6 folios' || return 1
	echo 0 >"$kho/in/preserved"
	khoctl 2 -R "$root" tree --in && complains 'all preserved memory is restored' || return 1
	rm "$kho/in/preserved"
	khoctl 2 -R "$root" tree --in && complains 'stock frees its pages during boot' || return 1
	rm "$kho/in/fdt"
	khoctl 2 -R "$root" tree --in && complains 'nothing was handed over'
}

# Process 12 has vm-1 open, which debugfs lists; a name may contain a quote
sessions_are_listed() {
	machine
	mkdir -p "$root/proc/12/fd" "$root/sys/kernel/debug/liveupdate"
	touch "$root/dev/liveupdate"
	ln -s 'anon_inode:[luo_session] vm-1' "$root/proc/12/fd/3"
	ln -s 'anon_inode:[eventfd]' "$root/proc/12/fd/4"
	khoctl 0 -R "$root" sessions list && says '^[?] +open +- +12  vm-1$' &&
		complains 'this kernel has no list of them' || return 1
	cat >"$root/sys/kernel/debug/liveupdate/state" <<-'EOT'
	outgoing sessions=1 files=2
	outgoing session 'vm-1' files=2
	outgoing session 'vm-1' token=0x1 handler=memfd-v2 preserved deps=0
	outgoing session 'vm-1' token=0x2 handler=memfd-v2 preserved deps=0
	incoming sessions=4 files=1
	incoming session 'vm-9' unreadable: 1 files, 2 expected
	incoming session 'odd' name' not-loaded: needs the handler memfd's
	incoming session 'it's' files=1 retrieved
	incoming session 'it's' token=0x1 handler=memfd-v2 retrieved deps=0
	incoming session 'b' busy
	EOT
	khoctl 0 -R "$root" sessions list && says '^outgoing open +2 +12  vm-1$' &&
		says "^incoming retrieved +1 +-  it's$" && says '^incoming busy +- +-  b$' &&
		says '^incoming unreadable +- +-  vm-9: 1 files, 2 expected$' &&
		says "^incoming not-loaded +- +-  odd' name: needs the handler memfd's$" &&
		[ "$(wc -l <"$dir/out")" -eq 6 ] && khoctl 0 -R "$root" sessions list -j &&
		says '"fault": ?"1 files, 2 expected"' && khoctl 0 -R "$root" status &&
		says '^sessions +1 outgoing, 2 files$'
}

# A host of systemd: services with descriptors, a loaded image, a free device
systemd_host() {
	machine
	mkdir -p "$root/run/systemd/system" "$root/sys/kernel/kexec" "$root/proc/1/fd" "$root/proc/42/fd"
	touch "$root/dev/liveupdate"
	ln -s 'anon_inode:[luo_session] vm@a.service-1' "$root/proc/1/fd/9"
	echo 1 >"$root/sys/kernel/kexec/loaded"
	echo agent >"$root/proc/42/comm"
	printf '/bin/agent\0-x\0' >"$root/proc/42/cmdline"
	cat >"$dir/services" <<-'EOT'
	Id=vm@a.service
	ActiveState=active
	NFileDescriptorStore=1
	FileDescriptorStorePreserve=yes
	LUOSession=guest

	NFileDescriptorStore=2
	Id=log.service
	ActiveState=active
	FileDescriptorStorePreserve=restart
	LUOSession=

	Id=other.service
	NFileDescriptorStore=0
	FileDescriptorStorePreserve=restart
	LUOSession=
	EOT
}

# check STATUS [OPTION]...
check_host() {
	want_status=$1
	shift
	khoctl "$want_status" -R "$root" check -s "$dir/services" "$@"
}

# bad_host TEXT: the only fault
bad_host() {
	check_host 1 && says "^BAD: .*$1" && [ "$(grep -c '^BAD' "$dir/out")" -eq 1 ]
}

check_finds_nothing() {
	systemd_host
	check_host 0 --loaded && says '^live update +on$' && says '^device +free$' && says '^image +loaded$' &&
		says '^service +vm@a.service: 1 descriptors, preserved$' &&
		says '^service +log.service: 2 descriptors, lost with' && says_not other.service &&
		khoctl 0 -R "$root" check && says '^services +not known: '
}

# The longest that systemd has
check_shows_whole_names() {
	systemd_host
	unit=vm@$(printf '%0244d' 7).service
	sed -i "s/vm@a.service/$unit/" "$dir/services"
	check_host 0 && says "^service +$unit: 1 descriptors, preserved$"
}

check_finds_live_update_off() {
	systemd_host
	rm "$root/dev/liveupdate"
	kallsyms kho_preserve_folio liveupdate_reboot
	echo liveupdate=off >"$root/proc/cmdline"
	bad_host 'LUO is off, by liveupdate= ' && check_host 1 -j && says '"live_update": ?false'
}

check_finds_the_owner_of_the_device() {
	systemd_host
	ln -s /dev/liveupdate "$root/proc/42/fd/5"
	bad_host 'held by process 42 \(agent\): no service gets a session' || return 1
	printf '@agent\0' >"$root/proc/42/cmdline"
	bad_host 'held by process 42 \(agent\), which systemd-shutdown spares' && check_host 1 -j &&
		says '"holder": ?42' || return 1
	# it does not matter to a kexec without systemd
	rm -r "$root/run"
	check_host 0 && says '^device +held by process 42 \(agent\)$'
}

# A container may have it under another name.
check_finds_the_owner_by_the_number_of_the_device() {
	systemd_host
	rm "$root/dev/liveupdate"
	ln -s /dev/zero "$root/dev/liveupdate"
	ln -s /dev/null "$root/proc/42/fd/4"
	check_host 0 || return 1
	ln -s /dev/zero "$root/proc/42/fd/5"
	bad_host 'held by process 42 \(agent\): no service gets a session'
}

check_finds_no_image() {
	systemd_host
	echo 0 >"$root/sys/kernel/kexec/loaded"
	check_host 0 && says '^image +none$' && check_host 1 -l && says '^BAD: no image is loaded: ' || return 1
	# where older kernels have it
	mv "$root/sys/kernel/kexec/loaded" "$root/sys/kernel/kexec_loaded"
	check_host 1 -l && echo 1 >"$root/sys/kernel/kexec_loaded" && check_host 0 -l
}

# The checks of the kernel on the image that is loaded; stock has none.
check_shows_the_preflight() {
	systemd_host
	out=$root/sys/kernel/debug/kho/out
	mkdir -p "$out"
	rm -f "$out/preflight"
	check_host 0 && says '^preflight +not known: this kernel has no ' || return 1
	echo ok >"$out/preflight"
	check_host 0 && says '^preflight +ok$' && check_host 0 -j && says '"preflight": ?"ok"' || return 1
	echo 'doubtful: the next kernel was loaded without liveupdate=on' >"$out/preflight"
	check_host 0 && says '^preflight +doubtful: the next kernel' || return 1
	echo 'refused: keys overlap at the page 0x1000' >"$out/preflight"
	bad_host 'the kernel would refuse a live update: keys overlap at the page 0x1000$' || return 1
	khoctl 0 -R "$root" plan && says '^change the kernel would refuse a live update: keys overlap' || return 1
	echo 0 >"$root/sys/kernel/kexec/loaded"
	echo 'unknown: no next kernel is loaded' >"$out/preflight"
	check_host 0 && says_not '^preflight' && khoctl 0 -R "$root" plan && says_not '^change the kernel would'
}

check_finds_services_without_sessions() {
	systemd_host
	sed -i 's/Store=1/Store=0/' "$dir/services"
	bad_host 'vm@a.service has LUOSession=, but no session' || return 1
	systemd_host
	sed -i 's/Preserve=yes/Preserve=restart/' "$dir/services"
	bad_host 'vm@a.service has LUOSession=, but its sessions end' || return 1
	: >"$dir/services"
	khoctl 2 -R "$root" check -s "$dir/services" && complains 'services: nothing: what services keep'
}

check_finds_sessions_of_processes() {
	systemd_host
	ln -s 'anon_inode:[luo_session] vm@a.service-1' "$root/proc/42/fd/5"
	check_host 0 || return 1
	ln -s 'anon_inode:[luo_session] vm-b' "$root/proc/42/fd/6"
	bad_host "session 'vm-b' is open in process 42 only, which systemd-shutdown ends"
}

check_finds_unretrieved_sessions() {
	systemd_host
	last_update 1 0 0 0
	check_host 0 || return 1
	echo 2 >"$root/sys/kernel/liveupdate/unretrieved_sessions"
	bad_host 'sessions of the last live update are not retrieved: 2, ' || return 1
	echo 1 >"$root/sys/kernel/liveupdate/drop_unretrieved"
	check_host 0
}

# systemd_show: the shutdown began 1 s before the kexec, units stopped 0.5 s before it, and
# systemd-shutdown began 0.4 s before; in the new kernel 1.5 s
systemd_show() {
	cat <<-'EOT'
	PreviousShutdownStartTimestampMonotonic=30000000
	PreviousShutdownFinishTimestampMonotonic=30500000
	PreviousShutdownLateStartTimestampMonotonic=30600000
	PreviousShutdownLateFinishTimestampMonotonic=31000000
	UserspaceTimestampMonotonic=2000000
	FinishTimestampMonotonic=3500000
	EOT
}

kho_steps() { "$top/tools/systemd/kho-steps" -s "$dir/show" -t "$dir/a.json" "$@" >"$dir/steps" 2>"$dir/err"; }

# 2,000,000 ticks a ms from 9,000,000,000 on; the kernels take 100 ms
steps_of_systemd_join_the_timeline() {
	systemd_show >"$dir/show"
	timeline 15 60 25 | sed 's/"origin": 7/"origin": 9000000000/' >"$dir/a.json"
	kho_steps && printf '%s\n' '7000000000 kexec' '8000000000 sd-stopping' '8200000000 sd-exit' \
		'9000000000 sd-shutdown' '12200000000 sd-userspace' | cmp - "$dir/steps" &&
		khoctl 0 timeline -g "$dir/steps" "$dir/a.json" && says '^vmm +sd-stopping +500.000 ' &&
		says '^vmm +sd-exit +100.000 ' && says '^vmm +sd-shutdown +400.000 ' &&
		says '^vmm +sd-userspace +1500.000 ' && says '^ +all +2600.000' || return 1
	# only what is between the first and the last step of the guest
	printf '%s\n' '8100000000 guest' '8150000000 save' '9300000000 resume' >"$dir/guest"
	kho_steps "$dir/guest" && printf '%s\n' '8100000000 guest' '8150000000 save' '8200000000 sd-exit' \
		'9000000000 sd-shutdown' '9300000000 resume' | cmp - "$dir/steps"
}

steps_of_systemd_need_their_files() {
	systemd_show >"$dir/show"
	timeline 15 60 25 >"$dir/a.json"
	for no in "$dir/missing" "$dir"; do
		! kho_steps "$no" && [ ! -s "$dir/steps" ] && grep -qF "$no: cannot be read" "$dir/err" &&
			! kho_steps -s "$no" && grep -qF "$no: cannot be read" "$dir/err" &&
			[ "$(wc -l <"$dir/err")" -eq 1 ] || return 1
	done
	! kho_steps "$dir/show" "$dir/show" && grep -q 'more than one GUEST' "$dir/err"
}

steps_of_systemd_need_a_handover() {
	: >"$dir/show"
	timeline 15 60 25 >"$dir/a.json"
	! kho_steps && grep -q 'has no timestamps of a previous shutdown' "$dir/err" || return 1
	systemd_show >"$dir/show"
	sed -i 's/"previous": true/"previous": false/' "$dir/a.json"
	! kho_steps && grep -q 'the previous kernel has no record' "$dir/err" || return 1
	rm "$dir/a.json"
	! kho_steps && grep -q 'a.json: cannot be read' "$dir/err" && [ "$(wc -l <"$dir/err")" -eq 1 ]
}

# before_kexec JOB CHECK MASK: the unit that checks stops with that job in the queue, if any; CHECK
# is the end of a script for khoctl, and masking kexec.target ends with status MASK. What
# systemctl was told is in $dir/told. A check has a second.
before_kexec() {
	mkdir -p "$dir/fake"
	cat >"$dir/fake/systemctl" <<-EOT
		#!/bin/sh
		echo "\$*" >>"$dir/told"
		case \$* in
		list-jobs*) echo '$1' ;;
		*mask*) exit $3 ;;
		esac
	EOT
	printf '#!/bin/sh\necho "khoctl $*" >>"%s"\n%s\n' "$dir/told" "$2" >"$dir/fake/khoctl"
	printf '#!/bin/sh\nshift\nexec %s 1 "$@"\n' "$(command -v timeout)" >"$dir/fake/timeout"
	chmod +x "$dir"/fake/*
	rm -f "$dir/told"
	PATH=$dir/fake:$PATH "$top/tools/systemd/before-kexec" stop 2>"$dir/err"
}

is_called_off() {
	[ "$(sed -n '3,$p' "$dir/told")" = '--runtime mask kexec.target
cancel
--no-block start default.target kho-before-kexec.service' ]
}

kexecs_go_ahead_if_the_check_says_so() {
	before_kexec '7 kexec.target start waiting' 'exit 0' 0 && ! is_called_off &&
		grep -q '^khoctl check --loaded$' "$dir/told" || return 1
	before_kexec '' 'exit 1' 0 && ! grep -q khoctl "$dir/told"
}

kexecs_are_called_off_if_the_check_says_so() {
	for mask in 0 1; do
		! before_kexec '7 kexec.target start waiting' 'exit 1' "$mask" && is_called_off || return 1
	done
}

kexecs_are_called_off_if_the_check_does_not_end() {
	! before_kexec '7 kexec.target start waiting' 'exec sleep 5' 0 && is_called_off &&
		grep -q 'khoctl check has no result' "$dir/err"
}

words_are_checked() {
	khoctl 2 && complains 'missing command' && khoctl 2 frob && complains "unknown command 'frob'" &&
		khoctl 2 tree --root 0 "$dir/image" && khoctl 2 sessions && khoctl 2 sessions create &&
		complains 'missing NAME' && khoctl 2 sessions list x && khoctl 2 sessions frob x &&
		complains "unknown command 'frob'" && khoctl 2 sessions create x --copy 1 &&
		khoctl 2 sessions finish x y && khoctl 2 status more && khoctl 2 diff a b c &&
		khoctl 2 status --frob && grep -q "unrecognized option '--frob'" "$dir/err"
}

commands_are_listed() {
	khoctl 0 --help || return 1
	for command in status timeline diff plan tree sessions hold check; do
		says "^  $command +[A-Z]" || return 1
	done
	khoctl 0 sessions --help && says 'preserve NAME \[TOKEN=PATH\]' && says '--sysroot=DIR' &&
		says_not '^  status'
}

common_options_go_before_and_after_a_command() {
	machine
	khoctl 0 -j -R "$root" status && cp "$dir/out" "$dir/before" &&
		khoctl 0 status --json --sysroot "$root" && cmp "$dir/before" "$dir/out"
}

man_page_is_clean() {
	groff -man -Tutf8 -ww -z "$top/tools/khoctl/khoctl.8" "$top"/tools/systemd/*.8 2>"$dir/err"
	[ ! -s "$dir/err" ] || { cat "$dir/err"; return 1; }
	for option in json dump in out fdt root guest svg trace coefficients status copy preserve to finish sysroot \
		socket mode max force loaded services; do
		grep -q -- "\\\\-\\\\-$option" "$top/tools/khoctl/khoctl.8" ||
			{ echo "--$option is not in the page"; return 1; }
	done
}

[ -f "$headers/linux/liveupdate.h" ] || die "no kernel headers in $headers: run 'scripts/need.sh headers' first"
mkdir -p "$dir"
make -s -C "$top/tools/khoctl" OUT="$dir/tools" HEADERS="$headers" LDFLAGS= \
	CFLAGS='-O1 -g -fsanitize=address,undefined' >&2
cc -O1 -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -o "$dir/mkimage" "$here/mkimage.c" -lfdt

tests='timeline_marks_the_largest timeline_shows_spans_longest_first timeline_passes_json_through
	timeline_draws_a_chart timeline_writes_a_trace timeline_keeps_links_and_devices
	timeline_of_one_kernel_has_one_process timeline_adds_steps_of_a_guest
	timeline_shows_steps_of_a_guest timeline_refuses_bad_steps
	timeline_adds_steps_around_one_kernel timeline_refuses_bad_input diff_says_what_changed
	diff_shows_what_is_in_one_only plan_adds_up plan_knows_huge_folios plan_gives_advice
	plan_has_built_in_coefficients plan_refuses_bad_input tree_counts_folios
	tree_reads_many_segments tree_finds_bad_tables tree_finds_bad_folios tree_limits_messages
	tree_refuses_other_files tree_refuses_a_bad_fdt tree_accepts_a_truncated_fdt status_counts_by_node_and_order
	status_feeds_plan status_without_kho handover_is_found_by_kho_out
	reports_hidden_addresses reports_why_kho_is_off
	reports_why_luo_is_off reports_missing_files status_and_tree_see_scratch
	tree_in_exists_until_all_is_restored sessions_are_listed check_finds_nothing
	check_shows_whole_names check_finds_live_update_off check_finds_the_owner_of_the_device
	check_finds_the_owner_by_the_number_of_the_device check_finds_no_image check_shows_the_preflight
	check_finds_services_without_sessions check_finds_sessions_of_processes
	check_finds_unretrieved_sessions status_shows_the_last_update
	steps_of_systemd_join_the_timeline steps_of_systemd_need_their_files
	steps_of_systemd_need_a_handover kexecs_go_ahead_if_the_check_says_so
	kexecs_are_called_off_if_the_check_says_so kexecs_are_called_off_if_the_check_does_not_end
	words_are_checked
	commands_are_listed common_options_go_before_and_after_a_command man_page_is_clean'
# shellcheck disable=SC2086	# words on purpose
set -- $tests
ktap_begin $#
for t; do
	check "$t" "$t"
done
ktap_end
