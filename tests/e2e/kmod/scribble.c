// SPDX-License-Identifier: GPL-2.0-only
/*
 * Overwrite free memory, and so each preserved page that the new kernel wrongly
 * gave to the page allocator.
 */
#include <linux/mm.h>
#include <linux/sched.h>

#include "kho_workload.h"

#define POISON 0xa5a5a5a5a5a5a5a5ULL

/*
 * Movable, so that scratch, which is CMA, is overwritten too. Without reclaim: it waits for
 * kswapd, for ever if what is left is in a zone that is held.
 */
#define SCRIBBLE_GFP                                                           \
	((GFP_HIGHUSER_MOVABLE | __GFP_NOWARN) & ~__GFP_RECLAIM)

static unsigned long scribble_free_kb(void)
{
	struct sysinfo si;

	si_meminfo(&si);
	return si.freeram << (PAGE_SHIFT - 10);
}

/* A plain loop: string instructions are slow under emulation. */
static void scribble_block(struct page *page, unsigned int order)
{
	u64 *word = page_address(page);
	u64 *end = (void *)word + (PAGE_SIZE << order);

	while (word < end)
		WRITE_ONCE(*word++, POISON);
}

/* Returns the number of KiB written, at most @max and one block. */
static unsigned long scribble_order(struct list_head *taken, unsigned int order,
				    unsigned long max)
{
	unsigned long kb = 0;

	while (kb < max) {
		struct page *page =
			alloc_pages(SCRIBBLE_GFP | __GFP_COMP, order);

		if (!page)
			break;
		scribble_block(page, order);
		list_add(&page->lru, taken);
		kb += PAGE_SIZE >> 10 << order;
		cond_resched();
	}
	return kb;
}

int scribble(u64 max_mb)
{
	unsigned long max = max_mb ? max_mb << 10 : ULONG_MAX;
	struct workload_drop taken = { LIST_HEAD_INIT(taken.list) };
	unsigned long had = scribble_free_kb(), kb = 0;

	for (int order = MAX_PAGE_ORDER; order >= 0 && kb < max; order--)
		kb += scribble_order(&taken.list, order, max - kb);
	drop_free(&taken);

	report("free_kb=%lu\nscribbled_kb=%lu\n", had, kb);
	/* Watermarks keep some memory, but most of it must be overwritten. */
	if (kb < max && kb < had / 10 * 9)
		return report_err(-ENOMEM, "only %lu of %lu kB could be taken",
				  kb, had);
	return 0;
}
