// SPDX-License-Identifier: GPL-2.0-only
/*
 * Callers of the hooks, in place of mm/memblock.c and mm/mm_init.c.
 *
 * Order of calls as in a boot: model_build_map(), boot_memmap(), boot_free_all(),
 * then boot_grow(), boot_restore() and boot_deferred() as they come, boot_exit(),
 * boot_restore() again. boot_check() compares every page with the model.
 */
#include <linux/poison.h>

#include "mm/mm_init.h"

#include "unit.h"

unsigned long boot_first_deferred;
bool boot_skip_preserved;

static bool is_deferred(unsigned long pfn, int nid)
{
	return pfn >= NODE_DATA(nid)->first_deferred_pfn;
}

static struct zone *zone_of(unsigned long pfn, int nid)
{
	struct zone *zones = NODE_DATA(nid)->node_zones;

	return &zones[pfn >= zones[ZONE_NORMAL].start_pfn ? ZONE_NORMAL : ZONE_DMA32];
}

/* The lower zone ends inside a section. */
static void set_zones(int nid, unsigned long start, unsigned long end,
		      unsigned long dma_end)
{
	pg_data_t *pgdat = NODE_DATA(nid);

	*pgdat = (pg_data_t){ .end_pfn = end, .first_deferred_pfn = ULONG_MAX };
	pgdat->nr_zones = end > dma_end ? 2 : 1;
	pgdat->node_zones[ZONE_DMA32] = (struct zone){
		nid, ZONE_DMA32, start, min(end, dma_end), { 0 } };
	pgdat->node_zones[ZONE_NORMAL] = (struct zone){
		nid, ZONE_NORMAL, max(start, dma_end), max(end, dma_end), { 0 } };
}

/* Only the highest zone is deferred, and not its first section. */
static void set_deferred(int nid)
{
	pg_data_t *pgdat = NODE_DATA(nid);
	const struct zone *zone = &pgdat->node_zones[pgdat->nr_zones - 1];
	unsigned long pfn = SECTION_ALIGN_UP(zone->start_pfn + PAGES_PER_SECTION);

	if (boot_first_deferred) {
		pgdat->first_deferred_pfn = boot_first_deferred;
		return;
	}
	if (one_in(6))
		return;
	pfn += rnd(2) * rnd(4) * PAGES_PER_SECTION;
	if (pfn < pgdat->end_pfn)
		pgdat->first_deferred_pfn = pfn;
}

static void find_node(int nid, unsigned long dma_end)
{
	unsigned long pfn, start = ULONG_MAX, end = 0;

	for (pfn = 0; pfn < model.nr_pages; pfn++) {
		if (model.page[pfn].nid != nid)
			continue;
		start = min(start, pfn);
		end = pfn + 1;
	}

	if (end) {
		set_zones(nid, start, end, dma_end);
		set_deferred(nid);
	}
}

static void set_migratetype(unsigned long pfn)
{
	if (IS_ALIGNED(pfn, pageblock_nr_pages))
		init_pageblock_migratetype(pfn_to_page(pfn),
					   kho_scratch_migratetype(pfn, MIGRATE_MOVABLE),
					   false);
}

static void init_page(unsigned long pfn)
{
	int nid = model.page[pfn].nid;

	__init_single_page(pfn_to_page(pfn), pfn, zone_idx(zone_of(pfn, nid)), nid);
	set_migratetype(pfn);
}

/* free_area_init() and memmap_init() */
void boot_memmap(void)
{
	unsigned long dma_end = PAGES_PER_SECTION + 3 * MAX_ORDER_NR_PAGES, pfn;
	int nid;

	for (nid = 0; nid < MAX_NUMNODES; nid++)
		find_node(nid, dma_end);

	for (pfn = 0; pfn < model.nr_pages; pfn++) {
		nid = model.page[pfn].nid;
		if (nid != NUMA_NO_NODE && !is_deferred(pfn, nid))
			init_page(pfn);
	}
}

static void init_reserved(void)
{
	unsigned long pfn;

	for (pfn = 0; pfn < model.nr_pages; pfn++) {
		int nid = model.page[pfn].nid;

		if (nid == NUMA_NO_NODE || !shim_is_reserved(pfn))
			continue;
		if (is_deferred(pfn, nid))
			init_page(pfn);
		pfn_to_page(pfn)->reserved = true;
	}
}

static void free_early(unsigned long start, unsigned long end)
{
	while (start < end) {
		unsigned int order = start ? min(__ffs(start), MAX_PAGE_ORDER) :
					     MAX_PAGE_ORDER;

		while (start + BIT(order) > end)
			order--;
		if (!is_deferred(start, model.page[start].nid))
			__free_pages_core(pfn_to_page(start), order, MEMINIT_EARLY);
		start += BIT(order);
	}
}

/* memblock_free_all() */
void boot_free_all(void)
{
	phys_addr_t start, end;
	u64 i;

	kho_fast_early_memory_init();
	init_reserved();
	for_each_free_mem_range(i, NUMA_NO_NODE, MEMBLOCK_NONE, &start, &end, NULL) {
		unsigned long from = PFN_UP(start), to = PFN_DOWN(end);

		if (from >= to)
			continue;
		if (!kho_fast_free_range(from, to, free_early))
			free_early(from, to);
		totalram_pages_add(to - from);
	}
	kho_fast_free_done();
}

/* deferred_init_memmap_chunk() */
static void deferred_chunk(unsigned long start_pfn, struct zone *zone, bool can_resched)
{
	unsigned long end_pfn = start_pfn + PAGES_PER_SECTION, pfn, next, p;
	const int nid = zone->nid;
	phys_addr_t start, end;
	u64 i;

	if (!boot_skip_preserved)
		kho_fast_init_range(start_pfn, end_pfn, can_resched);
	kho_for_each_free_range_from(i, start_pfn, nid, &start, &end, NULL) {
		unsigned long to = min(PFN_DOWN(end), end_pfn);

		for (pfn = max(PFN_UP(start), start_pfn); pfn < to; pfn = next) {
			next = min(ALIGN(pfn + 1, MAX_ORDER_NR_PAGES), to);
			if (kho_fast_keeps_section(pfn, nid, can_resched)) {
				next = min(SECTION_ALIGN_UP(pfn + 1), to);
				continue;
			}
			for (p = pfn; p < next; p++)
				init_page(p);
			for (p = pfn; p < next; p++)
				__free_pages_core(pfn_to_page(p), 0, MEMINIT_EARLY);
		}
	}
}

static struct zone *highest_zone(int nid)
{
	return &NODE_DATA(nid)->node_zones[NODE_DATA(nid)->nr_zones - 1];
}

/* deferred_grow_zone() */
void boot_grow(int nid)
{
	pg_data_t *pgdat = NODE_DATA(nid);
	unsigned long pfn = pgdat->first_deferred_pfn;

	if (!pgdat->end_pfn || pfn == ULONG_MAX)
		return;
	deferred_chunk(pfn, highest_zone(nid), false);
	pfn += PAGES_PER_SECTION;
	pgdat->first_deferred_pfn = pfn < pgdat->end_pfn ? pfn : ULONG_MAX;
}

/* deferred_init_memmap() */
void boot_deferred(int nid)
{
	pg_data_t *pgdat = NODE_DATA(nid);
	unsigned long pfn = pgdat->first_deferred_pfn;

	if (!pgdat->end_pfn || pfn == ULONG_MAX)
		return;
	pgdat->first_deferred_pfn = ULONG_MAX;
	for (; pfn < pgdat->end_pfn; pfn += PAGES_PER_SECTION)
		deferred_chunk(pfn, highest_zone(nid), true);
}

void boot_deferred_all(void)
{
	int nid;

	for (nid = 0; nid < MAX_NUMNODES; nid++)
		boot_deferred(nid);
}

unsigned long boot_count_free_of(unsigned long section, unsigned long end)
{
	unsigned long pfn, nr = 0;

	for (pfn = section_nr_to_pfn(section); pfn < section_nr_to_pfn(end); pfn++)
		nr += pfn_to_page(pfn)->free;
	return nr;
}

unsigned long boot_count_free(void)
{
	return boot_count_free_of(0, pfn_to_section_nr(model.nr_pages));
}

/* Let the workers run. */
void boot_settle(void)
{
	flush_work(shim_work);
	flush_work(shim_delayed_work);
	model_forget_tree();
	if (kho_fast_incoming.root)
		model_read_tree(virt_to_phys(kho_fast_incoming.root));
}

/* The end of page_alloc_init_late(), and initcalls. */
void boot_exit(void)
{
	kho_fast_init_all();
	kho_fast_incoming_init();
	boot_settle();
}

/* Not mapped, not pinned */
static bool is_unused(const struct folio *folio, unsigned int order)
{
	return folio->_large_mapcount.counter == -1 && !folio->_nr_pages_mapped.counter &&
	       folio->_entire_mapcount.counter == -1 && !folio->_pincount.counter &&
	       folio->_nr_pages == BIT(order);
}

static void check_folio(const struct folio *folio, unsigned long pfn, unsigned int order)
{
	unsigned long i;

	if (folio != page_folio(pfn_to_page(pfn)) || folio_order(folio) != order)
		shim_die("pfn %#lx is not restored as a folio of order %u", pfn, order);
	if (!order && (folio->page.lru.next != &folio->page.lru ||
		       folio->page.lru.prev != &folio->page.lru))
		shim_die("pfn %#lx is on a list", pfn);
	if (order && !is_unused(folio, order))
		shim_die("pfn %#lx is mapped or pinned", pfn);
	if (order > 1 && !list_empty(&folio->_deferred_list))
		shim_die("pfn %#lx is queued to be split", pfn);
	for (i = 0; i < BIT(order); i++) {
		const struct page *p = pfn_to_page(pfn + i);

		if (p->inits != 1 || p->free || p->_refcount.counter != !i ||
		    p->_mapcount.counter != -1 || PageHead(p) != (order && !i) ||
		    PageTail(p) != !!i || page_folio(p) != folio)
			shim_die("pfn %#lx + %#lx is not part of its folio", pfn, i);
		/* The first two tails have something else there. */
		if ((!i || i > 2) && p->mapping != (i ? TAIL_MAPPING : NULL))
			shim_die("pfn %#lx + %#lx has a mapping", pfn, i);
	}
}

static void restore_pages(unsigned long pfn, unsigned long nr_pages)
{
	struct page *page = kho_restore_pages(PFN_PHYS(pfn), nr_pages);
	unsigned long i;

	if (page != pfn_to_page(pfn))
		shim_die("%lu pages at pfn %#lx are not restored", nr_pages, pfn);
	for (i = 0; i < nr_pages; i++) {
		if (page[i].inits != 1 || page[i]._refcount.counter != 1 ||
		    !list_empty(&page[i].lru) || PageHead(page + i) || PageTail(page + i))
			shim_die("pfn %#lx is not a page", pfn + i);
		__free_page(page + i);
	}
}

/* Restore what was preserved at @pfn, look at it and free it. */
void boot_restore(unsigned long pfn)
{
	unsigned int order = model.page[pfn].order;
	struct folio *folio;
	unsigned long i;

	if (pfn % 3 && order <= MAX_FOLIO_ORDER) {
		folio = kho_restore_folio(PFN_PHYS(pfn));
		check_folio(folio, pfn, order);
		folio_put(folio);
	} else {
		restore_pages(pfn, BIT(order));
	}
	for (i = 0; i < BIT(order); i++)
		model.page[pfn + i].order = NO_KEY;
}

bool boot_is_late(unsigned long pfn)
{
	const struct kho_fast_map *map = &kho_fast_incoming;
	unsigned long nr = pfn_to_section_nr(pfn);

	return !READ_ONCE(map->initialised) && nr < map->nr_sections &&
	       map->sections[nr].state == KHO_FAST_LATE;
}

static bool boot_is_free_late(unsigned long pfn)
{
	return kho_fast_incoming.sections[pfn_to_section_nr(pfn)].free;
}

/* A late section: nobody finds its struct pages, of which one a pageblock is there. */
static void check_late_page(unsigned long pfn)
{
	const struct page *p = pfn_to_page(pfn);

	if (p->inits != !(pfn % pageblock_nr_pages) || p->free)
		shim_die("pfn %#lx of a late section: inits %u, free %u", pfn, p->inits, p->free);
	if (pfn_to_online_page(pfn))
		shim_die("pfn %#lx of a late section is online", pfn);
	if (!model_keeps(pfn) && !boot_is_free_late(pfn))
		shim_die("pfn %#lx of a late section is not preserved", pfn);
}

static void check_page(unsigned long pfn)
{
	const struct page *p = pfn_to_page(pfn);
	const struct model_page *w = &model.page[pfn];
	bool memory = w->nid != NUMA_NO_NODE, kept = model_keeps(pfn);

	if (p->inits != memory)
		shim_die("pfn %#lx is initialised %u times", pfn, p->inits);
	if (p->free != (memory && !kept && !p->reserved))
		shim_die("pfn %#lx: free %u, preserved %u, reserved %u", pfn, p->free,
			 kept, p->reserved);
	if (memory && !pfn_to_online_page(pfn))
		shim_die("pfn %#lx is offline", pfn);
	if (memory && page_zone(p) != zone_of(pfn, w->nid))
		shim_die("pfn %#lx is in zone %u of node %d", pfn, zone_idx(page_zone(p)),
			 zone_to_nid(page_zone(p)));
	if (memory && IS_ALIGNED(pfn, pageblock_nr_pages) &&
	    shim_migratetype[pfn >> pageblock_order] !=
	    kho_scratch_migratetype(pfn, MIGRATE_MOVABLE))
		shim_die("pfn %#lx: wrong migratetype", pfn);
}

/* Preserved pages are initialised as folios, as restoring returns them; no folio is too large. */
static void check_preserved(unsigned long pfn)
{
	const int order = max(model.page[pfn].order, 0), max_order = min(order, MAX_FOLIO_ORDER);
	const unsigned long end = pfn + BIT(order);

	if (model.page[pfn].order != NO_KEY && !model.page[pfn].head)
		return;
	for (; pfn < end; pfn += BIT(max_order))
		check_folio(page_folio(pfn_to_page(pfn)), pfn, max_order);
}

/*
 * Each page is initialised once, and free, reserved, or preserved and initialised.
 * All but the reserved ones are managed.
 */
void boot_check(void)
{
	unsigned long pfn, managed = 0;

	for (pfn = 0; pfn < model.nr_pages; pfn++) {
		const struct page *p = pfn_to_page(pfn);

		if (boot_is_late(pfn)) {
			check_late_page(pfn);
			managed++;
			continue;
		}

		check_page(pfn);
		if (model_keeps(pfn))
			check_preserved(pfn);
		managed += p->free || model_keeps(pfn);
	}

	if (shim_totalram != (long)managed)
		shim_die("%ld pages of RAM, %lu are managed", shim_totalram, managed);
	for (int nid = 0; nid < MAX_NUMNODES; nid++) {
		managed -= atomic_long_read(&NODE_DATA(nid)->node_zones[ZONE_DMA32].managed_pages);
		managed -= atomic_long_read(&NODE_DATA(nid)->node_zones[ZONE_NORMAL].managed_pages);
	}
	if (managed)
		shim_die("the zones do not add up");
}
