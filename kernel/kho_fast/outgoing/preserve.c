// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Preserving folios and pages
 *
 * A folio, a range of pages, or memory that is allocated to be preserved.
 * bulk.c preserves many folios.
 *
 * Lock order: no lock is taken, see tree.c.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/count_zeros.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/log2.h>
#include <linux/mm.h>

#include "../account.h"
#include "../alloc.h"
#include "../trace.h"
#include "../tree/tree.h"
#include "outgoing.h"

static noinline int kho_preserve_slowly(unsigned long pfn, unsigned int order,
					unsigned long caller)
{
	int err = kho_fast_outgoing_add_slowly(pfn, order);

	if (!err)
		kho_fast_trace_range(kho_preserve, pfn, BIT(order), order,
				     caller);
	return err;
}

/* Always inline: _RET_IP_ is that of the caller, read in the slow path only. */
static __always_inline int kho_do_preserve_folio(struct folio *folio)
{
	unsigned long pfn = folio_pfn(folio);
	unsigned int order = folio_order(folio);

	if (kho_fast_outgoing_add_cached(pfn, order))
		return 0;

	return kho_preserve_slowly(pfn, order, _RET_IP_);
}

/**
 * kho_fast_report_missing - Report keys that could not be removed.
 * @missing: The keys; none is no message.
 * @caller:  Address of the instruction that has tried.
 *
 * That is a mistake of a client, of this one or of the one that has removed
 * them. It costs at most what those keys preserved, so it is no WARN(), which
 * may panic.
 *
 * Context: any.
 */
void kho_fast_report_missing(const struct kho_fast_missing *missing,
			     unsigned long caller)
{
	if (unlikely(missing->nr))
		pr_err_ratelimited("%pS: cannot unpreserve %lu, first at pfn %#lx: no key of order %u\n",
				   (void *)caller, missing->nr, missing->pfn,
				   missing->order);
}

static noinline void kho_unpreserve_slowly(unsigned long pfn,
					   unsigned int order,
					   unsigned long caller)
{
	const struct kho_fast_missing one = {
		.pfn = pfn, .order = order, .nr = 1,
	};

	if (kho_fast_outgoing_del_slowly(pfn, order))
		kho_fast_trace_range(kho_unpreserve, pfn, BIT(order), order,
				     caller);
	else
		kho_fast_report_missing(&one, caller);
}

/* As kho_do_preserve_folio(). */
static __always_inline void kho_do_unpreserve_folio(struct folio *folio)
{
	unsigned int order = folio_order(folio);
	unsigned long pfn = folio_pfn(folio);

	if (!kho_fast_outgoing_del_cached(pfn, order))
		kho_unpreserve_slowly(pfn, order, _RET_IP_);
}

/**
 * kho_preserve_folio - Preserve a folio across kexec.
 * @folio: The folio. It must stay allocated, and must not be split or merged,
 *         until the kexec or until kho_unpreserve_folio().
 *
 * Context: process context, may sleep.
 * Return: 0; -ENOMEM; -EINVAL when KHO is not set up or, with a message, when
 * the next kernel would refuse @folio: it overlaps scratch or is not RAM there.
 */
int kho_preserve_folio(struct folio *folio)
{
	return kho_do_preserve_folio(folio);
}
EXPORT_SYMBOL_GPL(kho_preserve_folio);

/**
 * kho_unpreserve_folio - Undo kho_preserve_folio().
 * @folio: The folio, of the order that it was preserved with. A message if it
 *         is not preserved.
 *
 * Context: any.
 */
void kho_unpreserve_folio(struct folio *folio)
{
	kho_do_unpreserve_folio(folio);
}
EXPORT_SYMBOL_GPL(kho_unpreserve_folio);

/*
 * The largest order of a key at @pfn. Keys do not cross NUMA nodes: the stock
 * kernel could not restore them. Preserving and unpreserving a range take the
 * same steps.
 */
static unsigned int kho_step_order(unsigned long pfn, unsigned long end)
{
	unsigned int order = min3(count_trailing_zeros(pfn), ilog2(end - pfn),
				  KHO_FAST_MAX_ORDER);

	while (pfn_to_nid(pfn) != pfn_to_nid(pfn + BIT(order) - 1))
		order--;

	return order;
}

/*
 * Remove the keys of [pfn, stop), a prefix of the steps from @pfn to @end.
 */
static struct kho_fast_missing kho_unpreserve_steps(unsigned long pfn,
						    unsigned long stop,
						    unsigned long end)
{
	struct kho_fast_missing missing = {};

	while (pfn < stop) {
		unsigned int order = kho_step_order(pfn, end);

		if (!kho_fast_outgoing_del(pfn, order))
			kho_fast_miss(&missing, pfn, order, 1);
		pfn += BIT(order);
	}

	return missing;
}

/* As kho_do_preserve_folio(). */
static __always_inline void kho_do_unpreserve_range(unsigned long pfn,
						    unsigned long nr_pages)
{
	const struct kho_fast_missing missing =
		kho_unpreserve_steps(pfn, pfn + nr_pages, pfn + nr_pages);

	if (unlikely(missing.nr))
		kho_fast_report_missing(&missing, _RET_IP_);
	else if (trace_kho_unpreserve_enabled())
		kho_fast_trace_range(kho_unpreserve, pfn, nr_pages, 0,
				     _RET_IP_);
}

/**
 * kho_fast_unpreserve_range - Unpreserve a range of pages.
 * @pfn:      First page frame.
 * @nr_pages: Number of pages; the range must have been preserved as one.
 */
void kho_fast_unpreserve_range(unsigned long pfn, unsigned long nr_pages)
{
	kho_do_unpreserve_range(pfn, nr_pages);
}

static __always_inline int kho_preserve_steps(unsigned long start,
					      unsigned long end)
{
	unsigned long pfn = start;

	while (pfn < end) {
		unsigned int order = kho_step_order(pfn, end);

		if (!kho_fast_outgoing_add_cached(pfn, order)) {
			int err = kho_fast_outgoing_add_slowly(pfn, order);

			if (err) {
				kho_unpreserve_steps(start, pfn, end);
				return err;
			}
		}
		pfn += BIT(order);
	}

	return 0;
}

static noinline int kho_preserve_range_traced(unsigned long start,
					      unsigned long end,
					      unsigned long caller)
{
	int err = kho_preserve_steps(start, end);

	if (!err)
		kho_fast_trace_range(kho_preserve, start, end - start, 0,
				     caller);
	return err;
}

/**
 * kho_preserve_pages - Preserve a range of pages across kexec.
 * @page:     First page.
 * @nr_pages: Number of pages.
 *
 * kho_restore_pages() returns the range as pages of order 0.
 *
 * Context: process context, may sleep.
 * Return: 0; -ENOMEM; -EINVAL when KHO is not set up or, with a message, when
 * the next kernel would refuse the range: it overlaps scratch or is not RAM
 * there. After an error nothing of the range is preserved.
 */
int kho_preserve_pages(struct page *page, unsigned long nr_pages)
{
	const unsigned long start = page_to_pfn(page);
	const unsigned long end = start + nr_pages;

	if (trace_kho_preserve_enabled())
		return kho_preserve_range_traced(start, end, _RET_IP_);

	return kho_preserve_steps(start, end);
}
EXPORT_SYMBOL_GPL(kho_preserve_pages);

/**
 * kho_unpreserve_pages - Undo kho_preserve_pages().
 * @page:     First page.
 * @nr_pages: Number of pages; the range must have been preserved as one.
 */
void kho_unpreserve_pages(struct page *page, unsigned long nr_pages)
{
	kho_do_unpreserve_range(page_to_pfn(page), nr_pages);
}
EXPORT_SYMBOL_GPL(kho_unpreserve_pages);

/**
 * kho_alloc_preserve - Allocate preserved memory.
 * @size: Size in bytes; rounded up to a power of two of pages.
 *
 * Context: process context, may sleep. Charged to the memory cgroup of the
 * task.
 * Return: zeroed, physically contiguous memory; ERR_PTR(-EINVAL) when @size is
 * 0, ERR_PTR(-E2BIG) when it exceeds %MAX_PAGE_ORDER, or an error of
 * kho_preserve_folio().
 */
void *kho_alloc_preserve(size_t size)
{
	struct folio *folio;
	struct page *page;
	int err;

	if (!size)
		return ERR_PTR(-EINVAL);
	if (get_order(size) > MAX_PAGE_ORDER)
		return ERR_PTR(-E2BIG);

	page = kho_fast_alloc_pages(NUMA_NO_NODE,
				    KHO_FAST_GFP_ACCOUNT | __GFP_ZERO |
				    __GFP_COMP, get_order(size));
	if (!page)
		return ERR_PTR(-ENOMEM);

	folio = page_folio(page);
	err = kho_do_preserve_folio(folio);
	if (!err)
		return folio_address(folio);

	folio_put(folio);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(kho_alloc_preserve);

/**
 * kho_unpreserve_free - Undo kho_alloc_preserve().
 * @mem: The memory, or NULL.
 */
void kho_unpreserve_free(void *mem)
{
	if (mem) {
		struct folio *folio = virt_to_folio(mem);

		kho_do_unpreserve_folio(folio);
		folio_put(folio);
	}
}
EXPORT_SYMBOL_GPL(kho_unpreserve_free);
