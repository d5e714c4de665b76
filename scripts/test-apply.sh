#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of apply.sh (KTAP), on a small tree made of the files it touches.
# Idempotent; writes only to a scratch folder.
#
# usage: [KDIR=/path/to/linux-7.3.y] test-apply.sh
set -eu
here=$(dirname -- "$0")
# shellcheck source=lib.sh
. "$here/lib.sh"
# shellcheck source=ktap.sh
. "$here/ktap.sh"

# shellcheck source=test-tree.sh
. "$here/test-tree.sh"

installs_overlay_and_hooks() {
	apply
	for path in $roots; do
		diff -r "$top/$path" "$tree/$path"
	done
	for path in $hooked; do
		grep -qiE 'kho_(fast|phase)' "$tree/$path" || { echo "no hook in $path"; return 1; }
	done
}

second_run_writes_nothing() {
	apply
	leaves_alone apply
	expect 'already applied' "$said"
}

check_writes_nothing() {
	leaves_alone apply --check
	expect 'Linux 7.3' "$said"
	expect '0 of ' "$said"
	apply
	leaves_alone apply --check
	expect '0 files to write' "$said"
}

reverse_restores_the_tree() {
	apply
	apply --reverse
	diff -r "$pristine" "$tree"
	leaves_alone apply --reverse
}

half_applied_tree_is_completed() {
	apply
	cp -Rp "$tree" "$work/outer/whole"
	one=$(echo "$hooked" | head -n 1)
	cp "$pristine/$one" "$tree/$one"
	rm "$tree/include/linux/kho_fast.h"
	apply
	diff -r "$work/outer/whole" "$tree"
}

only_the_changed_file_is_written() {
	apply
	snapshot before
	echo '/* changed */' >>"$repo/include/linux/kho_fast.h"
	apply
	snapshot after
	changed=$(diff "$work/before" "$work/after" | awk '/^> .* f / { print $2 }')
	[ "$changed" = ./include/linux/kho_fast.h ] || { echo "written: $changed"; return 1; }
}

stale_source_goes_and_object_stays() {
	apply
	touch "$tree/kernel/kho_fast/stale.c" "$tree/kernel/kho_fast/stale.o"
	apply
	[ ! -e "$tree/kernel/kho_fast/stale.c" ] || { echo 'stale.c is still there'; return 1; }
	[ -e "$tree/kernel/kho_fast/stale.o" ] || { echo 'stale.o is gone'; return 1; }
	apply --reverse
	diff -r "$pristine" "$tree"
}

hard_linked_twin_is_left_alone() {
	rm -rf "$tree"
	cp -al "$pristine" "$tree"
	(cd "$pristine" && find . -type f -exec sha256sum {} +) >"$work/sums"
	apply
	(cd "$pristine" && sha256sum --check --quiet "$work/sums")
	apply --reverse
	(cd "$pristine" && sha256sum --check --quiet "$work/sums")
}

tree_in_another_repository_is_patched() {
	git init -q "$work/outer"
	export TMPDIR="$work/outer"
	installs_overlay_and_hooks
}

# The last patch, so that those before it have already been found to apply
moved_anchor_is_refused() {
	last=$(find "$repo/patches" -name '*.patch' | sort | tail -n 1)
	anchor=$(sed -n '/^@@/,$ s/^ \([[:space:]]*[a-z_].*\)/\1/p' "$last" | head -n 1)
	path=$(sed -n 's,^+++ b/,,p' "$last" | head -n 1)
	A=$anchor awk '$0 == ENVIRON["A"] { $0 = "moved" } { print }' "$pristine/$path" >"$tree/$path"
	refuses "${last##*/}: neither applies nor is applied"
}

# Ours would go in beside it
hook_of_another_version_is_refused() {
	one=$(echo "$hooked" | tail -n 1)
	echo "kho_fast_older_hook();" >>"$tree/$one"
	refuses 'hooks of another version'
}

other_version_is_refused() {
	sed -i 's/^PATCHLEVEL = .*/PATCHLEVEL = 4/' "$tree/Makefile"
	refuses 'made for Linux 7.3.y'
	sed -i 's/^PATCHLEVEL = .*/PATCHLEVEL = 3/; s/^EXTRAVERSION =.*/EXTRAVERSION = -rc2/' "$tree/Makefile"
	refuses 'made for Linux 7.3.y'
}

folder_that_is_no_kernel_tree_is_refused() {
	rm "$tree/Makefile"
	refuses 'not a kernel tree'
}

missing_overlay_file_is_refused() {
	rm "$repo/include/linux/kho_fast.h"
	refuses 'OVERLAY names include/linux/kho_fast.h'
}

path_outside_the_tree_is_refused() {
	echo '../escape' >>"$repo/OVERLAY"
	refuses 'leaves the tree'
}

# Root may write anywhere, so it has to become somebody else first.
read_only_tree_is_refused() {
	chmod -R a-w,a+rX "$tree" "$repo"
	chmod a+rx "$repo/scripts/apply.sh"
	if [ "$(id -u)" -eq 0 ]; then
		apply() { setpriv --reuid 65534 --regid 65534 --clear-groups "$repo/scripts/apply.sh" "$tree"; }
	fi
	refuses 'cannot be written to'
}

tests='installs_overlay_and_hooks second_run_writes_nothing check_writes_nothing
reverse_restores_the_tree half_applied_tree_is_completed only_the_changed_file_is_written
stale_source_goes_and_object_stays hard_linked_twin_is_left_alone
tree_in_another_repository_is_patched moved_anchor_is_refused
hook_of_another_version_is_refused other_version_is_refused
folder_that_is_no_kernel_tree_is_refused missing_overlay_file_is_refused
path_outside_the_tree_is_refused read_only_tree_is_refused'

# shellcheck disable=SC2086	# one word, one test
set -- $tests
ktap_begin $#
for t; do
	check_fresh "$t" "$t"
done
ktap_end
