#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Reports over samples that exist: builds build/bench/report and runs it. Without FILE, the
# samples of the last run.
#
# usage: [SMOKE=1] report.sh COMMAND [FILE...] [OPTION...]
#   where     breakdown of a blackout (--trace OUT: as a trace for Perfetto)
#   table     summary of make blackout (--markdown: as in the README)
#   luo       table of make luo
#   guest     tables of make guest (--markdown: as in the README)
#   compare   two runs of make bench: the run before the last and the last
#   OPTION    of build/bench/report, which has a --help of its own
#   SMOKE=1   samples of the smallest form
#
# Exit status: 0; 1 a repetition failed or a target is not met; 2 there are no samples.
set -eu
here=$(dirname -- "$0")
# shellcheck source=../scripts/lib.sh
. "$here/../scripts/lib.sh"
# shellcheck source=env.sh
. "$here/env.sh"

[ $# -gt 0 ] || bad_usage
command=$1
shift
build_report
if [ "$command" = compare ] && [ $# -gt 1 ] && { [ -z "$1" ] || [ -z "$2" ]; }; then
	die "compare takes two files, or none for the last two runs: make compare A=FILE B=FILE"
fi
case ${1-} in
'' | -*)
	case $command in
	where | table) set -- "$out/blackout.jsonl" "$@" ;;
	luo | guest) set -- "$out/$command.jsonl" "$@" ;;
	compare)
		for run in native.old native; do
			[ -f "$outputs/bench/$run.jsonl" ] || die "no $outputs/bench/$run.jsonl: 'make bench'" \
				"has not been run twice yet; or say which two: make compare A=FILE B=FILE"
		done
		set -- "$outputs/bench/native.old.jsonl" "$outputs/bench/native.jsonl" "$@" ;;
	esac ;;
esac
exec "$report" "$command" "$@"
