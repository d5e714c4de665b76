#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Measure the blackout of a live update with the stock and the accelerated kernel, in
# turns, scenario by scenario (bench/scenarios), and report. Each run adds an env record and
# a record per repetition to build/report/blackout.jsonl, the source of all reports.
# build/report/timeline-SCENARIO.json is the timeline of the last accelerated repetition.
#
# usage: [QUICK=1 | SMOKE=1] blackout.sh [SCENARIO...]
#   QUICK=1   a subset of 3 minutes, one repetition each
#   SMOKE=1   one small scenario, one repetition; output goes to build/smoke/
#
# Exit status: 0 all was verified; 1 a repetition failed, or it cannot be measured here; with
# all scenarios also 1 when a target (bench/targets) is not met.
set -eu
here=$(dirname -- "$0")
# shellcheck source=../scripts/lib.sh
. "$here/../scripts/lib.sh"
# shellcheck source=env.sh
. "$here/env.sh"

form=full
! is_on "${QUICK-}" || form=quick
[ -z "$smoke" ] || form=smoke

# rows [SCENARIO...]: the lines of bench/scenarios that this form measures, in order: name,
# guest, host, kernels, reps
rows() {
	awk -v form="$form" -v only=" $* " '
		/^#/ || !NF { next }
		only != "  " && !index(only, " " $1 " ") { next }
		{ kernels = form == "full" ? $10 : form == "quick" ? $12 : $13
		  if (kernels != "-")
			print $1, $2, $3, $4, $5, $6, $7, $8, $9, kernels, form == "full" ? $11 : 1 }' \
		"$here/scenarios"
}

check_names() {
	for name; do
		[ -n "$(rows "$name")" ] ||
			die "no scenario '$name' in a $form run; there are:$(rows | awk '{ printf " " $1 }')"
	done
}

# The command to do it again
command_line() {
	case $form in
	quick) printf 'QUICK=1 ' ;;
	smoke) printf 'SMOKE=1 ' ;;
	esac
	[ $# -gt 0 ] || printf 'make blackout'
	[ $# -eq 0 ] || printf 'bench/blackout.sh %s' "$*"
}

# The plan of a scenario for $kernel. All preserved memory is verified, or there is no figure.
write_plan() {
	echo 'stage 1'
	if [ "$n" -gt 0 ]; then
		echo 'insmod kho_workload'
		echo "workload preserve set=scatter n=$n order=$order stride=$stride stamp=$stamp"
	fi
	printf 'kexec\nstage 2\n'
	if [ "$n" -gt 0 ]; then
		printf 'insmod kho_workload\nworkload scribble max_mb=1024\n'
		printf 'workload restore\nworkload verify\n'
	fi
	# After all that is measured. Stock has none.
	[ "$kernel" != fast ] || echo 'timeline'
	echo 'poweroff'
}

value() { sed -n "s/^2 $1=//p" "$work/vm/verdict" | head -n 1; }

# One record of the repetition that just ended
sample() {
	blackout=$(value blackout_ns) retrieve=$(value restore_ns) verified=false
	set --
	[ "$status" != ok ] || {
		verified=true
		set -- landmarks="$work/vm/landmarks" phases="$work/vm/parts"
	}
	# The limit is for the whole run, up to reboot(2) and from there.
	add_sample bench=blackout case="$name" status="$status" reason="$reason" \
		verified="$verified" "$@" limit_s="$((limit - before_s))" n="$n" order="$order" \
		stride="$stride" memory="$memory" nodes=1 cpus=2 blackout_ns="${blackout:-0}" \
		retrieve_ns="${retrieve:-0}" total_ns="$((${blackout:-0} + ${retrieve:-0}))"
}

# Landmarks on the console of both kernels, by the clock of the host. A console without any
# is no reason to drop a sample.
find_landmarks() {
	awk -v blackout="$(value blackout_ns)" -f "$here/landmarks.awk" "$here/landmarks" \
		"$work/vm/verdict.lines" "$work/vm/console.lines" >"$work/vm/landmarks" || :
}

measure() {
	write_plan >"$work/$name.plan"
	run_guest "$again" "$work/$name.plan" -m "$memory" -b "$backing" -c 2 -t "$limit" -s
	find_landmarks
	[ ! -s "$work/vm/timeline.json" ] || cp "$work/vm/timeline.json" "$out/timeline-$name.json"
	sample
	done=$((done + 1))
	say "$done/$total $name, $kernel, repetition $rep: $(summary)"
}

summary() {
	elapsed=$(($(date +%s) - began))
	case $status in
	ok) awk -v b="$(value blackout_ns)" -v r="$(value restore_ns)" \
		'BEGIN { printf "blackout %.2f s, restore %.2f s", b / 1e9, r / 1e9 }' ;;
	limit) printf '> %s s' "$((limit - before_s))" ;;
	*) printf '%s' "$reason" ;;
	esac
	echo " (elapsed $((elapsed / 60)) min $((elapsed % 60)) s)"
}

check_names "$@"
again=$(command_line "$@")
rows=$(rows "$@")
# shellcheck disable=SC2046	# words
begin_run blackout "$(echo "$rows" | awk '$9 > most { most = $9 } END { print most }')" \
	$(echo "$rows" | awk '{ print $10 }' | tr ',' '\n' | sort -u)
done=0 began=$(date +%s)
total=$(echo "$rows" | awk '{ n += $11 * split($10, k, ",") } END { print n + 0 }')
say "$total live updates; the samples go to $log"

echo "$rows" >"$work/rows"
while read -r name memory n order stride stamp backing limit _ kernels reps; do
	# shellcheck disable=SC2046	# words
	in_turns measure "$reps" $(echo "$kernels" | tr , ' ') </dev/null
done <"$work/rows"

rc=0
# Targets need the whole set of scenarios.
if [ "$form" = full ] && [ $# -eq 0 ]; then
	"$report" blackout "$log" --check "$here/targets" || rc=$?
else
	"$report" blackout "$log" || rc=$?
fi
echo
say "the chart and all figures: $out/blackout.html"
[ "$rc" -eq 0 ] || exit 1
