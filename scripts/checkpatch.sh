#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# checkpatch --strict of the kernel, less what is right here.  Sourced after lib.sh; the
# caller has $base, the kernel's source, and $work.
# shellcheck disable=SC2154	# base and work are the caller's

# run_checkpatch OPTION...: of the files that standard input names.  Without GIT_DIR it
# would ask git about the licence tags; lint.sh has a check for them.
run_checkpatch() {
	while read -r _file; do
		(cd "$work" && GIT_DIR=/nonexistent perl "$base/scripts/checkpatch.pl" \
			--root="$base" --strict --quiet --terse --show-types "$@" "$_file" 2>&1) || :
	done
}

# checkpatch_faults <OUTPUT: prints them, and fails if there are any. A static_assert belongs
# right after its struct, the CamelCase names are the kernel's own, and so is the way its
# iterators use arguments. And no trace event of the kernel is written as two others want
# it.
checkpatch_faults() {
	! sed "s,^$top/,," |
		grep -vE '^total:|: CHECK:(LINE_SPACING|CAMELCASE|MACRO_ARG_REUSE):' |
		grep -vE '^include/trace/.*: CHECK:(PARENTHESIS_ALIGNMENT|OPEN_ENDED_LINE):'
}
