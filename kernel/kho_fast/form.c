// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Struct pages of held memory
 *
 * A held page has its final form from the moment that its struct page is
 * initialised: a key of order 0 is a page with a reference count of 1, a larger
 * one a compound page whose head has that count and whose tails have none. That
 * is what kho_restore_folio() returns, so a claim has nothing left to write,
 * whatever the order. The key does not tell whether it will be claimed as
 * pages; if so, kho_fast_split() makes single pages of it then.
 *
 * The count is not 0, as it is for pages that are about to be freed: memory
 * offlining and alloc_contig_range() would wait for them, while a held page is
 * unmovable at a glance.
 *
 * All struct pages of a run are alike, so they are stored from a template. Those
 * of held pages bypass the caches where the CPU can do that: nobody is going to
 * look at them for a while, and it saves reading the lines before writing them.
 *
 * Nobody else looks at a struct page while it is written here: it belongs to
 * whoever finishes its section, or to the claimer.
 */
#include <linux/align.h>
#include <linux/init.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/unroll.h>

#include "../../mm/internal.h"
#include "../../mm/mm_init.h"
#include "internal.h"

/* prep_compound_head() writes to these first pages of a folio. */
#define HEAD_PAGES	4

/*
 * On x86-64 memcpy_flushcache() is inline and stores past the caches. Elsewhere
 * it writes lines back to memory one by one, which is not what is wanted.
 */
static __always_inline void store_past_caches(struct page *to,
					      const struct page *form)
{
	const u64 *src = (const u64 *)form;
	u64 *dst = (u64 *)to;
	unsigned int i;

	static_assert(sizeof(*to) % sizeof(*dst) == 0);
	if (!IS_ENABLED(CONFIG_X86_64)) {
		*to = *form;
		return;
	}

	unrolled_full for (i = 0; i < sizeof(*to) / sizeof(*dst); i++)
		memcpy_flushcache(dst + i, src + i, sizeof(*dst));
}

/**
 * kho_fast_form_init - Make the template of a single page.
 * @form: The template.
 * @zone: Zone of the pages.
 * @pfn:  A page frame in the section of the pages.
 */
void __init kho_fast_form_init(struct page *form, struct zone *zone,
			       unsigned long pfn)
{
	__init_single_page(form, pfn, zone_idx(zone), zone_to_nid(zone));
}

/**
 * kho_fast_init_pages - Initialise struct pages that are freed right after.
 * @form: Template of their zone and section.
 * @pfn:  First page frame.
 * @end:  One past the last page frame.
 */
void __init kho_fast_init_pages(const struct page *form, unsigned long pfn,
				unsigned long end)
{
	for (; pfn < end; pfn++) {
		struct page *page = pfn_to_page(pfn);

		*page = *form;
		INIT_LIST_HEAD(&page->lru);
	}
}

/**
 * kho_fast_hold_pages - Initialise struct pages of single held pages.
 * @form: Template of their zone and section.
 * @pfn:  First page frame.
 * @end:  One past the last page frame.
 *
 * They are visible to other CPUs only after wmb().
 */
void __init kho_fast_hold_pages(const struct page *form, unsigned long pfn,
				unsigned long end)
{
	struct page single = *form;

	for (; pfn < end; pfn++) {
		struct page *page = pfn_to_page(pfn);

		single.lru.next = &page->lru;
		single.lru.prev = &page->lru;
		store_past_caches(page, &single);
	}
}

static void __init init_tails(const struct page *form, struct page *head,
			      unsigned int order, unsigned long pfn,
			      unsigned long end)
{
	struct page tail = *form;

	tail.lru.prev = NULL;
	set_page_count(&tail, 0);
	prep_compound_tail(&tail, head, order);

	for (; pfn < end; pfn++)
		store_past_caches(pfn_to_page(pfn), &tail);
}

/* The struct pages are initialised already, as single pages. */
static void __init shape_tails(struct page *head, unsigned int order,
			       unsigned long pfn, unsigned long end)
{
	for (; pfn < end; pfn++) {
		set_page_count(pfn_to_page(pfn), 0);
		prep_compound_tail(pfn_to_page(pfn), head, order);
	}
}

/**
 * kho_fast_hold_folio - Give part of a held folio its form.
 * @form:  Template of a single page; NULL when the struct pages are single
 *         pages already.
 * @head:  First page frame of the folio.
 * @order: Its order, not 0.
 * @pfn:   First page frame of the part.
 * @end:   One past its last page frame.
 *
 * When the part has the head but ends right behind it, the caller must call
 * kho_fast_hold_head() when the rest is done, too. The pages are visible to
 * other CPUs only after wmb().
 */
void __init kho_fast_hold_folio(const struct page *form, unsigned long head,
				unsigned int order, unsigned long pfn,
				unsigned long end)
{
	struct page *page = pfn_to_page(head);
	bool has_head = pfn == head;

	if (has_head) {
		if (form)
			kho_fast_hold_pages(form, head, head + 1);
		__SetPageHead(page);
		pfn++;
	}

	if (form)
		init_tails(form, page, order, pfn, end);
	else
		shape_tails(page, order, pfn, end);

	if (has_head && end - head >= min(BIT(order), HEAD_PAGES))
		prep_compound_head(page, order);
}

/**
 * kho_fast_hold_head - Complete a folio that was held in several parts.
 * @head:  First page frame of the folio.
 * @order: Its order, not 0.
 *
 * Context: when the first pages of the folio are held. Doing it twice is fine.
 */
void __init kho_fast_hold_head(unsigned long head, unsigned int order)
{
	prep_compound_head(pfn_to_page(head), order);
}

/* What is left of a tail is its zone, node and section. */
static void make_single(struct page *page)
{
	unsigned long links = page->flags.f & ~PAGEFLAGS_MASK;

	mm_zero_struct_page(page);
	page->flags.f = links;
	atomic_set(&page->_mapcount, -1);
	page_cpupid_reset_last(page);
	INIT_LIST_HEAD(&page->lru);
	set_page_count(page, 1);
}

/**
 * kho_fast_split - Make single pages of a claimed compound page.
 * @head:  Its first page.
 * @order: Its order, possibly 0.
 *
 * Context: any.
 */
void kho_fast_split(struct page *head, unsigned int order)
{
	unsigned long i;

	if (!order)
		return;

	/* The head keeps its count: others may hold a short reference. */
	ClearPageHead(head);
	for (i = 1; i < BIT(order); i++)
		make_single(head + i);
}
