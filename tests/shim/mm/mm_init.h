/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: struct pages and a small buddy allocator; see page.c. */
#ifndef SHIM_MM_INIT_H
#define SHIM_MM_INIT_H

#include <linux/mm.h>

enum meminit_context { MEMINIT_EARLY };

void __init_single_page(struct page *page, unsigned long pfn,
			unsigned long zone, int nid);
void __free_pages_core(struct page *page, unsigned int order,
		       enum meminit_context context);
void init_cma_reserved_pageblock(struct page *page);

#endif /* SHIM_MM_INIT_H */
