// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Initialisation of one section
 *
 * A section is initialised one buddy block at a time: struct pages that are
 * deferred are initialised, those of preserved pages in their final layout (see
 * mm/kho_page_init.c), and the runs between them are freed in chunks as large as
 * they allow. Struct pages of early memory exist: those of preserved folios get
 * their layout, and kho_fast_free_range() has freed the rest.
 */
#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/init.h>
#include <linux/kexec_handover.h>
#include <linux/kho_fast.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>

#include "internal.h"
#include "mm_init.h"
#include "page_alloc.h"
#include "../kernel/kho_fast/incoming/bitmap.h"
#include "../kernel/kho_fast/incoming/map.h"
#include "../kernel/kho_fast/incoming/stats.h"
#include "../kernel/kho_fast/tree/tree.h"
#include "deferred_kho.h"
#include "kho_buddy_block.h"
#include "kho_early_memory.h"
#include "kho_free_runs.h"
#include "kho_page_init.h"
#include "kho_section_init.h"

/*
 * struct piece - Pages of a section whose struct pages are all early or deferred.
 * @start:     First page frame.
 * @end:       One past the last page frame.
 * @zone:      Zone of all pages, when their struct pages are deferred.
 * @templates: Templates of the struct pages, when they are deferred; otherwise
 *             NULL, and they are initialised as single pages.
 */
struct piece {
	unsigned long			start, end;
	struct zone			*zone;
	struct kho_page_templates	*templates;
};

/* Initialise the pages of [from, to) that belong to the folio at @head. */
static void __init init_folio(const struct piece *piece, unsigned long from,
			      unsigned long to, unsigned long head,
			      unsigned int order)
{
	from = max(head, from);
	to = min(head + BIT(order), to);
	if (from < to)
		kho_init_preserved_range(piece->templates, from, order,
					 to - from);
}

/* Initialise what folios of @order have of [from, to), which is in one block. */
static void __init init_order(const struct piece *piece, unsigned long from,
			      unsigned long to, unsigned int order)
{
	const unsigned long nr_bits = max(KHO_FAST_BLOCK_PAGES >> order, 1);
	const unsigned long block_pfn = ALIGN_DOWN(from, KHO_FAST_BLOCK_PAGES);
	const unsigned long first_pfn = ALIGN_DOWN(block_pfn, BIT(order));
	const unsigned long key = kho_fast_key(first_pfn, order);
	const struct kho_radix_leaf *leaf;
	unsigned long off, bit;

	leaf = kho_fast_leaf(kho_fast_incoming.root, key);
	for (off = 0; leaf && off < nr_bits; off += BITS_PER_LONG) {
		unsigned long keys = kho_fast_keys(leaf, kho_fast_bit(key) + off,
						   nr_bits);

		for_each_set_bit(bit, &keys, BITS_PER_LONG)
			init_folio(piece, from, to,
				   first_pfn + ((off + bit) << order), order);
	}
}

/* Initialise what folios have of [from, to), which is in one block. */
static void __init init_folios(const struct piece *piece, unsigned long from,
			       unsigned long to)
{
	const struct kho_fast_map *map = &kho_fast_incoming;
	unsigned long orders = map->sections[pfn_to_section_nr(from)].orders;
	unsigned int order;

	orders &= KHO_FAST_FOLIO_ORDERS;
	for_each_set_bit(order, &orders, KHO_FAST_MAX_ORDER + 1)
		init_order(piece, from, to, order);
}

/* Initialise the struct pages of [from, to), but for those of folios. */
static void __init init_singles(const struct piece *piece,
				const struct kho_buddy_block *block,
				unsigned long from, unsigned long to)
{
	const unsigned long limit = to - block->pfn;
	DECLARE_BITMAP(folios, KHO_FAST_BLOCK_PAGES);
	unsigned long start = from - block->pfn, end;

	kho_fast_key_mask(&kho_fast_incoming, block->pfn, KHO_FAST_FOLIO_ORDERS,
			  folios);

	for (; start < limit; start = end) {
		bool stay = test_bit(start, block->stay);

		if (test_bit(start, folios)) {
			end = find_next_zero_bit(folios, limit, start);
			continue;
		}

		if (!stay) {
			end = find_next_bit(block->stay, limit, start);
			kho_init_free_range(piece->templates,
					    block->pfn + start,
					    block->pfn + end);
			continue;
		}

		end = min(find_next_zero_bit(block->stay, limit, start),
			  find_next_bit(folios, limit, start));
		kho_init_preserved_range(piece->templates, block->pfn + start,
					 0, end - start);
	}
}

static void __init init_migratetypes(unsigned long pfn, unsigned long end)
{
	for (pfn = pageblock_align(pfn); pfn < end; pfn += pageblock_nr_pages)
		init_pageblock_migratetype(pfn_to_page(pfn),
					   kho_scratch_migratetype(pfn, MIGRATE_MOVABLE),
					   false);
}

/* Free [start, end), which lies in one block, in the largest aligned chunks. */
static void __init free_chunks(unsigned long start, unsigned long end)
{
	while (start < end) {
		unsigned int order = kho_fast_chunk_order(start, end);

		__free_pages_core(pfn_to_page(start), order, MEMINIT_EARLY);
		start += BIT(order);
	}
}

/* Finish [from, to), which lies in one block. Returns how many pages it freed. */
static unsigned long __init finish_block(const struct piece *piece,
					 unsigned long from, unsigned long to,
					 struct kho_fast_holes *holes)
{
	struct kho_buddy_block block;

	if (!piece->templates) {
		init_folios(piece, from, to);
		return 0;
	}

	/*
	 * The buddy allocator looks at struct pages of the whole block that it
	 * frees into, so a block is initialised before any of it is freed.
	 */
	kho_buddy_block_read(&block, from, to, holes);
	init_singles(piece, &block, from, to);
	init_folios(piece, from, to);
	init_migratetypes(from, to);

	/* Stores past the caches must not be overtaken by the free pages. */
	wmb();
	return kho_buddy_block_free(&block, from, to, free_chunks);
}

static unsigned long __init finish_piece(const struct piece *piece,
					 struct kho_fast_holes *holes)
{
	unsigned long pfn, next, freed = 0;

	if (piece->start == piece->end)
		return 0;
	if (piece->templates)
		kho_page_templates_init(piece->templates, piece->zone,
					piece->start);

	for (pfn = piece->start; pfn < piece->end; pfn = next) {
		next = kho_buddy_block_end(pfn, piece->end);
		freed += finish_block(piece, pfn, next, holes);
	}

	/* Once for all blocks: the counters are shared by all CPUs. */
	if (piece->templates)
		kho_fast_count_staying(piece->zone, piece->end - piece->start - freed);

	return freed;
}

/* Finish [from, to), of one section and one node. Returns the pages freed. */
static unsigned long __init finish_pieces(int nid, unsigned long from,
					  unsigned long to,
					  struct kho_fast_holes *holes)
{
	unsigned long border = clamp(kho_fast_early_end(nid), from, to);
	pg_data_t *pgdat = NODE_DATA(nid);
	struct kho_page_templates templates;
	const struct piece early = { .start = from, .end = border };
	const struct piece late = {
		.start = border, .end = to, .templates = &templates,
		/* Only the highest zone of a node is deferred. */
		.zone = pgdat->node_zones + pgdat->nr_zones - 1,
	};

	return finish_piece(&early, holes) + finish_piece(&late, holes);
}

/**
 * kho_fast_init_section - Initialise a section and free its runs.
 * @nr:     Number of the section.
 * @result: Filled in.
 *
 * Context: preemption off, the section is ACTIVE.
 */
void __init kho_fast_init_section(unsigned long nr,
				  struct kho_fast_section_result *result)
{
	const unsigned long start_pfn = section_nr_to_pfn(nr);
	const unsigned long end_pfn = start_pfn + PAGES_PER_SECTION;
	struct kho_fast_holes holes = {};
	phys_addr_t start, end;
	int nid;
	u64 i;

	*result = (struct kho_fast_section_result){};
	kho_fast_for_each_free_range_from(i, start_pfn, NUMA_NO_NODE, &start,
					  &end, &nid) {
		unsigned long from = max(PFN_UP(start), start_pfn);
		unsigned long to = min(PFN_DOWN(end), end_pfn);

		if (PFN_UP(start) >= end_pfn)
			break;
		if (from >= to)
			continue;

		result->freed += finish_pieces(nid, from, to, &holes);
		result->nid = nid;
	}

	kho_fast_holes_add(&holes);
}
