/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Initialisation of one section with preserved pages.
 */
#ifndef _MM_KHO_SECTION_INIT_H
#define _MM_KHO_SECTION_INIT_H

#include <linux/bitops.h>
#include <linux/minmax.h>
#include <linux/mmzone.h>

struct kho_fast_section_result;

void kho_fast_init_section(unsigned long nr,
			   struct kho_fast_section_result *result);
bool kho_fast_postpone_section(unsigned long nr,
			       struct kho_fast_section_result *result);
void kho_fast_init_postponed_section(unsigned long nr,
				     struct kho_fast_section_result *result);

/* Order of the first of the naturally aligned chunks of [start, end). */
static inline unsigned int kho_fast_chunk_order(unsigned long start,
						unsigned long end)
{
	unsigned int order = min_t(unsigned int, __fls(end - start),
				   MAX_PAGE_ORDER);

	return start ? min_t(unsigned int, order, __ffs(start)) : order;
}

#endif /* _MM_KHO_SECTION_INIT_H */
