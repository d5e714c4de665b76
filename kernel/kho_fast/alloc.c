// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Allocation of memory that can be handed over
 *
 * Pages of the tree and records have to be in memory that the next kernel has
 * (outgoing/memory.c), as everything that they describe. Hot-added memory is
 * not, but the page allocator returns it like any other unless it was onlined
 * as movable: such a page of the tree would have the next kernel refuse the
 * handover, so each live update would be refused until this kernel reboots.
 *
 * Mostly the first page is accepted. Otherwise refused blocks are kept aside
 * until an accepted one is found, lest the page allocator return them again,
 * and then freed. The largest blocks come first, as each stands for many pages,
 * of the wanted node and then of all others. What a single page leaves of its
 * block serves the next searches: blocks that were kept aside are the first
 * that the page allocator returns again.
 *
 * A search neither reclaims nor uses reserves. It keeps little of a node aside,
 * lest other tasks run out of memory meanwhile; if that is not enough, it keeps
 * as much as the node has. Only when that fails, pages are asked for that may
 * be reclaimed, of one node after the other. By then all of that is free again,
 * and at most 4 MiB of a node, or a block of the wanted order, are kept aside
 * while it is reclaimed: more would be reclaimed for nothing.
 *
 * Lock order: kho_search_lock, then oom_lock, around page allocation.
 *
 * Failure: there is no memory, with a message if only refused memory is left.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/bits.h>
#include <linux/cleanup.h>
#include <linux/compiler.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/memcontrol.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/oom.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/topology.h>

#include "alloc.h"
#include "outgoing/memory.h"

/*
 * Pages of a node that are kept aside at first: 1 GiB with 4 KiB pages, which
 * takes less than a millisecond in the largest blocks.
 */
#define KHO_MAX_REFUSED	(256UL << MAX_PAGE_ORDER)

/* Pages that are kept aside while others are reclaimed: 4 MiB */
#define KHO_MAX_RECLAIMED	(SZ_4M >> PAGE_SHIFT)

/**
 * struct kho_refused - Blocks that are kept aside.
 * @blocks:   The blocks; the private data of a page is the order.
 * @nr_pages: Their pages.
 * @max:      Their largest number.
 */
struct kho_refused {
	struct list_head	blocks;
	unsigned long		nr_pages;
	unsigned long		max;
};

#define KHO_REFUSED_INIT(name, nr)					\
	{ .blocks = LIST_HEAD_INIT(name.blocks), .max = nr }

static DEFINE_MUTEX(kho_search_lock);
static LIST_HEAD(kho_spare_pages); /* accepted single pages */

/* The map is empty until kho_init() and when KHO is off. */
static bool kho_is_accepted(const struct page *page, unsigned int order)
{
	return !kho_fast_memory_nr_pages() ||
	       kho_fast_memory_has(page_to_pfn(page), BIT(order));
}

/* An accepted block of @order, or NULL. Those before it go to @refused. */
static struct page *kho_alloc_accepted(int nid, gfp_t gfp, unsigned int order,
				       struct kho_refused *refused)
{
	while (refused->nr_pages < refused->max) {
		struct page *page = alloc_pages_node(nid, gfp, order);

		if (!page || kho_is_accepted(page, order))
			return page;

		set_page_private(page, order);
		list_add(&page->lru, &refused->blocks);
		refused->nr_pages += BIT(order);
	}

	return NULL;
}

static void kho_free_refused(struct kho_refused *refused)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &refused->blocks, lru) {
		unsigned int order = page_private(page);

		list_del(&page->lru);
		set_page_private(page, 0);
		__free_pages(page, order);
	}
}

/* Keep all but the first page of a block. */
static void kho_keep_spare(struct page *page, unsigned int order)
{
	unsigned long i;

	split_page(page, order);
	for (i = 1; i < BIT(order); i++)
		list_add_tail(&page[i].lru, &kho_spare_pages);
}

/*
 * From the largest block down, for a single page; else exactly @order. At most
 * @max pages are kept aside.
 */
static struct page *kho_search_node(int nid, gfp_t gfp, unsigned int order,
				    unsigned long max)
{
	int size = order ? order : MAX_PAGE_ORDER;
	struct kho_refused refused = KHO_REFUSED_INIT(refused, max);
	struct page *page = NULL;

	for (; !page && size >= (int)order; size--) {
		page = kho_alloc_accepted(nid, gfp, size, &refused);
		if (page && size > order)
			kho_keep_spare(page, size);
	}
	kho_free_refused(&refused);

	return page;
}

/* A node has a limit of its own, so the search ends. */
static unsigned long kho_node_limit(int nid, unsigned long limit)
{
	return min(limit, node_present_pages(nid));
}

/* The node @nid first */
static struct page *kho_search_nodes(int nid, gfp_t gfp, unsigned int order,
				     unsigned long limit)
{
	struct page *page = kho_search_node(nid, gfp, order,
					    kho_node_limit(nid, limit));
	int other;

	for_each_node_state(other, N_MEMORY) {
		if (!page && other != nid)
			page = kho_search_node(other, gfp, order,
					       kho_node_limit(other, limit));
	}

	return page;
}

static struct page *kho_reclaim_node(int nid, gfp_t gfp, unsigned int order)
{
	struct kho_refused refused =
		KHO_REFUSED_INIT(refused, max(KHO_MAX_RECLAIMED, BIT(order)));
	struct page *page = kho_alloc_accepted(nid, gfp | __GFP_THISNODE, order,
					       &refused);

	kho_free_refused(&refused);
	return page;
}

/* The node @nid first */
static struct page *kho_reclaim(int nid, gfp_t gfp, unsigned int order)
{
	struct page *page = kho_reclaim_node(nid, gfp, order);
	int other;

	for_each_node_state(other, N_MEMORY) {
		if (!page && other != nid)
			page = kho_reclaim_node(other, gfp, order);
	}

	return page;
}

static struct page *kho_search(int nid, gfp_t gfp, unsigned int order)
{
	const gfp_t quick = (gfp & ~__GFP_RECLAIM) |
			    __GFP_NOMEMALLOC | __GFP_THISNODE;
	struct page *page;

	if (nid == NUMA_NO_NODE)
		nid = numa_mem_id();

	/* Either may empty a node: who finds no memory waits. */
	scoped_guard(mutex, &oom_lock)
		page = kho_search_nodes(nid, quick, order, KHO_MAX_REFUSED) ?:
		       kho_search_nodes(nid, quick, order, ULONG_MAX);
	return page ?: kho_reclaim(nid, gfp, order);
}

static struct page *kho_take_spare(void)
{
	struct page *page = list_first_entry_or_null(&kho_spare_pages,
						     struct page, lru);

	if (page)
		list_del(&page->lru);
	return page;
}

/* Not charged and not zeroed before it is known to be the right one. */
static struct page *kho_find_accepted_pages(int nid, gfp_t gfp,
					    unsigned int order)
{
	/* A single page is cut out of a block, which must not be a folio. */
	const gfp_t unwanted = __GFP_ZERO | __GFP_ACCOUNT |
			       (order ? 0 : __GFP_COMP);
	const gfp_t search = (gfp & ~unwanted) | __GFP_NOWARN | __GFP_NORETRY;
	struct page *page = NULL;

	guard(mutex)(&kho_search_lock);

	if (!order)
		page = kho_take_spare();
	return page ?: kho_search(nid, search, order);
}

static noinline struct page *kho_alloc_slowly(int nid, gfp_t gfp,
					      unsigned int order)
{
	struct page *page = kho_find_accepted_pages(nid, gfp, order);

	if (!page) {
		pr_err_ratelimited("no memory to preserve: none is free, or only behind hot-added memory, which the next kernel lacks; online it as movable\n");
		return NULL;
	}

	if (gfp & __GFP_ACCOUNT && memcg_kmem_charge_page(page, gfp, order)) {
		__free_pages(page, order);
		return NULL;
	}

	if (gfp & __GFP_ZERO)
		memset(page_address(page), 0, PAGE_SIZE << order);
	return page;
}

/**
 * kho_fast_alloc_pages - Allocate memory that can be handed over.
 * @nid:   NUMA node that is preferred; %NUMA_NO_NODE follows the mempolicy of
 *         the task.
 * @gfp:   %GFP_KERNEL or %KHO_FAST_GFP_ACCOUNT, with __GFP_ZERO and __GFP_COMP
 *         as wanted.
 * @order: Order, at most %MAX_PAGE_ORDER.
 *
 * The pages are not preserved yet. They are freed as those of alloc_pages().
 *
 * Context: process context, may sleep.
 * Return: pages that the next kernel accepts; NULL without memory, with a
 * message if there is only such that it would refuse.
 */
struct page *kho_fast_alloc_pages(int nid, gfp_t gfp, unsigned int order)
{
	struct page *page;

	page = nid == NUMA_NO_NODE ? alloc_pages(gfp, order) :
				     alloc_pages_node(nid, gfp, order);
	if (likely(!page || kho_is_accepted(page, order)))
		return page;

	__free_pages(page, order);
	return kho_alloc_slowly(nid, gfp, order);
}
