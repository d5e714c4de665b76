#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Print what systemd did around the last live update as steps for 'khoctl timeline -g', by
# the names of 'systemd-analyze time': it hands its timestamps over
# (PreviousShutdown*TimestampMonotonic).
#
# The last of them is taken right before reboot(2), where the timeline of the kernels begins.
# In the new kernel systemd starts where that ends.
#
# usage: kho-steps.sh [-s SHOW] [-t TIMELINE] [GUEST]
#   -s SHOW      output of 'systemctl show' on another host
#   -t TIMELINE  its timeline.json
#   GUEST        steps of a guest's VMM, which are added: from its first line to its last
set -eu

die() {
	echo "${0##*/}: $*" >&2
	exit 2
}

show='' timeline=/sys/kernel/debug/kho/timeline.json
while getopts s:t: option; do
	case $option in
	s) show=$OPTARG ;;
	t) timeline=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))

[ -r "$timeline" ] || die "$timeline: cannot be read: it takes root, debugfs and CONFIG_KHO_FAST"
{
	if [ -n "$show" ]; then
		cat "$show"
	else
		systemctl show
	fi
	# as KEY=NUMBER too; of the phases' ends the last one counts
	sed 's/[{,]/\n/g' "$timeline" | sed -n \
		-e 's/^ *"\(khz\|origin\)" *: *\([0-9]*\).*/\1=\2/p' \
		-e 's/^ *"previous" *: *true.*/previous=1/p' \
		-e '/"spans"/q' -e 's/^ *"end_ns" *: *\([0-9]*\).*/end_ns=\1/p'
	[ $# -eq 0 ] || sed 's/^/step /' "$1"
} | awk '
	function counter(us) { return sprintf("%.0f", us * v["khz"] / 1000) }
	function add(at, name) { step[++n] = sprintf("%.0f %s", at, name) }
	function before(moment, name) {
		add(v["origin"] - counter(v[late] - v[shutdown moment "TimestampMonotonic"]), name)
	}
	/^step / { guest[++g] = $2 " " $3; next }
	{ at = index($0, "="); v[substr($0, 1, at - 1)] = substr($0, at + 1) }
	END {
		shutdown = "PreviousShutdown"
		late = shutdown "LateFinishTimestampMonotonic"
		if (!v["previous"]) {
			print "the previous kernel has no record: it was a stock one, or this is no live update"
			exit 2
		}
		if (!v[late]) {
			print "systemd has no timestamps of a previous shutdown: it must be 262 or newer, " \
				"and have had descriptors to hand over"
			exit 2
		}
		before("Start", "kexec")
		before("Finish", "sd-stopping")
		before("LateStart", "sd-exit")
		before("LateFinish", "sd-shutdown")
		if (v["FinishTimestampMonotonic"] > 0)
			add(v["origin"] + counter(v["end_ns"] / 1000 + v["FinishTimestampMonotonic"] - \
				v["UserspaceTimestampMonotonic"]), "sd-userspace")
		for (i = 1; i <= g; i++)
			print guest[i]
		for (i = 1; i <= n; i++)
			if (!g || (step[i] + 0 > guest[1] + 0 && step[i] + 0 < guest[g] + 0))
				print step[i]
	}' | {
	sorted=$(sort -n)
	case $sorted in
	[0-9]*) echo "$sorted" ;;
	*) die "$sorted" ;;
	esac
}
