#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Build the tools with -Werror and run what needs no KHO in this kernel: options, errors,
# exit status (KTAP). What they see is for the cases bpf-* of tests/e2e. Idempotent.
#
# usage: test.sh
# shellcheck disable=SC2317	# the tests are called by name
set -eu
here=$(cd -- "$(dirname -- "$0")" && pwd -P)
# shellcheck source=../scripts/lib.sh
. "$here/../scripts/lib.sh"
# shellcheck source=../scripts/ktap.sh
. "$here/../scripts/ktap.sh"

tools='khosnoop kholat khoblackout khoheat'
bin=$build/bpf

builds() { make -s -C "$here" OUT="$bin"; }

# ends STATUS TEXT COMMAND...: it ends like that, and says TEXT
ends() {
	want=$1 text=$2
	shift 2
	rc=0
	said=$(timeout 20 "$@" 2>&1) || rc=$?
	[ "$rc" -eq "$want" ] || { echo "$*: status $rc, not $want: $said"; return 1; }
	case $said in
	*"$text"*) ;;
	*) echo "$* says: $said"; return 1 ;;
	esac
}

each() {
	for tool in $tools; do
		"$@" "$bin/$tool" || return
	done
}

helps() { ends 0 '--json' "$1" --help; }

versions() { ends 0 "${1##*/} of kho-fast, for Linux " "$1" --version; }

refuses() {
	ends 64 "'x' is not a number" "$1" -d x
	ends 64 "'0' is not a number" "$1" -d 0
	ends 64 "'-1' is not a number" "$1" -p -1
	ends 64 "'99999999999' is not a number" "$1" -p 99999999999
	ends 64 'power of 2' "$1" -b 5
	ends 64 "what is 'more'" "$1" more
	ends 64 'unrecognized option' "$1" --nonsense
}

no_intervals() {
	ends 64 'at intervals' "$bin/khosnoop" -i 1
	ends 64 'at intervals' "$bin/khoblackout" -i 1
}

# A kernel without types, without KHO, or a user who may not: one line says which.
one_message() {
	rc=0
	said=$(timeout 20 "$1" -d 1 2>&1 >/dev/null) || rc=$?
	[ "$rc" -eq 1 ] || { echo "status $rc: $said"; return 1; }
	[ "$(echo "$said" | wc -l)" -eq 1 ] || { echo "more than a line: $said"; return 1; }
}

has_manual() {
	[ -f "$here/${1##*/}.8" ] || { echo "no ${1##*/}.8"; return 1; }
	for option in $("$1" --help | sed -n 's/^ *-[a-z],* *\(--[a-z]*\).*/\1/p'); do
		grep -q -- "$(echo "$option" | sed 's/-/\\\\-/g')" "$here/${1##*/}.8" ||
			{ echo "${1##*/}.8 has no $option"; return 1; }
	done
}

ktap_begin 7
check the_tools_build_without_a_warning builds
check each_tool_explains_its_options each helps
check each_tool_says_what_it_is each versions
check each_tool_refuses_bad_options each refuses
check intervals_only_where_there_are_sums no_intervals
if grep -q ' kho_preserve_folio$' /proc/kallsyms 2>/dev/null; then
	skip a_kernel_without_kho_is_one_message 'this kernel has it'
else
	check a_kernel_without_kho_is_one_message each one_message
fi
check each_tool_has_a_manual_of_all_options each has_manual
ktap_end
