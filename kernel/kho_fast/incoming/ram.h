/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RAM before memblock is filled.
 */
#ifndef _KERNEL_KHO_FAST_INCOMING_RAM_H
#define _KERNEL_KHO_FAST_INCOMING_RAM_H

#include <linux/init.h>
#include <linux/types.h>

#ifdef CONFIG_X86
#include <asm/e820/api.h>
#else
#include <linux/memblock.h>
#endif

/* Is the range RAM, by what is known before memblock is filled? */
static inline bool __init kho_fast_early_is_ram(phys_addr_t phys, u64 size)
{
#ifdef CONFIG_X86
	return e820__mapped_all(phys, phys + size, E820_TYPE_RAM);
#else
	return memblock_is_region_memory(phys, size);
#endif
}

#endif /* _KERNEL_KHO_FAST_INCOMING_RAM_H */
