/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Struct pages of preserved memory.
 */
#ifndef _MM_KHO_PAGE_INIT_H
#define _MM_KHO_PAGE_INIT_H

#include <linux/mm.h>
#include <linux/mmzone.h>

/* prep_compound_head() writes to this many pages of a folio, the first ones. */
#define KHO_NR_FIRST_PAGES	4

/**
 * struct kho_page_templates - Struct pages of a zone and section, to copy.
 * @single: A page of order 0.
 * @first:  First pages of a folio of @order.
 * @tail:   Any other page of it.
 * @order:  Order that @first and @tail are made for; 0 if none.
 */
struct kho_page_templates {
	struct page	single;
	struct page	first[KHO_NR_FIRST_PAGES];
	struct page	tail;
	unsigned int	order;
};

void kho_page_templates_init(struct kho_page_templates *templates,
			     struct zone *zone, unsigned long pfn);
void kho_page_templates_copy(struct kho_page_templates *templates,
			     const struct page *page);
void kho_init_free_range(const struct kho_page_templates *templates,
			 unsigned long pfn, unsigned long end);
void kho_init_preserved_range(struct kho_page_templates *templates,
			      unsigned long pfn, unsigned int order,
			      unsigned long nr);
void kho_split_restored(struct page *head, unsigned int order);

#endif /* _MM_KHO_PAGE_INIT_H */
