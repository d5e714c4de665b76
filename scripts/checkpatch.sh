#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# checkpatch --strict of the kernel, with exceptions.  Sourced after lib.sh; the caller has
# $base, the kernel's source, and $work.
# shellcheck disable=SC2154	# base and work are the caller's

# run_checkpatch OPTION...: checks the files listed on stdin.  Without GIT_DIR it would ask
# git about licence tags; lint.sh has a check for them.
run_checkpatch() {
	while read -r _file; do
		(cd "$work" && GIT_DIR=/nonexistent perl "$base/scripts/checkpatch.pl" \
			--root="$base" --strict --quiet --terse --show-types "$@" \
			"$_file" 2>&1) || :
	done
}

# checkpatch_faults <OUTPUT: prints faults, and fails if there are any. Exceptions: a
# static_assert follows its struct, CamelCase names are those of the kernel, iterators use
# their arguments as the kernel's do, and so does the layout of trace events.
checkpatch_faults() {
	! sed "s,^$top/,," |
		grep -vE '^total:|: CHECK:(LINE_SPACING|CAMELCASE|MACRO_ARG_REUSE):' |
		grep -vE '^include/trace/.*: CHECK:(PARENTHESIS_ALIGNMENT|OPEN_ENDED_LINE):'
}
