// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Struct pages of preserved memory
 *
 * kho_init_preserved_range() gives struct pages of preserved memory their final
 * layout: a key of order 0 is a page with a reference count of 1, a larger one
 * a compound page whose head has that count and whose tails have none.
 * kho_restore_folio() returns such pages, so restoring has nothing left to
 * write, at any order. The key does not tell whether single pages will be
 * restored from it; if so, kho_split_restored() makes them then.
 *
 * Deferred struct pages are stored once and complete. Those of early memory are
 * single pages by then, and folios are made of them.
 *
 * The count is not 0, as it is for pages that are about to be freed: memory
 * offlining and alloc_contig_range() would wait for them, while a preserved
 * page is recognised as unmovable at once.
 *
 * A deferred struct page is composed in a template and stored with non-temporal
 * stores where the CPU has them, unless it is in a short run of single pages:
 * preserved pages are not read for a while, and it saves reading the cache
 * lines before writing them. What __SetPageHead() and prep_compound_head()
 * write is in the templates already. A line must not be touched right after a
 * non-temporal store to it: that waits until it has reached memory and reads it
 * back. Documentation/measuring.rst of the project has the time of both kinds
 * of stores, at each order.
 *
 * Locking: none. The struct pages belong to the CPU that initialises their
 * section, or to the caller that restored them.
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
 * Fewer single pages are stored through the caches, as the free ones between
 * them are: a mixture of both kinds of stores takes three times as long.
 */
#define KHO_NR_PAST_CACHES	256

/*
 * On x86-64 memcpy_flushcache() is inline and stores past the caches. Elsewhere
 * it stores and then writes the lines back one by one, which is slower.
 */
static __always_inline void kho_store_page(struct page *to,
					   const struct page *from)
{
	const u64 *src = (const u64 *)from;
	u64 *dst = (u64 *)to;
	unsigned int i;

	static_assert(sizeof(*to) % sizeof(*dst) == 0);
	if (!IS_ENABLED(CONFIG_X86_64)) {
		*to = *from;
		return;
	}

	unrolled_full for (i = 0; i < sizeof(*to) / sizeof(*dst); i++)
		memcpy_flushcache(dst + i, src + i, sizeof(*dst));
}

/**
 * kho_page_templates_init - Set the zone and section of templates.
 * @templates: The templates.
 * @zone:      Zone of the pages.
 * @pfn:       A page frame in the section of the pages.
 */
void __init kho_page_templates_init(struct kho_page_templates *templates,
				    struct zone *zone, unsigned long pfn)
{
	__init_single_page(&templates->single, pfn, zone_idx(zone),
			   zone_to_nid(zone));
	templates->order = 0;
}

/**
 * kho_page_templates_copy - Set the zone and section of templates from a page.
 * @templates: The templates.
 * @page:      A single page that is initialised and not in use, in the section
 *             of the pages.
 */
void kho_page_templates_copy(struct kho_page_templates *templates,
			     const struct page *page)
{
	templates->single = *page;
	templates->order = 0;
}

/**
 * kho_init_free_range - Initialise struct pages that are freed right after.
 * @templates: Templates of their zone and section.
 * @pfn:       First page frame.
 * @end:       One past the last page frame.
 */
void kho_init_free_range(const struct kho_page_templates *templates,
			 unsigned long pfn, unsigned long end)
{
	for (; pfn < end; pfn++) {
		struct page *page = pfn_to_page(pfn);

		*page = templates->single;
		INIT_LIST_HEAD(&page->lru);
	}
}

static __always_inline void
kho_store_single_pages(const struct kho_page_templates *templates,
		       unsigned long pfn, unsigned long end, bool past_caches)
{
	struct page single = templates->single;

	for (; pfn < end; pfn++) {
		struct page *page = pfn_to_page(pfn);

		single.lru.next = &page->lru;
		single.lru.prev = &page->lru;
		if (past_caches)
			kho_store_page(page, &single);
		else
			*page = single;
	}
}

static noinline void
kho_init_single_pages(const struct kho_page_templates *templates,
		      unsigned long pfn, unsigned long end)
{
	if (end - pfn >= KHO_NR_PAST_CACHES)
		kho_store_single_pages(templates, pfn, end, true);
	else
		kho_store_single_pages(templates, pfn, end, false);
}

/* Number of pages of a folio that have a template of their own. */
static unsigned long kho_nr_first_pages(unsigned int order)
{
	return min(BIT(order), KHO_NR_FIRST_PAGES);
}

/* Make the templates of folios of @order, but for pointers into the folio. */
static noinline void
kho_page_templates_set_order(struct kho_page_templates *templates,
			     unsigned int order)
{
	struct page *first = templates->first;
	unsigned int i;

	static_assert(sizeof(struct folio) <= sizeof(templates->first));

	templates->tail = templates->single;
	templates->tail.lru.prev = NULL;
	set_page_count(&templates->tail, 0);
	prep_compound_tail(&templates->tail, first, order);

	first[0] = templates->single;
	__SetPageHead(first);
	for (i = 1; i < KHO_NR_FIRST_PAGES; i++)
		first[i] = templates->tail;
	prep_compound_head(first, order);

	templates->order = order;
}

/* Set the pointers of the templates into the folio that starts at @head. */
static void
kho_page_templates_set_head(struct kho_page_templates *templates,
			    struct page *head)
{
	const unsigned int order = templates->order;
	struct folio *folio = (struct folio *)templates->first;
	struct folio *to = (struct folio *)head;
	unsigned long i;

	templates->first[0].lru.next = &head->lru;
	templates->first[0].lru.prev = &head->lru;

	/* A mask in tails is the same for all folios of the order. */
	if (!compound_info_has_mask()) {
		for (i = 1; i < kho_nr_first_pages(order); i++)
			set_compound_head(&templates->first[i], head, order);
		set_compound_head(&templates->tail, head, order);
	}

	/* prep_compound_head() left an empty list there. */
	if (order > 1) {
		folio->_deferred_list.next = &to->_deferred_list;
		folio->_deferred_list.prev = &to->_deferred_list;
	}
}

/* Not inline: small folios have no such tails, and need no registers. */
static noinline void
kho_init_tails(const struct kho_page_templates *templates, unsigned long pfn,
	       unsigned long end)
{
	const struct page tail = templates->tail;

	for (; pfn < end; pfn++)
		kho_store_page(pfn_to_page(pfn), &tail);
}

/* Initialise the pages [pfn, end) of the folio that starts at @head. */
static void kho_init_folio(struct kho_page_templates *templates,
			   unsigned long head, unsigned long pfn,
			   unsigned long end)
{
	const unsigned long first_end =
		min(end, head + kho_nr_first_pages(templates->order));

	kho_page_templates_set_head(templates, pfn_to_page(head));
	for (; pfn < first_end; pfn++)
		kho_store_page(pfn_to_page(pfn), &templates->first[pfn - head]);

	if (pfn < end)
		kho_init_tails(templates, pfn, end);
}

/* Folios without tails beyond the first pages: a loop without a call. */
static __always_inline void
kho_init_small_folios(struct kho_page_templates *templates, unsigned long pfn,
		      unsigned long end)
{
	const unsigned long nr = BIT(templates->order);
	unsigned long head, next;

	for (; pfn < end; pfn = next) {
		head = ALIGN_DOWN(pfn, nr);
		next = min(head + nr, end);
		kho_page_templates_set_head(templates, pfn_to_page(head));
		for (; pfn < next; pfn++)
			kho_store_page(pfn_to_page(pfn),
				       &templates->first[pfn - head]);
	}
}

static noinline void
kho_init_large_folios(struct kho_page_templates *templates, unsigned long pfn,
		      unsigned long end)
{
	const unsigned long nr = BIT(templates->order);
	unsigned long head, next;

	for (; pfn < end; pfn = next) {
		head = ALIGN_DOWN(pfn, nr);
		next = min(head + nr, end);
		kho_init_folio(templates, head, pfn, next);
	}
}

/* One of the first pages of a folio of which parts are initialised apart. */
static noinline void
kho_convert_first(unsigned long pfn, unsigned long head, unsigned int order)
{
	struct kho_page_templates templates = { .single = *pfn_to_page(pfn) };

	kho_page_templates_set_order(&templates, order);
	kho_init_folio(&templates, head, pfn, pfn + 1);
}

static void kho_convert_tails(struct page *head, unsigned int order,
			      unsigned long pfn, unsigned long end)
{
	for (; pfn < end; pfn++) {
		set_page_count(pfn_to_page(pfn), 0);
		prep_compound_tail(pfn_to_page(pfn), head, order);
	}
}

/* Make the initialised single pages [pfn, end) pages of the folio at @head. */
static void kho_convert_folio(unsigned long head, unsigned int order,
			      unsigned long pfn, unsigned long end)
{
	const unsigned long first_end = head + kho_nr_first_pages(order);
	struct page *page = pfn_to_page(head);

	if (pfn == head && end >= first_end) {
		__SetPageHead(page);
		kho_convert_tails(page, order, pfn + 1, end);
		prep_compound_head(page, order);
		return;
	}

	for (; pfn < min(end, first_end); pfn++)
		kho_convert_first(pfn, head, order);
	kho_convert_tails(page, order, pfn, end);
}

/* Make initialised single pages part of folios of @order. */
static noinline void
kho_convert_range(unsigned long pfn, unsigned int order, unsigned long end)
{
	unsigned long head, next;

	for (; order && pfn < end; pfn = next) {
		head = ALIGN_DOWN(pfn, BIT(order));
		next = min(head + BIT(order), end);
		kho_convert_folio(head, order, pfn, next);
	}
}

/**
 * kho_init_preserved_range - Initialise struct pages of preserved memory.
 * @templates: Templates of their zone and section, if the struct pages are
 *             deferred; NULL, if they are initialised as single pages.
 * @pfn:       First page frame.
 * @order:     Order of the folios that have the range; 0 for single pages.
 * @nr:        Number of pages. The range may begin and end inside of a folio.
 *
 * Each page of a folio gets its final layout independently of the others, so
 * parts of a folio may be initialised in any order. The struct pages are
 * visible to other CPUs only after wmb().
 *
 * A run of pages that is larger than any folio becomes several folios.
 */
void kho_init_preserved_range(struct kho_page_templates *templates,
			      unsigned long pfn, unsigned int order,
			      unsigned long nr)
{
	const unsigned long end = pfn + nr;

	order = min(order, MAX_FOLIO_ORDER);
	if (!templates) {
		kho_convert_range(pfn, order, end);
		return;
	}
	if (!order) {
		kho_init_single_pages(templates, pfn, end);
		return;
	}

	if (templates->order != order)
		kho_page_templates_set_order(templates, order);
	if (BIT(order) <= KHO_NR_FIRST_PAGES)
		kho_init_small_folios(templates, pfn, end);
	else
		kho_init_large_folios(templates, pfn, end);
}

/* A tail keeps only its zone, node and section. */
static void kho_make_single(struct page *page)
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
 * kho_split_restored - Split a restored folio into single pages.
 * @head:  Its first page.
 * @order: Its order, possibly 0; if it is larger than any folio, pages of
 *         several folios.
 *
 * Context: any.
 */
void kho_split_restored(struct page *head, unsigned int order)
{
	const unsigned long per_folio = BIT(min(order, MAX_FOLIO_ORDER));
	unsigned long i;

	if (!order)
		return;

	for (i = 0; i < BIT(order); i++) {
		/* A head keeps its count: others may hold a short reference. */
		if (i & (per_folio - 1))
			kho_make_single(head + i);
		else
			ClearPageHead(head + i);
	}
}
