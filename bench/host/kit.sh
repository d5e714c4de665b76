#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Pack what measures live updates of a real host: build/kho-host-kit.tar.gz. README in it says how.
#
# usage: kit.sh [OUT]
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
# shellcheck source=../../scripts/lib.sh
. "$here/../../scripts/lib.sh"

out=${1:-$build/kho-host-kit.tar.gz}
work=$build/host-kit.d
kit=$build/host-kit/kho-host-kit

revision() {
	git -C "$top" rev-parse --short HEAD 2>/dev/null || echo unknown
	[ -z "$(git -C "$top" status --porcelain 2>/dev/null)" ] || echo and changes
}

# Only what the matrix uses: the tests' other modules need the kernel's sources.
pack_workload() {
	mkdir -p "$kit/workload"
	for file in "$top"/tests/e2e/kmod/*.[ch]; do
		case ${file##*/} in
		link.c | test_kho_*) ;;
		*) cp "$file" "$kit/workload" ;;
		esac
	done
	sed -e 's/ test_kho.o$//' -e '/^#/d' -e '/test_kho/d' -e '/kho_link/d' -e '/^KCSAN/d' \
		"$top/tests/e2e/kmod/Kbuild" >"$kit/workload/Kbuild"
}

rm -rf "${kit%/*}"
mkdir -p "$kit"
make -s -C "$here" OUT="$work" TREE="${KDIR:-$cache/linux}" >&2
khoctl=$("$top/tests/e2e/prepare.sh" program khoctl)
cp "$here/matrix" "$here/build-module" "$here/rows" "$here/kho-matrix.service" "$here/README" \
	"$top/tools/khoctl/coefficients.json" "$work/jump" "$work/report" \
	"$work/stamp.cpio" "$khoctl" "$kit"
revision | paste -sd ' ' >"$kit/revision"
pack_workload
copy_checkout "$kit/overlay"
tar -C "${kit%/*}" --owner=0 --group=0 -czf "$out.tmp" kho-host-kit
mv "$out.tmp" "$out"
echo "$out"
