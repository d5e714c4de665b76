// SPDX-License-Identifier: GPL-2.0-only

/**
 * DOC: Versions of the handover formats
 *
 * The version of a handover is defined in the headers of the kernel, its layout
 * in the code of this folder. With headers of another version the next kernel
 * would misread the layout, so such a kernel does not build. scripts/apply.sh
 * reads the versions from the assertions below and compares them with the
 * headers of a tree before it changes the tree.
 *
 * Records of LUO are in kho_blocks, which have no version of their own. The
 * offset of each member of a block and of its records is asserted instead, and
 * apply.sh compares the text of these headers, without comments. The other
 * layouts, those of memfd_luo_ser, luo_ser, kho_vmalloc, kho_kexec_metadata and
 * the constants of the radix tree, depend on the versions alone.
 */

#include <linux/bitmap.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/kho/abi/block.h>
#include <linux/kho/abi/kexec_handover.h>
#include <linux/kho/abi/kexec_metadata.h>
#include <linux/kho/abi/luo.h>
#include <linux/kho/abi/memblock.h>
#include <linux/kho/abi/memfd.h>

/*
 * Both are literals: gcc and clang compare them at all optimisation levels.
 * sparse does not, and compares the lengths.
 */
#define kho_fast_same_format(header, code)			\
	(__builtin_constant_p(__builtin_strcmp(header, code)) ?	\
	 !__builtin_strcmp(header, code) : sizeof(header) == sizeof(code))

static_assert(kho_fast_same_format(KHO_FDT_COMPATIBLE, "kho-v4"));
static_assert(kho_fast_same_format(LUO_ABI_COMPATIBLE, "luo-v5"));
static_assert(kho_fast_same_format(MEMFD_LUO_FH_COMPATIBLE, "memfd-v2"));
static_assert(kho_fast_same_format(MEMBLOCK_KHO_NODE_COMPATIBLE,
				   "memblock-v1"));
static_assert(kho_fast_same_format(RESERVE_MEM_KHO_NODE_COMPATIBLE,
				   "reserve-mem-v1"));
static_assert(KHO_KEXEC_METADATA_VERSION == 1);

static_assert(KHO_BLOCK_SIZE == PAGE_SIZE);
static_assert(sizeof(struct kho_block_header_ser) == 16);
static_assert(offsetof(struct kho_block_header_ser, next) == 0);
static_assert(offsetof(struct kho_block_header_ser, count) == 8);

static_assert(sizeof(struct luo_file_ser) == 64);
static_assert(offsetof(struct luo_file_ser, compatible) == 0);
static_assert(offsetof(struct luo_file_ser, data) == 48);
static_assert(offsetof(struct luo_file_ser, token) == 56);

static_assert(sizeof(struct luo_file_set_ser) == 16);
static_assert(offsetof(struct luo_file_set_ser, files) == 0);
static_assert(offsetof(struct luo_file_set_ser, count) == 8);

static_assert(sizeof(struct luo_session_ser) == 80);
static_assert(offsetof(struct luo_session_ser, name) == 0);
static_assert(offsetof(struct luo_session_ser, file_set_ser) == 64);

static_assert(sizeof(struct luo_flb_ser) == 64);
static_assert(offsetof(struct luo_flb_ser, name) == 0);
static_assert(offsetof(struct luo_flb_ser, data) == 48);
static_assert(offsetof(struct luo_flb_ser, count) == 56);
