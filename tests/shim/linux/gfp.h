/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: pages of any order; the test can make the Nth allocation fail. */
#ifndef SHIM_GFP_H
#define SHIM_GFP_H

#include <linux/mm.h>

#define __GFP_ZERO	0	/* all are zeroed */

struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order);
unsigned long get_zeroed_page(gfp_t gfp);
void free_page(unsigned long addr);
struct folio *folio_alloc(gfp_t gfp, unsigned int order);

#endif /* SHIM_GFP_H */
