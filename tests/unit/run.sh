#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Run test programs and print one KTAP stream: a subtest per program, its lines
# indented. Programs of a compiler that is missing are skipped. What one that
# failed wrote besides is shown too; the rest is in PROGRAM.log. Changes nothing
# else; run it as often as you like. KHO_SEED=n repeats a run.
#
# usage: run.sh PROGRAM...	exit status: 0 all passed, 1 not
set -eu
[ $# -gt 0 ] || { echo "usage: run.sh PROGRAM..." >&2; exit 2; }

: "${KHO_SEED:=$(date +%s)}"
export KHO_SEED

echo "KTAP version 1"
echo "# KHO_SEED=$KHO_SEED"
echo "1..$#"
# ThreadSanitizer of older compilers cannot live with much address randomisation.
fixed="setarch $(uname -m) -R"
$fixed true 2>/dev/null || fixed=

n=0
failed=0
for prog; do
	n=$((n + 1))
	name=${prog%/*}
	name=${name##*/}/${prog##*/}
	cc=${name%%-*}
	if ! command -v "$cc" >/dev/null; then
		echo "ok $n $name # SKIP $cc is not installed"
		continue
	fi
	verdict=ok
	$fixed "$prog" >"$prog.log" 2>&1 || verdict="not ok"
	echo "  # Subtest: $name"
	sed -n 's/^\(1\.\.\|ok \|not ok \)/  &/p' "$prog.log"
	if [ "$verdict" != ok ]; then
		failed=1
		grep -v '^\(TAP\|1\.\.\|ok \|not ok \|#  RUN\|# *OK \)' "$prog.log" |
			sed 's/^#* */  # /' | head -n 60
	fi
	echo "$verdict $n $name"
done
exit $failed
