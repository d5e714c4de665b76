// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Small holes between preserved pages
 *
 * Scattered preserved pages leave as many small holes as there are pages, and
 * freeing a hole of one page costs the buddy allocator as much as freeing one
 * of 4 MiB. Nobody waits for that memory while there is enough of other free
 * memory, so small holes are only put on a list during boot, and freed by a
 * worker that runs beside the rest of it. They are a kind of held page till
 * then: reference count 1, in no zone's managed pages.
 *
 * Context: holes are added by whoever finishes a section, on any CPU; the list
 * is an llist, filled in batches. One worker empties it.
 *
 * Failure: when memory runs out before the worker is through, the OOM notifier
 * waits for it.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/init.h>
#include <linux/llist.h>
#include <linux/mm.h>
#include <linux/oom.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/vmstat.h>
#include <linux/workqueue.h>

#include "../../mm/internal.h"
#include "internal.h"

/* Below this much free memory that anyone may use, small holes do not wait. */
#define PLENTY_PAGES	(SZ_256M >> PAGE_SHIFT)

static LLIST_HEAD(holes);

/**
 * kho_fast_holes_can_wait - Is there enough memory without the small holes?
 *
 * Return: true when freeing them can be put off.
 */
bool __init kho_fast_holes_can_wait(void)
{
	long nr_free = global_zone_page_state(NR_FREE_PAGES) -
		       global_zone_page_state(NR_FREE_CMA_PAGES);

	return nr_free > (long)PLENTY_PAGES;
}

/**
 * kho_fast_holes_collect - Put a hole off.
 * @batch: Where to collect it; starts out all zero.
 * @start: First page frame; its struct page is initialised.
 * @end:   One past the last page frame.
 */
void __init kho_fast_holes_collect(struct kho_fast_holes *batch,
				   unsigned long start, unsigned long end)
{
	/* free_reserved_pages() does not, unlike what frees boot memory. */
	accept_memory(PFN_PHYS(start), (end - start) << PAGE_SHIFT);

	while (start < end) {
		unsigned int order = kho_fast_chunk_order(start, end);
		struct page *page = pfn_to_page(start);

		set_page_private(page, order);
		page->pcp_llist.next = batch->first;
		batch->first = &page->pcp_llist;
		if (!batch->last)
			batch->last = batch->first;
		start += BIT(order);
	}
}

/**
 * kho_fast_holes_add - Hand collected holes to the worker.
 * @batch: The holes, possibly none.
 */
void __init kho_fast_holes_add(struct kho_fast_holes *batch)
{
	if (batch->first)
		llist_add_batch(batch->first, batch->last, &holes);
}

static void free_holes(struct work_struct *work)
{
	struct llist_node *node = llist_del_all(&holes);
	struct page *page, *next;

	if (!node)
		return;

	llist_for_each_entry_safe(page, next, node, pcp_llist) {
		unsigned int order = page_private(page);

		set_page_private(page, 0);
		INIT_LIST_HEAD(&page->lru);
		free_reserved_pages(page, order);
		cond_resched();
	}

	/* The watermarks were set without this memory. */
	setup_per_zone_wmarks();
}

static DECLARE_WORK(free_work, free_holes);

static int wait_for_holes(struct notifier_block *nb, unsigned long unused,
			  void *freed)
{
	if (flush_work(&free_work))
		(*(unsigned long *)freed)++;

	return NOTIFY_OK;
}

static struct notifier_block oom_nb = { .notifier_call = wait_for_holes };

/**
 * kho_fast_holes_free - Let the worker free what was put off.
 *
 * Context: process context, when all sections are finished.
 */
void __init kho_fast_holes_free(void)
{
	if (llist_empty(&holes))
		return;

	register_oom_notifier(&oom_nb);
	queue_work(system_dfl_wq, &free_work);
}
