/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Free runs of a buddy block.
 */
#ifndef _MM_KHO_BUDDY_BLOCK_H
#define _MM_KHO_BUDDY_BLOCK_H

#include <linux/align.h>
#include <linux/bitmap.h>
#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include "../kernel/kho_fast/incoming/bitmap.h"

struct kho_short_runs;
struct zone;

/**
 * struct kho_buddy_block - Kept pages of a buddy block.
 * @pfn:  First page frame.
 * @keep: Bit i is set when page frame @pfn + i is preserved, a page of the tree
 *        or part of a short run.
 */
struct kho_buddy_block {
	unsigned long pfn;
	DECLARE_BITMAP(keep, KHO_FAST_BUDDY_PAGES);
};

void kho_buddy_block_read(struct kho_buddy_block *block, int nid,
			  unsigned long from, unsigned long to,
			  struct kho_short_runs *runs);
void kho_fast_count_uninitialised(unsigned long nr_pages);
void kho_fast_count_kept(struct zone *zone, unsigned long nr_pages);
void kho_fast_add_kept_to_totalram(void);

/* End of the block of @pfn, or @limit when that comes first. */
static inline unsigned long kho_buddy_block_end(unsigned long pfn,
						unsigned long limit)
{
	return min(ALIGN(pfn + 1, KHO_FAST_BUDDY_PAGES), limit);
}

/* Call @free for the runs of [from, to). Returns the number of their pages. */
static __always_inline unsigned long
kho_buddy_block_free(const struct kho_buddy_block *block, unsigned long from,
		     unsigned long to,
		     void (*free)(unsigned long start, unsigned long end))
{
	const unsigned long limit = to - block->pfn;
	unsigned long start = from - block->pfn, end, freed = 0;

	for (;;) {
		start = find_next_zero_bit(block->keep, limit, start);
		if (start >= limit)
			return freed;

		end = find_next_bit(block->keep, limit, start);
		free(block->pfn + start, block->pfn + end);
		freed += end - start;
		start = end;
	}
}

#endif /* _MM_KHO_BUDDY_BLOCK_H */
