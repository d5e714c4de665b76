// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Memory initialisation around preserved pages
 *
 * After a kexec with a handover, preserved pages must not reach the buddy
 * allocator. They are not reserved in memblock: reserving n ranges there takes
 * n^2 steps. Instead each page of a section with preserved pages (see
 * kernel/kho_fast/incoming/map.c) is dealt with once:
 *
 * - Early memory is freed around preserved pages by memblock_free_all(), see
 *   mm/kho_early_memory.c.
 * - The rest is initialised by section, see mm/kho_section_init.c.
 *
 * deferred_init_memmap_chunk() calls kho_fast_init_range() for its range and
 * then skips sections with preserved pages, so these are initialised on the
 * CPUs of their node, in parallel with each other and with free memory.
 * Sections without deferred struct pages, and those of nodes without CPUs, are
 * initialised by kho_fast_init_all(), on all CPUs. A page that is restored
 * before that has its sections initialised by kho_fast_ensure_initialised().
 *
 * Sections that are preserved from end to end are postponed until one of their
 * pages is restored, or a worker gets to them beside the boot, see
 * mm/kho_late_sections.c. So are free sections that the boot does not need, see
 * mm/kho_late_free.c.
 *
 * Free runs of a few pages are not freed here, see mm/kho_free_runs.c.
 *
 * Preserved pages and such runs are managed pages, as in the previous kernel
 * and as they will be when they are restored: watermarks and whatever initcalls
 * size by totalram_pages() are those of a cold boot. totalram_pages() includes
 * them only from kho_fast_init_all() on: files_maxfiles_init(), right before,
 * takes the difference from free memory for the size of the kernel.
 *
 * States: PENDING from kho_fast_free_done() on, unless there is nothing to do;
 * ACTIVE while a CPU initialises the section; DONE. A postponed section goes
 * from ACTIVE to LATE, and later through ACTIVE to DONE. Only the changes to
 * ACTIVE are contended.
 *
 * Lock order: zone->lock, taken by the buddy allocator while a section is
 * ACTIVE. deferred_grow_zone() calls with pgdat_resize_lock held. A section is
 * initialised with preemption off, so that a task that waits for it on the same
 * CPU does not keep it from being initialised; interrupts do not restore.
 *
 * Failure: none. kho_fast_map_build() has found any error in the handover.
 */
#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/kho_fast.h>
#include <linux/kho_timeline.h>
#include <linux/memblock.h>
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
#include "kho_buddy_block.h"
#include "kho_early_memory.h"
#include "kho_late_pages.h"
#include "kho_late_sections.h"
#include "kho_section_init.h"

/* Late sections, and one until kho_fast_init_all() has found all of them. */
static atomic_long_t kho_nr_late = ATOMIC_LONG_INIT(1);

/**
 * kho_fast_section_has_preserved - Test a section for preserved pages.
 * @pfn: A page frame of the section.
 *
 * Return: true if the section has preserved pages or pages of the tree; the
 * caller must not initialise or free its memory.
 */
bool __init kho_fast_section_has_preserved(unsigned long pfn)
{
	return kho_fast_map_has_preserved(&kho_fast_incoming, pfn);
}

static void __init kho_set_pending(unsigned long start_pfn,
				   unsigned long end_pfn)
{
	struct kho_fast_map *map = &kho_fast_incoming;
	unsigned long nr = pfn_to_section_nr(start_pfn);

	for (; nr < map->nr_sections && section_nr_to_pfn(nr) < end_pfn; nr++) {
		if (kho_fast_section_has_preserved(section_nr_to_pfn(nr)))
			map->sections[nr].state = KHO_FAST_PENDING;
	}
}

/* Mark all sections that are to be initialised. */
static void __init kho_set_all_pending(void)
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

	/* Early single pages have their final layout. */
	for (nr = 0; nr < map->nr_sections; nr++) {
		if (map->sections[nr].orders & KHO_FAST_FOLIO_ORDERS)
			map->sections[nr].state = KHO_FAST_PENDING;
	}
}

/**
 * kho_fast_free_done - All early memory is in the buddy allocator.
 *
 * memblock.reserved cannot grow from here on. So far it had to grow in scratch,
 * as memblock does not know preserved pages. Without the scratch flags memblock
 * merges its regions again, which shortens all later iterations over them.
 *
 * Context: end of memblock_free_all().
 */
void __init kho_fast_free_done(void)
{
	if (kho_fast_has_preserved()) {
		memblock_clear_kho_scratch_only();
		memblock_clear_kho_scratch(0, memblock_end_of_DRAM());
		kho_set_all_pending();
	}
	kho_phase_begin(KHO_PHASE_CORE);
}

/* Returns false if the state of the section is not @from. */
static bool kho_begin_section(struct kho_fast_section *section, u16 from)
{
	return cmpxchg(&section->state, from, KHO_FAST_ACTIVE) == from;
}

static void kho_end_section(struct kho_fast_section *section, u16 to)
{
	/* A release does not order non-temporal stores. */
	wmb();
	/* Pairs with the acquire in kho_fast_ensure_initialised(). */
	smp_store_release(&section->state, to);
}

/**
 * kho_fast_add_late - A section is postponed.
 * @section: The section, which no other CPU can begin.
 *
 * Context: before kho_fast_init_all() returns.
 */
void __init kho_fast_add_late(struct kho_fast_section *section)
{
	atomic_long_inc(&kho_nr_late);
	kho_end_section(section, KHO_FAST_LATE);
}

/* Initialise a section. Returns false if another CPU does or has done so. */
static bool __init kho_try_init_section(unsigned long nr,
					struct kho_fast_section_result *result)
{
	struct kho_fast_section *section = &kho_fast_incoming.sections[nr];

	guard(preempt)();

	if (!kho_begin_section(section, KHO_FAST_PENDING))
		return false;

	if (kho_fast_may_postpone() && kho_fast_postpone_section(nr, result)) {
		kho_fast_add_late(section);
	} else {
		kho_fast_init_section(nr, result);
		kho_end_section(section, KHO_FAST_DONE);
	}

	return true;
}

/* One section less is late. Returns true if that ends the initialisation. */
static bool kho_put_late(void)
{
	/* Fully ordered: all sections are seen as DONE with @initialised. */
	if (!atomic_long_dec_and_test(&kho_nr_late))
		return false;

	/* Pairs with the acquire in kho_fast_ensure_initialised(). */
	smp_store_release(&kho_fast_incoming.initialised, true);
	return true;
}

/**
 * kho_fast_nr_late - Number of sections that are still to be initialised.
 *
 * Context: any, after kho_fast_init_all().
 * Return: the number, which others may change at any time.
 */
unsigned long kho_fast_nr_late(void)
{
	return atomic_long_read(&kho_nr_late);
}

/*
 * Out of line: counting takes as long as freeing does. Not __init: restoring a
 * page may lead here after __init memory is freed.
 */
static noinline void
kho_trace_section(unsigned long nr, u64 ns,
		  const struct kho_fast_section_result *result)
{
	unsigned long pfn = section_nr_to_pfn(nr), preserved = 0;
	unsigned long end = pfn + PAGES_PER_SECTION;

	for (; pfn < end; pfn += KHO_FAST_BUDDY_PAGES) {
		DECLARE_BITMAP(keys, KHO_FAST_BUDDY_PAGES);

		kho_fast_key_mask(&kho_fast_incoming, pfn, KHO_FAST_ALL_ORDERS,
				  keys);
		preserved += bitmap_weight(keys, KHO_FAST_BUDDY_PAGES);
	}

	trace_kho_section(result->nid, nr, preserved, result->freed, ns);
}

/* Initialise what is pending of a range. Returns the number of pages freed. */
static unsigned long __init kho_init_sections(unsigned long start_pfn,
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
			if (trace_kho_section_enabled() && !result.late)
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

/* Deferred initialisation has one thread for such a node. */
static bool __init kho_is_without_cpus(unsigned long pfn)
{
	return cpumask_empty(cpumask_of_node(early_pfn_to_nid(pfn)));
}

/* files_maxfiles_init() would take their free pages for those of the kernel. */
static void __init kho_leave_to_init_all(unsigned long pfn, unsigned long end)
{
	const struct kho_fast_map *map = &kho_fast_incoming;
	/* The range may have sections of other nodes, which have CPUs. */
	const int nid = early_pfn_to_nid(pfn);

	for (; pfn < end; pfn += PAGES_PER_SECTION) {
		unsigned long nr = pfn_to_section_nr(pfn), nr_free;

		if (!kho_fast_section_has_preserved(pfn) ||
		    READ_ONCE(map->sections[nr].state) != KHO_FAST_PENDING)
			continue;

		nr_free = kho_fast_nr_free_in_section(pfn, nid);
		kho_fast_count_uninitialised(nr_free);
	}
}

/**
 * kho_fast_init_range - Initialise sections with preserved pages.
 * @start_pfn:   First page frame, on a section boundary.
 * @end_pfn:     One past the last page frame, on a section boundary.
 * @can_resched: The function may reschedule.
 *
 * Skips sections that another CPU is initialising, and leaves nodes without
 * CPUs to kho_fast_init_all(), unless memory is needed at once.
 *
 * Context: deferred initialisation, or deferred_grow_zone() with interrupts
 * off.
 * Return: number of pages freed.
 */
unsigned long __init kho_fast_init_range(unsigned long start_pfn,
					 unsigned long end_pfn,
					 bool can_resched)
{
	if (can_resched && kho_is_without_cpus(start_pfn)) {
		kho_leave_to_init_all(start_pfn, end_pfn);
		return 0;
	}

	return kho_init_sections(start_pfn, end_pfn, can_resched);
}

/*
 * Not __init, but refers to __init functions: no section is pending after
 * kho_fast_init_all().
 */
static __ref void kho_init_pending(unsigned long nr)
{
	u64 began = trace_kho_section_enabled() ? sched_clock() : 0;
	struct kho_fast_section_result result;

	if (kho_try_init_section(nr, &result) && began && !result.late)
		kho_trace_section(nr, sched_clock() - began, &result);
}

/* A late section, which this CPU has made ACTIVE. */
static bool kho_is_in_zone(unsigned long nr, const struct zone *zone)
{
	return !zone || page_zone(pfn_to_page(section_nr_to_pfn(nr))) == zone;
}

/**
 * kho_fast_init_late - Initialise a late section.
 * @nr:   Number of a section.
 * @zone: Zone that it must be in; NULL for any. Spans of nodes may overlap.
 *
 * Context: under rcu_read_lock(), any but NMI; no lock of a zone is held.
 * Return: false if the section was not late or is in another zone, or another
 * CPU has begun it.
 */
bool kho_fast_init_late(unsigned long nr, const struct zone *zone)
{
	struct kho_fast_section *section = &kho_fast_incoming.sections[nr];
	u64 began = trace_kho_section_enabled() ? sched_clock() : 0;
	struct kho_fast_section_result result;

	scoped_guard(preempt) {
		if (!kho_begin_section(section, KHO_FAST_LATE))
			return false;

		if (!kho_is_in_zone(nr, zone)) {
			kho_end_section(section, KHO_FAST_LATE);
			return false;
		}
		if (section->free)
			kho_fast_init_free_section(nr, &result);
		else
			kho_fast_init_postponed_section(nr, &result);
		kho_end_section(section, KHO_FAST_DONE);
	}

	if (began)
		kho_trace_section(nr, sched_clock() - began, &result);
	if (kho_put_late())
		kho_fast_late_done();

	return true;
}

/* Returns when the section is initialised. */
static void kho_finish_section(unsigned long nr)
{
	const u16 *state = &kho_fast_incoming.sections[nr].state;

	for (;;) {
		/* Pairs with the release in kho_end_section(). */
		switch (smp_load_acquire(state)) {
		case KHO_FAST_DONE:
			return;
		case KHO_FAST_PENDING:
			kho_init_pending(nr);
			break;
		case KHO_FAST_LATE:
			kho_fast_init_late(nr, NULL);
			break;
		default:
			cpu_relax();
		}
	}
}

/**
 * kho_fast_ensure_initialised - Initialise the sections of a range.
 * @pfn:      First page frame.
 * @nr_pages: Number of pages.
 *
 * Spins while another CPU initialises one of the sections.
 *
 * Context: under rcu_read_lock(), not in interrupts, from early_initcall on.
 */
void kho_fast_ensure_initialised(unsigned long pfn, unsigned long nr_pages)
{
	unsigned long nr = pfn_to_section_nr(pfn);
	unsigned long last = pfn_to_section_nr(pfn + nr_pages - 1);

	/* Pairs with the release in kho_put_late(). */
	if (likely(smp_load_acquire(&kho_fast_incoming.initialised)))
		return;

	for (; nr <= last; nr++)
		kho_finish_section(nr);
}

static void __init kho_init_job(unsigned long start_pfn, unsigned long end_pfn,
				void *unused)
{
	kho_init_sections(start_pfn, end_pfn, true);
}

/* Trim the range of @job to the sections that are still pending. */
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

/* A task that restores a page may still be initialising a section. */
static void __init kho_wait_for_active(void)
{
	const struct kho_fast_map *map = &kho_fast_incoming;
	unsigned long nr;

	for (nr = 0; nr < map->nr_sections; nr++) {
		/* Pairs with the release in kho_end_section(). */
		while (smp_load_acquire(&map->sections[nr].state) ==
		       KHO_FAST_ACTIVE)
			cpu_relax();
	}
}

/**
 * kho_fast_init_all - Initialise the remaining sections.
 *
 * These are the sections without deferred struct pages (all sections, without
 * CONFIG_DEFERRED_STRUCT_PAGE_INIT), and those of nodes without CPUs.
 *
 * Context: page_alloc_init_late(), when padata works, memblock is not discarded
 * yet and page_ext_init() and others have not read all struct pages yet.
 */
void __init kho_fast_init_all(void)
{
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
	kho_wait_for_active();
	kho_fast_add_kept_to_totalram();
	/* If none is late any more, the rest of the boot does what is left. */
	if (kho_put_late())
		kho_fast_late_pages_end();
}
