// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Memory initialisation around preserved pages
 *
 * After a kexec with a handover, preserved pages must not reach the buddy
 * allocator, and they are not reserved in memblock: reserving n ranges there
 * takes n^2 steps. Instead sections in which anything is preserved (busy
 * sections, see kernel/kho_fast/busy.c) are treated apart, each page of them
 * exactly once:
 *
 * - Pages whose struct page is initialised early are handed over by
 *   memblock_free_all(). kho_fast_free_range() passes on the runs between the
 *   held pages.
 * - The deferred part of a section is finished as a whole: all its struct
 *   pages are initialised in one pass and the runs between the held pages are
 *   freed in chunks as large as they allow. deferred_init_memmap_chunk() calls
 *   kho_fast_finish_range() for what it is about to initialise and then leaves
 *   busy sections alone, so they are finished on the CPUs of their node in
 *   parallel with each other and with free memory. Whoever claims a preserved
 *   page before that finishes its sections with kho_fast_finish_pages().
 *
 * Holes of a few pages between held pages are not freed here but put on a list,
 * see kernel/kho_fast/holes.c.
 *
 * A held page looks like any page that was initialised and not freed:
 * reference count 1, order 0, not managed. Claiming adds it to the managed
 * pages, so here it is taken out of totalram_pages.
 *
 * States: DONE for sections without a deferred part; else PENDING, ACTIVE while
 * somebody finishes it, DONE. Only PENDING -> ACTIVE is contended.
 *
 * Lock order: zone->lock, taken by the buddy allocator while a section is
 * ACTIVE. deferred_grow_zone() calls with pgdat_resize_lock held.
 *
 * Failure: there is none. Everything that can be wrong with a handover was
 * found by kho_fast_map_build().
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/bitmap.h>
#include <linux/bug.h>
#include <linux/init.h>
#include <linux/kho_fast.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/nmi.h>
#include <linux/page-isolation.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "internal.h"
#include "mm_init.h"
#include "page_alloc.h"
#include "../kernel/kho_fast/internal.h"

/* Holes below this size are freed after boot, see kernel/kho_fast/holes.c. */
#define SMALL_HOLE_PAGES	8

/* Per node the first pfn whose struct page is not initialised early. */
static unsigned long deferred_from[MAX_NUMNODES] __initdata;

/**
 * kho_fast_is_boot - Does memory wait for a handover to be sorted out?
 *
 * Return: true after a kexec with a valid handover.
 */
bool __init kho_fast_is_boot(void)
{
	return kho_fast_incoming.root;
}

/**
 * kho_fast_is_held - Is a page in a busy section?
 * @pfn: Its page frame.
 *
 * Return: true when the caller must leave the section of @pfn alone.
 */
bool __init kho_fast_is_held(unsigned long pfn)
{
	return kho_fast_map_busy(&kho_fast_incoming, pfn);
}

/**
 * kho_fast_hold_init - Note which struct pages are deferred.
 *
 * deferred_grow_zone() moves the border later, and by then kho_fast_free_range()
 * must have dealt with all that is below it.
 *
 * Context: boot CPU, between memmap_init() and memblock_free_all().
 */
void __init kho_fast_hold_init(void)
{
	int nid;

	for_each_node_state(nid, N_MEMORY)
		deferred_from[nid] = kho_fast_first_deferred_pfn(nid);
}

static void __init add_held(unsigned long nr_pages)
{
	totalram_pages_add(-(long)nr_pages);
}

/*
 * Call @free for each run of clear bits of @mask in [from, to), or put it off
 * when it is small. Returns how many pages were freed.
 */
static unsigned long __init
free_clear_runs(const unsigned long *mask, unsigned long block_pfn,
		unsigned long from, unsigned long to,
		void (*free)(unsigned long start, unsigned long end))
{
	unsigned long start = from - block_pfn, limit = to - block_pfn;
	unsigned long freed = 0, end;
	struct kho_fast_holes holes = {};
	bool can_wait = kho_fast_holes_can_wait();

	for (;;) {
		start = find_next_zero_bit(mask, limit, start);
		if (start >= limit)
			break;

		end = find_next_bit(mask, limit, start);
		if (can_wait && end - start < SMALL_HOLE_PAGES) {
			kho_fast_holes_collect(&holes, block_pfn + start,
					       block_pfn + end);
		} else {
			free(block_pfn + start, block_pfn + end);
			freed += end - start;
		}
		start = end;
	}

	kho_fast_holes_add(&holes);
	return freed;
}

/*
 * Call @free for what is not held in [from, to), which lies in one block of
 * a busy section. Returns how many pages that were. Those whose freeing is put
 * off count as held.
 */
static unsigned long __init
free_around_held(unsigned long from, unsigned long to,
		 void (*free)(unsigned long start, unsigned long end))
{
	DECLARE_BITMAP(mask, KHO_FAST_BLOCK_PAGES);
	unsigned long block_pfn = ALIGN_DOWN(from, KHO_FAST_BLOCK_PAGES);
	unsigned long freed;

	kho_fast_held_mask(&kho_fast_incoming, block_pfn, mask);
	freed = free_clear_runs(mask, block_pfn, from, to, free);
	add_held(to - from - freed);

	return freed;
}

static unsigned long __init block_end(unsigned long pfn, unsigned long limit)
{
	return min(ALIGN(pfn + 1, KHO_FAST_BLOCK_PAGES), limit);
}

/**
 * kho_fast_free_range - Free a range of early memory around what is held.
 * @start_pfn: First page frame, of one node.
 * @end_pfn:   One past the last page frame.
 * @free:      Frees a range without held pages. It ignores pages whose struct
 *             page is deferred, which are finished later.
 *
 * Context: memblock_free_all().
 * Return: true when this was done; false when there is no handover and the
 * caller frees the range itself.
 */
bool __init kho_fast_free_range(unsigned long start_pfn, unsigned long end_pfn,
				void (*free)(unsigned long start,
					     unsigned long end))
{
	unsigned long pfn, next, early_end, run = start_pfn;

	if (!kho_fast_is_boot())
		return false;

	early_end = deferred_from[early_pfn_to_nid(start_pfn)];
	early_end = clamp(early_end, start_pfn, end_pfn);

	for (pfn = start_pfn; pfn < early_end; pfn = next) {
		next = min(SECTION_ALIGN_UP(pfn + 1), early_end);
		if (!kho_fast_is_held(pfn))
			continue;

		if (run < pfn)
			free(run, pfn);
		for (; pfn < next; pfn = block_end(pfn, next))
			free_around_held(pfn, block_end(pfn, next), free);
		run = next;
	}
	if (run < early_end)
		free(run, early_end);

	return true;
}

static void __init set_pending(unsigned long start_pfn, unsigned long end_pfn)
{
	struct kho_fast_map *map = &kho_fast_incoming;
	unsigned long nr = pfn_to_section_nr(start_pfn);

	for (; nr < map->nr_sections && section_nr_to_pfn(nr) < end_pfn; nr++)
		map->sections[nr].state = KHO_FAST_PENDING;
}

/**
 * kho_fast_free_done - All early memory is in the buddy allocator.
 *
 * Only now can memblock.reserved no longer grow. Until here it had to do so in
 * scratch, as memblock does not know of what is preserved. The scratch marks
 * have served their purpose: without them memblock merges its regions again,
 * which everything that iterates over them from here on is grateful for.
 *
 * Context: end of memblock_free_all().
 */
void __init kho_fast_free_done(void)
{
	int nid;

	if (!kho_fast_is_boot())
		return;

	memblock_clear_kho_scratch_only();
	memblock_clear_kho_scratch(0, memblock_end_of_DRAM());

	for_each_node_state(nid, N_MEMORY) {
		unsigned long end = pgdat_end_pfn(NODE_DATA(nid));

		if (deferred_from[nid] < end)
			set_pending(deferred_from[nid], end);
	}
}

static void __init init_struct_pages(struct zone *zone, unsigned long start_pfn,
				     unsigned long end_pfn)
{
	int nid = zone_to_nid(zone), zid = zone_idx(zone);
	unsigned long pfn;

	for (pfn = start_pfn; pfn < end_pfn; pfn++)
		__init_single_page(pfn_to_page(pfn), pfn, zid, nid);

	for (pfn = pageblock_align(start_pfn); pfn < end_pfn;
	     pfn += pageblock_nr_pages)
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

/* Finish [pfn, end), deferred memory of one zone in one busy section. */
static unsigned long __init finish_run(struct zone *zone, unsigned long pfn,
				       unsigned long end)
{
	unsigned long freed = 0;

	/*
	 * The buddy allocator looks at struct pages of the whole block that it
	 * frees into, so a block is initialised before any of it is freed.
	 */
	for (; pfn < end; pfn = block_end(pfn, end)) {
		init_struct_pages(zone, pfn, block_end(pfn, end));
		freed += free_around_held(pfn, block_end(pfn, end), free_chunks);
	}

	return freed;
}

static unsigned long __init finish_section(unsigned long nr)
{
	const unsigned long start_pfn = section_nr_to_pfn(nr);
	const unsigned long end_pfn = start_pfn + PAGES_PER_SECTION;
	unsigned long freed = 0;
	phys_addr_t start, end;
	int nid;
	u64 i;

	for_each_free_mem_range(i, NUMA_NO_NODE, MEMBLOCK_NONE, &start, &end, &nid) {
		pg_data_t *pgdat = NODE_DATA(nid);
		unsigned long from = max3(PFN_UP(start), start_pfn, deferred_from[nid]);
		unsigned long to = min(PFN_DOWN(end), end_pfn);

		if (PFN_UP(start) >= end_pfn)
			break;

		/* Only the highest zone of a node is deferred. */
		if (from < to)
			freed += finish_run(pgdat->node_zones + pgdat->nr_zones - 1,
					    from, to);
	}

	return freed;
}

/* Finish a section unless somebody else does. Returns how many pages it freed. */
static unsigned long __init try_finish(unsigned long nr)
{
	struct kho_fast_section *section = &kho_fast_incoming.sections[nr];
	unsigned long freed;

	if (cmpxchg(&section->state, KHO_FAST_PENDING, KHO_FAST_ACTIVE) !=
	    KHO_FAST_PENDING)
		return 0;

	freed = finish_section(nr);
	/* Pairs with the acquire in kho_fast_finish_pages(). */
	smp_store_release(&section->state, KHO_FAST_DONE);

	return freed;
}

/**
 * kho_fast_finish_range - Finish the busy sections of a range.
 * @start_pfn:   First page frame, on a section border.
 * @end_pfn:     One past the last page frame, likewise.
 * @can_resched: The caller may be scheduled away.
 *
 * Sections that somebody else is finishing are left to them.
 *
 * Context: deferred initialisation, or deferred_grow_zone() with interrupts
 * off.
 * Return: how many pages were freed.
 */
unsigned long __init kho_fast_finish_range(unsigned long start_pfn,
					   unsigned long end_pfn,
					   bool can_resched)
{
	unsigned long pfn, freed = 0;

	for (pfn = start_pfn; pfn < end_pfn; pfn += PAGES_PER_SECTION) {
		if (!kho_fast_is_held(pfn))
			continue;

		freed += try_finish(pfn_to_section_nr(pfn));
		if (can_resched)
			cond_resched();
		else
			touch_nmi_watchdog();
	}

	return freed;
}

/*
 * Not __init, but it refers to what is: sections are pending only until
 * page_alloc_init_late().
 */
static __ref void finish_pending(unsigned long nr)
{
	try_finish(nr);
}

/**
 * kho_fast_finish_pages - Make sure that pages of a claimed key are ready.
 * @pfn:      First page frame.
 * @nr_pages: Number of pages.
 *
 * Context: any, from early_initcall on; waits for whoever is finishing one of
 * the sections.
 */
void kho_fast_finish_pages(unsigned long pfn, unsigned long nr_pages)
{
	struct kho_fast_map *map = &kho_fast_incoming;
	unsigned long nr = pfn_to_section_nr(pfn);
	unsigned long last = pfn_to_section_nr(pfn + nr_pages - 1);

	/* trim.c frees the sections a grace period after they are finished. */
	guard(rcu)();
	/* Pairs with the release in kho_fast_hold_exit(). */
	if (smp_load_acquire(&map->finished))
		return;

	for (; nr <= last; nr++) {
		u16 *state = &map->sections[nr].state;

		if (READ_ONCE(*state) == KHO_FAST_PENDING)
			finish_pending(nr);
		/* Pairs with the release in try_finish(). */
		while (smp_load_acquire(state) != KHO_FAST_DONE)
			cpu_relax();
	}
}

/**
 * kho_fast_hold_exit - All sections are finished.
 *
 * A section that was forgotten would mean free memory that nobody initialised,
 * which cannot be repaired any more.
 *
 * Context: process context, after page_alloc_init_late().
 */
void __init kho_fast_hold_exit(void)
{
	struct kho_fast_map *map = &kho_fast_incoming;
	unsigned long nr;

	for (nr = 0; nr < map->nr_sections; nr++) {
		if (kho_fast_is_held(section_nr_to_pfn(nr)) &&
		    map->sections[nr].state != KHO_FAST_DONE)
			panic("KHO: section %lu was never finished\n", nr);
	}

	/* Pairs with the acquire in kho_fast_finish_pages(). */
	smp_store_release(&map->finished, true);
}
