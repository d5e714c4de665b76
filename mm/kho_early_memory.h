/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Early memory around preserved pages.
 */
#ifndef _MM_KHO_EARLY_MEMORY_H
#define _MM_KHO_EARLY_MEMORY_H

#include <linux/limits.h>
#include <linux/mmzone.h>

void kho_fast_early_memory_init(void);
unsigned long kho_fast_early_end(int nid);

static inline unsigned long kho_fast_first_deferred_pfn(int nid)
{
#ifdef CONFIG_DEFERRED_STRUCT_PAGE_INIT
	return NODE_DATA(nid)->first_deferred_pfn;
#else
	return ULONG_MAX;
#endif
}

#endif /* _MM_KHO_EARLY_MEMORY_H */
