/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Preserved pages of a buddy block.
 */
#ifndef _KERNEL_KHO_FAST_INCOMING_BITMAP_H
#define _KERNEL_KHO_FAST_INCOMING_BITMAP_H

#include <linux/types.h>

#include "sections.h"

/* Pages of the largest buddy block. */
#define KHO_FAST_BUDDY_PAGES	MAX_ORDER_NR_PAGES

void kho_fast_key_mask(const struct kho_fast_map *map, unsigned long pfn,
		       u32 wanted, unsigned long *mask);
void kho_fast_keep_mask(const struct kho_fast_map *map, unsigned long pfn,
			unsigned long *mask);
bool kho_fast_map_has_preserved(const struct kho_fast_map *map,
				unsigned long pfn);

#endif /* _KERNEL_KHO_FAST_INCOMING_BITMAP_H */
