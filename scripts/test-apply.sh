#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of apply.sh (KTAP), on a small tree of the files that it changes.  Idempotent;
# writes only to a scratch folder.
#
# usage: [KDIR=/path/to/linux-7.3.y] test-apply.sh [TEST...]
set -eu
here=$(dirname -- "$0")
# shellcheck source=lib.sh
. "$here/lib.sh"
# shellcheck source=ktap.sh
. "$here/ktap.sh"

# shellcheck source=test-tree.sh
. "$here/test-tree.sh"

installs_overlay_and_hooks() {
	apply
	for path in $roots; do
		diff -r "$top/$path" "$tree/$path"
	done
	for path in $hooked; do
		grep -qiE 'kho_(fast|phase|shmem)' "$tree/$path" || { echo "no hook in $path"; return 1; }
	done
}

second_run_writes_nothing() {
	apply
	leaves_alone apply
	expect 'already applied' "$said"
}

check_writes_nothing() {
	leaves_alone apply --check
	expect 'Linux 7.3' "$said"
	expect '0 of ' "$said"
	apply
	leaves_alone apply --check
	expect '0 files to write' "$said"
}

reverse_restores_the_tree() {
	apply
	apply --reverse
	diff -r "$pristine" "$tree"
	leaves_alone apply --reverse
}

half_applied_tree_is_completed() {
	apply
	cp -Rp "$tree" "$work/outer/whole"
	one=$(echo "$hooked" | head -n 1)
	cp "$pristine/$one" "$tree/$one"
	rm "$tree/include/linux/kho_fast.h"
	apply
	diff -r "$work/outer/whole" "$tree"
}

only_the_changed_file_is_written() {
	apply
	snapshot before
	echo '/* changed */' >>"$repo/include/linux/kho_fast.h"
	apply
	snapshot after
	changed=$(diff "$work/before" "$work/after" | awk '/^> .* f / { print $2 }')
	[ "$changed" = ./include/linux/kho_fast.h ] || { echo "written: $changed"; return 1; }
}

stale_source_goes_and_object_stays() {
	apply
	touch "$tree/kernel/kho_fast/stale.c" "$tree/kernel/kho_fast/stale.o"
	apply
	[ ! -e "$tree/kernel/kho_fast/stale.c" ] || { echo 'stale.c is still there'; return 1; }
	[ -e "$tree/kernel/kho_fast/stale.o" ] || { echo 'stale.o is gone'; return 1; }
	apply --reverse
	diff -r "$pristine" "$tree"
}

hard_linked_twin_is_left_alone() {
	rm -rf "$tree"
	cp -al "$pristine" "$tree"
	(cd "$pristine" && find . -type f -exec sha256sum {} +) >"$work/sums"
	apply
	(cd "$pristine" && sha256sum --check --quiet "$work/sums")
	apply --reverse
	(cd "$pristine" && sha256sum --check --quiet "$work/sums")
}

tree_in_another_repository_is_patched() {
	git init -q "$work/outer"
	export TMPDIR="$work/outer"
	installs_overlay_and_hooks
}

# The last patch, after all others were found to apply
moved_anchor_is_refused() {
	last=$(find "$repo/patches" -name '*.patch' | sort | tail -n 1)
	anchor=$(sed -n '/^@@/,$ s/^ \([[:space:]]*[a-z_].*\)/\1/p' "$last" | head -n 1)
	path=$(sed -n 's,^+++ b/,,p' "$last" | head -n 1)
	A=$anchor awk '$0 == ENVIRON["A"] { $0 = "moved" } { print }' "$pristine/$path" >"$tree/$path"
	refuses "${last##*/}: neither applies nor is applied"
}

# The overlay's would be added beside it
hook_of_another_version_is_refused() {
	one=$(echo "$hooked" | tail -n 1)
	echo "kho_fast_older_hook();" >>"$tree/$one"
	refuses 'hooks of another version'
}

other_version_is_refused() {
	sed -i 's/^PATCHLEVEL = .*/PATCHLEVEL = 4/' "$tree/Makefile"
	refuses 'made for Linux 7.3.y'
	sed -i 's/^PATCHLEVEL = .*/PATCHLEVEL = 3/; s/^EXTRAVERSION =.*/EXTRAVERSION = -rc2/' "$tree/Makefile"
	refuses 'made for Linux 7.3.y'
}

folder_that_is_no_kernel_tree_is_refused() {
	rm "$tree/Makefile"
	refuses 'not a kernel tree'
}

missing_overlay_file_is_refused() {
	rm "$repo/include/linux/kho_fast.h"
	refuses 'OVERLAY names include/linux/kho_fast.h'
}

path_outside_the_tree_is_refused() {
	echo '../escape' >>"$repo/OVERLAY"
	refuses 'leaves the tree'
}

# Root may write anywhere, so run as another user.
read_only_tree_is_refused() {
	chmod -R a-w,a+rX "$tree" "$repo"
	chmod a+rx "$repo/scripts/apply.sh"
	if [ "$(id -u)" -eq 0 ]; then
		apply() { setpriv --reuid 65534 --regid 65534 --clear-groups "$repo/scripts/apply.sh" "$tree"; }
	fi
	refuses 'cannot be written to'
}

# On a copy of the tree with a later version and no other difference
notices() {
	sed -i 's/^SUBLEVEL = .*/SUBLEVEL = 99/' "$tree/Makefile"
	said=$(apply "$@" 2>&1)
	expect 'notice:' "$said"
	expect 'differs from Linux 7.3' "$said"
}

record() { "$repo/scripts/apply.sh" --record "$pristine"; }

tree_it_was_made_after_draws_no_notice() {
	record
	said=$(apply 2>&1; apply 2>&1; apply --check 2>&1; apply --reverse 2>&1)
	case $said in
	*notice*) echo "$said"; return 1 ;;
	esac
}

each_file_that_differs_is_named() {
	record
	echo '/* mended */' >>"$tree/kernel/liveupdate/luo_file.c"
	echo '/* mended */' >>"$tree/mm/memfd_luo.c"
	echo '/* mended */' >>"$tree/mm/mm_init.c"
	echo '/* mended */' >>"$tree/include/linux/kho/abi/luo.h"
	echo '/* new */' >"$tree/kernel/liveupdate/luo_new.c"
	rm "$tree/kernel/liveupdate/luo_flb.c"
	for mode in --check '' ''; do
		notices ${mode:+"$mode"}
		for path in kernel/liveupdate/luo_file.c mm/memfd_luo.c mm/mm_init.c \
			include/linux/kho/abi/luo.h kernel/liveupdate/luo_new.c kernel/liveupdate/luo_flb.c; do
			expect " $path" "$said"
		done
		! echo "$said" | grep -E ' (mm/memblock\.c|kernel/liveupdate/luo_core\.c)' || return 1
	done
}

# With KDIR= messages come from fetch-linux.sh, on stderr.
fetch_names_each_file_that_differs() {
	record
	rm -f "$tree/mm/memfd_luo.c"
	echo '/* mended */' >>"$tree/kernel/liveupdate/luo_file.c"
	KDIR=$tree KHO_CACHE=$work/outer/cache "$repo/scripts/fetch-linux.sh" >"$work/path" 2>"$work/said"
	[ "$(cat "$work/path")" = "$tree" ]
	expect 'fetch-linux.sh: notice:' "$(cat "$work/said")"
	expect ' kernel/liveupdate/luo_file.c mm/memfd_luo.c' "$(cat "$work/said")"
	KDIR=$pristine KHO_CACHE=$work/outer/cache "$repo/scripts/fetch-linux.sh" 2>"$work/said"
	[ ! -s "$work/said" ]
}

# STOCK has the checksums of the release that it names.
recorded_sums_are_the_committed_ones() {
	record
	one=$(sed -n 2p "$top/STOCK") two=$(sed -n 2p "$repo/STOCK")
	if [ "$one" = "$two" ]; then
		diff "$top/STOCK" "$repo/STOCK"
	fi
	# the same for a tree with the overlay
	apply
	cp "$repo/STOCK" "$work/outer/STOCK"
	"$repo/scripts/apply.sh" --record "$tree"
	diff "$work/outer/STOCK" "$repo/STOCK"
}

# other_format HEADER OLD NEW: a vendor's tree with a newer handover
other_format() {
	sed -i "s/$2/$3/" "$tree/include/linux/kho/abi/$1"
	if cmp -s "$tree/include/linux/kho/abi/$1" "$pristine/include/linux/kho/abi/$1"; then
		echo "nothing in $1 is $2"
		return 1
	fi
	refuses "include/linux/kho/abi/$1 says"
	expect 'the overlay writes' "$said"
	cp "$pristine/include/linux/kho/abi/$1" "$tree/include/linux/kho/abi/$1"
}

other_handover_format_is_refused() {
	other_format kexec_handover.h '"kho-v[0-9]*"$' '"kho-v99"'
	other_format luo.h '"luo-v[0-9]*"$' '"luo-v99"'
	other_format memfd.h '"memfd-v[0-9]*"$' '"memfd-v99"'
	other_format memblock.h '"memblock-v1"$' '"memblock-v11"'
	other_format memblock.h '"reserve-mem-v1"$' '"reserve-mem-v0"'
	other_format kexec_metadata.h '_VERSION 1$' '_VERSION 2'
	apply
}

format_that_no_header_names_is_refused() {
	sed -i 's/MEMFD_LUO_FH_COMPATIBLE/MEMFD_COMPATIBLE/' "$tree/include/linux/kho/abi/memfd.h"
	refuses 'defines MEMFD_LUO_FH_COMPATIBLE'
}

# apply.sh compares the same as static_assert(), wherever lines are broken.
formats_are_all_read() {
	top=$repo
	. "$here/tree.sh"
	list_formats >"$work/list"
	# shellcheck disable=SC2013	# words
	for _macro in $(awk '/^#define [A-Z0-9_]+_(COMPATIBLE|METADATA_VERSION)[[:space:]]/ { print $2 }' \
		"$tree"/include/linux/kho/abi/*.h); do
		[ "$(grep -c "^$_macro [a-z0-9-]*\$" "$work/list")" -eq 1 ] || { echo "$_macro"; return 1; }
	done
	sed -i 's/^static_assert(kho_fast_same_format(/static_assert(\n\tkho_fast_same_format (\n\t/' \
		"$repo/$formats"
	list_formats | diff "$work/list" -
	other_format kexec_handover.h '"kho-v[0-9]*"$' '"kho-v99"'
	echo 'static_assert(!strcmp(KHO_FDT_COMPATIBLE, "kho-v4"));' >>"$repo/$formats"
	refuses 'has an assertion that'
}

# Records without a version of their own
other_layout_is_refused() {
	record
	for _change in 'block.h/u64 count;/u32 count; u32 flags;' 'luo.h/u64 token;/u64 tag;' \
		'luo.h/_LENGTH\t48/_LENGTH\t56' 'block.h/u64 next;/u64 gap; &'; do
		_header=$tree/include/linux/kho/abi/${_change%%/*}
		cp "$_header" "$work/header"
		sed -i "s/${_change#*/}/" "$_header"
		! cmp -s "$_header" "$work/header" || { echo "nothing in $_change"; return 1; }
		refuses "include/linux/kho/abi/${_change%%/*}"
		expect 'use a version of the overlay' "$said"
		# comments and white space do not count
		sed 's,^struct .*,/* ** a * / b **/\n&  /* c */,' "$work/header" >"$_header"
		apply --check
		cp "$work/header" "$_header"
	done
}

# compiles: formats.c with the headers of the tree, and empty ones for their includes
compiles() {
	cc -std=gnu11 -fsyntax-only -I "$work/inc" -I "$tree/include" -I "$tree/include/uapi" \
		-include stddef.h -include assert.h -DPAGE_SIZE=4096 -D__packed='__attribute__((packed))' \
		-include "$work/inc/types.h" "$repo/$formats"
}

# Each assertion, by a header that breaks it
other_header_does_not_compile() {
	top=$repo
	. "$here/tree.sh"
	mkdir -p "$work/inc/linux" "$work/inc/asm"
	for _name in bitmap build_bug stddef align bits log2 math types utsname ioctl; do
		: >"$work/inc/linux/$_name.h"
	done
	: >"$work/inc/asm/page.h"
	cat >"$work/inc/types.h" <<-'EOF'
		typedef unsigned int u32, __u32, __s32;
		typedef unsigned long long u64, __u64, __aligned_u64, phys_addr_t;
		typedef unsigned short u16; typedef unsigned char u8, __u8;
		#define ALIGN(x, a)	(((x) + (a) - 1) / (a) * (a))
		#define PAGE_SHIFT	12
		#define BITS_PER_BYTE	8
		#define __NEW_UTS_LEN	64
		#define const_ilog2(n)	(63 - __builtin_clzll(n))
		#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
		#define DECLARE_BITMAP(name, bits)	unsigned long name[(bits) / 64]
	EOF
	compiles
	while read -r _header _edit; do
		_file=$tree/include/$_header
		cp "$_file" "$work/header"
		sed -i "$_edit" "$_file"
		! cmp -s "$_file" "$work/header" || { echo "nothing in $_header: $_edit"; return 1; }
		! compiles >"$work/said" 2>&1 || { echo "taken: $_header: $_edit"; return 1; }
		expect 'static assertion failed' "$(cat "$work/said")"
		cp "$work/header" "$_file"
	done <<-'EOF'
		linux/kho/abi/kexec_handover.h s/"kho-v4"/"kho-v5"/
		linux/kho/abi/luo.h s/"luo-v5"/"luo-v6"/
		linux/kho/abi/memfd.h s/"memfd-v2"/"memfd-v3"/
		linux/kho/abi/memblock.h s/"memblock-v1"/"memblock-v2"/
		linux/kho/abi/memblock.h s/"reserve-mem-v1"/"reserve-mem-v2"/
		linux/kho/abi/kexec_metadata.h s/_VERSION 1/_VERSION 2/
		linux/kho/abi/block.h s/SIZE\t.*/SIZE (2 * PAGE_SIZE)/
		linux/kho/abi/block.h s/u64 next;/u64 gap; &/
		linux/kho/abi/block.h /u64 next;/{h;d};/u64 count;/G
		linux/kho/abi/luo.h /u64 data;/{N;s/\(.*\)\n\(.*token.*\)/\2\n\1/}
		linux/kho/abi/luo.h s/u64 token;/&u64 more;/
		linux/kho/abi/luo.h /u64 files;/{h;d};/^struct luo_file_set_ser/,/}/{/u64 count;/G}
		linux/kho/abi/luo.h s/struct luo_file_set_ser file_set_ser;/u64 gap; &/
		linux/kho/abi/luo.h /char name.*SESSION/{h;d};/file_set_ser file_set_ser;/G
		linux/kho/abi/luo.h /^struct luo_flb_ser/,/}/s/u64 count;/&u64 more;/
		linux/kho/abi/luo.h /^struct luo_flb_ser/,/}/{/u64 data;/{h;d};/u64 count;/G}
		uapi/linux/liveupdate.h s/\(SESSION_NAME_LENGTH[[:space:]]*\)64/\1128/
	EOF
}

tree_with_crlf_is_refused() {
	sed -i 's/$/\r/' "$tree/mm/mm_init.c"
	refuses 'CRLF line ends'
	find "$tree" -type f -exec sed -i 's/$/\r/' {} +
	refuses 'CRLF line ends'
	expect 'core.autocrlf=false' "$said"
}

dangling_link_is_refused() {
	ln -s /nonexistent "$tree/kernel/kho_fast"
	refuses 'kernel/kho_fast is a symbolic link'
	rm "$tree/kernel/kho_fast"
	ln -s nowhere "$tree/mm/deferred_kho.c"
	refuses 'mm/deferred_kho.c is a symbolic link'
}

link_out_of_the_tree_is_refused() {
	mkdir "$work/outer/elsewhere"
	ln -s "$work/outer/elsewhere" "$tree/kernel/kho_fast"
	refuses 'kernel/kho_fast is a symbolic link'
	[ -z "$(ls "$work/outer/elsewhere")" ]
	rm "$tree/kernel/kho_fast"
	mv "$tree/mm/mm_init.c" "$work/outer"
	ln -s "$work/outer/mm_init.c" "$tree/mm/mm_init.c"
	refuses 'mm/mm_init.c is a symbolic link'
}

file_in_the_way_is_refused() {
	echo file >"$tree/kernel/kho_fast"
	refuses 'kernel/kho_fast is there and not a folder'
	rm "$tree/kernel/kho_fast"
	mkdir "$tree/mm/deferred_kho.c"
	refuses 'mm/deferred_kho.c is there and not a regular file'
	rmdir "$tree/mm/deferred_kho.c"
	mkfifo "$tree/mm/deferred_kho.c"
	refuses 'mm/deferred_kho.c is there and not a regular file'
}

# --reverse would remove it.
file_of_somebody_else_is_refused() {
	echo '/* a vendor has one of that name */' >"$tree/include/linux/kho_bulk.h"
	refuses 'kho_bulk.h is not of this overlay'
	(
		apply() { "$repo/scripts/apply.sh" --reverse "$tree"; }
		refuses 'kho_bulk.h is not of this overlay'
	)
	echo '/* better than kho_fast */' >"$tree/include/linux/kho_bulk.h"
	refuses 'kho_bulk.h is not of this overlay'
	rm "$tree/include/linux/kho_bulk.h"
	mkdir "$tree/kernel/kho_fast"
	for _name in mine.c NOTES key.c; do
		echo 'of kho_fast' >"$tree/kernel/kho_fast/$_name"
		refuses "kernel/kho_fast/$_name is not of this overlay"
		rm "$tree/kernel/kho_fast/$_name"
	done
	touch "$tree/kernel/kho_fast/key.o" "$tree/kernel/kho_fast/.key.o.cmd"
	apply
}

# In a tree with the overlay it may be from an older version, or the user's.
unknown_file_is_removed_by_name() {
	shrink_overlay
	apply
	echo note >"$tree/kernel/kho_fast/NOTES"
	touch "$tree/kernel/kho_fast/mine.c" "$tree/kernel/kho_fast/key.o"
	expect 'be removed' "$(apply --check 2>&1)"
	said=$(apply 2>&1)
	expect ": kernel/kho_fast/mine.c
" "$said"
	said=$(apply --reverse 2>&1)
	expect ": kernel/kho_fast/NOTES
" "$said"
}

read_only_folder_is_refused() {
	chmod -R a+rwX "$work/outer" "$repo"
	chmod a-w "$tree/include/linux"
	if [ "$(id -u)" -eq 0 ]; then
		apply() { setpriv --reuid 65534 --regid 65534 --clear-groups "$repo/scripts/apply.sh" "$tree"; }
	fi
	refuses 'include/linux cannot be written to'
}

# A folder of the tree that another user has made: part of it would stay.
unreadable_folder_is_refused() {
	apply
	chmod -R a+rwX "$work/outer" "$repo"
	chmod 0 "$tree/kernel/kho_fast/luo"
	if [ "$(id -u)" -eq 0 ]; then
		apply() {
			setpriv --reuid 65534 --regid 65534 --clear-groups "$repo/scripts/apply.sh" --reverse "$tree"
		}
	else
		apply() { "$repo/scripts/apply.sh" --reverse "$tree"; }
	fi
	snapshot() { ls -lRi "$tree" >"$work/$1"; }
	refuses 'can be read'
	chmod 755 "$tree/kernel/kho_fast/luo"
}

modes_are_those_of_the_tree() {
	chmod 640 "$tree/mm/mm_init.c"
	chmod 755 "$tree/mm/memblock.c"
	cp -Rp "$tree" "$work/outer/before"
	for mask in 077 027 000; do
		(umask $mask && apply)
		modes=$(stat -c %a "$tree/mm/mm_init.c" "$tree/mm/memblock.c" "$tree/mm/deferred_kho.c" \
			"$tree/kernel/kho_fast" "$tree/kernel/kho_fast/luo" "$tree/include/linux/kho_fast.h" | xargs)
		[ "$modes" = '640 755 644 755 755 644' ] || { echo "umask $mask: $modes"; return 1; }
		(umask $mask && apply --reverse)
		diff -r "$work/outer/before" "$tree"
		modes=$(stat -c %a "$tree/mm/mm_init.c" "$tree/mm/memblock.c" | xargs)
		[ "$modes" = '640 755' ] || { echo "umask $mask, --reverse: $modes"; return 1; }
	done
}

second_run_at_a_time_is_refused() {
	exec 8<"$tree"
	flock 8
	refuses 'another apply.sh is running'
	# as during a write
	mkdir "$tree/.kho_fast.undo"
	touch "$tree/.kho_fast.undo/begun"
	apply() { "$repo/scripts/apply.sh" --check "$tree"; }
	refuses 'another apply.sh is running'
	rm -r "$tree/.kho_fast.undo"
	# two may read
	flock -s 8
	apply
}

tree_that_cannot_be_locked_is_said() {
	mkdir "$work/outer/bin"
	for _status in 127 65; do
		printf '#!/bin/sh\nexit %s\n' "$_status" >"$work/outer/bin/flock"
		chmod +x "$work/outer/bin/flock"
		said=$(PATH=$work/outer/bin:$PATH apply 2>&1)
		expect 'could not be locked' "$said"
	done
}

# All was written: status 0, and the report on stderr.
unread_report_is_no_failure() {
	shrink_overlay
	for _mode in '' --reverse --reverse; do
		"$repo/scripts/apply.sh" $_mode "$tree" >/dev/full 2>"$work/said"
		expect "apply.sh: Linux 7.3" "$(cat "$work/said")"
	done
	apply >&- 2>"$work/said"
	expect "apply.sh: Linux 7.3" "$(cat "$work/said")"
	mkfifo "$work/outer/pipe"
	: <"$work/outer/pipe" &
	{ wait $!; apply; } >"$work/outer/pipe" 2>"$work/said"
	expect "already applied" "$(cat "$work/said")"
}

tests='installs_overlay_and_hooks second_run_writes_nothing check_writes_nothing
reverse_restores_the_tree half_applied_tree_is_completed only_the_changed_file_is_written
stale_source_goes_and_object_stays hard_linked_twin_is_left_alone
tree_in_another_repository_is_patched moved_anchor_is_refused
hook_of_another_version_is_refused other_version_is_refused
folder_that_is_no_kernel_tree_is_refused missing_overlay_file_is_refused
path_outside_the_tree_is_refused read_only_tree_is_refused read_only_folder_is_refused
tree_it_was_made_after_draws_no_notice each_file_that_differs_is_named
fetch_names_each_file_that_differs recorded_sums_are_the_committed_ones other_handover_format_is_refused
format_that_no_header_names_is_refused other_layout_is_refused
other_header_does_not_compile formats_are_all_read tree_with_crlf_is_refused
dangling_link_is_refused link_out_of_the_tree_is_refused file_in_the_way_is_refused
file_of_somebody_else_is_refused unreadable_folder_is_refused unknown_file_is_removed_by_name modes_are_those_of_the_tree second_run_at_a_time_is_refused
tree_that_cannot_be_locked_is_said unread_report_is_no_failure'

run_fresh "$tests" "$@"
