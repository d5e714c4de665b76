/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RAM as kernels know it before memblock is filled: this one, and the next.
 */
#ifndef _KERNEL_KHO_FAST_RAM_H
#define _KERNEL_KHO_FAST_RAM_H

#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/types.h>

#ifdef CONFIG_X86
#include <asm/e820/api.h>
#endif

#ifdef CONFIG_X86
/* Until the map is sorted entries overlap, and any other type beats RAM. */
static inline bool __init kho_fast_early_is_other(phys_addr_t phys, u64 size)
{
	unsigned int i;

	for (i = 0; i < e820_table->nr_entries; i++) {
		const struct e820_entry *entry = &e820_table->entries[i];

		if (entry->type != E820_TYPE_RAM &&
		    entry->addr < phys + size &&
		    entry->addr + entry->size > phys)
			return true;
	}

	return false;
}
#endif

/* Is it known which memory is RAM? With UEFI and without e820, not at first. */
static inline bool __init kho_fast_early_knows_ram(void)
{
#ifdef CONFIG_X86
	return e820__mapped_any(0, PHYS_ADDR_MAX, E820_TYPE_RAM);
#else
	return memblock_phys_mem_size();
#endif
}

/* Is the range RAM, by what is known before memblock is filled? */
static inline bool __init kho_fast_early_is_ram(phys_addr_t phys, u64 size)
{
#ifdef CONFIG_X86
	return e820__mapped_all(phys, phys + size, E820_TYPE_RAM) &&
	       !kho_fast_early_is_other(phys, size);
#else
	return memblock_is_region_memory(phys, size);
#endif
}

/* Undo what the command line does to a range of RAM. */
static inline void __init kho_fast_early_add_ram(phys_addr_t phys, u64 size)
{
#ifdef CONFIG_X86
	e820__range_remove(phys, size, 0);
	e820__range_add(phys, size, E820_TYPE_RAM);
#endif
}

/* Entries of the map of memory that kexec_file_load() passes on. */
static inline unsigned int __init kho_fast_next_ram_nr(void)
{
#ifdef CONFIG_X86
	return min(e820_table_kexec->nr_entries, E820_MAX_ENTRIES_ZEROPAGE);
#else
	return memblock.memory.cnt;
#endif
}

/* Is entry @i of that map RAM, and where? */
static inline bool __init kho_fast_next_ram(unsigned int i, phys_addr_t *start,
					    phys_addr_t *end)
{
#ifdef CONFIG_X86
	const struct e820_entry *entry = &e820_table_kexec->entries[i];

	*start = entry->addr;
	*end = entry->addr + entry->size;
	return entry->type == E820_TYPE_RAM;
#else
	struct memblock_region *region = &memblock.memory.regions[i];

	*start = region->base;
	*end = region->base + region->size;
	return !memblock_is_nomap(region);
#endif
}

#endif /* _KERNEL_KHO_FAST_RAM_H */
