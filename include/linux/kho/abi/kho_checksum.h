/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_KHO_ABI_KHO_CHECKSUM_H
#define _LINUX_KHO_ABI_KHO_CHECKSUM_H

#include <linux/build_bug.h>
#include <linux/types.h>

/**
 * DOC: Checksum ABI
 *
 * A kernel that hands checksums over ends the page of the root FDT with
 * %KHO_CHECKSUM_MAGIC and the seal of the page. A seal is the last word of a
 * page: xxh64() of its bytes that are in use, with the address of the page as
 * seed. In use are fdt_totalsize() bytes here. The KHO subtree
 * %KHO_CHECKSUM_NODE_NAME, if there is one, is a struct kho_checksum_ser.
 *
 * Sealed are also the pages of the root record of LUO, of the records of files,
 * up to the last one of each, of the description of a memfd, up to the end of
 * its struct kho_memfd_ser, and all of the page of the records of FLBs. The
 * word before a seal is
 *
 * - in the root record the checksum of the headers of all blocks of sessions;
 *   the number of sessions with files is in front of it,
 * - in the first block of files of a session that of the record of the session,
 * - in the description of a memfd that of all pages with records of folios, or
 *   0 when there is none:
 *
 * xxh64() of each, in their order, with the checksum of the one before as seed,
 * 0 at first. The last word of the last chunk of a vmalloc area is the checksum
 * of its entries, which has the number of pages, the flags and the order as
 * seed; the entry before it is 0.
 *
 * All these words are unused in the formats kho-v4, luo-v5 and memfd-v2, so a
 * kernel that does not know of checksums ignores them and the subtree.
 *
 * This interface is a contract: a change requires a new magic.
 */
#define KHO_CHECKSUM_NODE_NAME	"kho-fast-checksum"

/*
 * Other kernels leave strings in that place: no byte of it is ASCII, so that
 * the word is still told from them when less than 8 bits of it are flipped.
 */
#define KHO_CHECKSUM_MAGIC	0xd2a6e58c9298dd8eULL
#define KHO_CHECKSUM_MAX_FLIPS	7

/**
 * struct kho_checksum_ser - Checksums of the tree of preserved memory.
 * @nr:   Number of @sums; 0 when there are none.
 * @self: xxh64() of @sums, with @nr as seed.
 * @sums: xxh64() of each page of the tree, with its address as seed; a table
 *        comes before its slots.
 */
struct kho_checksum_ser {
	u64	nr;
	u64	self;
	u64	sums[];
};

static_assert(sizeof(struct kho_checksum_ser) == 16);

#endif /* _LINUX_KHO_ABI_KHO_CHECKSUM_H */
