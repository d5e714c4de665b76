/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocation of memory that can be handed over.
 */
#ifndef _KERNEL_KHO_FAST_ALLOC_H
#define _KERNEL_KHO_FAST_ALLOC_H

#include <linux/types.h>

struct page;

struct page *kho_fast_alloc_pages(int nid, gfp_t gfp, unsigned int order);

#endif /* _KERNEL_KHO_FAST_ALLOC_H */
