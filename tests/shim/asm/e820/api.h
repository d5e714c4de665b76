/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: the firmware knows the memory that memblock will. */
#include <linux/types.h>

#define E820_TYPE_RAM	1

bool memblock_is_region_memory(phys_addr_t base, phys_addr_t size);

static inline bool e820__mapped_all(u64 start, u64 end, int type)
{
	return end > start && memblock_is_region_memory(start, end - start);
}
