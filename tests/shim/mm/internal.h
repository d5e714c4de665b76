/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: what makes a compound page, inline as in the kernel. */
#ifndef SHIM_INTERNAL_H
#define SHIM_INTERNAL_H

#include <linux/mm.h>

void __putback_isolated_page(struct page *page, unsigned int order, int mt);

static inline void __SetPageHead(struct page *page)
{
	shim_touch(page)->flags.f |= BIT(PG_head);
}

static inline void set_compound_head(struct page *tail, const struct page *head,
				     unsigned int order)
{
	WRITE_ONCE(shim_touch(tail)->compound_info, shim_compound_info(head, order));
}

static inline void prep_compound_tail(struct page *tail, const struct page *head,
				      unsigned int order)
{
	tail->mapping = TAIL_MAPPING;
	set_compound_head(tail, head, order);
}

static inline void prep_compound_head(struct page *head, unsigned int order)
{
	struct folio *folio = (struct folio *)head;

	if (order > MAX_FOLIO_ORDER)
		shim_die("a folio of order %u", order);
	shim_check_head(head, order);
	folio->_flags_1 = (folio->_flags_1 & ~0xfful) | order;
	atomic_set(&folio->_large_mapcount, -1);
	atomic_set(&folio->_nr_pages_mapped, 0);
	atomic_set(&folio->_entire_mapcount, -1);
	atomic_set(&folio->_pincount, 0);
	folio->_mm_id_mapcount[0] = folio->_mm_id_mapcount[1] = -1;
	folio->_mm_ids = 0;
	if (IS_ENABLED(SHIM_CHECK))
		folio->_nr_pages = BIT(order);
	if (order > 1)
		INIT_LIST_HEAD(&folio->_deferred_list);
}

static inline void prep_compound_page(struct page *page, unsigned int order)
{
	unsigned long i;

	__SetPageHead(page);
	for (i = 1; i < BIT(order); i++)
		prep_compound_tail(page + i, page, order);
	prep_compound_head(page, order);
}

#endif /* SHIM_INTERNAL_H */
