// SPDX-License-Identifier: GPL-2.0-only
/* Contents of pages, and checks of their struct pages */
#include <linux/mm.h>
#include <linux/mmzone.h>

#include "kho_workload.h"

#define GOLDEN                                                                 \
	0x9e3779b97f4a7c15ULL /* 2^64 / golden ratio: no pattern repeats */

/* Each page of each set has another start, so pages cannot be mixed up. */
static u64 stamp_start(u64 seed, u64 id)
{
	u64 h = (seed + 1) * GOLDEN ^ id;

	h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9ULL;
	h = (h ^ h >> 27) * 0x94d049bb133111ebULL;
	return h ^ h >> 31;
}

void stamp_page(void *addr, u64 seed, u64 id, size_t bytes)
{
	u64 word = stamp_start(seed, id);

	for (u64 *p = addr; (void *)p < addr + bytes; p++, word += GOLDEN)
		*p = word;
}

bool stamp_matches(const void *addr, u64 seed, u64 id, size_t bytes)
{
	u64 word = stamp_start(seed, id);

	for (const u64 *p = addr; (const void *)p < addr + bytes;
	     p++, word += GOLDEN)
		if (*p != word)
			return false;
	return true;
}

static bool stamp_page_is_placed(struct page *page)
{
	return !PageReserved(page) && !PageBuddy(page) &&
	       zone_spans_pfn(page_zone(page), page_to_pfn(page));
}

bool page_is_sound(struct page *page)
{
	return stamp_page_is_placed(page) && !PageCompound(page) &&
	       page_ref_count(page) == 1;
}

/* The state of a folio from folio_alloc() */
bool folio_is_sound(struct folio *folio, unsigned long pfn, unsigned int order)
{
	if (folio_pfn(folio) != pfn || folio_order(folio) != order ||
	    folio_ref_count(folio) != 1 || !stamp_page_is_placed(&folio->page))
		return false;
	for (unsigned long i = 1; i < 1UL << order; i++) {
		struct page *tail = folio_page(folio, i);

		if (!PageTail(tail) || page_folio(tail) != folio ||
		    page_ref_count(tail) || !stamp_page_is_placed(tail))
			return false;
	}
	return true;
}
