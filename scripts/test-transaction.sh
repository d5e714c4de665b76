#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of apply.sh (KTAP): after any failure all was written, or the tree is unchanged.
# Each command that it calls fails in turn, is interrupted or killed, or the disk is full.
# On a small tree and a part of the overlay.  Idempotent.
#
# usage: [KDIR=/path/to/linux-7.3.y] test-transaction.sh [TEST...]
set -eu
here=$(dirname -- "$0")
# shellcheck source=lib.sh
. "$here/lib.sh"
# shellcheck source=ktap.sh
. "$here/ktap.sh"
# shellcheck source=test-tree.sh
. "$here/test-tree.sh"

# Fewer files, so fewer steps that can fail
less() {
	shrink_overlay
	chmod 640 "$tree/mm/mm_init.c"
	"$repo/scripts/apply.sh" "$tree" >/dev/null
	cp -Rp "$tree" "$work/outer/applied"
	"$repo/scripts/apply.sh" --reverse "$tree" >/dev/null
}

# All but the times of folders
state() {
	(cd "$tree" && find . -type f -printf '%p %m %i %T@\n' -o -printf '%p %y %m\n' | sort) >"$work/$1"
}

# stand_in COMMAND N ACTION: the Nth call of COMMAND does ACTION first
stand_in() {
	rm -rf "${work:?}/bin"
	mkdir "$work/bin"
	real=$(command -v "$1")
	cat >"$work/bin/$1" <<-EOF
		#!/bin/sh
		read -r n <"$work/calls"
		echo \$((n + 1)) >"$work/calls"
		[ \$((n + 1)) -ne $2 ] || { $3; }
		exec $real "\$@"
	EOF
	chmod +x "$work/bin/$1"
	echo 0 >"$work/calls"
}

# stand_in_at COMMAND PATTERN SIGNAL: apply.sh gets SIGNAL after COMMAND was run with
# arguments that match
stand_in_at() {
	stand_in "$1" 0 :
	sed -i "s,^exec.*,case \"\$*\" in $2) $real \"\$@\"; kill -$3 \$PPID; exit ;; esac\n&," "$work/bin/$1"
}

# with_stand_in ARG...: apply.sh with the stand-in
with_stand_in() { PATH=$work/bin:$PATH apply "$@" >"$work/said" 2>&1; }

calls() { cat "$work/calls"; }

# All was written, but a leftover could not be removed.
remains_are_harmless() {
	expect 'could not be removed' "$(cat "$work/said")"
	[ ! -e "$tree/.kho_fast.undo/begun" ]
	said=$(apply 2>&1; apply --reverse 2>&1)
	case $said in
	*'was interrupted'*) echo "$said"; return 1 ;;
	esac
	[ -n "$mode" ] || apply
}

# all_or_nothing COMMAND ACTION STEP LEAST: ACTION at every STEPth call of COMMAND, of at
# least LEAST calls, while installing and while reversing
all_or_nothing() {
	for mode in '' --reverse; do
		case $mode in
		'') was=$pristine is=$work/outer/applied undo=--reverse ;;
		*) was=$work/outer/applied is=$pristine undo='' ;;
		esac
		n=1
		while stand_in "$1" "$n" "$2"; do
			diff -r "$was" "$tree"
			state before
			if with_stand_in ${mode:+"$mode"}; then
				[ ! -e "$tree/.kho_fast.undo" ] || remains_are_harmless
				diff -r "$is" "$tree"
				[ "$(calls)" -ge "$n" ] || break
				apply ${undo:+"$undo"} >/dev/null
			else
				state after
				diff "$work/before" "$work/after" || { echo "call $n of $1 $mode"; cat "$work/said"; return 1; }
				[ ! -e "$tree/.kho_fast.undo" ]
			fi
			n=$((n + $3))
		done
		[ "$n" -gt "$4" ] || { echo "only $n calls of $1 $mode"; return 1; }
	done
}

failing_mv_leaves_the_tree_as_it_was() { less; all_or_nothing mv 'exit 1' 4 20; }
failing_cp_leaves_the_tree_as_it_was() { less; all_or_nothing cp 'exit 1' 1 3; }
failing_mkdir_leaves_the_tree_as_it_was() { less; all_or_nothing mkdir 'exit 1' 1 4; }
failing_chmod_leaves_the_tree_as_it_was() { less; all_or_nothing chmod 'exit 1' 1 2; }
failing_rm_leaves_all_or_nothing() { less; all_or_nothing rm 'exit 1' 1 2; }

# With a full disk a file is incomplete.
# shellcheck disable=SC2016	# of the stand-in
full_disk_at_any_file_leaves_the_tree_as_it_was() {
	less
	# cp --parents --no-preserve=all -t FOLDER FILE...
	all_or_nothing cp '[ $# -gt 4 ] || exit 1; mkdir -p "$4/${5%/*}"
		head -c 9 "$5" >"$4/$5"; cat "$5" >/dev/full || exit 1' 1 3
	expect_once='No space left'
	apply --reverse >/dev/null
	stand_in cp 0 :
	with_stand_in
	apply --reverse >/dev/null
	stand_in cp "$(calls)" 'cat "$5" >/dev/full || exit 1'
	! with_stand_in || return 1
	expect "$expect_once" "$(cat "$work/said")"
	expect 'the tree is as it was' "$(cat "$work/said")"
}

# shellcheck disable=SC2016	# of the stand-in
signal_leaves_the_tree_as_it_was() {
	less
	all_or_nothing mv 'kill -TERM $PPID; sleep 0.01' 9 20
	apply --reverse >/dev/null
	# one step of each of the others, which end the same way
	for signal in HUP INT QUIT PIPE ALRM USR1 USR2 XCPU XFSZ VTALRM PROF; do
		stand_in_at mv '*/old/mm/memblock.c' "$signal"
		# also where this test runs in the background, which ignores INT and QUIT
		! PATH=$work/bin:$PATH env --default-signal "$repo/scripts/apply.sh" "$tree" \
			>"$work/said" 2>&1 || { echo "SIG$signal changed nothing"; return 1; }
		diff -r "$pristine" "$tree" || { echo "SIG$signal"; return 1; }
	done
	stand_in mv 9 'kill -TERM $PPID'
	! with_stand_in || return 1
	expect 'the tree is as it was' "$(cat "$work/said")"
}

# No trap runs: the next run continues from the leftovers.
# shellcheck disable=SC2016	# of the stand-in
next_run_takes_back_what_a_killed_one_wrote() {
	less
	for n in 2 7 12 17; do
		# the stand-in must end before the next run
		stand_in mv "$n" 'kill -KILL $PPID; exit'
		! with_stand_in || return 1
		[ -e "$tree/.kho_fast.undo/begun" ]
		leaves_alone refused_check
		expect 'was interrupted' "$(cat "$work/said")"
		if [ "$n" -lt 10 ]; then
			apply --reverse
			diff -r "$pristine" "$tree"
		else
			apply
			diff -r "$work/outer/applied" "$tree"
			apply --reverse
		fi
	done
	find "$work" -maxdepth 1 -name 'apply.*' -exec rm -r {} +
}

# Changes of the user after the kill are kept: of a replaced file, of a new one, and of one
# that was moved aside.  Changes of other files do not matter.
edit_after_a_killed_run_is_kept() {
	less
	stand_in_at mv '*/old/kernel/kexec_core.c' KILL
	! with_stand_in || return 1
	cp -Rp "$tree" "$work/outer/cut"
	for path in init/main.c kernel/kho_fast/tree/key.c kernel/kexec_core.c; do
		echo '/* work of hours */' >>"$tree/$path"
		refuses " $tree/$path"
		expect 'changed since' "$said"
		[ ! -e "$pristine/$path" ] || expect "$tree/.kho_fast.undo/old/$path" "$said"
		rm "$tree/$path"
		[ ! -e "$work/outer/cut/$path" ] || cp -p "$work/outer/cut/$path" "$tree/$path"
	done
	diff -r "$work/outer/cut" "$tree"
	# restored by git checkout, moved away, and not reached yet
	cp "$pristine/kernel/kexec_core.c" "$tree/kernel/kexec_core.c"
	rm "$tree/init/main.c"
	echo '/* work of hours */' >>"$tree/mm/memblock.c"
	cp "$tree/mm/memblock.c" "$pristine/mm/memblock.c"
	apply --reverse
	diff -r "$pristine" "$tree"
}

# The trap runs before the next command of the shell.
signal_at_the_first_folder_leaves_the_tree_as_it_was() {
	shrink_overlay
	stand_in_at mkdir '*/.kho_fast.undo' TERM
	! with_stand_in || return 1
	diff -r "$pristine" "$tree"
}

refused_check() { ! apply --check >"$work/said" 2>&1; }

# During the roll-back the disk fills up, or the folder vanishes.
roll_back_that_fails_is_said_and_done_again() {
	less
	mkdir "$work/always"
	printf '#!/bin/sh\nexit 1\n' >"$work/always/mv"
	chmod +x "$work/always/mv"
	# after the new files, when files of the tree were moved aside
	nr_new=$(cd "$repo" && sed -e 's/#.*//' -e '/^$/d' OVERLAY | xargs -I{} find {} -type f -printf '%h\n' |
		sort -u | wc -l)
	stand_in mv $((nr_new + 4)) "cp -p '$work/always/mv' '$work/bin/mv'; exit 1"
	! with_stand_in || return 1
	expect 'run apply.sh again' "$(cat "$work/said")"
	apply --reverse
	diff -r "$pristine" "$tree"
}

# A real full disk, if a file system can be mounted: as root, or in a namespace
full_disk_leaves_the_tree_as_it_was() {
	less
	export tree repo pristine
	if [ "$(id -u)" -eq 0 ]; then
		flags=-m
	else
		flags=-rm
	fi
	mkdir "$work/outer/small"
	# shellcheck disable=SC2016	# of that shell
	unshare $flags sh -eu -c '
		cd "$1"
		mount -t tmpfs -o size=4m none small
		cp -Rp pristine small/tree
		free() { df -Pk small | awk "NR == 2 { print \$4 }"; }
		head -c $(($(free) * 1024 - 100000)) /dev/zero >small/fill
		! "$repo/scripts/apply.sh" small/tree 2>said || { echo "not full"; exit 1; }
		diff -r pristine small/tree
		rm small/fill
		"$repo/scripts/apply.sh" small/tree
		diff -r applied small/tree
		head -c $(($(free) * 1024 - 100000)) /dev/zero >small/fill
		! "$repo/scripts/apply.sh" --reverse small/tree 2>>said || { echo "not full"; exit 1; }
		diff -r applied small/tree' sh "$work/outer"
	expect 'No space left' "$(cat "$work/outer/said")"
	[ "$(grep -c 'the tree is as it was' "$work/outer/said")" -eq 2 ]
}

# small_scratch ARG: apply.sh ARG on the tree, with scratch folders of many sizes
# shellcheck disable=SC2016	# of that shell
small_scratch() {
	if [ "$(id -u)" -eq 0 ]; then
		flags=-m
	else
		flags=-rm
	fi
	mkdir -p "$work/outer/small"
	cp -Rp "$tree" "$work/outer/before"
	repo=$repo unshare $flags sh -eu -c '
		cd "$1"
		mount -t tmpfs -o size=4m none small
		for size in 700 760 820 880 940 1000 1060 1120 1180 1240 1252 1268 1280; do
			mount -o remount,size=${size}k small
			TMPDIR=$1/small "$repo/scripts/apply.sh" "$2" tree >said 2>&1 || echo refused
			diff -r before tree >&2 || { echo "$size KiB" >&2; exit 1; }
			rm -rf small/*
		done' sh "$work/outer" "$1"
	rm -rf "$work/outer/before"
}

# Nothing is there to be removed, so nothing may change; and what a user has there stays.
full_scratch_folder_leaves_the_tree_as_it_was() {
	said=$(small_scratch --reverse)
	expect refused "$said"
	mkdir "$tree/kernel/kho_fast"
	for n in $(seq 300); do
		echo "int n$n;" >"$tree/kernel/kho_fast/a_file_of_somebody_else_$n.c"
	done
	said=$(small_scratch --reverse)
	[ "$(echo "$said" | grep -c refused)" -eq 13 ] || { echo "$said"; return 1; }
}

export TMPDIR="$work"
tests='failing_mv_leaves_the_tree_as_it_was failing_cp_leaves_the_tree_as_it_was
failing_mkdir_leaves_the_tree_as_it_was failing_chmod_leaves_the_tree_as_it_was
failing_rm_leaves_all_or_nothing full_disk_at_any_file_leaves_the_tree_as_it_was
signal_leaves_the_tree_as_it_was next_run_takes_back_what_a_killed_one_wrote
edit_after_a_killed_run_is_kept signal_at_the_first_folder_leaves_the_tree_as_it_was
roll_back_that_fails_is_said_and_done_again full_disk_leaves_the_tree_as_it_was
full_scratch_folder_leaves_the_tree_as_it_was'

run_fresh "$tests" "$@"
