#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Instruction budgets.  Runs the plans of bench/plans that have '# figure: NAME = EXPRESSION'
# in guests that count instructions (tcg-icount) and compares each figure with its line in
# bench/budgets (KTAP).  Figures do not depend on the load of the machine.  Idempotent;
# output of each plan: build/budget/KERNEL/PLAN.
#
# usage: [KHO_JOBS=N] budget.sh [options] [PLAN...]
#   -k KERNEL  compare fast with the budgets, or show stock beside them (fast)
#   --update   write the measured figures to the file: the budgets, or with -k stock the
#              column of stock
#   -r         judge the output of an earlier run
#   -b FILE    budgets (bench/budgets)
#   -p DIR     folder of plans (bench/plans)
#   -o DIR     work folder (build/budget/KERNEL)
#   KHO_JOBS   plans at a time (2)
#
# Variables of an expression: numbers that guests report as key=value, and walk_cycles,
# node_ns, node_sections and freeze_ns from kho/in/walk, kho/in/nodes and kho/timeline.json
# if the plan shows these files.
# exit status: 0 all within their slack, 1 not, or a plan failed, 4 cannot run here
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
# shellcheck source=../scripts/lib.sh
. "$here/../scripts/lib.sh"

# The plans that have figures, by name
all_plans() {
	for f in "$plans"/*.plan; do
		! grep -qs '^# figure:' "$f" || basename "$f" .plan
	done
}

# figures PLAN: name and expression, one per line
figures() { sed -n 's/^# figure: *\([^ ]*\) *= */\1 /p' "$plans/$1.plan"; }

# plan_for_kernel PLAN: stock does not show what it takes, and '# stock: A B' says that it gets
# B where ours gets A
plan_for_kernel() {
	if [ "$kernel" = stock ]; then
		swap=$(sed -n 's/^# stock: *//p' "$plans/$1.plan")
		sed -e '/^show .*\/debug\/kho\//d' ${swap:+-e "/^#/!s/${swap% *}/${swap#* }/"} "$plans/$1.plan"
	else
		cat "$plans/$1.plan"
	fi
}

# run_plan PLAN: leaves DIR/PLAN/verdict and, in status, vm.sh's exit status and reason
run_plan() {
	mkdir -p "$work/$1"
	plan_for_kernel "$1" >"$work/$1/$1.plan"
	rc=0
	"$top/tests/e2e/vm.sh" -1 "$kernel" -x tcg-icount -o "$work/$1" "$work/$1/$1.plan" \
		>"$work/$1/out" 2>&1 </dev/null || rc=$?
	echo "$rc $(tail -n 1 "$work/$1/out")" >"$work/$1/status"
}

run_plans() {
	for plan; do
		rm -f "$work/$plan/status"
	done
	say "counting the instructions of $# plans, ${KHO_JOBS:-2} at a time"
	export KHO_BUDGET="$kernel $plans $work"
	printf '%s\n' "$@" | setsid xargs -P "${KHO_JOBS:-2}" -n 1 "$here/${0##*/}" --plan &
	runner=$!
	trap 'kill -- -$runner 2>/dev/null; exit 130' INT TERM HUP
	wait "$runner" || :
	trap - INT TERM HUP
}

# facts VERDICT: key and number, one pair per line
facts() {
	LC_ALL=C awk '
		/^[0-9]+ [a-z0-9_]+=[0-9.]+$/ { split($2, v, "="); print v[1], v[2] }
		/^# [0-9]+ cycles [0-9]+ tree_pages [0-9]+$/ { print "walk_cycles", $4 }
		/^#.*"name":"freeze"/ {
			gsub(/[^0-9]+/, " ")
			print "freeze_ns", $3 - $2
		}
		/^#( [0-9]+)+$/ && NF == 8 { sections += $4; ns += $8 }
		END { if (sections) print "node_sections", sections "\nnode_ns", ns }' "$1"
}

# evaluate FACTS EXPRESSION: the number, or a line of reason and a status of 1
evaluate() {
	sum=$(awk -v expr="$2" '
		{ fact[$1] = $2 }
		END {
			while (match(expr, /[a-z][a-z0-9_]*/)) {
				key = substr(expr, RSTART, RLENGTH)
				if (!(key in fact)) {
					print "the guest reported no " key
					exit 1
				}
				sum = sum substr(expr, 1, RSTART - 1) fact[key]
				expr = substr(expr, RSTART + RLENGTH)
			}
			print sum expr
		}' "$1") || { echo "$sum"; return 1; }
	case $sum in
	*[!0-9.\ \(\)+*/-]* | '')
		echo "'$2' is no expression"
		return 1 ;;
	esac
	value=$(awk "BEGIN { printf \"%.6f\", $sum }" 2>/dev/null) || value=''
	case $value in
	*[!0-9.]* | '')
		echo "'$2' cannot be worked out: $sum"
		return 1 ;;
	esac
	echo "$value"
}

# As many digits as are worth something
rounded() {
	awk -v v="$1" 'BEGIN {
		printf v < 10 ? "%.3f" : v < 100 ? "%.2f" : v < 10000 ? "%.1f" : "%.0f", v }'
}

# The lines of the budgets, checked: name stock budget slack
read_budgets() {
	[ -f "$budgets" ] || die "no budgets at $budgets: -b names another file; an empty one is" \
		"filled by --update"
	awk -v file="$budgets" '
		/^#/ || !NF { next }
		function fail(why) { print file ":" NR ": " why > "/dev/stderr"; bad = 1; exit 1 }
		NF != 4 { fail("wants figure, stock, budget and slack, not " NF " words") }
		$1 in seen { fail("a second line for " $1) }
		{ seen[$1] = 1 }
		$2 !~ /^([0-9.]+|-)$/ { fail("stock is a number or -, not " $2) }
		$3 != "-" && ($3 !~ /^[0-9]+(\.[0-9]+)?$/ || $3 + 0 == 0) {
			fail("a budget is a number above 0 or -, not " $3) }
		$4 !~ /^[0-9.]+$/ { fail("the slack is a number of per cent, not " $4) }
		{ print }' "$budgets" || die "$budgets is not fit for use: correct that line"
}

# Measured figures, one per line: "NAME VALUE", or "NAME ! STATUS REASON"
measured() {
	for plan; do
		figures "$plan" | while read -r name expr; do
			if ! read -r rc reason 2>/dev/null <"$work/$plan/status"; then
				echo "$name ! 1 there is no result of $plan"
			elif [ "$rc" -ne 0 ]; then
				echo "$name ! $rc $reason"
			elif value=$(facts "$work/$plan/verdict" | evaluate - "$expr"); then
				echo "$name $(rounded "$value")"
			else
				echo "$name ! 1 $value"
			fi
		done
	done
}

# Budgets whose plan is gone, in the form of measured()
stale() {
	awk -v measured="$work/measured" '
		BEGIN { while ((getline <measured) > 0) has[$1] = 1 }
		!($1 in has) { print $1 " ! 1 no plan has this figure: drop its line from the budgets" }
		' "$work/budgets"
}

# verdict NAME VALUE: one result
verdict() {
	awk -v name="$1" -v value="$2" -v nr="$nr" -v file="bench/${budgets##*/}" '
		$1 == name { found = 1; stock = $2; budget = $3; slack = $4 }
		END {
			if (!found || budget == "-") {
				print "not ok " nr " " name "\n# " name ": " value " instructions, and" \
					" no budget in " file ": --update adds one"
				exit 1
			}
			off = 100 * (value - budget) / budget
			if (off <= slack && off >= -slack) {
				print "ok " nr " " name " # " value " instructions, budget " budget ", stock " stock
				exit 0
			}
			print "not ok " nr " " name
			printf "# %s: %s instructions, %.1f %% ", name, value, off < 0 ? -off : off
			if (off > 0)
				print "above the budget of " budget " (slack " slack " %)"
			else
				print "below the budget of " budget ": lower the budget in " file " to " value
			exit 1
		}' "$work/budgets"
}

# "not ok", or a skip where a plan cannot run
no_value() {
	if [ "$2" -eq 4 ] && [ -z "${CI-}" ]; then
		echo "ok $nr $1 # SKIP $3"
		return
	fi
	failed=1
	printf 'not ok %s %s\n# %s: not measured: %s\n' "$nr" "$1" "$1" "$3"
}

judge() {
	echo 'KTAP version 1'
	echo "1..$(wc -l <"$work/measured")"
	nr=0 failed=0 passed=0
	while read -r name value rc reason; do
		nr=$((nr + 1))
		if [ "$value" = '!' ]; then
			no_value "$name" "$rc" "$reason"
		elif verdict "$name" "$value"; then
			passed=$((passed + 1))
		else
			failed=1
		fi
	done <"$work/measured"
	[ "$failed" -eq 0 ] || exit 1
	[ "$passed" -gt 0 ] || exit 4
}

# A line for each figure: stock, ours as budgeted, and the ratio
compare() {
	printf '%-28s %14s %14s %8s\n' instructions stock 'our budget' ratio
	awk -v budgets="$work/budgets" '
		BEGIN { while ((getline <budgets) > 0) budget[$1] = $3 }
		{
			ours = $1 in budget ? budget[$1] : "-"
			if ($2 == "!" || !(ours > 0))
				ratio = "-"
			else
				ratio = sprintf("%.2f", $2 / ours)
			printf "%-28s %14s %14s %8s\n", $1, $2 == "!" ? "-" : $2, ours, ratio
		}' "$work/measured"
}

# Comments and slack stay. A figure that stock does not have is no reason to refuse.
update() {
	[ "$kernel" = stock ] || ! grep ' ! ' "$work/measured" >&2 ||
		die "$budgets stays as it is: not all was measured"
	awk -v kernel="$kernel" '
		function line(name, stock, budget, slack) {
			if (name in value && kernel == "stock") stock = value[name]
			else if (name in value) budget = value[name]
			printf "%-26s %12s %12s %6s\n", name, stock, budget, slack
			delete value[name]
		}
		NR == FNR { if ($2 != "!") value[$1] = $2; order[++n] = $1; next }
		/^#/ || !NF { print; next }
		{ line($1, $2, $3, $4) }
		END { for (i = 1; i <= n; i++) if (order[i] in value) line(order[i], "-", "-", 3) }' \
		"$work/measured" "$budgets" >"$work/updated"
	cat "$work/updated" >"$budgets" || die "cannot write $budgets; what it should be: $work/updated"
	say "wrote $budgets"
}

case ${1-} in
--plan) # for the parallel runner
	# shellcheck disable=SC2086	# three words, made here
	set -- "$2" ${KHO_BUDGET:?}
	kernel=$2 plans=$3 work=$4
	run_plan "$1"
	exit ;;
esac
kernel=fast update='' rejudge='' budgets=$here/budgets plans=$here/plans work=''
while [ $# -gt 0 ]; do
	case $1 in
	--update) update=1 ;;
	-r) rejudge=1 ;;
	-k | -b | -p | -o)
		[ $# -gt 1 ] || bad_usage
		case $1 in
		-k) kernel=$2 ;;
		-b) budgets=$2 ;;
		-p) plans=$2 ;;
		-o) work=$2 ;;
		esac
		shift ;;
	-*) bad_usage ;;
	*) break ;;
	esac
	shift
done
case $kernel in fast | stock) ;; *) bad_usage ;; esac
work=${work:-$build/budget/$kernel}
some=$#
# shellcheck disable=SC2046	# words on purpose
[ $# -gt 0 ] || set -- $(all_plans)
[ $# -gt 0 ] || die "no plan in $plans has a '# figure:' line"
for plan; do
	grep -qs '^# figure:' "$plans/$plan.plan" ||
		die "no plan '$plan' with figures in $plans: $(all_plans | tr '\n' ' ')"
done
mkdir -p "$work"
read_budgets >"$work/budgets"
[ -n "$rejudge" ] || run_plans "$@"
measured "$@" >"$work/measured"
if [ "$some" -eq 0 ]; then
	stale >"$work/stale"
	cat "$work/stale" >>"$work/measured"
fi
if [ -n "$update" ]; then
	update
elif [ "$kernel" = stock ]; then
	compare
else
	judge
fi
