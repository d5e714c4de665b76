/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: what makes a compound page. */
#include <linux/mm.h>

#define compound_info_has_mask()	false

static inline void set_compound_head(struct page *page, const struct page *head,
				     unsigned int order)
{
	shim_touch(page)->head = head;
	page->lru.next = NULL;
}

void prep_compound_tail(struct page *page, const struct page *head, unsigned int order);
void prep_compound_head(struct page *head, unsigned int order);
