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
 *   memblock_free_all(), see mm/kho_early_memory.c.
 * - The rest is done when the section is initialised, see mm/kho_section_init.c.
 *
 * deferred_init_memmap_chunk() calls kho_fast_init_range() for what it is
 * about to initialise and then leaves busy sections alone, so they are finished
 * on the CPUs of their node in parallel with each other and with free memory.
 * Sections that it does not come to, because nothing in them is deferred, are
 * finished by kho_fast_init_all(), on all CPUs. Whoever claims a preserved
 * page before that finishes its sections with kho_fast_ensure_initialised().
 *
 * Holes of a few pages between held pages are not freed here but noted, see
 * mm/kho_free_runs.c.
 *
 * Held pages and such holes are managed pages, as in the kernel before and as
 * they will be when they are claimed: watermarks and what initcalls size by
 * totalram_pages() come out as after a cold boot. totalram_pages() has them only
 * from kho_fast_init_all() on: files_maxfiles_init(), right before, compares it
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
#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/kho_fast.h>
#include <linux/mm.h>
#include <linux/nmi.h>
#include <linux/nodemask.h>
#include <linux/padata.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>

#include "../kernel/kho_fast/incoming/bitmap.h"
#include "../kernel/kho_fast/incoming/map.h"
#include "../kernel/kho_fast/incoming/sections.h"
#include "../kernel/kho_fast/incoming/stats.h"
#include "../kernel/kho_fast/timeline/clock.h"
#include "../kernel/kho_fast/trace.h"
#include "../kernel/kho_fast/tree/tree.h"
#include "deferred_kho.h"
#include "kho_early_memory.h"
#include "kho_section_init.h"

/**
 * kho_fast_section_has_preserved - Is a page in a busy section?
 * @pfn: Its page frame.
 *
 * Return: true when the caller must leave the section of @pfn alone.
 */
bool __init kho_fast_section_has_preserved(unsigned long pfn)
{
	return kho_fast_map_has_preserved(&kho_fast_incoming, pfn);
}

/* Held pages and holes that wait; memblock_free_all() counted them as free. */
static atomic_long_t kho_nr_kept __initdata;

/**
 * kho_fast_count_kept - Count pages that are not freed as managed pages.
 * @zone:     Their zone.
 * @nr_pages: Their number.
 */
void __init kho_fast_count_kept(struct zone *zone, unsigned long nr_pages)
{
	atomic_long_add(nr_pages, &zone->managed_pages);
	atomic_long_add(nr_pages, &kho_nr_kept);
	totalram_pages_add(-(long)nr_pages);
}

static void __init kho_set_pending(unsigned long start_pfn, unsigned long end_pfn)
{
	struct kho_fast_map *map = &kho_fast_incoming;
	unsigned long nr = pfn_to_section_nr(start_pfn);

	for (; nr < map->nr_sections && section_nr_to_pfn(nr) < end_pfn; nr++) {
		if (kho_fast_section_has_preserved(section_nr_to_pfn(nr)))
			map->sections[nr].state = KHO_FAST_PENDING;
	}
}

/**
 * kho_fast_set_all_pending - Leave sections to be initialised.
 *
 * Context: when all early memory is freed.
 */
void __init kho_fast_set_all_pending(void)
{
	struct kho_fast_map *map = &kho_fast_incoming;
	unsigned long nr;
	int nid;

	for_each_node_state(nid, N_MEMORY) {
		unsigned long early_end = kho_fast_early_end(nid);
		unsigned long end = pgdat_end_pfn(NODE_DATA(nid));

		if (early_end < end)
			kho_set_pending(early_end, end);
	}

	/* Early single pages have their form. */
	for (nr = 0; nr < map->nr_sections; nr++) {
		if (map->sections[nr].orders & KHO_FAST_FOLIO_ORDERS)
			map->sections[nr].state = KHO_FAST_PENDING;
	}
}

/* Finish a section unless somebody else does; returns false then. */
static bool __init kho_try_init_section(unsigned long nr,
					struct kho_fast_section_result *result)
{
	struct kho_fast_section *section = &kho_fast_incoming.sections[nr];

	guard(preempt)();

	if (cmpxchg(&section->state, KHO_FAST_PENDING, KHO_FAST_ACTIVE) !=
	    KHO_FAST_PENDING)
		return false;

	kho_fast_init_section(nr, result);

	/* Stores past the caches are not ordered by a release. */
	wmb();
	/* Pairs with the acquire in kho_fast_ensure_initialised(). */
	smp_store_release(&section->state, KHO_FAST_DONE);

	return true;
}

/*
 * Out of the way: counting takes as long as freeing does. Not __init, since a claim
 * may come to it when others think that all is finished.
 */
static noinline void kho_trace_section(unsigned long nr, u64 ns,
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
 * kho_fast_init_range - Finish the busy sections of a range.
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
unsigned long __init kho_fast_init_range(unsigned long start_pfn,
					 unsigned long end_pfn,
					 bool can_resched)
{
	struct kho_fast_section_result result;
	unsigned long pfn, freed = 0;
	u64 began, ended, clock;

	for (pfn = start_pfn; pfn < end_pfn; pfn += PAGES_PER_SECTION) {
		unsigned long nr = pfn_to_section_nr(pfn);

		if (!kho_fast_section_has_preserved(pfn))
			continue;

		began = sched_clock();
		clock = kho_fast_clock();
		if (kho_try_init_section(nr, &result)) {
			ended = sched_clock();
			kho_fast_stats_add(&result, began, ended, clock);
			if (trace_kho_section_enabled())
				kho_trace_section(nr, ended - began, &result);
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
 * kho_fast_init_all().
 */
static __ref void kho_init_pending(unsigned long nr)
{
	u64 began = trace_kho_section_enabled() ? sched_clock() : 0;
	struct kho_fast_section_result result;

	if (kho_try_init_section(nr, &result) && began)
		kho_trace_section(nr, sched_clock() - began, &result);
}

/**
 * kho_fast_ensure_initialised - Make sure that pages of a claimed key are ready.
 * @pfn:      First page frame.
 * @nr_pages: Number of pages.
 *
 * Context: process context or atomic, but not interrupt, from early_initcall
 * on, under rcu_read_lock(); waits for whoever is finishing one of the sections.
 */
void kho_fast_ensure_initialised(unsigned long pfn, unsigned long nr_pages)
{
	struct kho_fast_map *map = &kho_fast_incoming;
	unsigned long nr = pfn_to_section_nr(pfn);
	unsigned long last = pfn_to_section_nr(pfn + nr_pages - 1);

	/* Pairs with the release in kho_fast_init_all(). */
	if (likely(smp_load_acquire(&map->initialised)))
		return;

	for (; nr <= last; nr++) {
		u16 *state = &map->sections[nr].state;

		if (READ_ONCE(*state) == KHO_FAST_PENDING)
			kho_init_pending(nr);
		/* Pairs with the release in kho_try_init_section(). */
		while (smp_load_acquire(state) != KHO_FAST_DONE)
			cpu_relax();
	}
}

static void __init kho_init_job(unsigned long start_pfn, unsigned long end_pfn,
				void *unused)
{
	kho_fast_init_range(start_pfn, end_pfn, true);
}

/* Cut @job down to the sections that are still pending. */
static void __init kho_trim_job(struct padata_mt_job *job)
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
 * kho_fast_init_all - Finish what deferred initialisation did not come to.
 *
 * That is, sections of early memory: all of it without
 * CONFIG_DEFERRED_STRUCT_PAGE_INIT.
 *
 * Context: page_alloc_init_late(), when padata can be used, memblock is still
 * there and nobody has looked at all struct pages yet.
 */
void __init kho_fast_init_all(void)
{
	struct kho_fast_map *map = &kho_fast_incoming;
	const unsigned long nr_pages = section_nr_to_pfn(map->nr_sections);
	struct padata_mt_job job = {
		.thread_fn	= kho_init_job,
		.align		= PAGES_PER_SECTION,
		.min_chunk	= PAGES_PER_SECTION,
		.max_threads	= num_online_cpus(),
		.numa_aware	= true,
	};

	if (!kho_fast_has_preserved())
		return;

	kho_trim_job(&job);
	padata_do_multithreaded(&job);
	/* Somebody who claims may still be finishing one. */
	kho_fast_ensure_initialised(0, nr_pages);
	totalram_pages_add(atomic_long_read(&kho_nr_kept));

	/* Pairs with the acquire in kho_fast_ensure_initialised(). */
	smp_store_release(&map->initialised, true);
}
