#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Run test programs, one on each CPU, and print one KTAP stream: a subtest per
# program, its lines indented. Programs of a compiler that is missing are skipped.
# Other output of a failed program is shown too; all is in PROGRAM.log. Idempotent. KHO_SEED=n repeats a run.
#
# usage: run.sh PROGRAM...	exit status: 0 all passed, 1 not
set -eu
# shellcheck source=../../scripts/environment.sh
. "$(dirname -- "$0")/../../scripts/environment.sh"
[ $# -gt 0 ] || { print_usage >&2; exit 2; }

can_run() {
	cc=${1%/*}
	cc=${cc##*/}
	command -v "${cc%%-*}" >/dev/null
}

# ThreadSanitizer of older compilers cannot live with much address randomisation.
run_one() {
	fixed="setarch $(uname -m) -R"
	$fixed true 2>/dev/null || fixed=
	verdict=ok start=$(date +%s)
	! can_run "$1" || $fixed "$1" >"$1.log" 2>&1 || verdict="not ok"
	echo "$(($(date +%s) - start)) $verdict" >"$1.verdict.new"
	mv "$1.verdict.new" "$1.verdict"
}

# report NUMBER PROGRAM
report() {
	name=${2%/*}
	name=${name##*/}/${2##*/}
	if ! can_run "$2"; then
		echo "ok $1 $name # SKIP ${name%%-*} is not installed"
		return
	fi
	read -r took verdict <"$2.verdict"
	echo "  # Subtest: $name"
	sed -n 's/^\(1\.\.\|ok \|not ok \)/  &/p' "$2.log"
	if [ "$verdict" != ok ]; then
		failed=1
		grep -v '^\(TAP\|1\.\.\|ok \|not ok \|#  RUN\|# *OK \)' "$2.log" |
			sed 's/^#* */  # /' | head -n 60
	fi
	echo "$verdict $1 $name # time ${took}s"
}

if [ "$1" = --one ]; then # for the runner below
	run_one "$2"
	exit
fi

: "${KHO_SEED:=$(date +%s)}"
export KHO_SEED
echo "KTAP version 1"
echo "# KHO_SEED=$KHO_SEED"
echo "1..$#"
for prog; do
	rm -f "$prog.verdict"
done
# In a session of its own, so that an interrupt ends all of it.
printf '%s\n' "$@" | setsid xargs -P "$(nproc)" -n 1 sh "$0" --one &
runner=$!
trap 'kill -- -$runner 2>/dev/null; exit 130' INT TERM HUP

n=0
failed=0
for prog; do
	n=$((n + 1))
	until [ -e "$prog.verdict" ]; do
		kill -0 "$runner" 2>/dev/null || [ -e "$prog.verdict" ] ||
			{ echo "the runner ended before $prog was done" >&2; exit 1; }
		sleep 0.1
	done
	report "$n" "$prog"
done
wait "$runner" || :
exit "$failed"
