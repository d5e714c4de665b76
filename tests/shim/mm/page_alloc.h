/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: the first half of freeing; __free_pages_core() is in mm_init.h. */
#ifndef SHIM_PAGE_ALLOC_H
#define SHIM_PAGE_ALLOC_H

struct page;

bool free_pages_prepare(struct page *page, unsigned int order);

#endif /* SHIM_PAGE_ALLOC_H */
