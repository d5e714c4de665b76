#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Measure the live update orchestrator with the stock and the accelerated kernel, in turns:
# a large memfd, many sessions, many files.  Contents are compared before a figure counts.
# Adds samples to build/report/luo.jsonl and prints a table of them, beside the targets.
#
# Needs the kernels (make kernels).
#
# usage: [REPS=N | SMOKE=1] luo.sh [SCENARIO...]
#   pages         a memfd of 400,000 pages of 4 KiB
#   pages-cma     the same in 4 GiB, so that a part is in scratch and is migrated; no target
#   sessions      4,000 sessions
#   files-5000 files-10000 files-20000
#                 memfds of a page in one session, to compare the cost per file
#   whole         40,000 memfds in 2,000 sessions, from reboot(2) to the last retrieval, with
#                 free memory between them: takes minutes with stock
#   whole-dense   the same in adjacent memory, the best case for stock
#   whole-small   100 memfds in 20 sessions; no target
#   REPS          repetitions per kernel (3)
#   SMOKE=1       whole-small, one repetition; output goes to build/smoke/
#
# Exit status: 0; 1 a repetition failed, a target is not met, or it cannot be measured here.
set -eu
here=$(dirname -- "$0")
# shellcheck source=../scripts/lib.sh
. "$here/../scripts/lib.sh"
# shellcheck source=env.sh
. "$here/env.sh"

all='pages pages-cma sessions files-5000 files-10000 files-20000 whole-dense whole'
reps=${REPS:-3}
[ -z "$smoke" ] || all=whole-small reps=1

# scenario NAME: sets the steps and the machine of one; host: GiB that the host gives
scenario() {
	memory=2G limit=180 pages=0 sessions=0 files=0 between=0 host=2
	case $1 in
	pages) memory=8G pages=400000 host=4 ;;
	pages-cma) memory=4G pages=400000 host=3 ;;
	sessions) sessions=4000 ;;
	files-5000 | files-10000 | files-20000) sessions=1 files=${1#files-} ;;
	whole) sessions=2000 files=20 between=1 limit=600 ;;
	whole-dense) sessions=2000 files=20 ;;
	whole-small) memory=1G sessions=20 files=5 between=1 ;;
	*) die "no scenario '$1'; there are: $all" ;;
	esac
	if [ "$pages" -gt 0 ]; then
		before="memfd-preserve guest pages=$pages" after="memfd-retrieve guest pages=$pages"
	else
		before="many-preserve sessions=$sessions files=$files interleave=$between"
		after="many-retrieve sessions=$sessions files=$files"
	fi
}

is_whole() { case $1 in whole*) ;; *) return 1 ;; esac; }

# Free memory is overwritten first, but where the time from reboot(2) counts.
write_plan() {
	printf 'stage 1\n%s\nkexec\nstage 2\n' "$before"
	is_whole "$1" || printf 'insmod kho_workload\nworkload scribble max_mb=1024\n'
	printf '%s\npoweroff\n' "$after"
}

# Figures that the guests reported, KEY=VALUE a line.  last_ns, where nothing else was done
# meanwhile: from reboot(2) to the last file, by the clock that runs on across the kexec.
figures() {
	LC_ALL=C awk -v name="$name" '
		$2 ~ /^(tsc_khz|t0|tr)=/ { split($2, v, "="); clock[v[1]] = v[2] }
		$2 ~ /^(create|preserve|open|sessions|files|retrieve|finish|blackout)_ns=[0-9]+$/ {
			print $2 }
		END { if (name ~ /^whole/ && clock["tr"] && clock["tsc_khz"])
			printf "last_ns=%.0f\n", (clock["tr"] - clock["t0"]) * 1e6 / clock["tsc_khz"] }
		' "$work/vm/verdict"
}

measure() {
	run_guest "${smoke:+SMOKE=1 }bench/luo.sh${args:+ $args}" "$work/$name.plan" -m "$memory" \
		-b ram -t "$limit"
	[ "$status" != limit ] || status=failed reason=$(tail -n 1 "$work/reason")
	# shellcheck disable=SC2046	# words
	add_sample bench=luo case="$name" status="$status" reason="$reason" memory="$memory" \
		pages="$pages" sessions="$sessions" files="$files" $(figures)
	# shellcheck disable=SC2046	# words
	say "$name, $kernel, repetition $rep: $reason" $(figures)
}

whole_number REPS "$reps"
args=$*
# shellcheck disable=SC2086	# words on purpose
[ $# -gt 0 ] || set -- $all
measure_all luo "$reps" "$@"
