// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stock's way, written once more for the machine: what kernel/liveupdate/kexec_handover.c
 * and mm/mm_init.c do to struct pages, without their walks over the tree and memblock. Keys
 * are counted up instead of read from the tree, which is in favour of stock.
 */
#include "mm/internal.h"
#include "mm/mm_init.h"

#include "machine.h"

#define MAGIC	(0x4b484f50ul << 32)

static void set_migratetype(unsigned long pfn)
{
	if (IS_ALIGNED(pfn, pageblock_nr_pages))
		init_pageblock_migratetype(pfn_to_page(pfn), MIGRATE_MOVABLE, false);
}

/* One page: is it deferred, and in which zone? */
static void init_deferred_page(unsigned long pfn, int nid)
{
	const pg_data_t *pgdat = NODE_DATA(nid);
	int zid;

	if (pfn < READ_ONCE(pgdat->first_deferred_pfn))
		return;
	for (zid = 0; zid < MAX_NR_ZONES - 1; zid++) {
		const struct zone *zone = &pgdat->node_zones[zid];

		if (pfn >= zone->start_pfn && pfn < zone->end_pfn)
			break;
	}
	__init_single_page(pfn_to_page(pfn), pfn, zid, nid);
	set_migratetype(pfn);
}

static void hold_folio(unsigned long pfn, unsigned int order)
{
	unsigned long i;

	for (i = 0; i < BIT(order); i++)
		init_deferred_page(pfn + i, 0);
	pfn_to_page(pfn)->private = MAGIC | order;
}

/* No free run of the sets is a whole block of the largest order, so: page by page. */
static void free_hole(unsigned long start, unsigned long end)
{
	unsigned long pfn;

	for (pfn = start; pfn < end; pfn++)
		__init_single_page(pfn_to_page(pfn), pfn, ZONE_NORMAL, 0);
	for (pfn = start; pfn < end; pfn++) {
		set_migratetype(pfn);
		__free_pages_core(pfn_to_page(pfn), 0, MEMINIT_EARLY);
	}
}

void stock_init(void)
{
	struct set_pos pos;

	for_each_folio(&pos)
		hold_folio(pos.pfn, pos.order);
	for_each_folio(&pos)
		free_hole(pos.pfn + BIT(pos.order), set_pos_gap_end(&pos));
}

static void restore_folio(unsigned long pfn, unsigned int order)
{
	struct page *head = pfn_to_online_page(pfn);
	unsigned long i;

	if (!head || head->private != (MAGIC | order))
		shim_die("pfn %#lx was not preserved", pfn);
	head->private = 0;

	set_page_count(head, 1);
	for (i = 1; i < BIT(order); i++)
		set_page_count(head + i, 0);
	if (order)
		prep_compound_page(head, order);
	adjust_managed_page_count(head, BIT(order));
}

void stock_restore(void)
{
	struct set_pos pos;

	for_each_folio(&pos)
		restore_folio(pos.pfn, pos.order);
}
