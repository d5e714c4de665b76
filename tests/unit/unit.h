/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The code under test and a random model to run it in.
 */
#ifndef UNIT_H
#define UNIT_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/bug.h>
#include <linux/crash_dump.h>
#include <linux/kho_fast.h>
#include <linux/memblock.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "../../mm/deferred_kho.h"
#include "../../mm/kho_buddy_block.h"
#include "../../mm/kho_early_memory.h"
#include "../../mm/kho_free_runs.h"
#include "../../mm/kho_late_pages.h"
#include "../../mm/kho_late_sections.h"
#include "../../mm/kho_page_init.h"
#include "../../mm/kho_section_init.h"
#include "debugfs.h"
#include "enable.h"
#include "incoming/bitmap.h"
#include "incoming/boot.h"
#include "incoming/fdt.h"
#include "incoming/handover.h"
#include "incoming/map.h"
#include "incoming/overlap.h"
#include "incoming/quarantine.h"
#include "incoming/restore.h"
#include "incoming/scratch_extend.h"
#include "incoming/sections.h"
#include "incoming/stats.h"
#include "incoming/tree_pages.h"
#include "incoming/trim.h"
#include "incoming/view.h"
#include "kexec_metadata.h"
#include "memfd/memfd.h"
#include "memfd/records.h"
#include "node_jobs.h"
#include "outgoing/memory.h"
#include "outgoing/outgoing.h"
#include "scratch.h"
#include "tree/tree.h"
#include "vmalloc.h"

/* The struct pages of a folio that is allocated, as far as preserving it looks at them. */
static inline struct folio *unit_make_folio(unsigned long pfn, unsigned int order, int nid)
{
	struct folio *folio = (struct folio *)pfn_to_page(pfn);

	folio->flags.f = order ? BIT(PG_head) : 0;
	set_page_links(&folio->page, ZONE_DMA32, nid);
	if (order)
		folio->_flags_1 = order;
	return folio;
}

/* Where no test says from where, pages of the tree are there. */
static inline void unit_add_spare_memory(void)
{
	memblock_add_node(PFN_PHYS(shim_nr_pages - SHIM_SPARE_PAGES), PFN_PHYS(SHIM_SPARE_PAGES),
			  0, MEMBLOCK_NONE);
}

/* random.c: repeatable, from KHO_SEED, which is printed */
extern unsigned long unit_seed;
void unit_init(void);
unsigned long rnd(unsigned long below);
static inline bool one_in(unsigned long n)
{
	return !rnd(n);
}

/* encode.c: a second encoder of the kho-v4 tree, from the words of its ABI */
u64 ref_key(unsigned long pfn, unsigned int order);
void ref_add_key(phys_addr_t root, u64 key, unsigned long (*new_node)(void));
u64 *ref_slot(phys_addr_t root, u64 key, unsigned int level);

/* Expected state of a page. */
struct model_page {
	s8	nid;		/* NUMA_NO_NODE where there is no memory */
	s8	order;		/* of the key that covers it; NO_KEY */
	u8	head;		/* the key starts here */
	u8	scratch, reserved, tree_page, held;
};

#define NO_KEY	(-1)

/**
 * struct model - Expected state of memory between two kernels.
 * @nr_pages: Pages from 0 to the end of memory.
 * @page:     State of each page.
 * @node_end: Upper limit for pages of the tree.
 * @areas:    Scratch areas.
 * @nr_areas: Number of scratch areas.
 * @root:     Physical address of the tree.
 */
struct model {
	unsigned long		nr_pages;
	struct model_page		*page;
	unsigned long		node_end;
	struct kho_scratch	areas[4];
	unsigned int		nr_areas;
	phys_addr_t		root;
};

extern struct model model;

/* mem_model.c */
void model_plain(unsigned long nr_sections);	/* one node, no keys */
void model_two_nodes(unsigned long nr_sections);	/* of as many sections, no keys */
void model_random(unsigned long nr_sections);	/* everything at random */
bool model_add_key(unsigned long pfn, unsigned int order);
void model_add_keys(unsigned int nr, unsigned int max_order);
void model_add_holes(unsigned long section, unsigned int step);
unsigned long model_new_tree_page(void);
void model_set_scratch(void);
int model_build_map(struct kho_fast_map *map);
bool model_keeps(unsigned long pfn);
void model_quarantine(const struct kho_fast_map *map);
void model_forget_tree(void);
void model_read_tree(phys_addr_t root);
unsigned long model_count_preserved(void);
unsigned long model_count_tree_pages(void);

/* boot.c: what mm/ does around the hooks */
extern unsigned long boot_first_deferred;	/* 0: at random */
extern bool boot_skip_preserved;			/* by the deferred threads */
void boot_memmap(void);
void boot_free_all(void);
void boot_grow(int nid);
void boot_deferred(int nid);
void boot_deferred_all(void);
void boot_exit(void);
void boot_settle(void);
void boot_restore(unsigned long pfn);
bool boot_is_late(unsigned long pfn);
void boot_check(void);

/* Free pages of the sections [@section, @end), and of all */
unsigned long boot_count_free_of(unsigned long section, unsigned long end);
unsigned long boot_count_free(void);

#endif /* UNIT_H */
