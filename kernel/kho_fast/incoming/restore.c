// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Restoring preserved memory
 *
 * The incoming tree records what is still preserved: restoring clears the bit
 * of a key, atomically, so each key is restored once. A section that is not
 * initialised yet is initialised first, for users as early as early_initcall.
 *
 * Preserved pages are initialised as folios and are managed pages, so restoring
 * a folio costs the same for every order. Restoring single pages splits it.
 *
 * Most of the cost is finding the bitmap. &struct kho_fast_restore_batch
 * remembers the last one, for many folios.
 *
 * Lock order: rcu_read_lock() only; trim.c frees nodes after a grace period.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/export.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/log2.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/pgalloc_tag.h>
#include <linux/rcupdate.h>

#include "../../../mm/deferred_kho.h"
#include "../../../mm/kho_page_init.h"
#include "../trace.h"
#include "../tree/tree.h"
#include "map.h"
#include "quarantine.h"
#include "restore.h"
#include "trim.h"

/*
 * The bitmap and the order of the key that starts at @pfn, or NULL. The
 * alignment of @pfn and the orders in use leave one or two to look for. The
 * struct page may not be initialised yet and is not read.
 */
static __always_inline struct kho_radix_leaf *
kho_find_key(const struct kho_radix_node *root, unsigned long pfn,
	     unsigned int *order)
{
	unsigned long orders = kho_fast_incoming.orders;

	lockdep_assert_in_rcu_read_lock();

	if (pfn)
		orders &= GENMASK(__ffs(pfn), 0);

	for (; orders; orders &= ~BIT(*order)) {
		struct kho_radix_leaf *leaf;
		unsigned long key;

		*order = __fls(orders);
		key = kho_fast_key(pfn, *order);
		leaf = kho_fast_leaf(root, key);
		if (leaf && test_bit(kho_fast_bit(key), leaf->bitmap))
			return leaf;
	}

	return NULL;
}

/*
 * Remove the key that starts at @pfn from the tree, unless its order is above
 * @max_order. Returns the order, or -ENOENT when there is no such key. A key
 * that is found implies memory, all of it online on return.
 */
static __always_inline int kho_restore_key(unsigned long pfn,
					   unsigned int max_order)
{
	const struct kho_radix_node *root;
	struct kho_radix_leaf *leaf;
	unsigned int order;

	guard(rcu)();

	root = READ_ONCE(kho_fast_incoming.root);
	if (!root)
		return -ENOENT;

	leaf = kho_find_key(root, pfn, &order);
	if (!leaf || order > max_order)
		return -ENOENT;

	/*
	 * Initialising a section frees the pages without a bit, so the bit must
	 * stay until all sections of the key are initialised.
	 */
	kho_fast_ensure_initialised(pfn, BIT(order));
	if (!test_and_clear_bit(kho_fast_bit(kho_fast_key(pfn, order)),
				leaf->bitmap))
		return -ENOENT;

	kho_fast_schedule_trim();
	return order;
}

static noinline void kho_trace_restored(struct folio *folio,
					unsigned long caller)
{
	unsigned int order = folio_order(folio);

	kho_fast_trace_range(kho_restore, folio_pfn(folio), BIT(order), order,
			     caller);
}

/**
 * kho_fast_restore_begin - Begin to restore many folios.
 * @batch: State for kho_fast_restore_next().
 *
 * Context: any, from early_initcall on; the caller must not sleep until
 * kho_fast_restore_end().
 */
void kho_fast_restore_begin(struct kho_fast_restore_batch *batch)
	__acquires(RCU)
{
	rcu_read_lock();
	*batch = (struct kho_fast_restore_batch){ .section = ULONG_MAX };
}

/**
 * kho_fast_restore_end - End a batch.
 * @batch: The batch.
 */
void kho_fast_restore_end(struct kho_fast_restore_batch *batch)
	__releases(RCU)
{
	rcu_read_unlock();
	kho_fast_schedule_trim();
}

/* Is the key that starts at @pfn in the last bitmap? */
static bool kho_is_in_last_leaf(const struct kho_fast_restore_batch *batch,
				unsigned long pfn)
{
	unsigned long key = kho_fast_key(pfn, batch->order);

	return batch->leaf && IS_ALIGNED(pfn, BIT(batch->order)) &&
	       (key ^ batch->key) < KHO_FAST_LEAF_BITS &&
	       test_bit(kho_fast_bit(key), batch->leaf->bitmap);
}

static bool kho_find_next_leaf(struct kho_fast_restore_batch *batch,
			       unsigned long pfn)
{
	const struct kho_radix_node *root = READ_ONCE(kho_fast_incoming.root);

	batch->leaf = root ? kho_find_key(root, pfn, &batch->order) : NULL;
	if (!batch->leaf)
		return false;

	batch->key = round_down(kho_fast_key(pfn, batch->order),
				KHO_FAST_LEAF_BITS);
	return true;
}

static void kho_init_folio_pages(struct kho_fast_restore_batch *batch,
				 unsigned long pfn)
{
	unsigned long last = pfn + BIT(batch->order) - 1;

	if (pfn_to_section_nr(pfn) == batch->section &&
	    pfn_to_section_nr(last) == batch->section)
		return;

	kho_fast_ensure_initialised(pfn, BIT(batch->order));
	batch->section = pfn_to_section_nr(last);
}

/**
 * kho_fast_restore_next - Restore one of many folios.
 * @batch: The batch.
 * @pfn:   Page frame from the previous kernel; not trusted, but of no more bits
 *         than a physical address.
 *
 * A bit that is set implies online memory: kho_fast_map_build() checked it, and
 * preserved memory cannot go offline.
 *
 * Return: the folio with a reference count of 1; NULL when no folio is
 * preserved there.
 */
struct folio *kho_fast_restore_next(struct kho_fast_restore_batch *batch,
				    unsigned long pfn)
{
	struct page *page;

	if (!kho_is_in_last_leaf(batch, pfn) &&
	    !kho_find_next_leaf(batch, pfn))
		return NULL;

	/* As in kho_restore_key(). */
	kho_init_folio_pages(batch, pfn);
	if (!test_and_clear_bit(kho_fast_bit(kho_fast_key(pfn, batch->order)),
				batch->leaf->bitmap))
		return NULL;

	/* It was allocated by the previous kernel. */
	page = pfn_to_page(pfn);
	clear_page_tag_ref(page);
	if (trace_kho_restore_enabled())
		kho_trace_restored((struct folio *)page, _RET_IP_);
	return (struct folio *)page;
}

/**
 * kho_fast_restore_peek - Get the order of a folio that is still preserved.
 * @batch: The batch.
 * @pfn:   As for kho_fast_restore_next().
 *
 * Nothing is restored, and no struct page is read or initialised.
 *
 * Return: the order; -ENOENT when no folio is preserved there.
 */
int kho_fast_restore_peek(struct kho_fast_restore_batch *batch,
			  unsigned long pfn)
{
	if (!kho_is_in_last_leaf(batch, pfn) &&
	    !kho_find_next_leaf(batch, pfn))
		return -ENOENT;

	return batch->order;
}

/**
 * kho_fast_restore_free_page - Restore and free a page of KHO itself.
 * @phys: Physical address. Ignored unless a page of order 0 is preserved there.
 */
void kho_fast_restore_free_page(phys_addr_t phys)
{
	struct page *page;

	if (kho_restore_key(PHYS_PFN(phys), 0))
		return;

	page = pfn_to_page(PHYS_PFN(phys));
	clear_page_tag_ref(page);
	__free_page(page);
}

/*
 * The address may be from a record of the previous kernel, which must not be
 * able to panic this one: no WARN(). That a section is quarantined was
 * reported.
 */
static noinline void kho_report_not_preserved(phys_addr_t phys,
					      unsigned long caller)
{
	const unsigned long pfn = PHYS_PFN(phys);

	if (pfn_to_online_page(pfn) &&
	    !kho_fast_is_quarantined(&kho_fast_incoming, pfn))
		pr_warn_ratelimited("%pS: no memory is preserved at %pa, or it was restored before\n",
				    (void *)caller, &phys);
}

/* Always inline: _RET_IP_ is that of the caller. */
static __always_inline struct folio *kho_do_restore_folio(phys_addr_t phys)
{
	struct page *page;

	if (kho_restore_key(PHYS_PFN(phys), KHO_FAST_MAX_ORDER) < 0) {
		kho_report_not_preserved(phys, _RET_IP_);
		return NULL;
	}

	/* It was allocated by the previous kernel. */
	page = pfn_to_page(PHYS_PFN(phys));
	clear_page_tag_ref(page);
	if (trace_kho_restore_enabled())
		kho_trace_restored((struct folio *)page, _RET_IP_);
	return (struct folio *)page;
}

/**
 * kho_restore_folio - Restore a preserved folio.
 * @phys: Physical address of the folio.
 *
 * Context: any, from early_initcall on.
 * Return: the folio with a reference count of 1; NULL when @phys is not online
 * memory or is in quarantine or, with a message, when no folio is preserved
 * there.
 */
struct folio *kho_restore_folio(phys_addr_t phys)
{
	return kho_do_restore_folio(phys);
}
EXPORT_SYMBOL_GPL(kho_restore_folio);

/**
 * kho_fast_incoming_has - Is a folio preserved, and not restored yet?
 * @phys:  Physical address of the folio, unchecked.
 * @order: Order that it must have been preserved with.
 *
 * Such a folio is memory that can be read, but struct pages of it may not be
 * initialised.
 *
 * Context: any.
 * Return: true if so.
 */
bool kho_fast_incoming_has(phys_addr_t phys, unsigned int order)
{
	const unsigned long key = kho_fast_key(PHYS_PFN(phys), order);
	const struct kho_radix_node *root;
	struct kho_radix_leaf *leaf;

	if (!IS_ALIGNED(phys, PAGE_SIZE << order))
		return false;

	guard(rcu)();

	root = READ_ONCE(kho_fast_incoming.root);
	if (!root)
		return false;

	leaf = kho_fast_leaf(root, key);
	return leaf && test_bit(kho_fast_bit(key), leaf->bitmap);
}

/**
 * kho_fast_try_restore_folio - Restore a folio that may not be preserved.
 * @phys:  Physical address of the folio, unchecked.
 * @order: Order that it must have been preserved with.
 *
 * Context: one caller at a time, from early_initcall on.
 * Return: the folio with a reference count of 1; NULL, without a message, when
 * no folio of that order is preserved there.
 */
struct folio *kho_fast_try_restore_folio(phys_addr_t phys, unsigned int order)
{
	if (!kho_fast_incoming_has(phys, order))
		return NULL;

	return kho_do_restore_folio(phys);
}

static void kho_clear_tags(struct page *page, unsigned long nr_pages)
{
	unsigned long i;

	for (i = 0; i < nr_pages; i++)
		clear_page_tag_ref(page + i);
}

/**
 * kho_restore_pages - Restore a range of preserved pages.
 * @phys:     Physical address of the first page.
 * @nr_pages: Number of pages, as preserved.
 *
 * Context: any, from early_initcall on.
 * Return: the first of the pages, each of order 0 with a reference count of 1;
 * NULL when a page is not online memory or is in quarantine or, with a message,
 * when part of the range is not preserved. Pages before that part stay
 * restored.
 */
struct page *kho_restore_pages(phys_addr_t phys, unsigned long nr_pages)
{
	const unsigned long start = PHYS_PFN(phys);
	const unsigned long end = start + nr_pages;
	unsigned long pfn = start;

	while (pfn < end) {
		int order = kho_restore_key(pfn, ilog2(end - pfn));

		if (order < 0) {
			kho_report_not_preserved(PFN_PHYS(pfn), _RET_IP_);
			return NULL;
		}

		kho_split_restored(pfn_to_page(pfn), order);
		kho_clear_tags(pfn_to_page(pfn), BIT(order));
		pfn += BIT(order);
	}

	kho_fast_trace_range(kho_restore, start, end - start, 0, _RET_IP_);
	return pfn_to_page(start);
}
EXPORT_SYMBOL_GPL(kho_restore_pages);

/**
 * kho_restore_free - Restore memory and free it.
 * @mem: Memory from kho_alloc_preserve() of the previous kernel, as an address
 *       of this kernel; or NULL.
 */
void kho_restore_free(void *mem)
{
	struct folio *folio;

	if (!mem)
		return;

	folio = kho_do_restore_folio(virt_to_phys(mem));
	if (folio)
		folio_put(folio);
}
EXPORT_SYMBOL_GPL(kho_restore_free);
