#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Run end-to-end tests, all or the named ones (KTAP).  Needs the kernels (make kernels).
# Idempotent; logs of a case are in build/e2e/NAME.
#
# Emulated machines hang now and then, with stock kernels too: one in about a thousand boots of
# 2026-11-30.  QEMU 10.0 can lose interrupts; whether that was it is not known.  So the first
# case of a run that hangs there is run once more, and that is reported; its logs are in
# build/e2e-hung/NAME.  The second one has failed.
#
# usage: [KHO_JOBS=N] [CI=1] run.sh [-b KERNEL] [-l] [-x ACCEL] [-k KERNEL] [NAME...]
#   -b KERNEL  only cases that boot KERNEL: debug, kcsan, or both for stock and fast only
#   -l         list the cases
#   -x ACCEL   tcg, tcg-icount, kvm or auto (auto)
#   -k KERNEL  use KERNEL for every boot, such as stock
#   KHO_JOBS   cases at a time (as many as there are CPUs, and 3 GiB of free memory for each)
#   CI=1       a case that cannot run here fails instead of being skipped
# exit status: 0 all passed, 1 some failed, 4 all were skipped
#
# A case is a plan (see vm.sh) with further comments:
#   # status: N       expected exit status of vm.sh (0)
#   # reason: TEXT    part of the reason that vm.sh must print
#   # needs: GIB      free memory that the host must have; runs by itself
#   # alone: WHY      runs by itself
#   # upstream: NAME  run upstream's test NAME instead of a plan
#   # prepare: WHAT   run prepare.sh WHAT first
#   # emulate: ACCEL  use ACCEL instead of tcg: with tcg-icount times do not depend on the
#                     load of the host
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
# shellcheck source=../../scripts/lib.sh
. "$here/../../scripts/lib.sh"
# shellcheck source=guest.sh
. "$here/guest.sh"

header() { sed -n "s/^# $1: *//p" "$2"; }

# kernel_of FILE: debug or kcsan, or both if the case boots stock and fast only
kernel_of() {
	for _word in $(header vm "$1"); do
		case $_word in debug | kcsan) echo "$_word"; return ;; esac
	done
	echo both
}

list_cases() {
	for _case in "$here"/cases/*.case; do
		case $only in
		'' | "$(kernel_of "$_case")") basename "$_case" .case ;;
		esac
	done
}

jobs_at_a_time() {
	n=$(nproc)
	[ $((n * 3)) -le "$(free_gib)" ] || n=$(($(free_gib) / 3))
	[ "$n" -gt 0 ] || n=1
	echo "${KHO_JOBS:-$n}"
}

# run_case NAME: writes DIR/result, "STATUS SECONDS" and a line with the reason
run_case() {
	file=$here/cases/$1.case dir=$build/e2e/$1
	want=$(header status "$file") want=${want:-0}
	mkdir -p "$dir"
	rm -f "$dir/console"
	start=$(date +%s) rc=0
	try_case "$1" >"$dir/out" 2>&1 </dev/null || rc=$?
	if [ "$rc" -eq 3 ] && [ "$want" -ne 3 ] && may_have_hung "$1"; then
		rc=0
		try_case "$1" >"$dir/out" 2>&1 </dev/null || rc=$?
	fi
	[ "$rc" -eq 4 ] || rc=$(compare "$rc")
	printf '%s %s\n' "$rc" $(($(date +%s) - start)) >"$dir/result.tmp"
	tail -n 1 "$dir/out" >>"$dir/result.tmp"
	mv "$dir/result.tmp" "$dir/result"
}

# may_have_hung NAME: the emulator, and no other in this run. Keeps the logs.
may_have_hung() {
	[ "$(cat "$dir/accel" 2>/dev/null)" = tcg ] && mkdir "$hung" 2>/dev/null || return
	cp -R "$dir" "$hung/$1"
}

try_case() {
	script=vm.sh needs=$(header needs "$file") prepare=$(header prepare "$file")
	if [ "${needs:-0}" -gt "$(free_gib)" ]; then
		echo "needs $needs GiB of free memory"
		return 4
	fi
	[ -z "$prepare" ] || "$here/prepare.sh" "$prepare" || return
	[ -z "$(header upstream "$file")" ] || script=upstream.sh
	case $accel in
	tcg*) accel=$(header emulate "$file" | grep . || echo "$accel") ;;
	esac
	# shellcheck disable=SC2086	# words on purpose
	"$here/$script" $kernels -x "$accel" -o "$dir" "$file"
}

# compare STATUS: prints 0 if status and reason are as expected; the last line of DIR/out
# is the reason in any case
compare() {
	said=$(tail -n 1 "$dir/out") reason=$(header reason "$file")
	case $1:$said in
	$want:*"$reason"*) echo 0 ;;
	0:* | "$want":*)
		echo "expected status $want with '$reason', got $1: $said" >>"$dir/out"
		echo 1
		;;
	*) echo "$1" ;;
	esac
}

# report NUMBER NAME
report() {
	dir=$build/e2e/$2
	read -r rc secs <"$dir/result"
	reason=$(sed -n 2p "$dir/result")
	where=qemu-$(cat "$dir/accel" 2>/dev/null || echo none)
	case $rc in
	0)
		echo "ok $1 - $2 # time ${secs}s ($where)"
		[ ! -d "$hung/$2" ] || echo "# $(tail -n 1 "$hung/$2/out"): passed when run again"
		passed=$((passed + 1))
		;;
	4)
		if [ -n "${CI-}" ]; then
			echo "not ok $1 - $2 # cannot run here: $reason"
			failed="$failed $2"
		else
			echo "ok $1 - $2 # SKIP $reason"
		fi
		;;
	*)
		echo "not ok $1 - $2 # time ${secs}s ($where)"
		failed="$failed $2"
		echo "# $reason"
		echo "# logs: $dir"
		tail -n 12 "$dir/console" 2>/dev/null | tr -d '\r' | sed 's/^/#   /'
		;;
	esac
}

hung=$build/e2e-hung
accel=auto kernels=${KHO_KERNELS-} only='' list=''
case ${1-} in
--case) # for the runner
	accel=$2
	run_case "$3"
	exit ;;
--all) # the runner: names on standard input, the first $3 of them $4 at a time
	names=$(cat)
	echo "$names" | head -n "$3" | xargs -r -P "$4" -n 1 "$0" --case "$2"
	echo "$names" | tail -n +$(($3 + 1)) | xargs -r -n 1 "$0" --case "$2"
	exit ;;
esac
while getopts b:lk:x: opt; do
	case $opt in
	b)
		only=$OPTARG
		case $only in both | debug | kcsan) ;; *) die "-b $only: both, debug or kcsan" ;; esac ;;
	l) list=1 ;;
	x) accel=$OPTARG ;;
	k) kernels="-1 $OPTARG -2 $OPTARG -3 $OPTARG -4 $OPTARG" ;;
	*) bad_usage ;;
	esac
done
shift $((OPTIND - 1))
if [ -n "$list" ]; then
	list_cases
	exit
fi
# shellcheck disable=SC2046	# words on purpose
[ $# -gt 0 ] || set -- $(list_cases)

command -v "$qemu" >/dev/null || die "$qemu is not installed: run 'make setup'"
accel=$(pick_accel "$accel" "$(kernel_image stock)")
case $accel in
tcg*) say "no usable KVM: emulating with $accel, so times say nothing about real hardware" ;;
esac
for name; do
	[ -f "$here/cases/$name.case" ] || die "no case '$name': see run.sh -l"
	rm -f "$build/e2e/$name/result"
done
"$here/prepare.sh" init
rm -rf "$hung"

# Cases that run by themselves come last.
together='' alone=''
for name; do
	if grep -qE '^# (alone|needs): ' "$here/cases/$name.case"; then
		alone="$alone $name"
	else
		together="$together $name"
	fi
done
# shellcheck disable=SC2086	# words
set -- $together $alone

# In a session of its own, so that an interrupt ends all of it, QEMU too.
export KHO_KERNELS="$kernels"
printf '%s\n' "$@" | setsid "$0" --all "$accel" "$(echo "$together" | wc -w)" "$(jobs_at_a_time)" &
runner=$!
trap 'kill -- -$runner 2>/dev/null; exit 130' INT TERM HUP
echo 'KTAP version 1'
echo "1..$#"
nr=0 passed=0 failed=''
for name; do
	nr=$((nr + 1))
	until [ -e "$build/e2e/$name/result" ]; do
		kill -0 "$runner" 2>/dev/null || [ -e "$build/e2e/$name/result" ] ||
			die "the runner died before $name was done"
		sleep 0.2
	done
	report "$nr" "$name"
done
wait "$runner" || :

echo "# passed: $passed, failed:$(echo "$failed" | wc -w), total: $#"
[ -z "$failed" ] || { echo "# failed:$failed"; exit 1; }
[ "$passed" -gt 0 ] || exit 4
