#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of khoctl hold and its client in libluo, over a /dev/liveupdate of files (fake.c). A
# kexec is the end of hold and what fake.c makes of its sessions. KTAP on stdout.
#
# usage: hold.sh
# shellcheck disable=SC2317	# the tests are called by name
set -eu
here=$(dirname -- "$0")
# shellcheck source=../../scripts/lib.sh
. "$here/../../scripts/lib.sh"
# shellcheck source=../../scripts/ktap.sh
. "$here/../../scripts/ktap.sh"
# shellcheck source=build.sh
. "$here/build.sh"

sock=$dir/hold.sock

# hold ARGUMENTS...: starts it, and waits until it listens or ends
hold() {
	: >"$dir/hold.out"
	"$dir/tools/khoctl" hold -s "$sock" "$@" >"$dir/hold.out" 2>"$dir/hold.err" &
	pid=$!
	trap 'kill -9 $pid 2>/dev/null || :' EXIT
	while ! grep -q listening "$dir/hold.out" && kill -0 $pid 2>/dev/null; do
		sleep 0.02
	done
}

says() {
	grep -qF -- "$1" "$dir/hold.err" ||
		{ echo "'$1' is not in:"; cat "$dir/hold.err"; return 1; }
}

# ends STATUS: hold ends, within 20 s
ends() {
	(sleep 20 && kill -9 "$pid") >/dev/null 2>&1 &
	alarm=$! rc=0
	wait "$pid" || rc=$?
	kill "$alarm"
	[ "$rc" -eq "$1" ] ||
		{ echo "hold: exit status $rc, not $1"; cat "$dir/hold.err"; return 1; }
	! grep -e Sanitizer -e 'runtime error' "$dir/hold.err"
}

stops() {
	kill "-${1:-TERM}" "$pid"
	ends 0
}

killed() {
	kill -9 "$pid"
	ends 137
}

kexec() {
	"$dir/libluo" kexec
	killed
}

as() { echo "$1" >"$FAKE_LUO/peer"; }
vmm() { exits "$1" timeout 20 "$dir/vmm-example" "$2" "$3" "$sock"; }
khoctl() { want=$1; shift; exits "$want" timeout 20 "$dir/tools/khoctl" hold -s "$sock" "$@"; }

a_session_outlives_its_program() {
	hold
	vmm 0 start vm-1 && khoctl 0 list && has out '^this  *ready  *[0-9]*  vm-1$' || return 1
	kexec
	hold
	has hold.out 'with 1 sessions of the previous kernel' && khoctl 0 list &&
		has out '^previous waiting  *[0-9]*  vm-1$' && khoctl 0 list -j &&
		has out '"kernel": *"previous"' && vmm 0 resume vm-1 && khoctl 0 list &&
		[ "$(wc -l <"$dir/out")" -eq 1 ] && vmm 1 resume vm-1 &&
		has err 'claim: No such file' && stops
}

# The next kernel's hold has no other way to know whose it is.
a_session_belongs_to_its_user() {
	hold
	as 1000
	vmm 0 start vm-1
	refuses_others
	kexec
	hold
	refuses_others
	as 1000
	vmm 0 resume vm-1 && as 0 && vmm 0 start vm-2 && killed
}

refuses_others() {
	as 1001
	vmm 1 resume vm-1 && has err 'claim: Operation not permitted' && vmm 1 start vm-1 &&
		has err 'subscribe: Operation not permitted' && khoctl 1 finish vm-1 &&
		has err "session 'vm-1' belongs to uid 1000" && khoctl 0 list &&
		[ "$(wc -l <"$dir/out")" -eq 1 ] && as 0 && khoctl 0 list && has out '1000  vm-1$'
}

root_may_all() {
	hold
	as 1000
	vmm 0 start vm-1
	as 0
	kexec
	hold
	vmm 0 resume vm-1 && as 1000 && vmm 0 start vm-1 && as 0 && khoctl 0 finish vm-1 && stops
}

# A third kernel gets what was left in the second only.
updates_follow_each_other() {
	hold
	vmm 0 start vm-1
	vmm 0 start vm-2
	kexec
	hold
	vmm 1 start vm-1 && has err 'File exists' && vmm 0 resume vm-1 && vmm 0 start vm-1
	kexec
	hold
	has hold.out 'with 1 sessions of' && vmm 0 resume vm-1 && vmm 1 resume vm-2 && stops
}

finish_is_for_all_descriptors() {
	hold
	vmm 0 start vm-1
	kexec
	hold
	exits 0 python3 "$here/raw.py" finish "$sock" && stops
}

a_program_brings_its_own_session() {
	hold
	exits 0 "$dir/client" new vm-1 "$sock" && has out Success && khoctl 0 list &&
		has out 'ready .* vm-1$' || return 1
	exits 1 "$dir/client" new vm-1 "$sock" && has out 'File exists' || return 1
	kexec
	exits 1 "$dir/client" retrieved vm-1 "$sock" && has out 'Connection refused' || return 1
	hold
	vmm 1 resume vm-1 && has err 'claim: No such file'
}

# What is of the previous kernel is not in the next one.
a_retrieved_session_cannot_be_left() {
	hold
	exits 0 "$dir/client" new vm-1 "$sock"
	kexec
	: >"$FAKE_LUO/in/khoctl-hold.d/0"
	hold
	exits 1 "$dir/client" retrieved vm-1 "$sock" && has out 'Invalid argument' && stops
}

# The client's own request, to a file of a file system that does not answer
a_session_that_is_busy_can_be_left() {
	hold
	: >"$FAKE_LUO/hung"
	exits 0 timeout 20 "$dir/client" new vm-1 "$sock" && has out Success && khoctl 0 list &&
		has out 'ready .* vm-1$' && killed
}

# Its name is free then, and hold can end.
a_session_that_cannot_be_read_is_dropped() {
	hold
	as 1000
	for n in 1 2 3; do vmm 0 start vm-$n || return 1; done
	kexec
	hold
	echo 65 >"$FAKE_LUO/error"	# ENOPKG
	vmm 1 resume vm-1 && has err 'claim: Package not installed' && khoctl 1 finish vm-1 &&
		has err "session 'vm-1': no handler for one of its files: load its module" &&
		khoctl 0 list && has out 'waiting .* vm-1$' || return 1
	echo 74 >"$FAKE_LUO/error"	# EBADMSG
	khoctl 1 finish vm-1 && has err "session 'vm-1': it cannot be read and is lost" &&
		vmm 1 resume vm-2 && has err 'claim: Bad message' && khoctl 0 list &&
		[ "$(wc -l <"$dir/out")" -eq 2 ] && has out 'waiting .* vm-3$' &&
		vmm 0 start vm-1 && khoctl 0 finish vm-1 && stops
}

# They stay in the kernel.
sessions_that_wait_do_not_keep_it() {
	hold
	as 1000
	vmm 0 start vm-1
	vmm 0 start vm-2
	kexec
	hold
	vmm 0 resume vm-2 && stops &&
		says "Terminated: 1 sessions of the previous kernel were not claimed: 'vm-1' of uid 1000; from" &&
		hold && vmm 1 resume vm-1 && as 0 && vmm 0 resume vm-1 && stops
}

sessions_are_not_lost_by_mistake() {
	hold
	as 1000
	vmm 0 start vm-1
	n=0
	for s in TERM INT HUP; do
		kill -$s "$pid"
		n=$((n + 1))
		while kill -0 "$pid" && [ "$(grep -c 'still here' "$dir/hold.err")" -lt $n ]; do
			sleep 0.02
		done
	done
	says "Terminated: still here, since 1 sessions would be lost: 'vm-1' of uid 1000; finish" &&
		khoctl 0 finish vm-1 && stops && [ ! -e "$sock" ] || return 1
	hold --force
	vmm 0 start vm-1 && stops INT && says "Interrupt: 1 sessions are lost: 'vm-1' of uid 1000"
}

# Half for one user, and the rest for root
a_full_table_is_reported() {
	hold --max 5
	as 1000
	exits 0 python3 "$here/raw.py" fill "$sock" vm && has out '^3 No space left' \
		"session 'vm-3': the table is full: 3 sessions are held; FINISH some, or start hold with a larger --max" || return 1
	as 0
	exits 0 python3 "$here/raw.py" fill "$sock" root && has out '^2 No space left' || return 1
	kexec
	hold --max 3
	says '2 sessions of the previous kernel are not in the table' && khoctl 0 list &&
		[ "$(wc -l <"$dir/out")" -eq 4 ] && vmm 1 resume other && has err 'claim: No space left'
}

one_serves() {
	hold
	khoctl 1 && has err 'another process listens' &&
		exits 1 timeout 20 "$dir/tools/khoctl" hold -s "$dir/other.sock" &&
		has err "another khoctl hold runs: its session 'khoctl-hold' exists" || return 1
	killed
	[ -e "$sock" ] && [ ! -e "$dir/other.sock" ] && hold && has hold.out listening && stops
}

# A path that was mistyped
other_files_stay() {
	echo precious >"$dir/file"
	ln -sf file "$dir/link"
	for f in file link; do
		exits 2 timeout 20 "$dir/tools/khoctl" hold -s "$dir/$f" &&
			has err "$f: there is a file that is no socket" || return 1
	done
	[ "$(cat "$dir/link")" = precious ]
}

modes_and_limits_are_checked() {
	hold --mode 660
	[ "$(stat -c %a "$sock")" = 660 ] && stops && hold && [ "$(stat -c %a "$sock")" = 600 ] &&
		stops || return 1
	for bad in '--mode 888' '--mode 0' '--max 0' '--max -1' '--max 1025' '--max x' frob finish \
		'list x'; do
		# shellcheck disable=SC2086	# words on purpose
		khoctl 2 $bad || return 1
	done
	khoctl 2 list && has err 'no khoctl hold listens there' || return 1
	exits 2 timeout 20 sh -c 'ulimit -n 400 && exec "$@"' sh "$dir/tools/khoctl" hold -s "$sock" &&
		has err '256 sessions need [0-9]* descriptors, the limit is 400' || return 1
	long=$(printf '%0200d' 0)
	exits 2 "$dir/tools/khoctl" hold -s "/tmp/$long" && has err '1 to 107 bytes' &&
		exits 2 timeout 20 "$dir/tools/khoctl" hold -s '' && has err '1 to 107 bytes'
}

# overwrite HEX...: the record of owners: 72 bytes a slot, the name and a number
record() {
	python3 - "$FAKE_LUO/in/khoctl-hold.d/1" "$@" <<-'END'
	import sys, struct
	with open(sys.argv[1], "wb") as f:
	    for name in sys.argv[2:]:
	        f.write(struct.pack("<64sII", eval(f'b"{name}"'), 1000, 0))
	END
}

# 72 bytes a slot.
the_record_has_all_its_pages() {
	hold --max 1024
	python3 - "$FAKE_LUO"/memory/khoctl-hold-owners* <<-'END' && stops
	import os, sys
	f = os.open(sys.argv[1], os.O_RDONLY)
	assert os.lseek(f, 0, os.SEEK_HOLE) == os.fstat(f).st_size == 1024 * 72
	END
}

hostile_records_do_no_harm() {
	hold
	as 1000
	vmm 0 start vm-1
	kexec
	record good good '' khoctl-hold 'e\x1b[2J' "$(printf '%064d' 1)" '\xff\xff' vm-1
	hold
	says '5 sessions of the previous kernel are not in the table' && khoctl 0 list &&
		has out '1000  good$' '1000  vm-1$' && [ "$(wc -l <"$dir/out")" -eq 3 ] &&
		vmm 0 resume vm-1 && vmm 1 resume good && has err 'claim: No such file' && stops
}

# Root knows the names.
without_a_record_root_can_claim() {
	hold
	as 1000
	vmm 0 start vm-1
	vmm 0 start vm-2
	kexec
	: >"$FAKE_LUO/in/khoctl-hold.d/0"
	hold
	says 'owners of the previous kernel' && vmm 1 resume vm-1 && has err 'No such file' &&
		as 0 && vmm 0 resume vm-1 && vmm 0 resume vm-2 && vmm 1 resume vm-3 && stops
}

# Between two openings of it another process could come first.
owners_are_read_while_the_device_is_open() {
	hold
	as 1000
	vmm 0 start vm-1
	kexec
	: >"$FAKE_LUO/once"
	hold
	rm "$FAKE_LUO/once"
	has hold.out 'with 1 sessions of the previous kernel' && as 1001 && vmm 1 resume vm-1 &&
		has err 'claim: Operation not permitted' && as 1000 && vmm 0 resume vm-1 && stops
}

# Another program that listens there
other_replies_are_no_success() {
	rm -f "$sock"
	python3 - "$sock" <<-'END' &
	import os, socket, sys
	s = socket.socket(socket.AF_UNIX)
	s.settimeout(20)
	s.bind(sys.argv[1] + ".new")
	s.listen()
	os.rename(sys.argv[1] + ".new", sys.argv[1])
	for reply in (b'{"event": "SESSIONS"}\n', b'{}\n', b'[]\n', b'x\n'):
	    c, _ = s.accept()
	    c.recv(4096)
	    c.sendall(reply)
	    c.close()
	END
	while [ ! -S "$sock" ]; do sleep 0.02; done
	for reply in event empty array text; do
		echo "reply: $reply"
		khoctl 2 finish vm-1 && has err "session 'vm-1' may still be held" &&
			[ ! -s "$dir/out" ] || return 1
	done
	wait
	rm "$sock"
}

a_kernel_without_luo_is_reported() {
	rm -r "$FAKE_LUO"
	khoctl 2 && has err 'khoctl: hold: '
}

raw() {
	hold
	exits 0 python3 "$here/raw.py" "$1" "$sock" || return 1
	killed
}

raw_tests=$(sed -n 's/^def \([a-z_]*_[a-z_]*\)():$/\1/p' "$here/raw.py")
tests='a_session_outlives_its_program a_session_belongs_to_its_user root_may_all
	updates_follow_each_other finish_is_for_all_descriptors a_program_brings_its_own_session
	a_retrieved_session_cannot_be_left a_session_that_is_busy_can_be_left
	a_session_that_cannot_be_read_is_dropped sessions_that_wait_do_not_keep_it
	sessions_are_not_lost_by_mistake
	a_full_table_is_reported one_serves other_files_stay modes_and_limits_are_checked
	the_record_has_all_its_pages hostile_records_do_no_harm without_a_record_root_can_claim
	owners_are_read_while_the_device_is_open other_replies_are_no_success
	a_kernel_without_luo_is_reported'
in_kernel() { boot && "$@"; }

make -s -C "$top/tools/khoctl" OUT="$dir/tools" HEADERS="$headers" LDFLAGS="$dir/fake.o" \
	CFLAGS="$flags" >&2
for c in "$top/Documentation/vmm-example.c" "$here/client.c"; do
	compile -o "$dir/$(basename "$c" .c)" "$c" "$dir/fake.o" "$dir/lib/libluo.a" -ljson-c
done
# shellcheck disable=SC2086	# words on purpose
ktap_begin "$(echo $tests $raw_tests | wc -w)"
for t in $tests; do
	check "$t" in_kernel "$t"
done
for t in $raw_tests; do
	check "$t" in_kernel raw "$t"
done
ktap_end
