#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Flip bits of what one kernel leaves to the next, and see what the next one makes of it (KTAP).
#
# usage: [KHO_JOBS=N] flips.sh [-n N] [-s SEED] [-k KIND] [-K KERNEL] [-a WORD]...
#   -n N       number of tries (100)
#   -s SEED    first seed (1); each try has the next one
#   -k KIND    flip bits of this kind of structure only: those of 'flip list', or data
#   -K KERNEL  both kernels (fast)
#   -a WORD    add WORD to the kernel command line
#   -t SECONDS time limit of a guest (120)
#   -r         use the guest that the last run has saved
#   KHO_JOBS   guests at a time (as many as there are CPUs)
#
# One guest runs flips/plan up to the function of the second kernel that reads the handover, where
# it is saved. Each try continues from there, with bits of its seed flipped. Outcomes:
#   revived    all that was preserved is there, byte by byte, after free memory was overwritten
#   contained  something is lost, with an error for its owner and a message of the kernel; or a
#              session has another name: debugfs lists it, sysfs counts it, and the next kexec is
#              refused with a message that has the name
#   refused    the handover was refused, with a message
# Everything else fails: a loss without a message, wrong contents without an error, a warning, a
# crash, a guest that is not done in time.
#
# Files in build/e2e/flips, or flips-WORDS with -a, for each SEED: SEED.bits, SEED.console,
# SEED.verdict, SEED.outcome.
# exit status: 0 all tries had one of the three outcomes, 1 otherwise
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
# shellcheck source=../../scripts/lib.sh
. "$here/../../scripts/lib.sh"
# shellcheck source=guest.sh
. "$here/guest.sh"

programs=$build/e2e/flips kernel=fast mem=384 limit=120 extra='' nr=100 first=1 kind='' saved='' repeat=''
while getopts n:s:k:K:a:t:r opt; do
	case $opt in
	n) nr=$OPTARG ;;
	s) first=$OPTARG ;;
	k) kind=$OPTARG ;;
	K) kernel=$OPTARG ;;
	a) extra="$extra $OPTARG" repeat="$repeat -a $OPTARG" ;;
	t) limit=$OPTARG ;;
	r) saved=1 ;;
	*) bad_usage ;;
	esac
done
[ "$OPTIND" -gt $# ] || bad_usage
dir=$programs$(printf %s "$extra" | tr -c 'A-Za-z0-9_.' -)
jobs=${KHO_JOBS:-$(nproc)}
machine="-accel tcg,thread=single -cpu max,la57=off -smp 1 -m ${mem}M
	-machine q35,memory-backend=ram -nodefaults -no-user-config -display none -no-reboot"
# Messages only that somebody should read. After a refusal scratch is all the memory there is.
words='console=ttyS0 nokaslr kho=on liveupdate=on no_timer_check panic=-1 oops=panic loglevel=5
	kho_scratch=64M,8M,16M'

# run SHARE MEMORY OUT OPTION...
run() {
	share=$1 memory=$2 out=$3
	shift 3
	# shellcheck disable=SC2086	# words on purpose
	timeout -k 5 "$limit" "$qemu" $machine "$@" \
		-object "memory-backend-file,id=ram,size=${mem}M,mem-path=$memory,share=$share" \
		-serial "file:$out.console" -serial "file:$out.verdict" >"$out.log" 2>&1
}

save() {
	rm -rf "$dir/saved"
	mkdir -p "$dir/saved"
	image=$(kernel_image "$kernel")
	"$here/mkinitrd.sh" -i "$build/e2e/init/init" -p "$here/flips/plan" -o "$dir/saved" \
		"$image,$build/kmod/$kernel" "$image,$build/kmod/$kernel"
	address=$(awk '$3 == "kho_populate" { print $1 }' "${image%/arch/*}/System.map")
	run on "$dir/saved/memory" "$dir/saved/boot" -S -global migration.store-global-state=off \
		-gdb "unix:$dir/saved/gdb,server=on,wait=off" \
		-monitor "unix:$dir/saved/monitor,server=on,wait=off" -kernel "$image" \
		-initrd "$dir/saved/initrd1" -append "$words kho_stage=1$extra" </dev/null &
	"$programs/save" "$dir/saved/gdb" "$dir/saved/monitor" "$address" "$dir/saved/devices" \
		>"$dir/saved/fdt" || die "the guest was not saved, see $dir/saved/boot.*"
	wait $!
}

# try SEED MEMORY
try() {
	out=$dir/$1
	# shellcheck disable=SC2086	# none or one word
	"$programs/flip" choose "$dir/saved/memory" "$fdt" "$1" $kind >"$out.bits"
	"$programs/flip" apply "$2" <"$out.bits"
	status=0
	printf '%s\n' 'migrate_set_capability x-ignore-shared on' \
		"migrate_incoming file:$dir/saved/devices" |
		run off "$2" "$out" -incoming defer -monitor stdio || status=$?
	"$programs/flip" apply "$2" <"$out.bits"
	outcome "$out" "$status" >"$out.outcome"
}

# Sessions that are not found. Each may have another name.
missing='memfd-retrieve .*: retrieving the session: No such file'
left='live update refused: session .* of the last one is not retrieved'

# all_left FILES: for each missing session there is one that nobody has retrieved, in debugfs and in
# sysfs, and a kexec was refused. A session that was not even read makes no other one missing.
all_left() {
	LC_ALL=C awk -v missing="^lost 2 $missing" '
		$0 ~ missing { lost++ }
		$1 == 2 { split($2, v, "="); n[v[1]] = v[2] }
		END { exit lost && (lost > n["unretrieved"] || lost > n["listed"] || !n["kexec_busy"]) }' \
		"$1.verdict"
}

# only_left FILES: nothing else is lost, and the refusal has a name
only_left() {
	! LC_ALL=C grep -a '^lost 2' "$1.verdict" | grep -a -v -q "$missing" &&
		grep -a -q "$left" "$1.console"
}

# outcome FILES STATUS: one word, and why
outcome() {
	lost=$(LC_ALL=C sed -n 's/^lost 2 //p' "$1.verdict" | head -n 1)
	wrong=$(LC_ALL=C grep -a -m1 -E '^lost .*(differ|the memfd has)' "$1.verdict") || :
	said=$(LC_ALL=C grep -a -E '^\[[ 0-9.]*\] (KHO|luo|kho_workload): ' "$1.console" |
		grep -a -v -e taint -e "$left" | sed 's/^\[[^]]*\] //; q' | tr -d '\r') || :
	bad=$(console_badness "$1.console" "$here/flips/plan" | head -n 1 | tr -d '\r')
	if [ "$2" -ge 124 ]; then
		echo "hung $said"
	elif ! grep -qx 'done' "$1.verdict"; then
		echo "crashed $(grep -a -m1 '^not ok' "$1.verdict") $bad $(tail -n 1 "$1.log")"
	elif [ -n "$bad" ]; then
		echo "warned $bad"
	elif [ -n "$wrong" ]; then
		echo "wrong $wrong"
	elif [ -z "$lost" ]; then
		echo "revived $said"
	elif [ -n "$said" ] && grep -a -q 'handover refused' "$1.console"; then
		echo "refused $said"
	elif ! all_left "$1" || { [ -z "$said" ] && ! only_left "$1"; }; then
		echo "silent $lost"
	else
		echo "contained ${said:-$(grep -a -m1 -o "$left" "$1.console")}"
	fi
}

# Tries of one worker: every $jobs-th seed
work() {
	cp --sparse=always "$dir/saved/memory" "$dir/saved/memory.$1"
	seed=$((first + $1))
	while [ "$seed" -lt $((first + nr)) ]; do
		try "$seed" "$dir/saved/memory.$1"
		seed=$((seed + jobs))
	done
	rm "$dir/saved/memory.$1"
}

"$here/prepare.sh" init
"$here/prepare.sh" flips
[ -n "$saved" ] || save
read -r fdt _ <"$dir/saved/fdt"
rm -f "$dir"/*.outcome
worker=0
while [ "$worker" -lt "$jobs" ]; do
	work "$worker" &
	worker=$((worker + 1))
done
wait

# report SEED: a line of KTAP, and its row of the table to TABLE
report() {
	read -r word why <"$dir/$1.outcome"
	what=$(awk 'NR > 1 && $1 != kind { several = 1 } { kind = $1 }
		END { print several ? "several" : kind }' "$dir/$1.bits")
	number=$(($1 - first + 1))
	case $word in
	revived | contained | refused)
		echo "ok $number - seed $1, $what: $word"
		;;
	*)
		echo "not ok $number - seed $1, $what: $word: $why"
		sed 's/^/# /' "$dir/$1.bits"
		echo "# repeat: tests/e2e/flips.sh -n 1 -s $1${kind:+ -k $kind}$repeat"
		word=failed
		failed=$((failed + 1))
		;;
	esac
	echo "$what $word" >>"$dir/table"
}

echo 'KTAP version 1'
echo "1..$nr"
rm -f "$dir/table"
failed=0 seed=$first
while [ "$seed" -lt $((first + nr)) ]; do
	report "$seed"
	seed=$((seed + 1))
done
echo '# flipped     revived  contained  refused  failed'
awk '{ n[$1, $2]++; n["all", $2]++; kinds[$1]; kinds["all"] }
	END {
		for (k in kinds)
			printf "# %-10s %8d %10d %8d %7d\n", k, n[k, "revived"], n[k, "contained"],
				n[k, "refused"], n[k, "failed"]
	}' "$dir/table" | sort
[ "$failed" -eq 0 ]
