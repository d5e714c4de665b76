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

/* Each of the lower 32 bits becomes two, side by side. */
static inline u64 kho_fast_double_bits(u64 bits)
{
	bits = (bits | bits << 16) & 0x0000ffff0000ffff;
	bits = (bits | bits << 8) & 0x00ff00ff00ff00ff;
	bits = (bits | bits << 4) & 0x0f0f0f0f0f0f0f0f;
	bits = (bits | bits << 2) & 0x3333333333333333;
	bits = (bits | bits << 1) & 0x5555555555555555;

	return bits | bits << 1;
}

#endif /* _KERNEL_KHO_FAST_INCOMING_BITMAP_H */
