/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: what makes a compound page, inline as in the kernel. */
#ifndef BENCH_SHIM_MM_INTERNAL_H
#define BENCH_SHIM_MM_INTERNAL_H

#include <linux/mm.h>

static inline void __SetPageHead(struct page *page)
{
	page->flags.f |= BIT(PG_head);
}

/* With the vmemmap optimisation of HugeTLB on, as in configs/, a tail keeps a mask. */
#define compound_info_has_mask()	true

static inline void set_compound_head(struct page *tail, const struct page *head,
				     unsigned int order)
{
	WRITE_ONCE(tail->compound_info, (~0ul << (order + STRUCT_PAGE_SHIFT)) | 1);
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
	struct folio_tail_1 *tail = &folio->tail_1;

	tail->_flags_1 = (tail->_flags_1 & ~0xfful) | order;
	atomic_set(&tail->_large_mapcount, -1);
	atomic_set(&tail->_nr_pages_mapped, 0);
	atomic_set(&tail->_entire_mapcount, -1);
	atomic_set(&tail->_pincount, 0);
	tail->_mm_id_mapcount[0] = tail->_mm_id_mapcount[1] = -1;
	tail->_mm_ids = 0;
	if (order > 1)
		INIT_LIST_HEAD(&folio->tail_2._deferred_list);
}

static inline void prep_compound_page(struct page *page, unsigned int order)
{
	unsigned long i;

	__SetPageHead(page);
	for (i = 1; i < BIT(order); i++)
		prep_compound_tail(page + i, page, order);
	prep_compound_head(page, order);
}

#endif /* BENCH_SHIM_MM_INTERNAL_H */
