#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Install the documentation of the overlay into a kernel tree, for a patch series: the pages
# of Documentation/core-api/kho/fast, with an entry in the table of contents of KHO's pages;
# the entries of Documentation/ABI; the section of MAINTAINERS, behind that of KHO.
# apply.sh does not install them, since no build needs them.  Idempotent; nothing is
# written after an error.
#
# usage: apply-docs.sh <kernel tree>
#        apply-docs.sh --list
#   --list   print the existing files that it changes
set -eu
here=$(dirname -- "$0")
# shellcheck source=lib.sh
. "$here/lib.sh"

index=Documentation/core-api/kho/index.rst
if [ "$*" = --list ]; then
	printf '%s\n' "$index" MAINTAINERS
	exit
fi
[ $# -eq 1 ] || bad_usage
ktree=$(cd -- "$1" 2>/dev/null && pwd -P) || die "$1 is not a folder: give a kernel tree"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The entry of an earlier run is removed first, so that there is only one.
make_index() {
	awk '$0 == "   fast/index" { next }
		{ print }
		$0 == "   abi.rst" { print "   fast/index"; done = 1 }
		END { exit !done }' "$ktree/$index" >"$work/index" 2>/dev/null ||
		die "$ktree/$index has no table of contents with abi.rst: the tree is no Linux 7.3"
}

make_maintainers() {
	awk '
		FNR == NR { if (!/^#/) { section = section $0 "\n"; if (!title) title = $0 } next }
		$0 == title { old = 1 }
		!old { print }
		$0 == "KEXEC HANDOVER (KHO)" { inside = 1 }
		inside && $0 == "" { printf "%s\n", section; inside = 0; done = 1 }
		old && $0 == "" { old = 0 }
		END { exit !done }' "$top/MAINTAINERS" "$ktree/MAINTAINERS" >"$work/maintainers" 2>/dev/null ||
		die "$ktree/MAINTAINERS has no section KEXEC HANDOVER (KHO): the tree is no Linux 7.3"
}

# put FILE PATH: by rename, and only if it differs
put() {
	! cmp -s "$1" "$ktree/$2" || return 0
	mkdir -p "$ktree/$(dirname -- "$2")"
	cp "$1" "$ktree/$2.kho_fast"
	mv -f "$ktree/$2.kho_fast" "$ktree/$2"
	echo "$2"
}

make_index
make_maintainers
(cd "$top" && find Documentation/core-api Documentation/ABI -type f ! -name '.*') |
	LC_ALL=C sort >"$work/pages"
while read -r path; do
	put "$top/$path" "$path"
done <"$work/pages"
put "$work/index" "$index"
put "$work/maintainers" MAINTAINERS
