#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Run the parts of scripts/parts, each after its needs, and sum up.  The KTAP output of a
# part goes to stdout and to build/check/PART.log.  A part that ends early or without a
# result counts as a failure, and so does a need that cannot be met.  Then follow the
# times and what failed; the last line is "N passed, N failed", with ", N skipped" if a tool
# was missing.
# In CI a skip is a failure.  Exit status 1 if anything failed.
#
# usage: [KHO_CHECK_MINUTES=N] check.sh [-n | -g] [TARGET...]
#   -n       list needs and commands, do nothing
#   -g       get the needs, list the commands
#   TARGET   only the parts of these targets (all)
#   KHO_CHECK_MINUTES   without TARGET: a late part is not begun after N minutes, and is named
#            at the end. For slow machines that give a run so much time and no more
set -eu
here=$(dirname -- "$0")
# shellcheck source=lib.sh
. "$here/lib.sh"

logs=$build/check
times=$logs/times
failures=$logs/failures
passed=0
failed=0
skipped=0
not_run=''
began=$(date +%s)

# rows [TARGET...]: their lines of scripts/parts, or all lines
rows() {
	for target; do
		grep -q "^${target}[[:space:]]" "$here/parts" ||
			die "there is no part '$target': $(awk '/^[^#]/ && !seen[$1]++ { printf "%s ", $1 }' "$here/parts")"
	done
	awk -v only=" $* " '/^[^#]/ && (only == "  " || index(only, " " $1 " "))' "$here/parts"
}

# run NAME COMMAND...: KTAP to standard output, status and seconds to a file
run() {
	name=$1
	shift
	start=$(date +%s) rc=0
	"$@" 2>&1 </dev/null || rc=$?
	echo "$rc $(($(date +%s) - start))" >"$logs/$name.end.new"
	mv "$logs/$name.end.new" "$logs/$name.end"
}

# part NAME COMMAND...: run one part and add its results
part() {
	echo "# $1"
	run "$@" | tee "$logs/$1.log"
	add_up "$1"
}

# add_up NAME: the results of a part that was run
add_up() {
	name=$1
	log=$logs/$name.log
	read -r rc took <"$logs/$name.end"
	sum_up
	echo "$took $name" >>"$times"
	echo "# $name: $p passed, $f failed, $s skipped, $took s; $log"
	passed=$((passed + p))
	failed=$((failed + f))
	skipped=$((skipped + s))
}

# beside NAME...: run these parts, one on each CPU; output of a part is shown at its end
beside() {
	[ $# -gt 0 ] || return 0
	for name; do
		rm -f "$logs/$name.end"
	done
	say "running $* side by side"
	# in a session of its own, so that an interrupt ends all of it
	printf '%s\n' "$@" | setsid xargs -P "$(nproc)" -n 1 "$here/check.sh" --part &
	runner=$!
	trap 'kill -- -$runner 2>/dev/null; exit 130' INT TERM HUP
	for name; do
		until [ -e "$logs/$name.end" ] || ! kill -0 "$runner" 2>/dev/null; do
			sleep 0.5
		done
		[ -e "$logs/$name.end" ] || die "the runner ended before $name was done"
		echo "# $name"
		cat "$logs/$name.log"
		add_up "$name"
	done
	wait "$runner" || :
	trap - INT TERM HUP
}

# Top-level results only: nested ones are indented, and part of their parent's.  A part
# must have as many results as planned, and a failed result if its status is not 0.
sum_up() {
	counts=$(awk '/^1\.\.0.*# SKIP/ { s++; plan++; next }
		/^1\.\.[0-9]+/ { plan += substr($1, 4) }
		/^not ok / { f++ }
		/^ok .*# SKIP/ { s++; next }
		/^ok / { p++ }
		END { print p + 0, f + 0, s + 0, plan + 0 }' "$log")
	# shellcheck disable=SC2086	# four numbers
	set -- $counts
	p=$1 f=$2 s=$3
	if [ $((p + f + s)) -ne "$4" ] || [ "$4" -eq 0 ]; then
		sum_up_failure "gave $((p + f + s)) of $4 results, exit status $rc"
	elif [ "$rc" -ne 0 ] && [ "$rc" -ne 4 ] && [ "$f" -eq 0 ]; then
		sum_up_failure "nothing failed, but exit status $rc"
	fi
	sed -n "s/^not ok [0-9]*[ -]*/# failed: $name: /p" "$log" >>"$failures"
}

sum_up_failure() {
	echo "# $name: $1"
	echo "# failed: $name: $1" >>"$failures"
	f=$((f + 1))
}

# get NEED
# shellcheck disable=SC2317	# called through part
get() {
	printf 'KTAP version 1\n1..1\n'
	"$here/need.sh" "$1" && { echo "ok 1 $1"; return; }
	echo "not ok 1 $1"
	return 1
}

got=''
need() {
	case " $got " in *" $1 "*) return ;; esac
	got="$got $1"
	if [ "$dry" = -n ]; then
		echo "need $1"
	else
		part "$1" get "$1"
		[ "$f" -eq 0 ] || finish
	fi
}

# Without a need of its own a part needs packages, like all.  Earlier parts are finished
# before the next need is met, so that they run with their own needs only.
run_row() {
	if [ "$how" = late ] && is_late; then
		not_run="$not_run $part"
		return
	fi
	[ "$needs" != - ] || needs=packages
	for n in $("$here/need.sh" -n "$needs"); do
		case " $got " in *" $n "*) continue ;; esac
		end_batch
		need "$n"
	done
	if [ -n "$dry" ]; then
		echo "run $part"
	elif [ "$how" = beside ]; then
		batch="$batch $part"
	else
		end_batch
		# shellcheck disable=SC2086	# words
		part "$part" $command
	fi
}

is_late() {
	[ -n "$late_after" ] || return
	end_batch
	[ $(($(date +%s) - began)) -ge $((late_after * 60)) ]
}

batch=''
end_batch() {
	# shellcheck disable=SC2086	# words
	beside $batch
	batch=''
}

# Seconds a part, a kernel, and the slowest cases
print_times() {
	echo '# seconds'
	sort -rn "$times" | awk '{ printf "# %6d  %s\n", $1, $2; sum += $1 }
		END { printf "# %6d  in all\n", sum }'
	sed -n 's/^[^ ]*: building the \([a-z]*\) kernel: done in \([0-9]*\) s$/# \2 \1/p' \
		"$logs/both.log" "$logs/debug.log" "$logs/kcsan.log" 2>/dev/null | awk '
		NR == 1 { print "# seconds a kernel" }
		{ printf "# %6d  %s\n", $2, $3 }'
	sed -n 's/^\(not \)\{0,1\}ok [0-9]* - \([^ ]*\) # time \([0-9]*\)s.*/\3 \2/p' \
		"$logs"/e2e*.log 2>/dev/null | sort -rn | head -n 10 | awk '
		NR == 1 { print "# seconds a case, the slowest ten" }
		{ printf "# %6d  %s\n", $1, $2 }'
}

finish() {
	print_times
	for part in $not_run; do
		target=$(awk -v part="$part" '$2 == part { print $1 }' "$here/parts")
		echo "# not run, since $late_after minutes were over: $part, see make check-$target"
	done
	if [ -n "${CI-}" ] && [ "$skipped" -gt 0 ]; then
		echo "# under CI a skip is a failure"
		sed -n 's/^ok [0-9]*[ -]*\(.*# SKIP\)/# failed: \1/p' "$logs"/*.log
		failed=$((failed + skipped))
		skipped=0
	fi
	cat "$failures"
	summary="$passed passed, $failed failed"
	[ "$skipped" -eq 0 ] || summary="$summary, $skipped skipped"
	echo "$summary"
	[ "$failed" -eq 0 ] || exit 1
	exit 0
}

if [ "${1-}" = --part ]; then # for beside
	cd "$top"
	# shellcheck disable=SC2046	# words
	run "$2" $(awk -v part="$2" '$2 == part { $1 = $2 = $3 = $4 = ""; print }' "$here/parts") \
		>"$logs/$2.log"
	exit
fi
dry=''
case ${1-} in
-n | -g) dry=$1; shift ;;
esac
late_after=${KHO_CHECK_MINUTES-}
case $late_after in *[!0-9]*) die "KHO_CHECK_MINUTES=$late_after: give a number, or unset it" ;; esac
[ $# -eq 0 ] && [ -z "$dry" ] || late_after=''
# In an assignment, where an unknown target ends the script.
wanted=$(rows "$@")
cd "$top"
if [ "$dry" != -n ]; then
	mkdir -p "$logs"
	# one run at a time has the logs: make -j starts several
	exec 7>"$logs/lock"
	flock -n 7 || { say "waiting for another run that has $logs"; flock 7; }
	rm -f "$logs"/*.log "$logs"/*.end "$times"
	: >"$failures"
fi
while read -r _ part needs how command <&8; do
	run_row 8<&-
done 8<<EOT
$wanted
EOT
end_batch
[ "$dry" = -n ] || finish
