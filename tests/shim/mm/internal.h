/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: what makes a compound page. */
#include <linux/mm.h>

/* Do tails keep a mask, the same for all folios of an order? Only test_page_init says so. */
extern bool shim_compound_mask;
#define compound_info_has_mask()	shim_compound_mask

/* What a tail keeps. */
static inline const struct page *shim_link(const struct page *head, unsigned int order)
{
	return shim_compound_mask ? (const struct page *)(~0UL << order) : head;
}

static inline void set_compound_head(struct page *page, const struct page *head,
				     unsigned int order)
{
	shim_touch(page)->head = shim_link(head, order);
	page->lru.next = NULL;
}

void prep_compound_tail(struct page *page, const struct page *head, unsigned int order);
void prep_compound_head(struct page *head, unsigned int order);
