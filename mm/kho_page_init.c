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
 * A struct page is composed in a template and stored once, complete, with
 * non-temporal stores where the CPU has them: nobody is going to look at held
 * pages for a while, and it saves reading the lines before writing them. What
 * __SetPageHead() and prep_compound_head() write is in the templates already. A
 * line must not be touched right after a non-temporal store to it: that waits
 * until it has reached memory and reads it back. Documentation/measuring.rst of
 * the project has the time of both kinds of stores, at each order.
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

#include "internal.h"
#include "mm_init.h"
#include "kho_page_init.h"

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
 * kho_fast_form_init - Make the templates of single pages.
 * @form: The templates.
 * @zone: Zone of the pages.
 * @pfn:  A page frame in the section of the pages.
 */
void __init kho_fast_form_init(struct kho_fast_form *form, struct zone *zone,
			       unsigned long pfn)
{
	__init_single_page(&form->single, pfn, zone_idx(zone),
			   zone_to_nid(zone));
	form->order = 0;
}

/**
 * kho_fast_init_pages - Initialise struct pages that are freed right after.
 * @form: Templates of their zone and section.
 * @pfn:  First page frame.
 * @end:  One past the last page frame.
 */
void __init kho_fast_init_pages(const struct kho_fast_form *form,
				unsigned long pfn, unsigned long end)
{
	for (; pfn < end; pfn++) {
		struct page *page = pfn_to_page(pfn);

		*page = form->single;
		INIT_LIST_HEAD(&page->lru);
	}
}

/**
 * kho_fast_hold_pages - Initialise struct pages of single held pages.
 * @form: Templates of their zone and section.
 * @pfn:  First page frame.
 * @end:  One past the last page frame.
 *
 * They are visible to other CPUs only after wmb().
 */
void __init kho_fast_hold_pages(const struct kho_fast_form *form,
				unsigned long pfn, unsigned long end)
{
	struct page single = form->single;

	for (; pfn < end; pfn++) {
		struct page *page = pfn_to_page(pfn);

		single.lru.next = &page->lru;
		single.lru.prev = &page->lru;
		store_past_caches(page, &single);
	}
}

/* Of the pages of a folio that have a template of their own. */
static unsigned long __init kho_form_nr_first(unsigned int order)
{
	return min(BIT(order), KHO_FAST_HEAD_PAGES);
}

/* Make the templates of folios of @order, but for pointers into the folio. */
static noinline void __init kho_form_set_order(struct kho_fast_form *form,
					       unsigned int order)
{
	struct page *first = form->first;
	unsigned int i;

	static_assert(sizeof(struct folio) <= sizeof(form->first));

	form->tail = form->single;
	form->tail.lru.prev = NULL;
	set_page_count(&form->tail, 0);
	prep_compound_tail(&form->tail, first, order);

	first[0] = form->single;
	__SetPageHead(first);
	for (i = 1; i < KHO_FAST_HEAD_PAGES; i++)
		first[i] = form->tail;
	prep_compound_head(first, order);

	form->order = order;
}

/* The templates are those of the folio that starts at @head, from now on. */
static void __init kho_form_set_head(struct kho_fast_form *form,
				     struct page *head)
{
	const unsigned int order = form->order;
	struct folio *folio = (struct folio *)form->first;
	struct folio *to = (struct folio *)head;
	unsigned long i;

	form->first[0].lru.next = &head->lru;
	form->first[0].lru.prev = &head->lru;

	/* Where tails have a mask, it is the same for all folios of the order. */
	if (!compound_info_has_mask()) {
		for (i = 1; i < kho_form_nr_first(order); i++)
			set_compound_head(&form->first[i], head, order);
		set_compound_head(&form->tail, head, order);
	}

	/* prep_compound_head() left an empty list there. */
	if (order > 1) {
		folio->_deferred_list.next = &to->_deferred_list;
		folio->_deferred_list.prev = &to->_deferred_list;
	}
}

/* Not inline: small folios have no such tails, and need no registers. */
static noinline void __init
kho_form_store_tails(const struct kho_fast_form *form, unsigned long pfn,
		     unsigned long end)
{
	const struct page tail = form->tail;

	for (; pfn < end; pfn++)
		store_past_caches(pfn_to_page(pfn), &tail);
}

/**
 * kho_fast_hold_folio - Initialise struct pages of a held folio.
 * @form:  Templates of their zone and section.
 * @head:  First page frame of the folio.
 * @order: Its order, not 0.
 * @pfn:   First page frame to initialise, of the folio.
 * @end:   One past the last page frame to initialise.
 *
 * Each page of the folio gets its final form by itself, so parts of it may come
 * in any order. The pages are visible to other CPUs only after wmb().
 */
void __init kho_fast_hold_folio(struct kho_fast_form *form, unsigned long head,
				unsigned int order, unsigned long pfn,
				unsigned long end)
{
	const unsigned long first_end = min(end, head + kho_form_nr_first(order));

	if (form->order != order)
		kho_form_set_order(form, order);
	kho_form_set_head(form, pfn_to_page(head));

	for (; pfn < first_end; pfn++)
		store_past_caches(pfn_to_page(pfn), &form->first[pfn - head]);

	if (pfn < end)
		kho_form_store_tails(form, pfn, end);
}

/* One of the first pages of a folio that comes in parts. */
static noinline void __init kho_form_shape_first(unsigned long pfn,
						 unsigned long head,
						 unsigned int order)
{
	struct kho_fast_form form = { .single = *pfn_to_page(pfn) };

	kho_fast_hold_folio(&form, head, order, pfn, pfn + 1);
}

static void __init kho_form_shape_tails(struct page *head, unsigned int order,
					unsigned long pfn, unsigned long end)
{
	for (; pfn < end; pfn++) {
		set_page_count(pfn_to_page(pfn), 0);
		prep_compound_tail(pfn_to_page(pfn), head, order);
	}
}

/**
 * kho_fast_shape_folio - Make single pages part of a held folio.
 * @head:  First page frame of the folio.
 * @order: Its order, not 0.
 * @pfn:   First page frame whose struct page is initialised as a single page.
 * @end:   One past the last such page frame.
 *
 * As kho_fast_hold_folio() otherwise.
 */
void __init kho_fast_shape_folio(unsigned long head, unsigned int order,
				 unsigned long pfn, unsigned long end)
{
	const unsigned long first_end = head + kho_form_nr_first(order);
	struct page *page = pfn_to_page(head);

	if (pfn == head && end >= first_end) {
		__SetPageHead(page);
		kho_form_shape_tails(page, order, pfn + 1, end);
		prep_compound_head(page, order);
		return;
	}

	for (; pfn < min(end, first_end); pfn++)
		kho_form_shape_first(pfn, head, order);
	kho_form_shape_tails(page, order, pfn, end);
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
