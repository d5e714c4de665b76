// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine that machine.h shows: its memory, a tree and the boot up to there.
 */
#include <stdio.h>
#include <stdlib.h>

#include <linux/kho_fast.h>
#include <linux/memblock.h>
#include <linux/vmstat.h>

#include "mm/mm_init.h"

#include "machine.h"
#include "unit.h"

#define SCRATCH_PFN	(PAGES_PER_SECTION / 2)
#define TREE_PFN	PAGES_PER_SECTION

struct machine machine;

/* The tree is consecutive pages; a copy brings back the bits that restoring cleared. */
static unsigned long nr_tree_pages;
static void *tree_copy;

static unsigned long new_node(void)
{
	return TREE_PFN + nr_tree_pages++;
}

static phys_addr_t build_tree(void)
{
	phys_addr_t root = PFN_PHYS(new_node());
	struct set_pos pos;

	for_each_folio(&pos) {
		ref_add_key(root, ref_key(pos.pfn, pos.order), new_node);
		machine.nr_folios++;
		machine.nr_held += BIT(pos.order);
	}

	tree_copy = malloc(nr_tree_pages << PAGE_SHIFT);
	if (!tree_copy || nr_tree_pages > PAGES_PER_SECTION)
		shim_die("no room for a tree of %lu pages", nr_tree_pages);
	memcpy(tree_copy, phys_to_virt(root), nr_tree_pages << PAGE_SHIFT);
	return root;
}

static void add_memory(void)
{
	struct kho_scratch area = {
		PFN_PHYS(SCRATCH_PFN), PFN_PHYS(PAGES_PER_SECTION - SCRATCH_PFN) };

	shim_memory_init(machine.end_pfn);
	memblock_add_node(0, PFN_PHYS(machine.end_pfn), 0, MEMBLOCK_NONE);
	memblock_reserve(0, PAGE_SIZE);
	memblock_mark_kho_scratch(area.addr, area.size);
	memcpy(phys_to_virt(area.addr), &area, sizeof(area));
	memblock_reserve(area.addr, sizeof(area));
	memblock_set_kho_scratch_only();
	kho_fast_scratch_set(area.addr, 1);
}

static void set_node(void)
{
	pg_data_t *pgdat = NODE_DATA(0);

	pgdat->nr_zones = 2;
	pgdat->end_pfn = machine.end_pfn;
	pgdat->first_deferred_pfn = FIRST_PRESERVED;
	pgdat->node_zones[ZONE_DMA32] = (struct zone){
		.idx = ZONE_DMA32, .end_pfn = TREE_PFN };
	pgdat->node_zones[ZONE_NORMAL] = (struct zone){
		.idx = ZONE_NORMAL, .start_pfn = TREE_PFN, .end_pfn = machine.end_pfn };
}

static void init_early_memmap(void)
{
	unsigned long pfn;

	for (pfn = 0; pfn < FIRST_PRESERVED; pfn++)
		__init_single_page(pfn_to_page(pfn), pfn,
				   pfn < TREE_PFN ? ZONE_DMA32 : ZONE_NORMAL, 0);
}

static void free_early(unsigned long pfn, unsigned long end)
{
	for (; pfn < end; pfn++)
		__free_pages_core(pfn_to_page(pfn), 0, MEMINIT_EARLY);
}

static void free_all(void)
{
	phys_addr_t start, end;
	u64 i;

	kho_fast_early_memory_init();
	for_each_free_mem_range(i, NUMA_NO_NODE, MEMBLOCK_NONE, &start, &end, NULL) {
		if (!kho_fast_free_range(PFN_UP(start), PFN_DOWN(end), free_early))
			shim_die("no handover");
	}
	kho_fast_free_done();
}

void machine_build(unsigned int index, unsigned long gib)
{
	set_make(index);
	machine.end_pfn = FIRST_PRESERVED + (gib << (30 - PAGE_SHIFT));
	/* Plenty: short runs wait. */
	shim_nr_free_pages = machine.end_pfn;
	add_memory();
	if (kho_fast_map_build(&kho_fast_incoming, build_tree()))
		shim_die("the tree was refused");
	set_node();
	init_early_memmap();
	free_all();
}

void machine_spoil(void)
{
	memset(pfn_to_page(FIRST_PRESERVED), 0xa5,
	       (machine.end_pfn - FIRST_PRESERVED) * sizeof(struct page));
}

void machine_reset(const struct bench_variant *v)
{
	memcpy(phys_to_virt(PFN_PHYS(TREE_PFN)), tree_copy, nr_tree_pages << PAGE_SHIFT);
	/* State at the end of the boot: all deferred sections are pending. */
	kho_fast_free_done();
}
