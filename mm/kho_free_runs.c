// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Short free runs between preserved pages
 *
 * Scattered preserved pages leave as many short free runs as there are pages,
 * and freeing a run of one page costs the buddy allocator as much as freeing
 * one of 4 MiB. That memory is not needed while enough other memory of the node
 * is free, so during boot short runs are only collected, and a thread per node
 * frees them in parallel with the rest of the boot. They count as managed pages
 * from the start, like allocated pages.
 *
 * Collecting a run must be cheap and must not allocate: the first page of the
 * first run of a section holds a bitmap of all its short runs, and its struct
 * page links it into the list of its node. The thread takes the sections from
 * there one by one, and frees many runs under one hold of zone->lock.
 *
 * Lock order: oom_lock, kho_free_rwsem, zone->lock. A list is an llist with one
 * consumer at a time: its thread, which reads kho_free_rwsem for one section at
 * a time and never allocates, or the OOM notifier, which writes it and so waits
 * for the section that each thread has taken.
 *
 * Failure: if memory runs out before the threads are done, the OOM notifier
 * frees a part of what waits on each node, each time. What the threads have
 * freed since the last time counts as well: the allocation that failed may not
 * have seen it.
 */
#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/kthread.h>
#include <linux/llist.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/oom.h>
#include <linux/pageblock-flags.h>
#include <linux/pgalloc_tag.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/vmstat.h>
#include <linux/workqueue.h>

#include "internal.h"
#include "page_alloc.h"
#include "kho_free_runs.h"

/* A node with less free memory outside of CMA frees short runs at once. */
#define KHO_PLENTY_PAGES	(SZ_256M >> PAGE_SHIFT)

/* The OOM notifier goes on to the next node after this much. */
#define KHO_OOM_PAGES		(SZ_16M >> PAGE_SHIFT)

/* Pages freed under one hold of zone->lock, in as many runs at most. */
#define KHO_FREE_BATCH		64

/* The bitmap of a section fits in a page. */
static_assert(PAGE_SIZE * BITS_PER_BYTE >= PAGES_PER_SECTION);

/**
 * struct kho_free_batch - Pages of a zone that are about to be freed.
 * @zone: The zone.
 * @nr:   Number of @pfns.
 * @pfns: Page frames, which are not in use.
 */
struct kho_free_batch {
	struct zone	*zone;
	unsigned int	nr;
	unsigned long	pfns[KHO_FREE_BATCH];
};

static struct llist_head kho_short_run_lists[MAX_NUMNODES];
static DECLARE_RWSEM(kho_free_rwsem);
static atomic_long_t kho_nr_freed; /* pages, since memory last ran out */

/**
 * kho_short_runs_can_wait - Test for enough free memory without short runs.
 * @nid: Node of the runs.
 *
 * Return: true if freeing them can be deferred.
 */
bool __init kho_short_runs_can_wait(int nid)
{
	long nr_free = sum_zone_node_page_state(nid, NR_FREE_PAGES) -
		       sum_zone_node_page_state(nid, NR_FREE_CMA_PAGES);

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
	/* Unlike __free_pages_core(), kho_free_batch() does not. */
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
		llist_add(&runs->page->pcp_llist,
			  &kho_short_run_lists[page_to_nid(runs->page)]);
}

/* Order of the largest block that page @i of the batch is the first of. */
static unsigned int kho_batch_order(const struct kho_free_batch *batch,
				    unsigned int i)
{
	const unsigned long pfn = batch->pfns[i];
	unsigned long nr = 1;

	while (i + nr < batch->nr && batch->pfns[i + nr] == pfn + nr)
		nr++;

	/* The pageblocks of a larger one may be of different types. */
	return min_t(unsigned int, kho_fast_chunk_order(pfn, pfn + nr),
		     pageblock_order);
}

/* Free the pages of the batch, which is empty then. */
static void kho_free_batch(struct kho_free_batch *batch)
{
	unsigned int i, order;

	if (!batch->nr)
		return;

	scoped_guard(spinlock_irqsave, &batch->zone->lock) {
		for (i = 0; i < batch->nr; i += BIT(order)) {
			struct page *page = pfn_to_page(batch->pfns[i]);
			int mt = get_pageblock_migratetype(page);

			order = kho_batch_order(batch, i);
			__putback_isolated_page(page, order, mt);
		}
	}
	count_vm_events(PGFREE, batch->nr);
	batch->nr = 0;
}

static void kho_batch_add(struct kho_free_batch *batch, struct page *page)
{
	struct zone *zone = page_zone(page);

	clear_page_tag_ref(page);
	/* Another reference frees the page when it is dropped. */
	if (!put_page_testzero(page) || !free_pages_prepare(page, 0))
		return;

	if (batch->nr && (batch->nr == KHO_FREE_BATCH || batch->zone != zone))
		kho_free_batch(batch);
	batch->zone = zone;
	batch->pfns[batch->nr++] = page_to_pfn(page);
}

/* Returns the number of pages freed. The page with the bitmap is the last. */
static unsigned long kho_free_section_runs(struct page *page)
{
	unsigned long offset = kho_offset_in_section(page_to_pfn(page)), bit;
	unsigned long *bitmap = page_address(page);
	struct kho_free_batch batch;
	unsigned long freed = 1;

	batch.nr = 0;
	INIT_LIST_HEAD(&page->lru);
	__clear_bit(offset, bitmap);
	for_each_set_bit(bit, bitmap, PAGES_PER_SECTION) {
		kho_batch_add(&batch, page - offset + bit);
		freed++;
	}
	kho_batch_add(&batch, page);
	kho_free_batch(&batch);

	return freed;
}

/* Returns the number of pages freed; 0 at the end of the list. */
static unsigned long kho_free_next_section(int nid)
{
	struct llist_node *node = llist_del_first(&kho_short_run_lists[nid]);
	unsigned long freed;

	if (!node)
		return 0;

	freed = kho_free_section_runs(llist_entry(node, struct page,
						  pcp_llist));
	atomic_long_add(freed, &kho_nr_freed);
	return freed;
}

static int kho_free_node_runs(void *node)
{
	const int nid = (long)node;
	unsigned long freed;

	do {
		scoped_guard(rwsem_read, &kho_free_rwsem)
			freed = kho_free_next_section(nid);
		cond_resched();
	} while (freed);

	return 0;
}

static void kho_start_thread(int nid)
{
	void *node = (void *)(long)nid;
	struct task_struct *task;

	task = kthread_create_on_node(kho_free_node_runs, node, nid,
				      "kho_free/%d", nid);
	if (IS_ERR(task)) {
		kho_free_node_runs(node);
		return;
	}

	/* Not SCHED_IDLE: on a busy node the memory would be missing. */
	set_user_nice(task, MAX_NICE);
	wake_up_process(task);
}

/* Starting threads takes a while and is not left to init. */
static void kho_start_threads(struct work_struct *work)
{
	int nid;

	for_each_node_state(nid, N_MEMORY) {
		if (!llist_empty(&kho_short_run_lists[nid]))
			kho_start_thread(nid);
	}
}

static DECLARE_WORK(kho_start_work, kho_start_threads);

/* Not all at once: other tasks wait for oom_lock. */
static void kho_free_some(int nid)
{
	unsigned long freed, total = 0;

	do {
		freed = kho_free_next_section(nid);
		total += freed;
	} while (freed && total < KHO_OOM_PAGES);
}

static int kho_free_at_oom(struct notifier_block *nb, unsigned long unused,
			   void *freed)
{
	int nid;

	guard(rwsem_write)(&kho_free_rwsem);

	for_each_node_state(nid, N_MEMORY)
		kho_free_some(nid);

	*(unsigned long *)freed += atomic_long_xchg(&kho_nr_freed, 0);
	return NOTIFY_OK;
}

static struct notifier_block kho_oom_nb = { .notifier_call = kho_free_at_oom };

/**
 * kho_short_runs_init - Prepare for runs that wait.
 *
 * Context: boot CPU, before memblock_free_all().
 */
void __init kho_short_runs_init(void)
{
	register_oom_notifier(&kho_oom_nb);
}

/**
 * kho_short_runs_free - Start freeing the queued runs.
 *
 * Context: process context, when all sections are initialised.
 */
void __init kho_short_runs_free(void)
{
	queue_work(system_dfl_wq, &kho_start_work);
}
