// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Regions of reserve_mem=
 *
 * mm/memblock.c preserves the regions of reserve_mem= and finds them by name in
 * the next kernel, but never restores them: with stock KHO they are initialised
 * like other memory of the boot. Here preserved pages are initialised as folios
 * and are managed, which reserve_mem_release_by_name() does not expect. They
 * are restored on behalf of mm/memblock.c, as single pages that are not
 * managed.
 *
 * mm/memblock.c trusts the record of the previous kernel, so it is checked
 * before: a region that is not preserved could be anything.
 *
 * A region that is new in this kernel is preserved like the others, so it must
 * not be in a scratch area: the next kernel would refuse it. It is as high in
 * memory as it would be with stock, since devices and firmware need low memory.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/init.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/memblock.h>
#include <linux/kho_fast.h>
#include <linux/libfdt.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/printk.h>

#include "../fdt.h"
#include "../scratch.h"
#include "fdt.h"
#include "handover.h"
#include "map.h"
#include "reserve_mem.h"
#include "sections.h"

static bool __init kho_read_region(const void *fdt, int node, u64 *start,
				   u64 *size)
{
	return kho_fast_fdt_u64(fdt, node, "start", start) &&
	       kho_fast_fdt_u64(fdt, node, "size", size);
}

/*
 * mm/memblock.c preserves whole pages only, and would hand out the rest of a
 * page that belongs to a region.
 */
static bool __init kho_region_is_valid(const struct kho_fast_map *map,
				       const void *fdt, int node)
{
	u64 start, size;

	return kho_read_region(fdt, node, &start, &size) && size &&
	       PAGE_ALIGNED(start) && PAGE_ALIGNED(size) &&
	       kho_fast_is_preserved(map, PHYS_PFN(start),
				     PHYS_PFN(start) + (size >> PAGE_SHIFT));
}

static bool __init kho_record_is_valid(const struct kho_fast_map *map,
				       phys_addr_t phys, size_t len)
{
	const void *fdt = phys_to_virt(phys);
	int node;

	if (len < sizeof(struct fdt_header) || fdt_check_header(fdt) ||
	    fdt_totalsize(fdt) > len || kho_fast_fdt_walk(fdt))
		return false;

	fdt_for_each_subnode(node, fdt, 0) {
		if (!kho_region_is_valid(map, fdt, node))
			return false;
	}

	return true;
}

/**
 * kho_fast_reserve_mem_check - Remove a record of regions that is not valid.
 * @map: The map of the incoming tree.
 * @fdt: The incoming root FDT, after kho_fast_subtree_check().
 *
 * Context: boot, before anything is restored.
 */
void __init kho_fast_reserve_mem_check(const struct kho_fast_map *map,
				       void *fdt)
{
	int node = fdt_subnode_offset(fdt, 0, MEMBLOCK_KHO_FDT);
	phys_addr_t phys;
	size_t len;

	/* kho_fast_subtree_check() has reported an entry without a record. */
	if (node < 0 || kho_fast_subtree_read(fdt, node, &phys, &len) ||
	    kho_record_is_valid(map, phys, len))
		return;

	pr_warn("ignoring entry '%s': damaged, or a region that is not preserved; reserve_mem= is as after a cold boot\n",
		MEMBLOCK_KHO_FDT);
	fdt_nop_node(fdt, node);
}

/* The last scratch area that begins below @phys; NULL when there is none. */
static const struct kho_scratch *__init kho_scratch_before(phys_addr_t phys)
{
	const struct kho_scratch *last = NULL;
	unsigned int i;

	for (i = 0; i < kho_scratch_cnt; i++) {
		const struct kho_scratch *area = &kho_scratch[i];

		if (area->size && area->addr < phys &&
		    (!last || area->addr > last->addr))
			last = area;
	}

	return last;
}

/* An end of 0 would be that of all memory. */
static phys_addr_t __init kho_alloc_between(phys_addr_t size, phys_addr_t align,
					    phys_addr_t from, phys_addr_t to)
{
	return from < to ? memblock_phys_alloc_range(size, align, from, to) : 0;
}

/**
 * kho_fast_reserve_mem_alloc - Allocate a region of reserve_mem=.
 * @size:  Size in bytes.
 * @align: Alignment.
 *
 * In the first kernel of a chain there are no scratch areas yet.
 *
 * Context: boot CPU, before memblock_free_all().
 * Return: address of the region, outside of the scratch areas, the highest one
 * that is free; 0 for none.
 */
phys_addr_t __init kho_fast_reserve_mem_alloc(phys_addr_t size,
					      phys_addr_t align)
{
	phys_addr_t to = memblock_get_current_limit(), phys = 0;
	const struct kho_scratch *area;

	while (!phys && (area = kho_scratch_before(to))) {
		phys = kho_alloc_between(size, align, area->addr + area->size,
					 to);
		to = area->addr;
	}

	return phys ?: kho_alloc_between(size, align, 0, to);
}

static void __init kho_restore_region(const void *fdt, int node)
{
	const char *name = fdt_get_name(fdt, node, NULL);
	phys_addr_t start, size;
	u64 old_start, old_size;
	struct page *page;

	/* Not on this kernel's command line: it stays preserved. */
	if (!reserve_mem_find_by_name(name, &start, &size))
		return;
	if (!kho_read_region(fdt, node, &old_start, &old_size) ||
	    old_start != start || old_size != size) {
		pr_warn("reserve_mem region '%s' is new: the one of the previous kernel differs in size or alignment, and stays reserved until a cold boot\n",
			name);
		return;
	}

	page = kho_restore_pages(start, size >> PAGE_SHIFT);
	if (page)
		adjust_managed_page_count(page, -(long)(size >> PAGE_SHIFT));
	else
		pr_err("reserve_mem region '%s' is not preserved\n", name);
}

/**
 * kho_fast_restore_reserve_mem - Restore the regions of mm/memblock.c.
 *
 * Context: process context, when all sections are initialised.
 */
void __init kho_fast_restore_reserve_mem(void)
{
	phys_addr_t phys;
	const void *fdt;
	size_t size;
	int node;

	if (kho_retrieve_subtree(MEMBLOCK_KHO_FDT, &phys, &size))
		return;

	fdt = phys_to_virt(phys);
	if (fdt_check_header(fdt) || fdt_totalsize(fdt) > size) {
		pr_err("cannot read the '%s' entry of the handover\n",
		       MEMBLOCK_KHO_FDT);
		return;
	}

	fdt_for_each_subnode(node, fdt, 0)
		kho_restore_region(fdt, node);
}
