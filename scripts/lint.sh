#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Checks that need no test to run (KTAP, one line per check).  Needs the kernels
# built: sparse looks at the overlay as the fast kernel compiles it.  Idempotent.
#
# usage: [KDIR=/path/to/linux-7.3.y] lint.sh
set -eu
here=$(dirname -- "$0")
# shellcheck source=lib.sh
. "$here/lib.sh"
# shellcheck source=ktap.sh
. "$here/ktap.sh"
# shellcheck source=kbuild.sh
. "$here/kbuild.sh"
# shellcheck source=checkpatch.sh
. "$here/checkpatch.sh"

base=$("$here/fetch-linux.sh")
cd "$top"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Files that are or will be in the repository, without ignored ones
git ls-files --cached --others --exclude-standard | sort -u | while read -r f; do
	[ ! -f "$f" ] || echo "$f"
done >"$work/files"
sed -e 's/#.*//' -e '/^$/d' OVERLAY >"$work/roots"
while read -r root; do
	grep -E "^$root(/|\$)" "$work/files" || die "no file of the repository is at $root (see OVERLAY)"
done <"$work/roots" >"$work/overlay"

files() { grep -E "$1" "$work/files"; }
overlay() { grep -E "$1" "$work/overlay"; }

# The sign-off comes when it is mailed.
checkpatch() {
	{
		overlay '\.[chS]$|Kconfig$|Makefile$' | sed "s,^,$top/," | run_checkpatch --file
		files '^(Kconfig\.patch|patches/.*\.patch)$' | sed "s,^,$top/," |
			run_checkpatch --no-signoff
	} >"$work/checkpatch"
	checkpatch_faults <"$work/checkpatch"
}

# Debian's sparse does not know __typeof_unqual__ yet, and kbuild skips a checker
# that does not.  With typeof instead it complains of const in get_unaligned(): gcc,
# which sees the real thing, is the one to do that.
sparse_overlay() {
	lock_cache
	objects='' others=''
	for o in $(overlay '\.c$' | sed 's,\.c$,.o,'); do
		if has_object fast "$o"; then objects="$objects $o"; else others="$others $o"; fi
	done
	# shellcheck disable=SC2086	# words
	(kbuild "$cache/tree" "$cache/fast" fast C=2 \
		CHECK='sparse -D__typeof_unqual__=__typeof__' $objects) >"$work/sparse" 2>&1 </dev/null ||
		{ tail -n 20 "$work/sparse"; return 1; }
	for o in $others; do
		flags=$(compiler_of fast "$o")
		(cd "$cache/fast" && eval "sparse -D__typeof_unqual__=__typeof__ -${flags#* -} $cache/tree/${o%.o}.c") >>"$work/sparse" 2>&1 ||
			{ tail -n 20 "$work/sparse"; return 1; }
	done
	for o in $objects; do
		grep -qx "  CHECK   ${o%.o}.c" "$work/sparse" || { echo "sparse did not look at ${o%.o}.c"; return 1; }
	done
	! grep -E '(warning|error):' "$work/sparse" | grep -v 'different modifiers'
}

# The build shows a warning once and then has its object.  The command is the build's own.
no_warnings() {
	overlay '\.c$' | while read -r c; do
		cmd=$(compiler_of fast "${c%.c}.o")
		(cd "$cache/fast" && eval "$cmd -Werror -S -o /dev/null $cache/tree/$c") || touch "$work/warned"
	done
	[ ! -e "$work/warned" ]
}

shell() { files '\.sh$|^\.ci/run$|^tools/systemd/[a-z-]*$|^tests/systemd/[a-z-]*$' | xargs shellcheck; }

kernel_doc() {
	overlay '\.[ch]$' | xargs "$base/tools/docs/kernel-doc" -none -Wall >"$work/doc" 2>&1 ||
		{ cat "$work/doc"; return 1; }
	cat "$work/doc"
	[ ! -s "$work/doc" ]
}

# Where code like ours would stand
no_copies() {
	mkdir -p "$build"
	cc -O2 -Wall -Wextra -Werror -o "$build/check-copies" "$here/check-copies.c"
	overlay '\.[ch]$' >"$work/sources"
	set -- kernel mm lib include arch/x86 arch/arm64 drivers/of drivers/firmware
	for folder; do
		echo "$base/$folder"
	done >"$work/folders"
	# shellcheck disable=SC2046	# one path per line, none with a blank
	"$build/check-copies" $(cat "$work/sources") -- $(cat "$work/folders")
}

# Options are IS_ENABLED() in expressions, or stubs in a header.
no_if_in_c() {
	! overlay '\.c$' | xargs grep -nE '^[[:space:]]*#[[:space:]]*(if|ifdef|ifndef|elif|else)\b'
}

# Nothing ties the repository to one machine or names the host of a package registry.
no_machine() {
	paths='(^|[^[:alnum:]_.-])/(root|work|tmp/k|home/[a-z]+)/'
	hosts='[a-z0-9.-]+\.(debian|ubuntu)\.(org|net|com)|pypi\.(org|io)|registry\.npmjs|crates\.io'
	! xargs grep -nIE "$paths|$hosts" <"$work/files"
}

has_licence() {
	grep -vxE 'COPYING|.*\.(patch|golden|json|jsonl|svg|png)' "$work/files" | while read -r f; do
		head -n 3 "$f" | grep -q 'SPDX-License-Identifier: GPL-2.0-only' || echo "$f: no licence tag"
	done >"$work/untagged"
	cat "$work/untagged"
	[ ! -s "$work/untagged" ]
}

# Kernel style makes this easy: a function is what is between a { and the next } that
# are alone at the start of a line.
short_functions() {
	files '\.[ch]$' | xargs awk '
		/^\{/ { from = FNR }
		/^}/ && from { if (FNR - from - 1 > 100)
				print FILENAME ":" from ": function of " FNR - from - 1 " lines, at most 100"
			from = 0 }' >"$work/long"
	cat "$work/long"
	[ ! -s "$work/long" ]
}

short_files() {
	files '\.[chS]$|\.sh$' | while read -r f; do
		n=$(awk 'END { print NR }' "$f")
		[ "$n" -lt 1000 ] || echo "$f: $n lines, at most 999"
	done >"$work/long"
	cat "$work/long"
	[ ! -s "$work/long" ]
}

# Kernel code in the small: one noun a file
short_kernel_files() {
	overlay '\.[ch]$' | while read -r f; do
		n=$(awk 'END { print NR }' "$f")
		[ "$n" -le 500 ] || echo "$f: $n lines, at most 500"
	done >"$work/long"
	cat "$work/long"
	[ ! -s "$work/long" ]
}

# Lines of kernel code as "file:line: text", with tabs expanded: all of the overlay, and
# what the patches add
kernel_lines() {
	overlay '\.[chS]$' | while read -r f; do
		expand "$f" | awk -v f="$f" '{ print f ":" FNR ": " $0 }'
	done
	files '^(Kconfig\.patch|patches/.*\.patch)$' | while read -r f; do
		sed -n 's/^+\([^+]\|$\)/\1/p' "$f" | expand | awk -v f="$f" '{ print f ":+" FNR ": " $0 }'
	done
}

# A message is not broken, so that it can be found.
narrow_kernel_code() {
	# shellcheck disable=SC2016	# awk's fields
	kernel_lines | awk '
		{ text = $0; sub(/^[^:]*:[^:]*: /, "", text) }
		length(text) <= 80 { next }
		text ~ /^ *((if \()?[a-z_]*(pr_[a-z_]+|WARN[A-Z_]*|seq_printf|seq_puts)\(.*)?"/ { next }
		{ print $0 " (" length(text) " columns, at most 80)"; bad = 1 }
		END { exit bad }'
}

# An oops, ftrace, initcall_debug and livepatch show only the symbol.  A definition may
# have its type on a line of its own, and attributes with arguments before its name; a
# macro such as DEFINE_MUTEX() defines the name among its arguments.
prefixed_statics() {
	# shellcheck disable=SC2016	# awk's fields
	overlay '\.[ch]$' | xargs awk -v prefix='(kho|luo|liveupdate|memfd_luo)_' '
		function fault(name) {
			print FILENAME ":" FNR ": " name " has no prefix"
			bad = 1
		}
		function check(name) {
			if (name !~ "^_*" prefix)
				fault(name)
		}
		function arguments(text) {
			sub(/^[^(]*\(/, "", text)
			return text
		}
		function without_attributes(text) {
			while (match(text, / __[a-z_]+\([^()]*\)/))
				text = substr(text, 1, RSTART - 1) substr(text, RSTART + RLENGTH)
			return text
		}
		function check_static(text,	name) {
			sub(/ *=.*/, "", text)
			if (text ~ /struct \{/)
				return
			if (text ~ /\(\*/ || text !~ /\(/) {
				sub(/[;[)].*/, "", text)
				sub(/( __[a-z_]+)* *$/, "", text)
				sub(/.*[ \t*]/, "", text)
				check(text)
				return
			}
			name = text
			sub(/\(.*/, "", name)
			sub(/.*[ \t*]/, "", name)
			if (name !~ /^[A-Z_]+$/)
				check(name)
			else if (arguments(text) !~ "(^|[ ,*&])" prefix)
				fault(text)
		}
		FNR == 1 { text = "" }
		/^static / || text { text = without_attributes(text " " $0) }
		text ~ /[;={(]/ { check_static(text); text = "" }
		/^(struct|union|enum) [a-z_0-9]+ \{/ { check($2) }
		/^[a-z_]*(_initcall|early_param|__setup|module_init|module_exit)\(/ {
			if (arguments($0) !~ "(^|, )" prefix "[a-z_0-9]*\\)")
				fault($0)
		}
		END { exit bad }'
}

# Each include between quotes as a line: the file, the file that it includes
arrows() {
	# shellcheck disable=SC2016	# awk's fields
	overlay '\.[ch]$' | xargs awk '
		function path(folder, name,	part, n, i, top, p) {
			n = split(folder "/" name, part, "/")
			for (i = 1; i <= n; i++)
				if (part[i] == "..")
					top--
				else
					part[++top] = part[i]
			p = part[1]
			for (i = 2; i <= top; i++)
				p = p "/" part[i]
			return p
		}
		/^#include "/ {
			split($0, quoted, "\"")
			folder = FILENAME
			sub("/[^/]*$", "", folder)
			print FILENAME, path(folder, quoted[2])
		}'
}

# scripts/layers has what may be included where.
layers_hold() {
	arrows | awk '
		function full(name) {
			if (name == ".")
				return "kernel/kho_fast"
			sub("^[.]/", "", name)
			return name ~ "^(mm|kernel)(/|$)" ? name : "kernel/kho_fast/" name
		}
		function folder_of(file) {
			sub("/[^/]*$", "", file)
			return file
		}
		FILENAME == "scripts/layers" {
			for (i = 2; $1 !~ "^#" && i <= NF; i++)
				allowed[full($1), full($i)]
			next
		}
		{
			from = folder_of($1)
			to = folder_of($2)
			if (from != to && !((from, $2) in allowed) && !((from, to "/") in allowed)) {
				print $1 " includes " $2 ", which scripts/layers does not allow"
				bad = 1
			}
		}
		END { exit bad }' scripts/layers -
}

# A .c and its .h are one.  tsort names the files of a circle.
no_circles() {
	arrows | sed 's/\.[ch]\>//g' | awk '$1 != $2' | tsort >/dev/null
}

# Such a header hides which file depends on which.
no_internal_h() { ! overlay '/internal\.h$'; }

ktap_begin 17
check checkpatch checkpatch
check no_compiler_warnings no_warnings
check sparse sparse_overlay
check shellcheck shell
check kernel_doc kernel_doc
check no_run_of_8_lines_of_the_stock_tree no_copies
check no_if_in_overlay_sources no_if_in_c
check nothing_of_this_machine no_machine
check licence_tag_in_every_file has_licence
check functions_up_to_100_lines short_functions
check files_below_1000_lines short_files
check kernel_files_up_to_500_lines short_kernel_files
check kernel_code_within_80_columns narrow_kernel_code
check statics_and_tags_have_a_prefix prefixed_statics
check folders_include_what_scripts_layers_allows layers_hold
check no_file_includes_one_that_includes_it no_circles
check no_header_for_everything no_internal_h
ktap_end
