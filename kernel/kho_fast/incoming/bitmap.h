/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bitmaps of the preserved pages of a block.
 */
#ifndef _KERNEL_KHO_FAST_INCOMING_BITMAP_H
#define _KERNEL_KHO_FAST_INCOMING_BITMAP_H

#include <linux/types.h>

#include "sections.h"

/* Pages whose preserved bits are looked at together: the buddy's reach. */
#define KHO_FAST_BLOCK_PAGES	MAX_ORDER_NR_PAGES

void kho_fast_key_mask(const struct kho_fast_map *map, unsigned long pfn,
		       u32 wanted, unsigned long *mask);
void kho_fast_keep_mask(const struct kho_fast_map *map, unsigned long pfn,
			unsigned long *mask);
bool kho_fast_map_has_preserved(const struct kho_fast_map *map,
				unsigned long pfn);

#endif /* _KERNEL_KHO_FAST_INCOMING_BITMAP_H */
