#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Build the tools with -Werror and run what needs no KHO in this kernel: options, errors,
# exit status (KTAP). What they see is for the cases bpf-* of tests/e2e. Idempotent.
#
# usage: test.sh
# shellcheck disable=SC2317	# the tests are called by name
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
# shellcheck source=../scripts/lib.sh
. "$here/../scripts/lib.sh"
# shellcheck source=../scripts/ktap.sh
. "$here/../scripts/ktap.sh"

tools='khosnoop kholat khoblackout khoheat'
bin=$build/bpf

builds() { make -s -C "$here" OUT="$bin" all "$bin/why"; }

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
		"$@" "$bin/$tool"	# without "|| return", which would disable set -e in it
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
	ends 64 'to 2 GiB' "$1" -b 4194304
	ends 64 "unexpected argument 'more'" "$1" more
	ends 64 'unrecognized option' "$1" --nonsense
}

no_intervals() {
	ends 64 'no sums to show' "$bin/khosnoop" -i 1
	ends 64 'no sums to show' "$bin/khoblackout" -i 1
}

# A kernel without types, without KHO, or a user who may not: one line says which.
one_message() {
	rc=0
	said=$(timeout 20 "$1" -d 1 2>&1 >/dev/null) || rc=$?
	[ "$rc" -eq 1 ] || { echo "status $rc: $said"; return 1; }
	[ "$(echo "$said" | wc -l)" -eq 1 ] || { echo "more than a line: $said"; return 1; }
}

# Where it can be run by anybody: this folder may not be open to all.
why=$(mktemp -d)
trap 'rm -rf "$why"' EXIT
chmod 755 "$why"

# refused_says TEXT ERRNO [COMMAND...]: one line, and it has TEXT
refused_says() {
	text=$1 err=$2
	shift 2
	said=$("$@" "$why/why" "$err" ${filtered:+"$filtered"}) || return
	[ "$(echo "$said" | wc -l)" -eq 1 ] || { echo "more than a line: $said"; return 1; }
	case $said in
	*"$text"*) ;;
	*) echo "$* errno $err: $said"; return 1 ;;
	esac
}

# All capabilities, in no container: bit 38 is CAP_PERFMON, 39 CAP_BPF.
is_root_of_host() {
	caps=$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)
	[ $(((0x$caps >> 38) & 3)) -eq 3 ] && grep -q '^Seccomp:[[:space:]]*0$' /proc/self/status &&
		[ "$(readlink /proc/self/ns/user)" = 'user:[4026531837]' ]
}

# EPERM is 1, ENOMEM 12, EACCES 13, EBUSY 16, EINVAL 22, the kernel's ENOTSUPP 524
reasons() {
	cp "$bin/why" "$why/why"
	user='setpriv --reuid 65534 --clear-groups --inh-caps=-all --bounding-set=-all'
	# shellcheck disable=SC2086	# words on purpose
	refused_says 'no CAP_BPF and no CAP_PERFMON; run it as root' 1 $user &&
		refused_says 'no CAP_BPF and no CAP_PERFMON; run it as root' 13 $user &&
		refused_says 'try a smaller one, -b' 12 &&
		refused_says 'taken by another tracer' 16 &&
		refused_says 'CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS' 524 &&
		refused_says 'Invalid argument; libbpf: nothing (-v' 22 &&
		refused_says 'a security module forbids it' 1 || return 1
	filtered=yes
	refused_says 'a seccomp filter forbids bpf(2)' 1 || return 1
	# many a container's filter says so
	filtered=none
	refused_says 'a seccomp filter forbids bpf(2), or' 38 || return 1
	filtered=
	# a host may forbid user namespaces
	! unshare -Ur true 2>/dev/null ||
		refused_says 'root of a user namespace may not' 1 unshare -Ur
}

# hidden PATH TEXT TOOL: in a mount namespace where PATH is an empty folder, or as it is
# where there is no PATH
hidden() {
	[ -d "$1" ] || { ends 1 "$2" "$3" -d 1; return; }
	# shellcheck disable=SC2016	# of the inner shell
	ends 1 "$2" unshare -m sh -c 'mount -t tmpfs none "$1" && exec "$2" -d 1' sh "$1" "$3"
}

no_types() {
	hidden /sys/kernel/btf 'no /sys/kernel/btf/vmlinux): it needs CONFIG_DEBUG_INFO_BTF' "$1" &&
		hidden /sys '/sys is not mounted' "$1"
}

has_manual() {
	[ -f "$here/${1##*/}.8" ] || { echo "no ${1##*/}.8"; return 1; }
	for option in $("$1" --help | sed -n 's/^ *-[a-z],* *\(--[a-z]*\).*/\1/p'); do
		grep -q -- "$(echo "$option" | sed 's/-/\\\\-/g')" "$here/${1##*/}.8" ||
			{ echo "${1##*/}.8 has no $option"; return 1; }
	done
	for word in REQUIREMENTS CAP_BPF CAP_PERFMON CONFIG_DEBUG_INFO_BTF lockdown MESSAGES; do
		grep -q "$word" "$here/${1##*/}.8" ||
			{ echo "${1##*/}.8 does not say $word"; return 1; }
	done
}

# Only the tested capability may be missing: these tests need all others.
may_bpf() {
	[ "$(id -u)" -eq 0 ] && unshare -m mount -t tmpfs none /sys 2>/dev/null
}

ktap_begin 9
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
if is_root_of_host; then
	check each_refusal_has_its_reason reasons
else
	skip each_refusal_has_its_reason 'needs root of the host, not of a container'
fi
if may_bpf; then
	check a_kernel_without_types_is_one_message each no_types
else
	skip a_kernel_without_types_is_one_message 'needs root and mount namespaces'
fi
check each_tool_has_a_manual_of_all_options each has_manual
ktap_end
