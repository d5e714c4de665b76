// SPDX-License-Identifier: GPL-2.0-only
/*
 * The accelerated kernel reads a tree at boot: kho_memory_init_early() with all its checks,
 * on the kernel's own memblock.
 */
#include <linux/kho_fast.h>
#include <linux/memblock.h>

#include "checksum.h"
#include "incoming/bitmap.h"
#include "incoming/map.h"
#include "incoming/scratch_extend.h"
#include "scratch.h"

#include "host.h"

/* Memory that memblock will allocate, from the top of scratch down. */
#define TOUCHED		(64ul << 20)

static struct kho_fast_map map;
static int error;
static u64 sum;

static void add_scratch(void)
{
	struct kho_scratch *areas = phys_to_virt(host.scratch[0].start);
	unsigned int i;

	for (i = 0; i < HOST_NR_SCRATCH; i++) {
		areas[i].addr = host.scratch[i].start;
		areas[i].size = host.scratch[i].end - host.scratch[i].start;
		memblock_mark_kho_scratch(areas[i].addr, areas[i].size);
	}
	memblock_reserve(host.scratch[0].start, PAGE_SIZE);
	kho_fast_scratch_set(host.scratch[0].start, HOST_NR_SCRATCH);
}

void host_ours_prepare(char *arena)
{
	const struct host_range *last = &host.scratch[HOST_NR_SCRATCH - 1];

	shim_arena = arena;
	memblock_add_node(0, 3 * HOST_GIB, 0, MEMBLOCK_NONE);
	memblock_add_node(4 * HOST_GIB, host.middle - 4 * HOST_GIB, 0, MEMBLOCK_NONE);
	memblock_add_node(host.middle, host.end - host.middle, 1, MEMBLOCK_NONE);
	memblock_allow_resize();
	add_scratch();
	memblock_set_kho_scratch_only();
	/* The kernel does not take a fault for it. */
	memset(phys_to_virt(last->end - TOUCHED), 0, TOUCHED);
}

void host_ours_read(void)
{
	error = kho_fast_map_build(&map, host.root);
	if (!error)
		kho_fast_extend_scratch(&map);
}

/* What kho_checksum=on adds, in either kernel */
void host_ours_sum(void)
{
	unsigned long i;

	for (i = 0; i < host.nr_tree_pages; i++)
		sum += kho_fast_sum(host.tree_pages[i], PAGE_SIZE, i);
}

static bool check_section(unsigned long nr)
{
	unsigned long pfn = section_nr_to_pfn(nr);
	u32 orders = host_preserved_orders(pfn, pfn + PAGES_PER_SECTION);

	if (map.sections[nr].orders == orders)
		return true;
	fprintf(stderr, "native: section %lu has orders %#x, not %#x\n", nr,
		map.sections[nr].orders, orders);
	return false;
}

/* Scratch may be where there is neither a key nor a page of the tree. */
static bool check_extended(unsigned long nr)
{
	unsigned long pfn = section_nr_to_pfn(nr);
	struct memblock_region *r;

	if (!kho_fast_map_has_preserved(&map, pfn))
		return true;
	for_each_mem_region(r) {
		if (PFN_PHYS(pfn) < r->base + r->size &&
		    r->base < PFN_PHYS(pfn + PAGES_PER_SECTION) &&
		    memblock_is_kho_scratch(r) &&
		    !kho_scratch_overlap(PFN_PHYS(pfn), PAGES_PER_SECTION << PAGE_SHIFT)) {
			fprintf(stderr, "native: section %lu has preserved pages, and is scratch\n", nr);
			return false;
		}
	}
	return true;
}

/* Else both do not mean the same by MAX_NUMNODES, and each key was checked alone. */
static bool check_whole(void)
{
	if (map.sections[pfn_to_section_nr(host.first_pfn)].whole)
		return true;
	fputs("native: the first section with keys is not taken for plain memory\n", stderr);
	return false;
}

bool host_ours_verify(void)
{
	unsigned long nr;

	if (error || map.tree_pages.nr != host.nr_tree_pages) {
		fprintf(stderr, "native: error %d, %lu pages of the tree, not %lu\n", error,
			map.tree_pages.nr, host.nr_tree_pages);
		return false;
	}
	if (!check_whole())
		return false;
	for (nr = 0; nr < map.nr_sections; nr++) {
		if (!check_section(nr) || !check_extended(nr))
			return false;
	}
	return true;
}
