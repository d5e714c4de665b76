#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Render Documentation/ with the kernel's Sphinx extensions and check it (KTAP).  The
# pages are rendered in build/docs/tree, a tree of links with the layout that
# apply-docs.sh creates: beside stock's pages of KHO and LUO and above the overlay's
# sources.  The result is build/docs/html/index.html.  Idempotent; takes about 20 s.
#
# usage: [KDIR=/path/to/linux-7.3.y] docs.sh
# shellcheck disable=SC2317	# the checks are called by name
set -eu
here=$(dirname -- "$0")
# shellcheck source=lib.sh
. "$here/lib.sh"
# shellcheck source=ktap.sh
. "$here/ktap.sh"
# shellcheck source=docs-names.sh
. "$here/docs-names.sh"

base=$("$here/fetch-linux.sh")
# Keep the kernel's source clean, and its conf.py independent of the user.
export PYTHONDONTWRITEBYTECODE=1
unset DOCS_THEME DOCS_CSS SPHINX_IMGMATH
out=$build/docs
tree=$out/tree
doc=$tree/Documentation
# Files of the kernel for Sphinx, and pages that ours refer to
kernel_parts='Documentation/conf.py Documentation/images Documentation/sphinx
	Documentation/sphinx-static Documentation/core-api/kho/abi.rst
	Documentation/core-api/kho/index.rst Documentation/core-api/liveupdate.rst
	Documentation/mm/memfd_preservation.rst Documentation/userspace-api/liveupdate.rst
	Documentation/admin-guide/mm/kho.rst Documentation/ABI/README scripts tools'

link() { mkdir -p "${2%/*}" && ln -s "$1" "$2"; }

# Links to files: a link to a folder of the kernel could not have ours in it.
make_tree() {
	rm -rf "$out"
	for path in $kernel_parts; do
		link "$base/$path" "$tree/$path"
	done
	for folder in kernel/liveupdate include/linux/kho/abi; do
		find "$base/$folder" -type f
	done >"$out/sources"
	for path in mm/memfd_luo.c include/linux/liveupdate.h include/linux/kho_block.h \
		include/linux/kho_radix_tree.h include/uapi/linux/liveupdate.h; do
		echo "$base/$path"
	done >>"$out/sources"
	while read -r path; do
		link "$path" "$tree/${path#"$base/"}"
	done <"$out/sources"
	link "$base/MAINTAINERS" "$tree/MAINTAINERS"
	"$here/apply-docs.sh" "$tree" >"$out/applied"
	(cd "$top" && find Documentation kernel mm include -type f ! -name '.*') |
		grep -vxFf "$out/applied" >"$out/ours"
	while read -r path; do
		link "$top/$path" "$tree/$path"
	done <"$out/ours"
}

# Stock's page has an entry for ours, once.
applied_once() {
	grep -qx 'Documentation/core-api/kho/index.rst' "$out/applied"
	grep -q 'href="fast/index.html"' "$out/html/core-api/kho/index.html"
	again=$("$here/apply-docs.sh" "$tree")
	[ -z "$again" ] || { echo "applied again, it changes: $again"; return 1; }
	mkdir -p "$out/other/Documentation/core-api/kho"
	echo abi >"$out/other/Documentation/core-api/kho/index.rst"
	! said=$("$here/apply-docs.sh" "$out/other" 2>&1) || return 1
	echo "$said" | grep -q 'the tree is no Linux 7.3$'
	[ "$(find "$out/other" -type f | wc -l)" -eq 1 ]
}

# render TREE OUTPUT: any message of Sphinx is an error, except those about the theme and
# about graphviz, which no page needs.
render() {
	rc=0
	(cd "$1/Documentation" && srctree=$1 LC_ALL=C.UTF-8 \
		sphinx-build -q -b html -d "$2.doctrees" -c . -D kerneldoc_srctree="$1" \
		-D version="$version" -D release="$version" . "$2") >"$2.log" 2>&1 || rc=$?
	! grep -vE '^Using .* theme$|^WARNING: dot\(1\) not found' "$2.log" && [ "$rc" -eq 0 ]
}

pages_render() {
	render "$tree" "$out/html"
	[ -s "$out/html/core-api/kho/fast/source.html" ]
}

# A page with a reference to a missing page
broken_reference_fails() {
	broken=$out/broken
	for path in Documentation/conf.py Documentation/images Documentation/sphinx \
		Documentation/sphinx-static MAINTAINERS tools; do
		link "$base/$path" "$broken/$path"
	done
	# shellcheck disable=SC2016	# the markup of rst
	printf 'Page\n====\n\nSee :doc:`nowhere`.\n' >"$broken/Documentation/index.rst"
	! render "$broken" "$out/broken-html" >/dev/null || return 1
	grep -q "WARNING: unknown document: 'nowhere'" "$out/broken-html.log"
}

# The tool reports errors on stderr, with status 0.
abi_entries_are_valid() {
	"$base/tools/docs/get_abi.py" -D "$doc/ABI" validate >"$out/abi" 2>&1 || :
	cat "$out/abi"
	[ ! -s "$out/abi" ]
	"$base/tools/docs/get_abi.py" -D "$doc/ABI" search /sys/kernel/liveupdate/next |
		grep -q 'next'
}

# An attribute of a kobject is a file in sysfs.
sysfs_files_have_abi_entries() {
	(cd "$top" && grep -rhoE '__ATTR(_[A-Z]+)*\([a-z_]+' kernel mm) | sed 's/.*(//' >"$out/attrs"
	[ -s "$out/attrs" ] || { echo 'no attribute was found'; return 1; }
	while read -r name; do
		grep -rqE "^What:[[:space:]]+/sys/.*/$name\$" "$top/Documentation/ABI" ||
			{ echo "$name: no entry in Documentation/ABI"; return 1; }
	done <"$out/attrs"
}

# Each source with kernel-doc is in one page.
sources_are_in_a_page() {
	(cd "$top" && grep -rlE '^[[:space:]]*/\*\*$' kernel mm include) | LC_ALL=C sort >"$out/documented"
	(cd "$top" && grep -rhoE '^\.\. kernel-doc:: .*' Documentation) | sed 's/.*:: *//' |
		LC_ALL=C sort >"$out/pulled"
	LC_ALL=C comm -23 "$out/documented" "$out/pulled" | sed 's/$/: in no page/' >"$out/missing"
	uniq -d "$out/pulled" | sed 's/$/: in two pages/' >>"$out/missing"
	cat "$out/missing"
	[ ! -s "$out/missing" ]
}

# The section lists each file of the overlay, and only files that exist.
maintainers_section_is_complete() {
	[ "$(diff "$base/MAINTAINERS" "$tree/MAINTAINERS" | grep -c '^[<>]')" -eq \
		"$(grep -vc '^#' "$top/MAINTAINERS" | awk '{ print $1 + 1 }')" ]
	sed -n 's/^F:[[:space:]]*//p' "$top/MAINTAINERS" >"$out/maintained"
	(cd "$top" && LC_ALL=C sort -c "$out/maintained")
	while read -r path; do
		[ -e "$top/$path" ] || { echo "MAINTAINERS: there is no $path"; return 1; }
	done <"$out/maintained"
	sed -e 's/#.*//' -e '/^$/d' "$top/OVERLAY" | while read -r path; do
		[ ! -d "$top/$path" ] || path=$path/
		grep -qxF "$path" "$out/maintained" || echo "MAINTAINERS: $path of OVERLAY is missing"
	done >"$out/missing"
	cat "$out/missing"
	[ ! -s "$out/missing" ]
}

make_tree
version=$(awk -F ' *= *' '/^(VERSION|PATCHLEVEL|SUBLEVEL)/ { v = v s $2; s = "." }
	/^EXTRAVERSION/ { print v; exit }' "$base/Makefile")
ktap_begin 18
check pages_render pages_render
check applied_once applied_once
check broken_reference_fails broken_reference_fails
check abi_entries_are_valid abi_entries_are_valid
check sysfs_files_have_abi_entries sysfs_files_have_abi_entries
check sources_are_in_a_page sources_are_in_a_page
check named_files_exist named_files_exist
check named_paths_exist named_paths_exist
check named_code_exists named_code_exists
check named_options_exist named_options_exist
check named_targets_exist named_targets_exist
check named_cases_exist named_cases_exist
check named_benchmarks_exist named_benchmarks_exist
check quoted_messages_exist quoted_messages_exist
check parameters_are_documented parameters_are_documented
check debugfs_files_are_documented debugfs_files_are_documented
check hooks_are_in_the_table hooks_are_in_the_table
check maintainers_section_is_complete maintainers_section_is_complete
echo "# pages: $out/html/index.html"
ktap_end
