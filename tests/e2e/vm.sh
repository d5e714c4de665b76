#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Boot a guest and run a plan in it, with all its kexecs.  Each run starts afresh and
# overwrites DIR.
#
# usage: vm.sh [options] PLANFILE
#   -1 KERNEL     kernel of the cold boot: stock, fast, debug, kcsan or
#                 IMAGE[,MODULEDIR] (fast)
#   -2 .. -9      kernels of the following boots (the previous one)
#   -m SIZE       memory of the guest (2G); the host needs only memory that it touches
#   -n NODES      1 to 4, memory split evenly; N+M adds M nodes without memory (1)
#   -c CPUS       number of CPUs (2)
#   -t SECONDS    time limit (240)
#   -a WORD       add WORD to the kernel command line of each boot; may be repeated
#   -f FILE:PATH[@BOOT]
#                 put FILE (from the top of the repository) into every initrd,
#                 or that of one boot, as PATH; may be repeated
#   -o DIR        work folder (build/e2e/NAME)
#   -x ACCEL      tcg, tcg-icount, kvm or auto (auto)
#   -b BACKING    backing of the guest's memory: ram, memfd or auto (auto), see guest.sh
#   -s            record the time of each line of console and verdict
#
# The plan's line '# vm: OPTIONS' is read first, so the command line overrides it.
# '# programs: NAME,...' puts programs with their libraries into every initrd, NAME@BOOT
# into that of one boot.  '# guests: KERNEL[@BOOT]' puts into them what guests with that
# kernel need (tests/guest), and as /guest/tiny a guest without an operating system; with KERNEL
# tiny only that.  '# init: systemd' makes systemd the init, and the plan one of its services
# (tests/systemd).  '# allow: TEXT' excuses console lines with TEXT.  The steps of a plan are
# in tests/e2e/README.md.
#
# Files in DIR: console; verdict (reports of the guests, and blackout_ns); accel; qemu
# (command line); with -s console.lines and verdict.lines; after a step 'timeline'
# timeline.json and parts, the breakdown of the blackout.
#
# exit status: 0 all steps passed, 1 a step failed or the console has a bad message, 2 the
# guest was lost, 3 time limit, 4 cannot run here.  stderr has one line with the reason.
set -eu
here=$(dirname -- "$0")
# shellcheck source=../../scripts/lib.sh
. "$here/../../scripts/lib.sh"
# shellcheck source=guest.sh
. "$here/guest.sh"

# end STATUS REASON
end() {
	say "$name: $2"
	exit "$1"
}

options() {
	OPTIND=1
	while getopts 1:2:3:4:5:6:7:8:9:m:n:c:t:a:f:o:x:b:s opt; do
		case $opt in
		[1-9]) eval "kernel$opt=\$OPTARG" ;;
		m) mem=$OPTARG ;;
		n) nodes=$OPTARG ;;
		c) cpus=$OPTARG ;;
		t) limit=$OPTARG ;;
		a) append="$append $OPTARG" ;;
		f)
			case $OPTARG in
			/*) files="$files -f $OPTARG" ;;
			*) files="$files -f $top/$OPTARG" ;;
			esac
			;;
		o) dir=$OPTARG ;;
		x) accel=$OPTARG ;;
		b) backing=$OPTARG ;;
		s) stamps=1 ;;
		*) bad_usage ;;
		esac
	done
	shift $((OPTIND - 1))
	plan=${1-}
	[ $# -le 1 ] || bad_usage
}

# boot_spec KERNEL: IMAGE[,MODULEDIR]
boot_spec() {
	case $1 in
	stock | fast | debug | kcsan) modules=,$build/kmod/$1 ;;
	*,*) modules=,${1#*,} ;;
	*) modules= ;;
	esac
	file=$(kernel_image "${1%%,*}")
	echo "$file$modules"
}

boots() {
	boots='' last=fast i=1 calibrates=''
	nr=$(awk '$1 == "stage" && $2 > n { n = $2 } END { print n + 0 }' "$plan")
	case $nr in
	[1-9]) ;;
	*) die "$plan: no 'stage N' line, or a stage above 9" ;;
	esac
	while [ "$i" -le "$nr" ]; do
		eval "last=\${kernel$i:-\$last}"
		spec=$(boot_spec "$last")
		case $last in fast | debug | kcsan) ;; *) calibrates=1 ;; esac
		boots="$boots $spec"
		i=$((i + 1))
	done
}

# The programs of the plan go to /bin, libraries to their paths on this machine.
programs() {
	for word in $(sed -n 's/^# programs: *//p' "$plan" | tr ',' ' '); do
		at=''
		case $word in *@*) at=@${word#*@} ;; esac
		path=$("$here/prepare.sh" program "${word%@*}") || exit 4
		files="$files -f $path:/bin/${word%@*}$at"
		# fails for static programs
		for lib in $(ldd "$path" 2>/dev/null | awk '{ for (i = 1; i <= NF; i++) if ($i ~ "^/") print $i }'); do
			files="$files -f $lib:$lib$at"
		done
	done
}

# Unpatched QEMU, its ROMs, the keeper, and kernel and initrd of the guests
guests() {
	guest_kernel=$(sed -n 's/^# guests: *//p' "$plan") at=''
	[ -n "$guest_kernel" ] || return 0
	case $guest_kernel in *@*) at=@${guest_kernel#*@} guest_kernel=${guest_kernel%@*} ;; esac
	"$here/prepare.sh" guest
	"$here/prepare.sh" host
	tiny=$("$here/prepare.sh" program tiny) || exit 4
	case $guest_kernel in
	tiny) image=$tiny ;;
	*) image=$(kernel_image "$guest_kernel") ;;
	esac
	files="$files -f $image:/guest/kernel$at -f $tiny:/guest/tiny"
	files="$files -f $build/guest/initrd:/guest/initrd$at"
	for rom in /usr/share/seabios/bios-256k.bin /usr/share/qemu/kvmvapic.bin \
		/usr/share/qemu/linuxboot_dma.bin /usr/share/qemu/multiboot_dma.bin; do
		files="$files -f $rom:/guest/roms/${rom##*/}$at"
	done
}

# Stock calibrates the counter in each boot, emulated clocks with another result, and KVM
# without scaling cannot run a guest that was started at another frequency.  With counted
# instructions the counter has 1 GHz.
tell_frequency() {
	case $accel in
	tcg-icount) khz=1000000 ;;
	*) khz=$("$build/e2e/host/tsc-khz") ;;
	esac
	append="$append tsc_early_khz=$khz"
}

# QEMU's emulation of SVM can lose an interrupt: at an exit from a nested guest it clears a bit
# of the requests of the CPU beside the thread that sets another one (do_vmexit() in QEMU
# 10.0).  The local APIC has it pending still, and presents it with the next interrupt. If that
# was a timer that is set once, the only CPU may run a guest for ever; a periodic one goes on.
# Timers of these kernels have a resolution of 4 ms then.
keep_ticking() { append="$append highres=off"; }

# systemd as init, without questions to the serial port that nobody answers; messages of
# systemd-shutdown go to the console through the kernel's log.
use_systemd() {
	grep -q '^# init: systemd$' "$plan" || return 0
	root=$("$here/prepare.sh" systemd) || exit 4
	files="$files -b $root -f $top/tests/systemd/kexec-next:/usr/libexec/kexec-next"
	append="$append printk.devkmsg=on systemd.minimum_uptime_sec=0 systemd.show_status=0 TERM=dumb"
	append="$append systemd.tty.term.console=dumb systemd.tty.rows.console=25 systemd.tty.columns.console=80"
}

start() {
	first=${boots# }
	first=${first%% *}
	image=${first%%,*}
	accel=$(pick_accel "$accel" "$image")
	# KVM in the guest, without nesting in this machine: emulate
	[ "$accel" != kvm ] || [ -z "$guest_kernel" ] ||
		grep -qs '^[1Y]' /sys/module/kvm_*/parameters/nested || accel=tcg
	echo "$accel" >"$dir/accel"
	if [ -n "$guest_kernel" ] && [ -n "$calibrates" ]; then
		tell_frequency
	fi
	if [ -n "$guest_kernel" ] && [ "$accel" = tcg ]; then
		keep_ticking
	fi
	# In assignments, where a failure ends the script.
	machine=$(accel_args "$accel")
	machine="$machine $(memory_args "$mem" "$nodes" "$cpus" "$backing")"
	status=0
	# shellcheck disable=SC2086	# words on purpose
	run_guest "$dir" "$limit" "$image" "$dir/initrd1" \
		"console=ttyS0 kho=on liveupdate=on no_timer_check panic=-1 oops=panic kho_stage=1$append" \
		$machine || status=$?
}

# Both serial ports are text, but a guest that crashes may write any bytes.
add_blackout() {
	LC_ALL=C awk '
		/^[0-9]+ tsc_khz=/ { split($2, v, "="); khz = v[2] }
		/^[0-9]+ t0=/ { split($2, v, "="); t0[$1] = v[2] }
		/^[0-9]+ t1=/ { split($2, v, "="); t1[$1] = v[2] }
		END {
			for (s in t1)
				if ((s - 1) in t0 && khz)
					printf "%d blackout_ns=%.0f\n", s, (t1[s] - t0[s - 1]) * 1e6 / khz
		}' "$dir/verdict" >"$dir/blackout"
	cat "$dir/blackout" >>"$dir/verdict"
}

# verdict_value STAGE KEY
verdict_value() { LC_ALL=C sed -n "s/^$1 $2=//p" "$dir/verdict" | tail -n 1; }

# Check that the timeline of a boot accounts for the blackout before it.
add_timeline() {
	rm -f "$dir/timeline.json" "$dir/parts" "$dir/parts.reason"
	boot=$(LC_ALL=C sed -n 's/^ok \([0-9]\) timeline.*/\1/p' "$dir/verdict" | tail -n 1)
	[ -n "$boot" ] || return 0
	verdict_value "$boot" timeline >"$dir/timeline.json"
	"$here/prepare.sh" host
	"$build/e2e/host/timeline-parts" "$dir/timeline.json" \
		"$(verdict_value $((boot - 1)) t0)" "$(verdict_value "$boot" t1)" \
		"$(verdict_value 1 tsc_khz)" >"$dir/parts" 2>"$dir/parts.reason" || rm "$dir/parts"
}

judge() {
	failed=$(grep -a -m1 '^not ok ' "$dir/verdict") || :
	bad=$(console_badness "$dir/console" "$plan" | head -n 1)
	if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
		end 3 "hung in $(last_boot): not done after $limit s (${failed:-after $(last_step)})"
	elif [ -n "$failed" ]; then
		end 1 "$failed"
	elif ! grep -qx 'done' "$dir/verdict"; then
		end 2 "VM lost in $(last_boot): $(lost_because)"
	elif [ -n "$bad" ]; then
		end 1 "console: $bad"
	elif [ -s "$dir/parts.reason" ]; then
		end 1 "timeline: $(sed 's/^[^:]*: //' "$dir/parts.reason")"
	fi
}

# The boot that was reached, also if its /init never ran
last_boot() { echo "boot $(grep -ac 'Linux version ' "$dir/console") of $nr"; }

last_step() { { grep -a '^ok ' "$dir/verdict" || echo 'no step'; } | tail -n 1; }

lost_because() {
	if [ "$status" -ne 0 ]; then
		echo "QEMU ended with $status: $(tail -n 1 "$dir/qemu.log")"
	else
		reason=$(grep -a -m1 -E 'Kernel panic|BUG:|unable to handle' "$dir/console" |
			sed 's/^\[ *[0-9.]*\] //')
		echo "no 'done'; ${reason:-the console says nothing of a panic}"
	fi
}

mem=2G nodes=1 cpus=2 limit=240 append='' files='' dir='' accel=auto backing=auto stamps='' plan=''
for arg; do
	planfile=$arg
done
[ -f "${planfile-}" ] || bad_usage
# shellcheck disable=SC2046	# words on purpose
options $(sed -n 's/^# vm: *//p' "$planfile")
options "$@"
name=${plan##*/}
name=${name%.*}
dir=${dir:-$build/e2e/$name}
command -v "$qemu" >/dev/null || { say "$qemu is not installed: run 'make setup'"; exit 4; }

"$here/prepare.sh" init
[ -z "$stamps" ] || "$here/prepare.sh" host
mkdir -p "$dir"
dir=$(cd -- "$dir" && pwd -P)
boots
programs
guests
use_systemd
# shellcheck disable=SC2086	# words on purpose
"$here/mkinitrd.sh" -i "$build/e2e/init/init" -p "$plan" -o "$dir" $files $boots
start
add_blackout
add_timeline
judge
rm -f "$dir"/initrd? "$dir"/*.ko?
