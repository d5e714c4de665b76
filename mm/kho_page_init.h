/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Struct pages of preserved memory.
 */
#ifndef _MM_KHO_PAGE_INIT_H
#define _MM_KHO_PAGE_INIT_H

#include <linux/mm.h>
#include <linux/mmzone.h>

/* prep_compound_head() writes to so many pages of a folio, from its first on. */
#define KHO_FAST_HEAD_PAGES	4

/**
 * struct kho_fast_form - Templates of the struct pages of a zone and section.
 * @single: Of a page of order 0.
 * @first:  Of the first pages of a folio of @order.
 * @tail:   Of its other pages.
 * @order:  The order that @first and @tail were made for; 0: none.
 */
struct kho_fast_form {
	struct page	single;
	struct page	first[KHO_FAST_HEAD_PAGES];
	struct page	tail;
	unsigned int	order;
};

void kho_fast_form_init(struct kho_fast_form *form, struct zone *zone,
			unsigned long pfn);
void kho_fast_init_pages(const struct kho_fast_form *form, unsigned long pfn,
			 unsigned long end);
void kho_fast_hold_pages(const struct kho_fast_form *form, unsigned long pfn,
			 unsigned long end);
void kho_fast_hold_folio(struct kho_fast_form *form, unsigned long head,
			 unsigned int order, unsigned long pfn,
			 unsigned long end);
void kho_fast_shape_folio(unsigned long head, unsigned int order,
			  unsigned long pfn, unsigned long end);
void kho_fast_split(struct page *head, unsigned int order);

#endif /* _MM_KHO_PAGE_INIT_H */
