// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Short free runs between preserved pages
 *
 * Scattered preserved pages leave as many short free runs as there are pages,
 * and freeing a run of one page costs the buddy allocator as much as freeing
 * one of 4 MiB. That memory is not needed while enough other memory is free, so
 * during boot short runs are only collected, and a worker frees them in
 * parallel with the rest of the boot. They count as managed pages from the
 * start, like allocated pages.
 *
 * Collecting a run must be cheap and must not allocate: the first page of the
 * first run of a section holds a bitmap of all its short runs, and its struct
 * page links it into a list. The worker takes the sections from there one by
 * one.
 *
 * Lock order: none. The list is an llist; its consumers, the worker and the OOM
 * notifier, are serialised by a lock of their own.
 *
 * Failure: if memory runs out before the worker is done, the OOM notifier frees
 * the remaining runs.
 */
#include <linux/bitmap.h>
#include <linux/init.h>
#include <linux/llist.h>
#include <linux/mm.h>
#include <linux/oom.h>
#include <linux/pgalloc_tag.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/vmstat.h>
#include <linux/workqueue.h>

#include "internal.h"
#include "kho_free_runs.h"

/* Below this much free memory outside of CMA, short runs are freed at once. */
#define KHO_PLENTY_PAGES	(SZ_256M >> PAGE_SHIFT)

/* The bitmap of a section fits in a page. */
static_assert(PAGE_SIZE * BITS_PER_BYTE >= PAGES_PER_SECTION);

static LLIST_HEAD(kho_short_run_list);
static DEFINE_SPINLOCK(kho_take_lock);

/**
 * kho_short_runs_can_wait - Test for enough free memory without short runs.
 *
 * Return: true if freeing them can be deferred.
 */
bool __init kho_short_runs_can_wait(void)
{
	long nr_free = global_zone_page_state(NR_FREE_PAGES) -
		       global_zone_page_state(NR_FREE_CMA_PAGES);

	return nr_free > (long)KHO_PLENTY_PAGES;
}

static unsigned long kho_offset_in_section(unsigned long pfn)
{
	return pfn & (PAGES_PER_SECTION - 1);
}

/**
 * kho_short_runs_collect - Defer the freeing of a run.
 * @runs:  Short runs of the same section, initially empty.
 * @start: First page frame.
 * @end:   One past the last page frame.
 */
void __init kho_short_runs_collect(struct kho_short_runs *runs,
				   unsigned long start, unsigned long end)
{
	/* Unlike __free_pages_core(), __free_page() does not accept memory. */
	accept_memory(PFN_PHYS(start), (end - start) << PAGE_SHIFT);

	if (!runs->page) {
		runs->page = pfn_to_page(start);
		bitmap_zero(page_address(runs->page), PAGES_PER_SECTION);
	}
	bitmap_set(page_address(runs->page), kho_offset_in_section(start),
		   end - start);
}

/**
 * kho_short_runs_queue - Queue the short runs of a section.
 * @runs: The runs, possibly none; their struct pages are initialised.
 */
void __init kho_short_runs_queue(struct kho_short_runs *runs)
{
	if (runs->page)
		llist_add(&runs->page->pcp_llist, &kho_short_run_list);
}

static struct page *kho_take_section(void)
{
	struct llist_node *node;

	guard(spinlock)(&kho_take_lock);

	node = llist_del_first(&kho_short_run_list);
	return node ? llist_entry(node, struct page, pcp_llist) : NULL;
}

static void kho_free_run_page(struct page *page)
{
	clear_page_tag_ref(page);
	__free_page(page);
}

/* Returns the number of pages freed. The page with the bitmap is the last. */
static unsigned long kho_free_section_runs(struct page *page)
{
	unsigned long offset = kho_offset_in_section(page_to_pfn(page)), bit;
	unsigned long *bitmap = page_address(page);
	unsigned long freed = 1;

	INIT_LIST_HEAD(&page->lru);
	__clear_bit(offset, bitmap);
	for_each_set_bit(bit, bitmap, PAGES_PER_SECTION) {
		kho_free_run_page(page - offset + bit);
		freed++;
	}
	kho_free_run_page(page);

	return freed;
}

static void kho_free_short_runs(struct work_struct *work)
{
	struct page *page;

	while ((page = kho_take_section())) {
		kho_free_section_runs(page);
		cond_resched();
	}
}

static DECLARE_WORK(kho_free_work, kho_free_short_runs);

static int kho_free_at_oom(struct notifier_block *nb, unsigned long unused,
			   void *freed)
{
	struct page *page;

	while ((page = kho_take_section()))
		*(unsigned long *)freed += kho_free_section_runs(page);

	return NOTIFY_OK;
}

static struct notifier_block kho_oom_nb = { .notifier_call = kho_free_at_oom };

/**
 * kho_short_runs_free - Start freeing the queued runs.
 *
 * Context: process context, when all sections are initialised.
 */
void __init kho_short_runs_free(void)
{
	if (llist_empty(&kho_short_run_list))
		return;

	register_oom_notifier(&kho_oom_nb);
	queue_work(system_dfl_wq, &kho_free_work);
}
