// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Claiming preserved memory
 *
 * The incoming tree is the record of what is still held: a claim clears the
 * bit of its key, atomically, so each key is claimed once. The order of the key
 * is that of the compound page which is held there. If the section is not
 * finished yet, the claim finishes it first; that is how users as early as
 * early_initcall work.
 *
 * Held pages have the form of a folio already and are managed pages, so claiming
 * one costs the same for every order. Claiming them as pages splits them.
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
#include <linux/page-flags.h>
#include <linux/pgalloc_tag.h>
#include <linux/rcupdate.h>

#include "internal.h"

/*
 * While not all sections are finished, make the struct pages of a claimed key
 * ready. Returns false when they cannot be those of one.
 */
static noinline bool get_ready(unsigned long pfn, unsigned long nr_pages)
{
	const struct kho_fast_map *map = &kho_fast_incoming;

	if (!kho_fast_map_busy(map, pfn) ||
	    !kho_fast_map_busy(map, pfn + nr_pages - 1))
		return false;

	kho_fast_finish_pages(pfn, nr_pages);
	return true;
}

/* The order of what is held at @page, if anything is. */
static unsigned int held_order(const struct page *page)
{
	return PageHead(page) ? folio_order((const struct folio *)page) : 0;
}

/*
 * Take the key that starts at @page out of the tree, unless its order is above
 * @max_order. Returns the order, or -ENOENT when there is no such key, or not
 * any more.
 */
static __always_inline int claim(struct page *page, unsigned int max_order)
{
	const unsigned long pfn = page_to_pfn(page);
	const struct kho_radix_node *root;
	struct kho_radix_leaf *leaf;
	unsigned int order;
	unsigned long key;
	bool finished;

	guard(rcu)();

	root = READ_ONCE(kho_fast_incoming.root);
	if (!root)
		return -ENOENT;

	/* Pairs with the release in kho_fast_finish_all(). */
	finished = smp_load_acquire(&kho_fast_incoming.finished);
	if (unlikely(!finished) && !get_ready(pfn, 1))
		return -ENOENT;

	/* It can be anything: nobody says that the page is a held one. */
	order = held_order(page);
	if (order > max_order || !IS_ALIGNED(pfn, BIT(order)))
		return -ENOENT;

	key = kho_fast_key(pfn, order);
	leaf = kho_fast_leaf(root, key);
	if (!leaf)
		return -ENOENT;

	/*
	 * Whoever finishes a section frees what has no bit, so the bit must
	 * stay until all sections of the key are finished.
	 */
	if (unlikely(!finished) &&
	    (!test_bit(kho_fast_bit(key), leaf->bitmap) ||
	     !get_ready(pfn, BIT(order))))
		return -ENOENT;

	if (!test_and_clear_bit(kho_fast_bit(key), leaf->bitmap))
		return -ENOENT;

	kho_fast_trim_soon();
	return order;
}

/**
 * kho_fast_drop_page - Free a page that the core of the previous kernel owned.
 * @phys: Physical address of the page. Nothing happens unless it was preserved
 *        as a page of order 0 and not claimed.
 */
void kho_fast_drop_page(phys_addr_t phys)
{
	struct page *page = pfn_to_online_page(PHYS_PFN(phys));

	if (!page || claim(page, 0))
		return;

	clear_page_tag_ref(page);
	__free_page(page);
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

	if (!page || WARN_ON_ONCE(claim(page, KHO_FAST_MAX_ORDER) < 0))
		return NULL;

	/* The allocation was the previous kernel's, not ours. */
	clear_page_tag_ref(page);
	return (struct folio *)page;
}
EXPORT_SYMBOL_GPL(kho_restore_folio);

static void clear_tags(struct page *page, unsigned long nr_pages)
{
	unsigned long i;

	for (i = 0; i < nr_pages; i++)
		clear_page_tag_ref(page + i);
}

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

		order = claim(page, ilog2(end - pfn));
		if (WARN_ON_ONCE(order < 0))
			return NULL;

		kho_fast_split(page, order);
		clear_tags(page, BIT(order));
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
