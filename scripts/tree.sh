#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Check that a kernel tree fits the overlay: its version, line ends, versions of the
# handover formats, and the files in STOCK.  Sourced; the caller has die(), notice() and
# $top, and for all but the version $ktree, $work and lists.sh.
# shellcheck disable=SC2154	# top, ktree and work are the caller's

# shellcheck source=../KERNEL
. "$top/KERNEL"

# kernel_version TREE: empty if it is not a kernel tree
kernel_version() {
	awk -F ' *= *' '/^(VERSION|PATCHLEVEL|SUBLEVEL)/ { v = v s $2; s = "." }
		/^EXTRAVERSION/ { print v $2; exit }' "$1/Makefile" 2>/dev/null || :
}

# in_range VERSION
in_range() {
	# shellcheck disable=SC2154	# range: from KERNEL
	case $1 in
	*-rc*) return 1 ;;
	"$range" | "$range".*) ;;
	*) return 1 ;;
	esac
}

check_version() {
	have=$(kernel_version "$ktree")
	in_range "$have" || die "made for Linux $range.y, $ktree is ${have:-not a kernel tree}"
}

# Tests and build-kernels.sh apply the overlay to a few files of a tree.
is_whole() { [ -f "$ktree/Kbuild" ]; }

# check_line_ends FILE...: git may have converted them (core.autocrlf, attributes)
check_line_ends() {
	_path=$(printf '%s\n' "$@" | list_files "$ktree" |
		run_in "$ktree" grep -l "$(printf '\r')\$" | head -n 1)
	[ -z "$_path" ] || die "$ktree/$_path has CRLF line ends, as git leaves them under core.autocrlf:" \
		"get the tree again with 'git clone -c core.autocrlf=false'"
}

# The formats that the overlay writes
formats=kernel/kho_fast/formats.c

# list_formats: "MACRO VERSION" per line, as the overlay writes them; "? ASSERT" for an
# assertion that is neither of a version nor of a layout
list_formats() {
	awk 'BEGIN { RS = ";" }
		{ gsub(/[ \t\n]/, "") }
		!sub(/^.*static_assert\(/, "") || /sizeof\(struct|offsetof\(|PAGE_SIZE/ { next }
		/^kho_fast_same_format\([A-Z0-9_]+,"[^"]+"\)\)$/ {
			gsub(/^kho_fast_same_format\(|"|\)/, ""); sub(/,/, " "); print; next }
		/^[A-Z0-9_]+_VERSION==[0-9]+\)$/ { sub(/\)/, ""); sub(/==/, " "); print; next }
		{ print "?", $0 }' "$top/$formats"
}

# The headers of the tree must have the versions that the overlay writes.
check_formats() {
	_abi=include/linux/kho/abi
	list_formats >"$work/formats"
	[ -s "$work/formats" ] || die "$formats names no format"
	! grep '^?' "$work/formats" >&2 ||
		die "$formats has an assertion that scripts/tree.sh cannot read: extend list_formats()"
	while read -r _name _ours; do
		_found=$(cd "$ktree" && awk -v name="$_name" '$1 == "#define" && $2 == name {
			gsub(/"/, "", $3); print FILENAME, $3; exit }' "$_abi"/*.h 2>/dev/null) || :
		case $_found in
		*" $_ours") ;;
		'')
			! is_whole || die "no header of $ktree/$_abi defines $_name:" \
				"the overlay writes $_ours, use a version of it made for this kernel"
			;;
		*)
			die "another handover format: ${_found% *} says $_name is ${_found##* }, the overlay" \
				"writes $_ours: use a version of it made for this kernel, or the tree of Linux $range.y"
			;;
		esac
	done <"$work/formats"
}

# "KIND PATH" per line, for files of $ktree that belong into STOCK: those that the overlay
# hooks or replaces, and those that declare what it implements.
list_stock() {
	sed 's/^/hooked /' "$work/hooked"
	(
		cd "$ktree" || exit
		for path in kernel/liveupdate/*.[ch] mm/memfd_luo.c; do
			[ ! -f "$path" ] || echo "replaced $path"
		done
		for path in include/linux/kho/abi/*.h include/linux/kexec_handover.h \
			include/linux/kho_block.h include/linux/kho_radix_tree.h \
			include/linux/liveupdate.h include/uapi/linux/liveupdate.h \
			include/asm-generic/kexec_handover.h; do
			[ ! -f "$path" ] || [ -f "$top/$path" ] || echo "implemented $path"
		done
	)
}

# list_layouts: headers with records that have no version of their own.  Only comments and
# blanks may change.
list_layouts() {
	for path in include/linux/kho/abi/block.h include/linux/kho/abi/luo.h; do
		[ ! -f "$ktree/$path" ] || echo "layout $path"
	done
}

# code_of FILE: without comments and blanks
code_of() {
	tr '\n' ' ' <"$1" | sed 's,/\*[^*]*\*\**\([^/*][^*]*\*\**\)*/,,g' | tr -d '[:space:]'
}

# sum_kind KIND FOLDER: "SUM KIND PATH" per line, for the files of $work/kinds
sum_kind() {
	awk -v kind="$1" '$1 == kind { print $2 }' "$work/kinds" | list_files "$2" |
		run_in "$2" sha256sum | sed "s/  / $1 /"
}

# "SUM KIND PATH" per line; of a hooked file without its hooks
sum_stock() {
	{
		list_stock
		list_layouts
	} >"$work/kinds"
	mkdir -p "$work/code/include/linux/kho/abi"
	list_layouts | while read -r _kind _path; do
		code_of "$ktree/$_path" >"$work/code/$_path"
	done
	sum_kind hooked "$work/undone"
	sum_kind replaced "$ktree"
	sum_kind implemented "$ktree"
	sum_kind layout "$work/code"
}

record_stock() {
	is_whole || die "$ktree is only a part of a kernel tree: nothing was recorded"
	{
		echo "# SPDX-License-Identifier: GPL-2.0-only"
		echo "# Linux $have: the files that the overlay replaces, hooks or implements the"
		echo "# declarations of, and the layouts of records (without comments and blanks), by"
		echo "# sha256.  Written by scripts/apply.sh --record TREE."
		sum_stock
	} >"$work/STOCK"
	cp "$work/STOCK" "$top/STOCK.new"
	mv "$top/STOCK.new" "$top/STOCK"
}

# Report files that differ from STOCK.  Of a tree of a few files, only those that exist.
compare_stock() {
	[ -f "$top/STOCK" ] || die "STOCK is missing in $top: write it with apply.sh --record TREE"
	_made=$(sed -n 's/^# Linux \([^:]*\):.*/\1/p' "$top/STOCK")
	grep -v '^#' "$top/STOCK" >"$work/stock"
	sum_stock >"$work/sums"
	grep -vxFf "$work/stock" "$work/sums" >"$work/differ" || :
	if is_whole; then
		# gone: in STOCK, but not in the tree
		awk 'NR == FNR { here[$2, $3] = 1; next } !(($2, $3) in here)' "$work/sums" "$work/stock" >>"$work/differ"
	fi
	refuse_layouts
	notice_kind replaced "that it replaces" \
		"what they mend is not in the overlay, carry it over"
	notice_kind hooked "that it hooks" \
		"the hooks apply, read whether they are right there"
	notice_kind implemented "that declare what it implements" \
		"read whether it still does what they say"
}

refuse_layouts() {
	_paths=$(awk '$2 == "layout" { printf " %s", $3 }' "$work/differ")
	[ -z "$_paths" ] || die "other records than those of Linux $_made, which the overlay writes, are" \
		"declared in$_paths of $ktree: use a version of the overlay made for this kernel"
}

# notice_kind KIND WHICH ADVICE
notice_kind() {
	_paths=$(awk -v kind="$1" '$2 == kind { printf " %s", $3 }' "$work/differ")
	[ -z "$_paths" ] || notice "$ktree differs from Linux $_made, which the overlay was made after," \
		"in files $2:$_paths: $3"
}
