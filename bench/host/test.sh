#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The host kit on a host of files: a /proc, /sys and /boot by hand, and commands that take notes
# instead of rebooting. A boot is one call of 'matrix boot'. KTAP on stdout.
#
# usage: test.sh
# shellcheck disable=SC2317	# the tests are called by name
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
# shellcheck source=../../scripts/lib.sh
. "$here/../../scripts/lib.sh"
# shellcheck source=../../scripts/ktap.sh
. "$here/../../scripts/ktap.sh"

# On the disk of the checkout: the kit refuses file systems in memory.
dir=$build/test-host-kit
host=$dir/host
kit=$dir/kho-host-kit
run=$host/sys/kernel/debug/kho_workload/run

# command NAME: the script on stdin, found before that of this machine
command_is() {
	{ echo '#!/bin/sh'; cat; } >"$dir/bin/$1"
	chmod +x "$dir/bin/$1"
}

# A CPU at 2 GHz: 1 ms is 2 million. The jump does not return.
make_commands() {
	mkdir -p "$dir/bin"
	for command in insmod reboot sleep systemctl mount sync; do
		# shellcheck disable=SC2016	# of the script
		echo 'echo "${0##*/} $*" >>"$MATRIX_ROOT/calls"' | command_is "$command"
	done
	command_is uname <<-'END'
		exec /bin/cat "$MATRIX_ROOT/release"
	END
	command_is dmesg <<-'END'
		exec /bin/cat "$MATRIX_ROOT/dmesg"
	END
	command_is perf <<-'END'
		exit 1
	END
	# the reply of the module to the last command
	command_is cat <<-'END'
		case ${1-} in
		*/kho_workload/run)
			/bin/cat "$1" >>"$MATRIX_ROOT/commands"
			echo >>"$MATRIX_ROOT/commands"
			echo restore_ns=250000000 ;;
		*) exec /bin/cat "$@" ;;
		esac
	END
	command_is jump <<-'END'
		[ ! -f "$MATRIX_ROOT/no-jump" ] || { cat "$MATRIX_ROOT/no-jump" >&2; exit 1; }
		case $1 in
		load) printf '%s\n' "$2" "$4" >"$MATRIX_ROOT/loaded" ;;
		execute)
			echo "1000000 2000000" >"$2"
			touch "$MATRIX_ROOT/jumped"
			kill -KILL "$PPID" ;;
		esac
	END
}

make_kit() {
	"$here/kit.sh" "$dir/kit.tar.gz" >/dev/null
	tar -C "$dir" -xzf "$dir/kit.tar.gz"
	mv "$dir/bin/jump" "$kit/jump"
	for release in 7.3.4-stock 7.3.4-fast; do
		mkdir -p "$kit/modules/$release"
		echo module >"$kit/modules/$release/kho_workload.ko"
	done
}

new_host() {
	rm -rf "$host" "$kit/state"
	mkdir -p "$host/proc" "$host/boot" "$host/run/systemd/system" "$host/etc/systemd/system" \
		"$host/sys/devices/system/node/node0" "${run%/*}" "$host/sys/kernel/debug/kho"
	for release in 7.3.4-stock 7.3.4-fast; do
		echo "kernel $release" >"$host/boot/vmlinuz-$release"
		printf 'odd' >"$host/boot/initrd.img-$release"
	done
	printf 'model name\t: Pencil and Paper\nflags\t\t: fpu constant_tsc\n' >"$host/proc/cpuinfo"
	echo 'MemTotal: 268435456 kB' >"$host/proc/meminfo"
	echo 'Linux version 6.1 (me@here) (gcc (Debian) 12.2.0, GNU ld 2.40) #1 SMP' >"$host/proc/version"
	: >"$host/calls"
	: >"$host/commands"
	own_boot
}

# The host's own kernel, as a firmware starts it
own_boot() {
	echo 6.1.0 >"$host/release"
	echo 'BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro dyndbg="file * +p" kho=off -- 3' >"$host/proc/cmdline"
	: >"$host/dmesg"
	rm -f "$host/loaded" "$host/jumped"
	: >"$run"
}

# next_boot: of what was loaded; its first program runs 500 ms after the jump
next_boot() {
	rm "$host/jumped"
	sed -n '1s/.*vmlinuz-//p' "$host/loaded" >"$host/release"
	sed -n 2p "$host/loaded" >"$host/proc/cmdline"
	mkdir -p "$host/sys/kernel/debug/kho/in"
	rm -rf "$host/sys/kernel/debug/kho/out"
	if grep -q fast "$host/release"; then
		mkdir -p "$host/sys/kernel/debug/kho/out"
		: >"$host/sys/kernel/debug/kho/out/preflight"
	fi
	echo '[    0.5] kho-stamp: tsc=1001000000' >"$host/dmesg"
	: >"$run"
}

# matrix STATUS ARGUMENTS...
matrix() {
	want=$1 rc=0
	shift
	MATRIX_ROOT=$host PATH=$dir/bin:$PATH sh -c 'exec "$0" "$@"' "$kit/matrix" "$@" \
		>"$dir/out" 2>"$dir/err" </dev/null || rc=$?
	[ "$rc" -eq "$want" ] || {
		echo "matrix $*: status $rc, not $want"
		cat "$dir/out" "$dir/err"
		return 1
	}
}

# 137: the host has jumped
start() {
	printf 'small 100 0 2 full stock,fast\n' >"$dir/rows"
	matrix 137 start --stock 7.3.4-stock --fast 7.3.4-fast --reps 1 --rows "$dir/rows" \
		--grace 0 --yes
}

says() { grep -qE -- "$1" "$dir/$2" || { echo "'$1' is not in:"; cat "$dir/$2"; return 1; }; }
is() { [ "$1" = "$2" ] || { echo "'$1', not '$2'"; return 1; }; }
samples() { grep -cE "\"type\":\"sample\".*$1" "$kit/state/results/blackout.jsonl"; }
no_unit() {
	[ ! -f "$host/etc/systemd/system/kho-matrix.service" ] || { echo 'the unit is left'; return 1; }
}

the_whole_matrix() {
	new_host
	start || return
	# in stock: preserve, and jump; verify, and on to ours; the same there
	boots=0
	while [ "$boots" -lt 3 ]; do
		next_boot
		matrix 137 boot || return
		boots=$((boots + 1))
	done
	next_boot
	matrix 0 boot || return
	is "$(samples '"status":"ok".*"blackout_ns":500000000.*"retrieve_ns":250000000')" 2 || return
	once='preserve set=scatter n=100 order=0 stride=2 stamp=full,scribble max_mb=1024,'
	once=${once}restore,verify,free,
	is "$(tr '\n' , <"$host/commands")" "$once$once" || return
	grep -qx 'systemctl reboot' "$host/calls" || { echo 'it does not end'; return 1; }
	no_unit || return
	matrix 0 report && says '^100 4 KiB scattered +256G +0.50 ' out || return
	matrix 2 coefficients && says "no blackout of 'stock' with nothing preserved" err
}

the_command_line_is_the_hosts() {
	new_host
	start || return
	own='root=/dev/sda1 ro dyndbg="file * +p" -- 3'
	is "$(sed -n '2s/kho_matrix=[^ ]*/T/p' "$host/loaded")" \
		"kho=on liveupdate=on rdinit=/kho-stamp T $own" || return
	is "$(head -c 8 "$host/run/kho-matrix.initrd" | tr '\0' .)" odd.0707
}

a_host_that_comes_back_by_itself_is_a_failed_sample() {
	new_host
	start || return
	next_boot
	matrix 137 boot || return
	own_boot
	matrix 137 boot || return
	is "$(samples '"variant":"stock".*"status":"failed".*came back by itself')" 1 || return
	says '/vmlinuz-7.3.4-fast$' host/loaded
}

failures_one_after_the_other_end_it() {
	new_host
	printf 'many 100 0 2 full stock,fast\nmore 100 0 2 full stock,fast\n' >"$dir/rows"
	echo 'kexec_file_load: Operation not permitted' >"$host/no-jump"
	matrix 1 start --stock 7.3.4-stock --fast 7.3.4-fast --reps 1 --rows "$dir/rows" \
		--grace 0 --yes || return
	is "$(samples '"status":"failed".*Operation not permitted')" 3 || return
	says 'gave up: 3 samples failed' out && no_unit
}

a_kernel_without_kho_is_named() {
	new_host
	start || return
	next_boot
	rm -r "$host/sys/kernel/debug/kho"
	matrix 137 boot || return
	says '7.3.4-stock does not start with KHO' out
}

what_cannot_be_verified_is_no_sample() {
	new_host
	start || return
	next_boot
	matrix 137 boot || return
	next_boot
	rm "$run"
	mkdir "$run"
	matrix 137 boot || return
	is "$(samples '"status":"failed".*"reason":"workload scribble')" 1
}

a_next_kernel_without_a_stamp_is_no_sample() {
	new_host
	start || return
	next_boot
	matrix 137 boot || return
	next_boot
	: >"$host/dmesg"
	matrix 137 boot || return
	says 'no stamp of the next kernel' out
}

it_can_be_stopped() {
	new_host
	start || return
	next_boot
	matrix 0 stop && no_unit || return
	matrix 1 boot && says 'nothing was started here' err
}

the_boot_loader_stops_it() {
	new_host
	start || return
	own_boot
	echo 'root=/dev/sda1 kho_matrix=off' >"$host/proc/cmdline"
	matrix 1 boot || return
	says 'kho_matrix=off is on the command line' out && no_unit
}

a_host_without_systemd_has_rc_local() {
	new_host
	rmdir "$host/run/systemd/system"
	printf '#!/bin/sh\nexit 0\n' >"$host/etc/rc.local"
	cp "$host/etc/rc.local" "$dir/rc.local"
	chmod +x "$host/etc/rc.local"
	start || return
	is "$(sed -n 2p "$host/etc/rc.local")" \
		"$kit/matrix boot >>$kit/state/boot.log 2>&1 & # kho-matrix.service" || return
	matrix 0 stop || return
	cmp "$host/etc/rc.local" "$dir/rc.local"
}

# refused TEXT ARGUMENTS...: nothing is changed
refused() {
	text=$1
	shift
	matrix 1 start "$@" && says "$text" err && no_unit
}

what_cannot_work_is_refused() {
	set -- --stock 7.3.4-stock --fast 7.3.4-fast
	new_host
	refused 'give --fast RELEASE' --stock 7.3.4-stock --yes || return
	refused 'no kernel /boot/vmlinuz-7.3.5' --stock 7.3.5 --fast 7.3.4-fast --yes || return
	refused 'give a number' "$@" --reps 0 --yes || return
	refused 'nobody there to ask' "$@" || return
	rm "$host/boot/initrd.img-7.3.4-fast"
	refused 'no initrd of 7.3.4-fast' "$@" --yes || return
	new_host
	mkdir -p "$host/proc/4711/fd"
	ln -s /dev/kvm "$host/proc/4711/fd/7"
	refused 'virtual machines run here, of process 4711' "$@" --yes || return
	new_host
	sed -i s/constant_tsc// "$host/proc/cpuinfo"
	refused 'its TSC is constant' "$@" --yes || return
	new_host
	mkdir -p "$host/sys/devices/system/clocksource/clocksource0"
	echo hpet >"$host/sys/devices/system/clocksource/clocksource0/current_clocksource"
	refused 'does not trust the TSC' "$@" --yes || return
	new_host
	echo 1 >"$host/sys/kernel/kexec_load_disabled"
	refused 'kexec is disabled' "$@" --yes || return
	new_host
	mkdir -p "$host/sys/kernel/security" "$host/sys/module/module/parameters"
	echo 'none [integrity] confidentiality' >"$host/sys/kernel/security/lockdown"
	refused 'locked down .*Secure Boot off' "$@" --yes || return
	echo '[none] integrity confidentiality' >"$host/sys/kernel/security/lockdown"
	echo Y >"$host/sys/module/module/parameters/sig_enforce"
	refused 'signed modules only' "$@" --yes || return
	echo N >"$host/sys/module/module/parameters/sig_enforce"
	for release in 6.1.0 7.3.4-stock 7.3.4-fast; do
		echo CONFIG_KEXEC_SIG_FORCE=y >"$host/boot/config-$release"
		refused "kernel $release kexecs signed kernels only" "$@" --yes || return
		echo '# CONFIG_KEXEC_SIG_FORCE is not set' >"$host/boot/config-$release"
	done
	new_host
	mv "$kit/modules/7.3.4-stock" "$kit/modules/away"
	failed=0
	refused "'./build-module 7.3.4-stock' builds it" "$@" --yes || failed=1
	mv "$kit/modules/away" "$kit/modules/7.3.4-stock"
	return "$failed"
}

nodes_are_recorded() {
	new_host
	for node in 0 1; do
		mkdir -p "$host/sys/devices/system/node/node$node"
		# 1 TiB without what the firmware keeps: no whole number of MiB, of seven digits
		echo "Node $node MemTotal:  1056561157 kB" \
			>"$host/sys/devices/system/node/node$node/meminfo"
	done
	echo 0-31 >"$host/sys/devices/system/node/node0/cpulist"
	echo >"$host/sys/devices/system/node/node1/cpulist"
	echo 10 21 >"$host/sys/devices/system/node/node0/distance"
	echo 21 10 >"$host/sys/devices/system/node/node1/distance"
	start || return
	both='node0: 1031798 MiB, CPUs 0-31, distances 10 21; node1: 1031798 MiB, CPUs none, distances 21 10'
	grep -qF "\"numa\":\"$both\"" "$kit/state/results/blackout.jsonl" ||
		{ grep -o '"numa":[^}]*' "$kit/state/results/blackout.jsonl"; return 1; }
}

a_part_of_the_memory_is_one_number() {
	new_host
	printf 'part 10%% 2 1 sparse stock,fast\n' >"$dir/rows"
	matrix 137 start --stock 7.3.4-stock --fast 7.3.4-fast --reps 1 --rows "$dir/rows" --grace 0 \
		--yes || return
	for mem in 1048576 1048576 1030000; do
		next_boot
		echo "MemTotal: $mem kB" >"$host/proc/meminfo"
		matrix 137 boot || return
	done
	next_boot
	matrix 0 boot && matrix 0 report
}

kernels_are_what_they_are_called() {
	new_host
	printf 'small 100 0 2 full stock,fast\n' >"$dir/rows"
	matrix 137 start --stock 7.3.4-fast --fast 7.3.4-stock --reps 1 --rows "$dir/rows" --grace 0 \
		--yes || return
	next_boot
	matrix 137 boot || return
	is "$(samples '"status":"failed".*is not what --stock says')" 1
}

guests_that_come_later_are_not_killed() {
	new_host
	start || return
	next_boot
	mkdir -p "$host/proc/4711/fd"
	ln -s /dev/kvm "$host/proc/4711/fd/7"
	matrix 1 boot && says 'virtual machines run here, of process 4711' out && no_unit
}

restore_does_not_wait() {
	new_host
	start || return
	next_boot
	matrix 137 boot || return
	next_boot
	: >"$host/calls"
	command_is sleep <<-'END'
		echo sleep >>"$MATRIX_ROOT/commands"
	END
	: >"$host/commands"
	matrix 137 boot || return
	is "$(grep -xE 'restore|sleep' "$host/commands" | tr '\n' ' ')" 'restore sleep '
}

stopped_means_stopped() {
	new_host
	start || return
	next_boot
	cp "$kit/jump" "$dir/jump.keep"
	sed -i "s|^load)|load) rm -f '$kit/state/queue';|" "$kit/jump"
	matrix 0 boot
	rc=$?
	mv "$dir/jump.keep" "$kit/jump"
	return $rc
}

it_can_be_started_again() {
	new_host
	start || return
	for _ in 1 2 3; do
		next_boot
		matrix 137 boot || return
	done
	next_boot
	matrix 0 boot || return
	own_boot
	start || return
	new_host
	matrix 1 start --stock 7.3.4-stock --fast 7.3.4-fast && says 'nobody there' err || return
	start
}

an_initrd_that_does_not_fit_is_not_booted() {
	new_host
	ln -s /dev/full "$host/run/kho-matrix.initrd"
	printf 'many 100 0 2 full stock,fast\nmore 100 0 2 full stock,fast\n' >"$dir/rows"
	matrix 1 start --stock 7.3.4-stock --fast 7.3.4-fast --reps 1 --rows "$dir/rows" --grace 0 --yes &&
		is "$(samples 'No space left')" 3
}

rows_are_checked() {
	for row in 'a 10k 0 2 full stock' 'a/b 1 0 2 full stock' 'a 1 0 2 full stok' 'a 1 0 2 full' \
		'a 1 0 2 most stock'; do
		new_host
		echo "$row" >"$dir/rows"
		matrix 1 start --stock 7.3.4-stock --fast 7.3.4-fast --rows "$dir/rows" --yes &&
			says "not a row: $row" err && no_unit || return
	done
}

other_counters_are_no_reason_to_end() {
	new_host
	start || return
	next_boot
	matrix 137 boot || return
	next_boot
	command_is perf <<-'END'
		while [ "$1" != -o ]; do shift; done
		file=$2
		shift 2
		printf '%s\n' 100,,cpu_core/instructions/,1 7,,cycles,1 >"$file"
		exec "$@"
	END
	matrix 137 boot
	rc=$?
	command_is perf <<-'END'
		exit 1
	END
	[ "$rc" -eq 0 ] && is "$(samples '"status":"ok".*"restore_cycles":7')" 1
}

a_kernel_that_fails_always_ends_it() {
	new_host
	printf 'many 100 0 2 full stock,fast\n' >"$dir/rows"
	matrix 137 start --stock 7.3.4-stock --fast 7.3.4-fast --reps 9 --rows "$dir/rows" --grace 0 \
		--yes || return
	resets=0
	while [ -f "$host/jumped" ]; do
		if grep -q vmlinuz-7.3.4-fast "$host/loaded"; then
			own_boot
			resets=$((resets + 1))
		else
			next_boot
		fi
		matrix 137 boot >/dev/null || break
	done
	says 'gave up: 3 samples of fast' out && is "$resets" 3
}

rows_that_do_not_fit_are_refused() {
	new_host
	echo 'MemTotal: 16777216 kB' >"$host/proc/meminfo"
	matrix 1 start --stock 7.3.4-stock --fast 7.3.4-fast --yes &&
		says 'row scattered-2000000 takes 15 GiB' err && no_unit
}

nothing_is_a_handover_too() {
	new_host
	printf 'nothing 0 0 1 none stock,fast\n' >"$dir/rows"
	matrix 137 start --stock 7.3.4-stock --fast 7.3.4-fast --reps 1 --rows "$dir/rows" --grace 0 \
		--yes || return
	next_boot
	matrix 137 boot || return
	next_boot
	rmdir "$host/sys/kernel/debug/kho/in"
	matrix 137 boot || return
	is "$(samples '"status":"failed".*says nothing of a handover')" 1
}

a_host_with_less_memory_measures_the_last_row() {
	new_host
	echo 'MemTotal: 134217728 kB' >"$host/proc/meminfo"
	printf '%s\n' 'first 100 0 1 full stock,fast' 'folios-40000 40000 9 2 sparse stock,fast' \
		>"$dir/rows"
	matrix 1 start --stock 7.3.4-stock --fast 7.3.4-fast --rows "$dir/rows" --yes &&
		says 'folios-40000 takes 156 GiB' err
}

rm -rf "$dir"
mkdir -p "$dir"
make_commands
make_kit
check_all 'host kit' command_is make_commands make_kit new_host own_boot next_boot no_unit
