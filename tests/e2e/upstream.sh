#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Run one of upstream's live update tests (tools/testing/selftests/liveupdate), unmodified
# and under upstream's init, as its vmtest.sh does.  It passes with "TEST PASSED" on the
# console.  Each run starts afresh.
#
# usage: upstream.sh [-1 KERNEL] [-t SECONDS] [-o DIR] [-x ACCEL] CASEFILE
#   CASEFILE has a line '# upstream: NAME' and, like a plan, '# vm:' and '# allow:'
# exit status: as vm.sh
set -eu
here=$(dirname -- "$0")
# shellcheck source=../../scripts/lib.sh
. "$here/../../scripts/lib.sh"
# shellcheck source=guest.sh
. "$here/guest.sh"

end() {
	say "$test: $2"
	exit "$1"
}

options() {
	OPTIND=1
	while getopts 1:2:3:4:t:o:x: opt; do
		case $opt in
		1) kernel=$OPTARG ;;
		[2-4]) ;; # there is only one kernel
		t) limit=$OPTARG ;;
		o) dir=$OPTARG ;;
		x) accel=$OPTARG ;;
		*) bad_usage ;;
		esac
	done
	shift $((OPTIND - 1))
	case_file=${1-}
}

# initrd NAME EXTRA...: upstream's init and the test; EXTRA are lines for gen_init_cpio
initrd() {
	out=$1
	shift
	printf '%s\n' 'dir /dev 0755 0 0' 'dir /proc 0755 0 0' 'dir /debugfs 0755 0 0' \
		'nod /dev/console 0600 0 0 c 5 1' \
		"file /init $tests/init 0755 0 0" \
		"file /test_binary $tests/$test 0755 0 0" "$@" >"$dir/$out.list"
	"$(pack_tool)" "$dir/$out.list" >"$dir/$out"
}

# The console without messages of the kernel, which may stand in the middle of a line
said() {
	tr -d '\r' <"$dir/console" | awk '
		(at = match($0, /\[ *[0-9]+\.[0-9]+\] /)) { printf "%s", substr($0, 1, at - 1); next }
		{ print }' | grep -aq "$1"
}

judge() {
	bad=$(console_badness "$dir/console" "$case_file" | head -n 1)
	if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
		end 3 "hung: not done after $limit s"
	elif ! grep -aq 'Starting Stage 2' "$dir/console"; then
		end 2 "VM lost: it never reached the second kernel"
	elif ! said 'TEST PASSED' || ! said 'Stage 2 completed successfully'; then
		end 1 "no 'TEST PASSED' on the console"
	elif [ -n "$bad" ]; then
		end 1 "console: $bad"
	fi
}

kernel=fast limit=240 dir='' accel=auto
for arg; do
	case_file=$arg
done
[ -f "${case_file-}" ] || bad_usage
# shellcheck disable=SC2046	# words on purpose
options $(sed -n 's/^# vm: *//p' "$case_file")
options "$@"
test=$(sed -n 's/^# upstream: *//p' "$case_file")
tests=$build/e2e/selftests
dir=${dir:-$build/e2e/$test}
mkdir -p "$dir"
dir=$(cd -- "$dir" && pwd -P)

"$here/prepare.sh" selftests
image=$(kernel_image "$kernel")
initrd inner
initrd outer "file /kernel $image 0644 0 0" "file /initrd.img $dir/inner 0644 0 0"
accel=$(pick_accel "$accel" "$image")
echo "$accel" >"$dir/accel"
# In assignments, where a failure ends the script.
machine=$(accel_args "$accel")
machine="$machine $(memory_args 1G 1 2 auto)"
status=0
# shellcheck disable=SC2086	# words on purpose
run_guest "$dir" "$limit" "$image" "$dir/outer" \
	'console=ttyS0 liveupdate=on no_timer_check panic=-1 oops=panic' \
	$machine || status=$?
judge
rm -f "$dir/inner" "$dir/outer"
