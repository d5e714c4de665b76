#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The env record of a benchmark: what ran where.  Sourced after scripts/lib.sh, never run.
# shellcheck disable=SC2154	# top and cache come from lib.sh

# Text for JSON: what could end the string is dropped.
text() { tr -d '"\\\t' | tr '\n' ' ' | sed 's/ *$//'; }

# env_record RUN ACCEL COMMAND
env_record() {
	dirty=false
	[ -z "$(git -C "$top" status --porcelain 2>/dev/null)" ] || dirty=true
	printf '{"type":"env","schema":1,"run":"%s","rev":"%s","dirty":%s,' "$1" \
		"$(git -C "$top" rev-parse --short HEAD 2>/dev/null || echo unknown)" "$dirty"
	printf '"kernel":"%s","cc":"%s","cpu":"%s","nproc":%s,"where":"qemu-%s",' \
		"$(make -s -C "$cache/tree" kernelversion | text)" "$(gcc --version | head -n 1 | text)" \
		"$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1 | text)" "$(nproc)" "$2"
	printf '"qemu":"%s","date":"%s","command":"%s"}\n' \
		"$(qemu-system-x86_64 --version | head -n 1 | text)" "$(date -u +%FT%TZ)" "$3"
}
