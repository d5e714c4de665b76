// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Memory initialisation around preserved pages
 *
 * After a kexec with a handover, preserved pages must not reach the buddy
 * allocator, and they are not reserved in memblock: reserving n ranges there
 * takes n^2 steps. Instead sections in which anything is preserved (busy
 * sections, see kernel/kho_fast/incoming/map.c) are treated apart, each page of them
 * exactly once:
 *
 * - Pages whose struct page is initialised early are handed over by
 *   memblock_free_all(). kho_fast_free_range() passes on the runs between the
 *   held pages.
 * - The rest is done when the section is finished, one block of the buddy
 *   allocator's size at a time: struct pages that are not there yet are
 *   initialised, those of held pages in their final form (see
 *   mm/kho_page_init.c), and the runs between them are freed in chunks as
 *   large as they allow.
 *
 * deferred_init_memmap_chunk() calls kho_fast_finish_range() for what it is
 * about to initialise and then leaves busy sections alone, so they are finished
 * on the CPUs of their node in parallel with each other and with free memory.
 * Sections that it does not come to, because nothing in them is deferred, are
 * finished by kho_fast_finish_all(), on all CPUs. Whoever claims a preserved
 * page before that finishes its sections with kho_fast_finish_pages().
 *
 * Holes of a few pages between held pages are not freed here but noted, see
 * mm/kho_free_runs.c.
 *
 * Held pages and such holes are managed pages, as in the kernel before and as
 * they will be when they are claimed: watermarks and what initcalls size by
 * totalram_pages() come out as after a cold boot. totalram_pages() has them only
 * from kho_fast_finish_all() on: files_maxfiles_init(), right before, compares it
 * with free memory and would take the difference for the size of the kernel.
 *
 * States: PENDING from kho_fast_free_done() on, unless there is nothing to do;
 * ACTIVE while somebody finishes the section; DONE. Only PENDING -> ACTIVE is
 * contended.
 *
 * Lock order: zone->lock, taken by the buddy allocator while a section is
 * ACTIVE. deferred_grow_zone() calls with pgdat_resize_lock held. A section is
 * finished with preemption off, so that whoever waits for it on the same CPU
 * does not keep it from being finished; nobody claims from interrupts.
 *
 * Failure: there is none. Everything that can be wrong with a handover was
 * found by kho_fast_map_build().
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/kexec_handover.h>
#include <linux/kho_fast.h>
#include <linux/kho_timeline.h>
#include <linux/kstrtox.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/nmi.h>
#include <linux/padata.h>
#include <linux/page-isolation.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>

#include "internal.h"
#include "mm_init.h"
#include "page_alloc.h"
#include "../kernel/kho_fast/incoming/bitmap.h"
#include "../kernel/kho_fast/incoming/map.h"
#include "../kernel/kho_fast/incoming/sections.h"
#include "../kernel/kho_fast/incoming/stats.h"
#include "../kernel/kho_fast/timeline/clock.h"
#include "../kernel/kho_fast/trace.h"
#include "../kernel/kho_fast/tree/tree.h"
#include "deferred_kho.h"
#include "kho_free_runs.h"
#include "kho_page_init.h"

/* Holes below this size are freed after boot, see mm/kho_free_runs.c. */
static unsigned int small_hole_pages __initdata = 8;

/* kho_small_hole=<pages>; 0 to free all holes at once */
static int __init parse_small_hole(char *arg)
{
	return kstrtouint(arg, 10, &small_hole_pages);
}
early_param("kho_small_hole", parse_small_hole);

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
	return kho_fast_map_has_preserved(&kho_fast_incoming, pfn);
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
	kho_fast_stats_init();
}

static unsigned long __init block_end(unsigned long pfn, unsigned long limit)
{
	return min(ALIGN(pfn + 1, KHO_FAST_BLOCK_PAGES), limit);
}

/* Which pages of a block stay as they are, whether held or put off. */
struct block {
	unsigned long pfn;
	DECLARE_BITMAP(stay, KHO_FAST_BLOCK_PAGES);
};

/* Look at the pages [from, to) of one block of a busy section. */
static void __init block_read(struct block *block, unsigned long from,
			      unsigned long to, struct kho_fast_holes *holes)
{
	unsigned long start, limit, end;

	block->pfn = ALIGN_DOWN(from, KHO_FAST_BLOCK_PAGES);
	kho_fast_keep_mask(&kho_fast_incoming, block->pfn, block->stay);
	if (!kho_fast_holes_can_wait())
		return;

	limit = to - block->pfn;
	start = find_next_zero_bit(block->stay, limit, from - block->pfn);
	for (; start < limit;
	     start = find_next_zero_bit(block->stay, limit, end)) {
		end = find_next_bit(block->stay, limit, start);
		if (end - start >= small_hole_pages)
			continue;

		kho_fast_holes_collect(holes, block->pfn + start,
				       block->pfn + end);
		bitmap_set(block->stay, start, end - start);
	}
}

/* Call @free for what does not stay of [from, to). Returns how many pages. */
static unsigned long __init
block_free(const struct block *block, unsigned long from, unsigned long to,
	   void (*free)(unsigned long start, unsigned long end))
{
	const unsigned long limit = to - block->pfn;
	unsigned long start = from - block->pfn, end, freed = 0;

	for (;;) {
		start = find_next_zero_bit(block->stay, limit, start);
		if (start >= limit)
			return freed;

		end = find_next_bit(block->stay, limit, start);
		free(block->pfn + start, block->pfn + end);
		freed += end - start;
		start = end;
	}
}

/* Held pages and holes that wait; memblock_free_all() counted them as free. */
static atomic_long_t nr_staying __initdata;

/* @nr_pages of @zone are not freed, but not reserved either. */
static void __init count_staying(struct zone *zone, unsigned long nr_pages)
{
	atomic_long_add(nr_pages, &zone->managed_pages);
	atomic_long_add(nr_pages, &nr_staying);
	totalram_pages_add(-(long)nr_pages);
}

/* Free the early pages [pfn, end) of a busy section around what is held. */
static void __init free_early(unsigned long pfn, unsigned long end,
			      void (*free)(unsigned long start,
					   unsigned long end))
{
	struct kho_fast_holes holes = {};
	struct block block;
	unsigned long next;

	for (; pfn < end; pfn = next) {
		next = block_end(pfn, end);
		block_read(&block, pfn, next, &holes);
		count_staying(page_zone(pfn_to_page(pfn)),
			      next - pfn - block_free(&block, pfn, next, free));
	}
	kho_fast_holes_add(&holes);
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
		free_early(pfn, next, free);
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

	for (; nr < map->nr_sections && section_nr_to_pfn(nr) < end_pfn; nr++) {
		if (kho_fast_is_held(section_nr_to_pfn(nr)))
			map->sections[nr].state = KHO_FAST_PENDING;
	}
}

/* What is preserved waits to be finished, from now on. */
static void __init set_all_pending(void)
{
	struct kho_fast_map *map = &kho_fast_incoming;
	unsigned long nr;
	int nid;

	for_each_node_state(nid, N_MEMORY) {
		unsigned long end = pgdat_end_pfn(NODE_DATA(nid));

		if (deferred_from[nid] < end)
			set_pending(deferred_from[nid], end);
	}

	/* Early single pages have their form. */
	for (nr = 0; nr < map->nr_sections; nr++) {
		if (map->sections[nr].orders & KHO_FAST_FOLIO_ORDERS)
			map->sections[nr].state = KHO_FAST_PENDING;
	}
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
	if (kho_fast_is_boot()) {
		memblock_clear_kho_scratch_only();
		memblock_clear_kho_scratch(0, memblock_end_of_DRAM());
		set_all_pending();
	}
	kho_phase_begin(KHO_PHASE_CORE);
}

/*
 * struct piece - Pages of a section that are alike in all but what holds them.
 * @start: First page frame.
 * @end:   One past the last page frame.
 * @zone:  Zone of all pages, when their struct pages are deferred.
 * @form:  Templates of the struct pages, when they are deferred; otherwise
 *         NULL, and they are initialised as single pages.
 */
struct piece {
	unsigned long		start, end;
	struct zone		*zone;
	struct kho_fast_form	*form;
};

/* Give the pages [from, to) of a folio that touches them its form. */
static void __init hold_folio(const struct piece *piece, unsigned long from,
			      unsigned long to, unsigned long head,
			      unsigned int order)
{
	from = max(head, from);
	to = min(head + BIT(order), to);
	if (from >= to)
		return;

	if (piece->form)
		kho_fast_hold_folio(piece->form, head, order, from, to);
	else
		kho_fast_shape_folio(head, order, from, to);
}

/* Hold [from, to), which lies in one block, where folios of @order have it. */
static void __init hold_order(const struct piece *piece, unsigned long from,
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
			hold_folio(piece, from, to,
				   first_pfn + ((off + bit) << order), order);
	}
}

/* Hold [from, to), which lies in one block, where folios have it. */
static void __init hold_folios(const struct piece *piece, unsigned long from,
			       unsigned long to)
{
	const struct kho_fast_map *map = &kho_fast_incoming;
	unsigned long orders = map->sections[pfn_to_section_nr(from)].orders;
	unsigned int order;

	orders &= KHO_FAST_FOLIO_ORDERS;
	for_each_set_bit(order, &orders, KHO_FAST_MAX_ORDER + 1)
		hold_order(piece, from, to, order);
}

/* Initialise the struct pages of [from, to), but for those of folios. */
static void __init init_singles(const struct piece *piece,
				const struct block *block,
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
			kho_fast_init_pages(piece->form, block->pfn + start,
					    block->pfn + end);
			continue;
		}

		end = min(find_next_zero_bit(block->stay, limit, start),
			  find_next_bit(folios, limit, start));
		kho_fast_hold_pages(piece->form, block->pfn + start,
				    block->pfn + end);
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
	struct block block;

	if (!piece->form) {
		hold_folios(piece, from, to);
		return 0;
	}

	/*
	 * The buddy allocator looks at struct pages of the whole block that it
	 * frees into, so a block is initialised before any of it is freed.
	 */
	block_read(&block, from, to, holes);
	init_singles(piece, &block, from, to);
	hold_folios(piece, from, to);
	init_migratetypes(from, to);

	/* Stores past the caches must not be overtaken by the free pages. */
	wmb();
	return block_free(&block, from, to, free_chunks);
}

static unsigned long __init finish_piece(const struct piece *piece,
					 struct kho_fast_holes *holes)
{
	unsigned long pfn, next, freed = 0;

	if (piece->start == piece->end)
		return 0;
	if (piece->form)
		kho_fast_form_init(piece->form, piece->zone, piece->start);

	for (pfn = piece->start; pfn < piece->end; pfn = next) {
		next = block_end(pfn, piece->end);
		freed += finish_block(piece, pfn, next, holes);
	}

	/* Once for all blocks: the counters are shared by all CPUs. */
	if (piece->form)
		count_staying(piece->zone, piece->end - piece->start - freed);

	return freed;
}

/* Finish [from, to), of one section and one node. Returns the pages freed. */
static unsigned long __init finish_pieces(int nid, unsigned long from,
					  unsigned long to,
					  struct kho_fast_holes *holes)
{
	unsigned long border = clamp(deferred_from[nid], from, to);
	pg_data_t *pgdat = NODE_DATA(nid);
	struct kho_fast_form form;
	const struct piece early = { .start = from, .end = border };
	const struct piece late = {
		.start = border, .end = to, .form = &form,
		/* Only the highest zone of a node is deferred. */
		.zone = pgdat->node_zones + pgdat->nr_zones - 1,
	};

	return finish_piece(&early, holes) + finish_piece(&late, holes);
}

static void __init finish_section(unsigned long nr,
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

/* Finish a section unless somebody else does; returns false then. */
static bool __init try_finish(unsigned long nr,
			      struct kho_fast_section_result *result)
{
	struct kho_fast_section *section = &kho_fast_incoming.sections[nr];

	guard(preempt)();

	if (cmpxchg(&section->state, KHO_FAST_PENDING, KHO_FAST_ACTIVE) !=
	    KHO_FAST_PENDING)
		return false;

	finish_section(nr, result);

	/* Stores past the caches are not ordered by a release. */
	wmb();
	/* Pairs with the acquire in kho_fast_finish_pages(). */
	smp_store_release(&section->state, KHO_FAST_DONE);

	return true;
}

/*
 * Out of the way: counting takes as long as freeing does. Not __init, since a claim
 * may come to it when others think that all is finished.
 */
static noinline void trace_section(unsigned long nr, u64 ns,
				   const struct kho_fast_section_result *result)
{
	unsigned long pfn = section_nr_to_pfn(nr), preserved = 0;
	unsigned long end = pfn + PAGES_PER_SECTION;

	for (; pfn < end; pfn += KHO_FAST_BLOCK_PAGES) {
		DECLARE_BITMAP(keys, KHO_FAST_BLOCK_PAGES);

		kho_fast_key_mask(&kho_fast_incoming, pfn, KHO_FAST_ALL_ORDERS,
				  keys);
		preserved += bitmap_weight(keys, KHO_FAST_BLOCK_PAGES);
	}

	trace_kho_section(result->nid, nr, preserved, result->freed, ns);
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
	struct kho_fast_section_result result;
	unsigned long pfn, freed = 0;
	u64 began, ended, clock;

	for (pfn = start_pfn; pfn < end_pfn; pfn += PAGES_PER_SECTION) {
		unsigned long nr = pfn_to_section_nr(pfn);

		if (!kho_fast_is_held(pfn))
			continue;

		began = sched_clock();
		clock = kho_fast_clock();
		if (try_finish(nr, &result)) {
			ended = sched_clock();
			kho_fast_stats_add(&result, began, ended, clock);
			if (trace_kho_section_enabled())
				trace_section(nr, ended - began, &result);
			freed += result.freed;
		}
		if (can_resched)
			cond_resched();
		else
			touch_nmi_watchdog();
	}

	return freed;
}

/*
 * Not __init, but it refers to what is: sections are pending only until
 * kho_fast_finish_all().
 */
static __ref void finish_pending(unsigned long nr)
{
	u64 began = trace_kho_section_enabled() ? sched_clock() : 0;
	struct kho_fast_section_result result;

	if (try_finish(nr, &result) && began)
		trace_section(nr, sched_clock() - began, &result);
}

/**
 * kho_fast_finish_pages - Make sure that pages of a claimed key are ready.
 * @pfn:      First page frame.
 * @nr_pages: Number of pages.
 *
 * Context: process context or atomic, but not interrupt, from early_initcall
 * on, under rcu_read_lock(); waits for whoever is finishing one of the sections.
 */
void kho_fast_finish_pages(unsigned long pfn, unsigned long nr_pages)
{
	struct kho_fast_map *map = &kho_fast_incoming;
	unsigned long nr = pfn_to_section_nr(pfn);
	unsigned long last = pfn_to_section_nr(pfn + nr_pages - 1);

	/* Pairs with the release in kho_fast_finish_all(). */
	if (likely(smp_load_acquire(&map->initialised)))
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

static void __init finish_job(unsigned long start_pfn, unsigned long end_pfn,
			      void *unused)
{
	kho_fast_finish_range(start_pfn, end_pfn, true);
}

/* Cut @job down to the sections that are still pending. */
static void __init cut_to_pending(struct padata_mt_job *job)
{
	const struct kho_fast_map *map = &kho_fast_incoming;
	unsigned long first = 0, end = map->nr_sections;

	while (first < end && map->sections[first].state != KHO_FAST_PENDING)
		first++;
	while (end > first && map->sections[end - 1].state != KHO_FAST_PENDING)
		end--;

	job->start = section_nr_to_pfn(first);
	job->size = section_nr_to_pfn(end - first);
}

/**
 * kho_fast_finish_all - Finish what deferred initialisation did not come to.
 *
 * That is, sections of early memory: all of it without
 * CONFIG_DEFERRED_STRUCT_PAGE_INIT.
 *
 * Context: page_alloc_init_late(), when padata can be used, memblock is still
 * there and nobody has looked at all struct pages yet.
 */
void __init kho_fast_finish_all(void)
{
	struct kho_fast_map *map = &kho_fast_incoming;
	const unsigned long nr_pages = section_nr_to_pfn(map->nr_sections);
	struct padata_mt_job job = {
		.thread_fn	= finish_job,
		.align		= PAGES_PER_SECTION,
		.min_chunk	= PAGES_PER_SECTION,
		.max_threads	= num_online_cpus(),
		.numa_aware	= true,
	};

	if (!kho_fast_is_boot())
		return;

	cut_to_pending(&job);
	padata_do_multithreaded(&job);
	/* Somebody who claims may still be finishing one. */
	kho_fast_finish_pages(0, nr_pages);
	totalram_pages_add(atomic_long_read(&nr_staying));

	/* Pairs with the acquire in kho_fast_finish_pages(). */
	smp_store_release(&map->initialised, true);
}
