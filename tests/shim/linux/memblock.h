/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CUSTOM: the kernel's, over mm/memblock.c itself, but allocations can be made fail, and
 * only what is reserved may be freed.
 */
#ifndef SHIM_MEMBLOCK_H
#define SHIM_MEMBLOCK_H

#include <linux/mm.h>

struct seq_file;

#include_next <linux/memblock.h>

#ifdef SHIM_CHECK
extern bool shim_scratch_only;
extern unsigned int shim_nr_scratch_marks;

/* As it was before a first kernel. */
void shim_memblock_reset(void);
bool shim_is_reserved(unsigned long pfn);
bool shim_page_is_scratch(unsigned long pfn);
int shim_mark_scratch(phys_addr_t base, phys_addr_t size);
void shim_memblock_free(phys_addr_t base, phys_addr_t size);

#define memblock_alloc(size, align)	(shim_fault() ? NULL : memblock_alloc((size), (align)))
#define memblock_alloc_range_nid(...) \
	(shim_fault() ? 0 : memblock_alloc_range_nid(__VA_ARGS__))
#define memblock_mark_kho_scratch(base, size)	shim_mark_scratch((base), (size))
#define memblock_phys_free(base, size)		shim_memblock_free((base), (size))
#define memblock_free(p, size) \
	do { if (p) shim_memblock_free(virt_to_phys(p), (size)); } while (0)
#define memblock_set_kho_scratch_only() \
	(shim_scratch_only = true, memblock_set_kho_scratch_only())
#define memblock_clear_kho_scratch_only() \
	(shim_scratch_only = false, memblock_clear_kho_scratch_only())
#endif

/* The firmware knows the memory that memblock will, all of which is mapped already. */
#define E820_TYPE_RAM			1
#define e820__range_add(start, size, type)	memblock_add((start), (size))
#define e820__range_remove(start, size, type)	(e820_table->nr_entries = 0)
#define e820__mapped_any(start, end, type)	(!shim_knows_no_ram)
#define e820__mapped_all(start, end, type) \
	(shim_knows_no_ram ? shim_die("%s: no memory is known yet", __func__), false : \
	 (end) > (start) && memblock_is_region_memory((start), (end) - (start)))
extern bool shim_knows_no_ram;	/* as on arm64 with UEFI, at first */
/* So will the next kernel: memblock's regions are its map. */
#define E820_MAX_ENTRIES_ZEROPAGE	128U
struct e820_entry {
	u64	addr, size;
	int	type;
};
struct e820_table {
	u32			nr_entries;
	struct e820_entry	entries[2 * E820_MAX_ENTRIES_ZEROPAGE];
};
struct e820_table *shim_e820_table(void);
#define e820_table_kexec		shim_e820_table()
extern struct e820_table *e820_table;	/* only entries that are not RAM */
#define early_memremap(phys, size)	(shim_fault() ? NULL : phys_to_virt(phys))
#define early_memunmap(addr, size)	((void)(addr))

#endif /* SHIM_MEMBLOCK_H */
