// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Claiming preserved memory
 *
 * The incoming tree is the record of what is still held: a claim clears the
 * bit of its key, atomically, so each key is claimed once. The order of the key
 * is found by looking for each order that the tree has: few, and a key of an
 * order that does not occur near the page is missing from a high level on. If
 * the section is not finished yet, the claim finishes it first; that is how
 * users as early as early_initcall work.
 *
 * Held pages look like freshly initialised ones of order 0 and belong to
 * nobody; a claim gives them the shape that the caller asked for and adds them
 * to the managed pages.
 *
 * Lock order: rcu_read_lock() only; trim.c frees nodes after a grace period.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/bug.h>
#include <linux/export.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/log2.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/pgalloc_tag.h>
#include <linux/rcupdate.h>

#include "../../mm/internal.h"
#include "internal.h"

/* The bitmap and the order of the unclaimed key that starts at @pfn, if any. */
static struct kho_radix_leaf *find_key(unsigned long pfn, unsigned int *order)
{
	const struct kho_radix_node *root = READ_ONCE(kho_fast_incoming.root);
	unsigned long orders = kho_fast_incoming.orders;

	if (!root)
		return NULL;

	for_each_set_bit(*order, &orders, KHO_FAST_MAX_ORDER + 1) {
		unsigned long key = kho_fast_key(pfn, *order);
		struct kho_radix_leaf *leaf;

		if (!IS_ALIGNED(pfn, BIT(*order)))
			break;

		leaf = kho_fast_leaf(root, key);
		if (leaf && test_bit(kho_fast_bit(key), leaf->bitmap))
			return leaf;
	}

	return NULL;
}

/*
 * Take the key that starts at @pfn out of the tree, unless its order is above
 * @max_order. The struct pages are ready then; each has a reference count of 1.
 * Returns the order, or -ENOENT when there is no such key, or not any more.
 */
static int claim(unsigned long pfn, unsigned int max_order)
{
	struct kho_radix_leaf *leaf;
	unsigned int order;

	guard(rcu)();

	leaf = find_key(pfn, &order);
	if (!leaf || order > max_order)
		return -ENOENT;

	/*
	 * Whoever finishes a section frees what has no bit, so the bit must
	 * stay until all sections of the key are finished.
	 */
	kho_fast_finish_pages(pfn, BIT(order));
	if (!test_and_clear_bit(kho_fast_bit(kho_fast_key(pfn, order)),
				leaf->bitmap))
		return -ENOENT;

	kho_fast_trim_soon();
	return order;
}

static void shape_pages(struct page *page, unsigned long nr_pages)
{
	unsigned long i;

	for (i = 0; i < nr_pages; i++) {
		set_page_count(page + i, 1);
		/* The allocation was the previous kernel's, not ours. */
		clear_page_tag_ref(page + i);
	}
}

/**
 * kho_fast_drop_page - Free a page that the core of the previous kernel owned.
 * @phys: Physical address of the page. Nothing happens unless it was preserved
 *        as a page of order 0 and not claimed.
 */
void kho_fast_drop_page(phys_addr_t phys)
{
	struct page *page = pfn_to_online_page(PHYS_PFN(phys));

	if (!page || claim(PHYS_PFN(phys), 0))
		return;

	shape_pages(page, 1);
	adjust_managed_page_count(page, 1);
	__free_page(page);
}

/* One pass over the tails, unlike prep_compound_page() after a loop of ours. */
static void shape_folio(struct page *head, unsigned int order)
{
	unsigned long nr_pages = BIT(order);
	unsigned long i;

	set_page_count(head, 1);
	clear_page_tag_ref(head);
	if (!order)
		return;

	__SetPageHead(head);
	for (i = 1; i < nr_pages; i++) {
		set_page_count(head + i, 0);
		prep_compound_tail(head + i, head, order);
	}
	prep_compound_head(head, order);
}

/**
 * kho_restore_folio - Take a preserved folio over.
 * @phys: Physical address of the folio.
 *
 * Context: any, from early_initcall on.
 * Return: the folio with a reference count of 1; NULL when @phys is not online
 * memory or, with a warning, when no unclaimed folio was preserved there.
 */
struct folio *kho_restore_folio(phys_addr_t phys)
{
	struct page *page = pfn_to_online_page(PHYS_PFN(phys));
	int order;

	if (!page)
		return NULL;

	order = claim(PHYS_PFN(phys), KHO_FAST_MAX_ORDER);
	if (WARN_ON_ONCE(order < 0))
		return NULL;

	shape_folio(page, order);
	adjust_managed_page_count(page, BIT(order));
	return page_folio(page);
}
EXPORT_SYMBOL_GPL(kho_restore_folio);

/**
 * kho_restore_pages - Take a range of preserved pages over.
 * @phys:     Physical address of the first page.
 * @nr_pages: Number of pages, as it was preserved.
 *
 * Context: any, from early_initcall on.
 * Return: the first page, all pages being of order 0 with a reference count
 * of 1; NULL when a page is not online memory or, with a warning, when part of
 * the range is not preserved or was claimed. Pages before that part stay
 * claimed.
 */
struct page *kho_restore_pages(phys_addr_t phys, unsigned long nr_pages)
{
	const unsigned long start = PHYS_PFN(phys);
	const unsigned long end = start + nr_pages;
	unsigned long pfn = start;

	while (pfn < end) {
		struct page *page = pfn_to_online_page(pfn);
		int order;

		if (!page)
			return NULL;

		order = claim(pfn, ilog2(end - pfn));
		if (WARN_ON_ONCE(order < 0))
			return NULL;

		shape_pages(page, BIT(order));
		adjust_managed_page_count(page, BIT(order));
		pfn += BIT(order);
	}

	return pfn_to_page(start);
}
EXPORT_SYMBOL_GPL(kho_restore_pages);

/**
 * kho_restore_free - Take memory over and free it.
 * @mem: Where kho_alloc_preserve() of the previous kernel put it, as an address
 *       of this kernel; or NULL.
 */
void kho_restore_free(void *mem)
{
	struct folio *folio;

	if (!mem)
		return;

	folio = kho_restore_folio(virt_to_phys(mem));
	if (!WARN_ON(!folio))
		folio_put(folio);
}
EXPORT_SYMBOL_GPL(kho_restore_free);
