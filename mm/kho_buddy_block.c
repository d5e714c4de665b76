// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Free runs of a buddy block
 *
 * Memory around preserved pages is freed one block of the buddy allocator's
 * largest order at a time: the tree gives a bitmap of its preserved pages, and
 * the clear bits are the runs to free. Short runs join the preserved pages, to
 * be freed after boot, see mm/kho_free_runs.c.
 */
#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/mm.h>
#include <linux/mmzone.h>

#include "../kernel/kho_fast/incoming/map.h"
#include "kho_buddy_block.h"
#include "kho_free_runs.h"

/* Runs below this length are freed after boot, see mm/kho_free_runs.c. */
static unsigned int kho_short_run_pages __initdata = 8;

/* kho_small_hole=<pages>; 0 to free all runs at once */
static int __init kho_parse_small_hole(char *arg)
{
	return kstrtouint(arg, 10, &kho_short_run_pages);
}
early_param("kho_small_hole", kho_parse_small_hole);

/**
 * kho_buddy_block_read - Find the pages of a block that are not freed.
 * @block: Filled in.
 * @nid:   Node of the pages.
 * @from:  First page frame of interest, in a section with preserved pages.
 * @to:    One past the last page frame of interest, in the same block.
 * @runs:  Collects the short runs of [@from, @to).
 */
void __init kho_buddy_block_read(struct kho_buddy_block *block, int nid,
				 unsigned long from, unsigned long to,
				 struct kho_short_runs *runs)
{
	unsigned long start, limit, end;

	block->pfn = ALIGN_DOWN(from, KHO_FAST_BUDDY_PAGES);
	kho_fast_keep_mask(&kho_fast_incoming, block->pfn, block->keep);
	if (!kho_short_runs_can_wait(nid))
		return;

	limit = to - block->pfn;
	start = find_next_zero_bit(block->keep, limit, from - block->pfn);
	for (; start < limit;
	     start = find_next_zero_bit(block->keep, limit, end)) {
		end = find_next_bit(block->keep, limit, start);
		if (end - start >= kho_short_run_pages)
			continue;

		kho_short_runs_collect(runs, block->pfn + start,
				       block->pfn + end);
		bitmap_set(block->keep, start, end - start);
	}
}

/* Pages that are not freed; memblock_free_all() has counted them as free. */
static atomic_long_t kho_nr_kept __initdata;

/**
 * kho_fast_count_uninitialised - Count pages that are freed later, if at all.
 * @nr_pages: Number of pages.
 */
void __init kho_fast_count_uninitialised(unsigned long nr_pages)
{
	atomic_long_add(nr_pages, &kho_nr_kept);
	totalram_pages_add(-(long)nr_pages);
}

/**
 * kho_fast_count_kept - Count pages that are not freed as managed.
 * @zone:     Zone of the pages.
 * @nr_pages: Number of pages.
 */
void __init kho_fast_count_kept(struct zone *zone, unsigned long nr_pages)
{
	atomic_long_add(nr_pages, &zone->managed_pages);
	kho_fast_count_uninitialised(nr_pages);
}

/**
 * kho_fast_add_kept_to_totalram - Add all pages that are not freed.
 *
 * Context: when all sections are initialised.
 */
void __init kho_fast_add_kept_to_totalram(void)
{
	totalram_pages_add(atomic_long_read(&kho_nr_kept));
}
