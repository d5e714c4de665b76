#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Remove the files of the scripts from the cache, and no others.  Idempotent.
#
# usage: distclean.sh
set -eu
here=$(dirname -- "$0")
# shellcheck source=lib.sh
. "$here/lib.sh"

lock_cache
cd "$cache"
for path in apt bin ccache debug dl fast headers-o kcsan linux log pristine-o stock tree undeferred usr; do
	rm -rf "$path" "$path.tmp"
done
rm -f tree.files tree.made-from lock
left=$(find . -mindepth 1 -maxdepth 1 ! -name .kho-fast -printf ' %f')
if [ -n "$left" ]; then
	say "left in $cache:$left"
else
	rm -f .kho-fast
	rmdir "$cache"
fi
