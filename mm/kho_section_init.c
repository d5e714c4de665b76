// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Initialisation of one section
 *
 * A section is initialised one buddy block at a time: struct pages that are
 * deferred are initialised, those of preserved pages in their final layout (see
 * mm/kho_page_init.c), and the runs between them are freed in chunks as large
 * as they allow. Struct pages of early memory exist: those of preserved folios
 * get their layout, and kho_fast_free_range() has freed the rest.
 *
 * A section that is preserved from end to end has nothing to free, and nobody
 * looks at its struct pages as long as it is not online. So it can be postponed
 * until one of its folios is restored: only the first struct page of each
 * pageblock is initialised, and the first of all names the zone of the others.
 */
#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/init.h>
#include <linux/kexec_handover.h>
#include <linux/kho_fast.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/pgalloc_tag.h>

#include "internal.h"
#include "mm_init.h"
#include "page_alloc.h"
#include "../kernel/kho_fast/incoming/bitmap.h"
#include "../kernel/kho_fast/incoming/map.h"
#include "../kernel/kho_fast/incoming/stats.h"
#include "../kernel/kho_fast/tree/tree.h"
#include "kho_buddy_block.h"
#include "kho_early_memory.h"
#include "kho_free_runs.h"
#include "kho_late_pages.h"
#include "kho_late_sections.h"
#include "kho_page_init.h"
#include "kho_section_init.h"

/**
 * struct kho_section_part - Early or deferred pages of a section.
 * @start:     First page frame.
 * @end:       One past the last page frame.
 * @zone:      Zone of all pages, when their struct pages are deferred.
 * @templates: Templates of the struct pages, when they are deferred; otherwise
 *             NULL, and they are initialised as single pages.
 */
struct kho_section_part {
	unsigned long			start, end;
	struct zone			*zone;
	struct kho_page_templates	*templates;
};

/* Initialise the pages of [from, to) that are in the folios of [pfn, end). */
static void kho_init_clipped(const struct kho_section_part *part,
			     unsigned long from, unsigned long to,
			     unsigned long pfn, unsigned long end,
			     unsigned int order)
{
	from = max(pfn, from);
	to = min(end, to);
	if (from < to)
		kho_init_preserved_range(part->templates, from, order,
					 to - from);
}

/* Initialise the pages of [from, to) of a word of keys, the first at @pfn. */
static void kho_init_keys(const struct kho_section_part *part,
			  unsigned long from, unsigned long to,
			  unsigned long pfn, unsigned int order,
			  unsigned long keys)
{
	const unsigned long nr_pages = BIT(order);
	unsigned long bit;

	/* Most words are all set or all clear. */
	if (keys == ~0UL) {
		kho_init_clipped(part, from, to, pfn,
				 pfn + BITS_PER_LONG * nr_pages, order);
		return;
	}

	for_each_set_bit(bit, &keys, BITS_PER_LONG) {
		unsigned long head = pfn + (bit << order);

		kho_init_clipped(part, from, to, head, head + nr_pages, order);
	}
}

/* Initialise the pages of [from, to), in one block, of folios of @order. */
static void kho_init_order(const struct kho_section_part *part,
			   unsigned long from, unsigned long to,
			   unsigned int order)
{
	const unsigned long nr_bits = max(KHO_FAST_BUDDY_PAGES >> order, 1);
	const unsigned long block_pfn = ALIGN_DOWN(from, KHO_FAST_BUDDY_PAGES);
	const unsigned long pfn = ALIGN_DOWN(block_pfn, BIT(order));
	const unsigned long key = kho_fast_key(pfn, order);
	const struct kho_radix_leaf *leaf;
	unsigned long off;

	leaf = kho_fast_leaf(kho_fast_incoming.root, key);
	for (off = 0; leaf && off < nr_bits; off += BITS_PER_LONG)
		kho_init_keys(part, from, to, pfn + (off << order), order,
			      kho_fast_keys(leaf, kho_fast_bit(key) + off,
					    nr_bits));
}

/* Initialise the pages of [from, to), in one block, of folios of any order. */
static void kho_init_folios(const struct kho_section_part *part,
			    unsigned long from, unsigned long to)
{
	const struct kho_fast_map *map = &kho_fast_incoming;
	unsigned long orders = map->sections[pfn_to_section_nr(from)].orders;
	unsigned int order;

	orders &= KHO_FAST_FOLIO_ORDERS;
	for_each_set_bit(order, &orders, KHO_FAST_MAX_ORDER + 1)
		kho_init_order(part, from, to, order);
}

/* Initialise the struct pages of [from, to), except those of folios. */
static void kho_init_outside_folios(const struct kho_section_part *part,
				    const struct kho_buddy_block *block,
				    unsigned long from, unsigned long to)
{
	const unsigned long limit = to - block->pfn;
	DECLARE_BITMAP(folios, KHO_FAST_BUDDY_PAGES);
	unsigned long start = from - block->pfn, end;

	kho_fast_key_mask(&kho_fast_incoming, block->pfn, KHO_FAST_FOLIO_ORDERS,
			  folios);

	for (; start < limit; start = end) {
		bool keep = test_bit(start, block->keep);

		if (test_bit(start, folios)) {
			end = find_next_zero_bit(folios, limit, start);
			continue;
		}

		if (!keep) {
			end = find_next_bit(block->keep, limit, start);
			kho_init_free_range(part->templates,
					    block->pfn + start,
					    block->pfn + end);
			continue;
		}

		end = min(find_next_zero_bit(block->keep, limit, start),
			  find_next_bit(folios, limit, start));
		kho_init_preserved_range(part->templates, block->pfn + start,
					 0, end - start);
	}
}

static void __init kho_init_migratetypes(unsigned long pfn, unsigned long end)
{
	enum migratetype mt;

	for (pfn = pageblock_align(pfn); pfn < end; pfn += pageblock_nr_pages) {
		mt = kho_scratch_migratetype(pfn, MIGRATE_MOVABLE);
		init_pageblock_migratetype(pfn_to_page(pfn), mt, false);
	}
}

/* Free [start, end), which is in one block, in the largest aligned chunks. */
static void __init kho_free_run(unsigned long start, unsigned long end)
{
	while (start < end) {
		unsigned int order = kho_fast_chunk_order(start, end);

		__free_pages_core(pfn_to_page(start), order, MEMINIT_EARLY);
		start += BIT(order);
	}
}

/* Initialise [from, to), in one block. Returns the number of pages freed. */
static unsigned long __init kho_init_block(const struct kho_section_part *part,
					   unsigned long from, unsigned long to,
					   struct kho_short_runs *runs)
{
	struct kho_buddy_block block;

	if (!part->templates) {
		kho_init_folios(part, from, to);
		return 0;
	}

	/*
	 * The buddy allocator reads struct pages of the whole block that it
	 * frees into, so all of a block is initialised before any of it is
	 * freed.
	 */
	kho_buddy_block_read(&block, zone_to_nid(part->zone), from, to, runs);
	kho_init_outside_folios(part, &block, from, to);
	kho_init_folios(part, from, to);
	kho_init_migratetypes(from, to);

	/* Order non-temporal stores before the pages are in free lists. */
	wmb();
	return kho_buddy_block_free(&block, from, to, kho_free_run);
}

static unsigned long __init kho_init_part(const struct kho_section_part *part,
					  struct kho_short_runs *runs)
{
	unsigned long pfn, next, freed = 0;

	if (part->start == part->end)
		return 0;
	if (part->templates)
		kho_page_templates_init(part->templates, part->zone,
					part->start);

	for (pfn = part->start; pfn < part->end; pfn = next) {
		next = kho_buddy_block_end(pfn, part->end);
		freed += kho_init_block(part, pfn, next, runs);
	}

	/* Once for all blocks: all CPUs share the counters. */
	if (part->templates)
		kho_fast_count_kept(part->zone,
				    part->end - part->start - freed);

	return freed;
}

/* Initialise [from, to), of a section and a node. Returns the pages freed. */
static unsigned long __init kho_init_parts(int nid, unsigned long from,
					   unsigned long to,
					   struct kho_short_runs *runs)
{
	unsigned long border = clamp(kho_fast_early_end(nid), from, to);
	pg_data_t *pgdat = NODE_DATA(nid);
	struct kho_page_templates templates;
	const struct kho_section_part early = { .start = from, .end = border };
	const struct kho_section_part late = {
		.start = border, .end = to, .templates = &templates,
		/* Only the highest zone of a node is deferred. */
		.zone = pgdat->node_zones + pgdat->nr_zones - 1,
	};

	return kho_init_part(&early, runs) + kho_init_part(&late, runs);
}

/**
 * kho_fast_init_section - Initialise a section and free its runs.
 * @nr:     Number of the section.
 * @result: Node and number of pages freed.
 *
 * Context: preemption off, the section is ACTIVE.
 */
void __init kho_fast_init_section(unsigned long nr,
				  struct kho_fast_section_result *result)
{
	const unsigned long start_pfn = section_nr_to_pfn(nr);
	const unsigned long end_pfn = start_pfn + PAGES_PER_SECTION;
	struct kho_short_runs runs = {};
	phys_addr_t start, end;
	int nid;
	u64 i;

	*result = (struct kho_fast_section_result){};
	kho_for_each_free_range_from(i, start_pfn, NUMA_NO_NODE, &start,
				     &end, &nid) {
		unsigned long from = max(PFN_UP(start), start_pfn);
		unsigned long to = min(PFN_DOWN(end), end_pfn);

		if (PFN_UP(start) >= end_pfn)
			break;
		if (from >= to)
			continue;

		result->freed += kho_init_parts(nid, from, to, &runs);
		result->nid = nid;
	}

	kho_short_runs_queue(&runs);
}

/**
 * kho_fast_nr_free_in_section - Number of pages that memblock has free.
 * @start_pfn: First page frame of a section.
 * @nid:       Node of the pages.
 *
 * Return: the number, preserved pages included: those of the section and node
 * that memblock_free_all() has counted.
 */
unsigned long __init kho_fast_nr_free_in_section(unsigned long start_pfn,
						 int nid)
{
	const unsigned long end_pfn = start_pfn + PAGES_PER_SECTION;
	unsigned long nr = 0;
	phys_addr_t start, end;
	u64 i;

	kho_for_each_free_range_from(i, start_pfn, nid, &start, &end, NULL) {
		unsigned long from = max(PFN_UP(start), start_pfn);
		unsigned long to = min(PFN_DOWN(end), end_pfn);

		if (PFN_UP(start) >= end_pfn)
			break;
		if (from < to)
			nr += to - from;
	}

	return nr;
}

/* All pages of the section are preserved, so none is a page of the tree. */
static bool __init kho_is_full(unsigned long nr)
{
	const struct kho_fast_section *section =
		&kho_fast_incoming.sections[nr];
	const unsigned long start_pfn = section_nr_to_pfn(nr);
	const unsigned long end_pfn = start_pfn + PAGES_PER_SECTION;
	unsigned long pfn;

	if (!section->whole || section->quarantined)
		return false;

	for (pfn = start_pfn; pfn < end_pfn; pfn += KHO_FAST_BUDDY_PAGES) {
		DECLARE_BITMAP(keys, KHO_FAST_BUDDY_PAGES);

		kho_fast_key_mask(&kho_fast_incoming, pfn, KHO_FAST_ALL_ORDERS,
				  keys);
		if (!bitmap_full(keys, KHO_FAST_BUDDY_PAGES))
			return false;
	}

	return true;
}

/**
 * kho_fast_postpone_struct_pages - Postpone the struct pages of a section.
 * @nr:  Number of a section with deferred struct pages only.
 * @nid: Node of the section.
 *
 * Everything else is done. The section is offline from here on, so that
 * pfn_to_online_page() does not return its pages; they count as managed.
 *
 * Context: no other task initialises the section.
 */
void __init kho_fast_postpone_struct_pages(unsigned long nr, int nid)
{
	const unsigned long start_pfn = section_nr_to_pfn(nr);
	const unsigned long end_pfn = start_pfn + PAGES_PER_SECTION;
	/* Only the highest zone of a node is deferred. */
	struct zone *zone =
		NODE_DATA(nid)->node_zones + NODE_DATA(nid)->nr_zones - 1;
	unsigned long pfn;

	/* Setting a migratetype looks at the zone of the page. */
	for (pfn = start_pfn; pfn < end_pfn; pfn += pageblock_nr_pages)
		__init_single_page(pfn_to_page(pfn), pfn, zone_idx(zone), nid);
	kho_init_migratetypes(start_pfn, end_pfn);
	kho_fast_count_kept(zone, PAGES_PER_SECTION);
	kho_set_section_online(nr, false);
}

/**
 * kho_fast_postpone_section - Postpone a section without free pages.
 * @nr:     Number of the section.
 * @result: Node and number of pages freed.
 *
 * Context: preemption off, the section is ACTIVE.
 * Return: false if it must be initialised at once.
 */
bool __init kho_fast_postpone_section(unsigned long nr,
				      struct kho_fast_section_result *result)
{
	const unsigned long start_pfn = section_nr_to_pfn(nr);
	int nid;

	if (!kho_is_full(nr))
		return false;

	nid = early_pfn_to_nid(start_pfn);
	if (start_pfn < kho_fast_early_end(nid))
		return false;

	*result = (struct kho_fast_section_result){ .nid = nid, .late = true };
	kho_fast_postpone_struct_pages(nr, nid);
	return true;
}

/**
 * kho_fast_init_postponed_section - Initialise a postponed section.
 * @nr:     Number of the section; all of its keys are still in the tree.
 * @result: Node and number of pages freed.
 *
 * Context: preemption off, the section is ACTIVE.
 */
void kho_fast_init_postponed_section(unsigned long nr,
				     struct kho_fast_section_result *result)
{
	struct kho_page_templates templates;
	struct kho_section_part part = {
		.start = section_nr_to_pfn(nr),
		.end = section_nr_to_pfn(nr + 1),
		.templates = &templates,
	};
	struct kho_buddy_block block;

	kho_page_templates_copy(&templates, pfn_to_page(part.start));
	bitmap_fill(block.keep, KHO_FAST_BUDDY_PAGES);
	for (block.pfn = part.start; block.pfn < part.end;
	     block.pfn += KHO_FAST_BUDDY_PAGES) {
		unsigned long end = block.pfn + KHO_FAST_BUDDY_PAGES;

		kho_init_outside_folios(&part, &block, block.pfn, end);
		kho_init_folios(&part, block.pfn, end);
	}

	/* A release does not order non-temporal stores. */
	wmb();
	kho_set_section_online(nr, true);
	*result = (struct kho_fast_section_result){
		.nid = pfn_to_nid(part.start),
	};
}

/*
 * Free a block of the largest order. Refers to a function that is __init
 * without memory hotplug: no section is late then. The pages are managed
 * already, and it adds them once more.
 */
static __ref void kho_free_late_block(struct page *page)
{
	unsigned int i;

	/* page_ext exists, and nobody has allocated them. */
	for (i = 0; i < MAX_ORDER_NR_PAGES; i++)
		clear_page_tag_ref(page + i);
	atomic_long_sub(MAX_ORDER_NR_PAGES, &page_zone(page)->managed_pages);
	__free_pages_core(page, MAX_PAGE_ORDER, MEMINIT_EARLY);
}

/**
 * kho_fast_init_free_section - Initialise a late section, and free it.
 * @nr:     Number of the section; nothing in it is preserved.
 * @result: Node and number of pages freed.
 *
 * Context: preemption off, the section is ACTIVE.
 */
void kho_fast_init_free_section(unsigned long nr,
				struct kho_fast_section_result *result)
{
	const unsigned long start = section_nr_to_pfn(nr);
	const unsigned long end = section_nr_to_pfn(nr + 1);
	struct kho_page_templates templates;
	unsigned long pfn;

	kho_page_templates_copy(&templates, pfn_to_page(start));
	/* The buddy allocator looks at struct pages beside those it frees. */
	kho_init_free_range(&templates, start, end);
	/* Who finds the section online reads its struct pages. */
	wmb();
	kho_set_section_online(nr, true);
	kho_fast_late_pages_add(-1);
	for (pfn = start; pfn < end; pfn += MAX_ORDER_NR_PAGES)
		kho_free_late_block(pfn_to_page(pfn));

	*result = (struct kho_fast_section_result){
		.nid = pfn_to_nid(start),
		.freed = PAGES_PER_SECTION,
	};
}
