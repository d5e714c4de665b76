/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Initialisation of sections with preserved pages.
 */
#ifndef _MM_DEFERRED_KHO_H
#define _MM_DEFERRED_KHO_H

#include <linux/bitops.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/mmzone.h>

void kho_fast_hold_init(void);
void kho_fast_finish_pages(unsigned long pfn, unsigned long nr_pages);

static inline unsigned long kho_fast_first_deferred_pfn(int nid)
{
#ifdef CONFIG_DEFERRED_STRUCT_PAGE_INIT
	return NODE_DATA(nid)->first_deferred_pfn;
#else
	return ULONG_MAX;
#endif
}

/* Order of the first of the naturally aligned chunks that make up [start, end). */
static inline unsigned int kho_fast_chunk_order(unsigned long start,
						unsigned long end)
{
	unsigned int order = min_t(unsigned int, __fls(end - start),
				   MAX_PAGE_ORDER);

	return start ? min_t(unsigned int, order, __ffs(start)) : order;
}

#endif /* _MM_DEFERRED_KHO_H */
