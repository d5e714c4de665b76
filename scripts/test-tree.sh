#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A small kernel tree and a copy of this repository, for tests of apply.sh.  Sourced
# after lib.sh and ktap.sh, with $here.
# shellcheck disable=SC2154	# here: the caller's

base=$("$here/fetch-linux.sh")
hooked=$("$here/apply.sh" --list)
roots=$(sed -e 's/#.*//' "$top/OVERLAY")
# another release may lack one
compared=$(awk '/^[0-9a-f]/ && $2 != "hooked" { print $3 }' "$top/STOCK" | sort -u | while read -r path; do
	[ ! -f "$base/$path" ] || echo "$path"
done)
[ -n "$compared" ] || die "STOCK names no file"
[ -n "$hooked" ] || die "there are no patches to test with"
[ -n "$roots" ] || die "OVERLAY is empty"
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
umask 022
chmod 755 "$work"
repo=$work/repo
pristine=$work/outer/pristine
tree=$work/outer/tree

# Each test starts from a copy of the repository and one of the pristine files.
# shellcheck disable=SC2086	# lists of paths, which have no blanks
fresh() {
	rm -rf "$work/outer" "$repo"
	mkdir -p "$tree" "$repo/scripts"
	(cd "$base" && cp --parents Makefile Kbuild $hooked $compared "$tree")
	cp -Rp "$tree" "$pristine"
	cp "$here"/*.sh "$repo/scripts"
	(cd "$top" && cp -R KERNEL OVERLAY STOCK Kconfig.patch patches "$repo" &&
		cp -R --parents $roots "$repo")
}

# A part of the overlay, for tests that apply it many times
shrink_overlay() {
	find "$repo/kernel/kho_fast" -name '*.[ch]' ! -name formats.c ! -name key.c -delete
	rm -r "$repo/kernel/kho_fast/luo"
}

# run_fresh TESTS [TEST...]: all of TESTS, or those named
run_fresh() {
	_tests=$1
	shift
	# shellcheck disable=SC2086	# one word, one test
	[ $# -gt 0 ] || set -- $_tests
	ktap_begin $#
	for _test; do
		fresh
		check "$_test" "$_test"
	done
	ktap_end
}

# shellcheck disable=SC2120	# the tests have arguments for it
apply() { "$repo/scripts/apply.sh" "$@" "$tree"; }

expect() {
	case $2 in
	*"$1"*) ;;
	*) echo "expected '$1' in: $2"; return 1 ;;
	esac
}

# Everything that a write would change: names, modes, inodes, times
snapshot() { (cd "$tree" && find . -printf '%p %y %m %i %T@\n' | sort) >"$work/$1"; }

# leaves_alone COMMAND...: it succeeds and writes nothing
leaves_alone() {
	snapshot before
	said=$("$@")
	snapshot after
	diff "$work/before" "$work/after"
}

# refuses WORDS: apply.sh fails with WORDS in its message and writes nothing
refuses() {
	snapshot before
	# shellcheck disable=SC2119
	if said=$(apply 2>&1); then
		echo "not refused: $said"
		return 1
	fi
	snapshot after
	diff "$work/before" "$work/after"
	expect "$1" "$said"
}
