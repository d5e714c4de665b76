// SPDX-License-Identifier: GPL-2.0-only
/*
 * Expected struct pages, word by word, from the kernel's mm_types.h and
 * not from the code that writes them: folios that were claimed, and free pages.
 */
#include "machine.h"

#define NORMAL_FLAGS	((unsigned long)ZONE_NORMAL << ZONES_PGSHIFT)

static bool expect(unsigned long pfn, const char *what, unsigned long is,
		   unsigned long should)
{
	if (is == should)
		return true;
	fprintf(stderr, "native: pfn %#lx: %s is %#lx, not %#lx\n", pfn, what, is, should);
	return false;
}

static bool is_self(const struct list_head *list)
{
	return list->next == list && list->prev == list;
}

static bool check_counts(unsigned long pfn, int refcount)
{
	const struct page *page = pfn_to_page(pfn);

	return expect(pfn, "refcount", page->_refcount.counter, refcount) &&
	       expect(pfn, "mapcount", page->_mapcount.counter, -1) &&
	       expect(pfn, "last word", page->unused, 0);
}

static bool check_head(unsigned long pfn, unsigned int order)
{
	const struct page *page = pfn_to_page(pfn);

	return check_counts(pfn, 1) &&
	       expect(pfn, "flags", page->flags.f,
		      NORMAL_FLAGS | (order ? BIT(PG_head) : 0)) &&
	       expect(pfn, "empty lru", is_self(&page->lru), true) &&
	       expect(pfn, "mapping", (unsigned long)page->mapping, 0) &&
	       expect(pfn, "index", page->__folio_index, 0) &&
	       expect(pfn, "private", page->private, 0);
}

/* The first tail has the folio's counters, the second one of its lists. */
static bool check_first_tails(unsigned long pfn, unsigned int order)
{
	const struct folio *folio = (struct folio *)pfn_to_page(pfn);

	return expect(pfn, "order", folio->_flags_1, NORMAL_FLAGS | order) &&
	       expect(pfn, "large mapcount", folio->_large_mapcount.counter, -1) &&
	       expect(pfn, "pages mapped", folio->_nr_pages_mapped.counter, 0) &&
	       expect(pfn, "entire mapcount", folio->_entire_mapcount.counter, -1) &&
	       expect(pfn, "pins", folio->_pincount.counter, 0) &&
	       expect(pfn, "mm 0", folio->_mm_id_mapcount[0], -1) &&
	       expect(pfn, "mm 1", folio->_mm_id_mapcount[1], -1) &&
	       expect(pfn, "mm ids", folio->_mm_ids, 0) &&
	       (order == 1 ||
		expect(pfn, "deferred list", is_self(&folio->_deferred_list), true));
}

static bool check_tail(unsigned long pfn, unsigned long i, unsigned int order)
{
	const struct page *page = pfn_to_page(pfn + i);

	return check_counts(pfn + i, 0) &&
	       expect(pfn + i, "head", page->compound_info,
		      (-64ul << order) | 1) &&
	       (i == 1 || expect(pfn + i, "tail flags", page->flags.f, NORMAL_FLAGS)) &&
	       (i <= 2 || expect(pfn + i, "mapping", (unsigned long)page->mapping,
				 0xdead000000000400)) &&
	       (i == 1 || expect(pfn + i, "private", page->private, 0));
}

static bool check_folio(unsigned long pfn, unsigned int order)
{
	unsigned long i;

	if (!check_head(pfn, order) || (order && !check_first_tails(pfn, order)))
		return false;
	for (i = 1; i < BIT(order); i++) {
		if (!check_tail(pfn, i, order))
			return false;
	}
	return true;
}

/* In the buddy allocator, or in a short run that is freed later. */
static bool check_free(unsigned long pfn)
{
	const struct page *page = pfn_to_page(pfn);

	machine.nr_free += !page->_refcount.counter;
	return check_counts(pfn, page->_refcount.counter == 1) &&
	       expect(pfn, "flags", page->flags.f, NORMAL_FLAGS);
}

bool machine_check_claimed(void)
{
	unsigned long pfn, gap_end;
	struct set_pos pos;

	machine.nr_free = 0;
	for_each_folio(&pos) {
		if (!check_folio(pos.pfn, pos.order))
			return false;
		gap_end = set_pos_gap_end(&pos);
		for (pfn = pos.pfn + BIT(pos.order); pfn < gap_end; pfn++) {
			if (!check_free(pfn))
				return false;
		}
	}
	return true;
}
