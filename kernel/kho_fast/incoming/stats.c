// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Boot-time statistics
 *
 * The early walk over the incoming tree is serial and part of the blackout. Its
 * duration in cycles, where the architecture has a cycle counter that early, is
 * in kho/in/walk of debugfs, beside the size of the tree.
 *
 * kho/in/nodes has a record per NUMA node: when the initialisation of its
 * preserved sections began and ended, and the CPU time it took. It shows
 * whether all nodes worked in parallel and how many CPUs each had, and costs
 * two clock readings per section. Sections that were initialised to restore a
 * page are not counted. bench/scaling.sh reads it.
 *
 * Lock order: kho_stats_lock, once per section, is the innermost.
 *
 * Failure: without memory the per-node records are missing.
 */
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>

#include "../timeline/clock.h"
#include "../timeline/record.h"
#include "stats.h"

/*
 * Times are from sched_clock(), in nanoseconds since boot: local_clock() stands
 * still between ticks until the time-stamp counters are trusted.
 */
struct kho_node_stats {
	u64		began, ended, cpu;
	u64		first, last;	/* by the clock of the timeline */
	unsigned long	sections, freed;
};

static struct kho_node_stats *kho_node_stats;
static DEFINE_SPINLOCK(kho_stats_lock);

/* Written once, by the boot CPU; cycles is 0 without a cycle counter. */
static struct {
	u64		cycles;
	unsigned long	tree_pages;
} kho_walk_stats;

/**
 * kho_fast_stats_walk - Record the early walk.
 * @cycles:     Duration, by kho_fast_clock().
 * @tree_pages: Pages that the incoming tree occupies.
 *
 * Context: boot CPU, once.
 */
void __init kho_fast_stats_walk(u64 cycles, unsigned long tree_pages)
{
	kho_walk_stats.cycles = cycles;
	kho_walk_stats.tree_pages = tree_pages;
}

/**
 * kho_fast_stats_walk_show - Print the duration of the early walk.
 * @m: Output; empty without a cycle counter.
 */
void kho_fast_stats_walk_show(struct seq_file *m)
{
	if (kho_walk_stats.cycles)
		seq_printf(m, "cycles %llu tree_pages %lu\n",
			   kho_walk_stats.cycles, kho_walk_stats.tree_pages);
}

/**
 * kho_fast_stats_init - Allocate the per-node records.
 *
 * Context: boot, while memblock is there.
 */
void __init kho_fast_stats_init(void)
{
	kho_node_stats =
		memblock_alloc(array_size(nr_node_ids, sizeof(*kho_node_stats)),
			       SMP_CACHE_BYTES);
}

/**
 * kho_fast_stats_add - Record the initialisation of a section.
 * @section: Its result.
 * @began:   sched_clock() before.
 * @ended:   sched_clock() after.
 * @clock:   kho_fast_clock() before.
 */
void __init kho_fast_stats_add(const struct kho_fast_section_result *section,
			       u64 began, u64 ended, u64 clock)
{
	struct kho_node_stats *node;

	if (!kho_node_stats)
		return;

	guard(spinlock_irqsave)(&kho_stats_lock);

	node = &kho_node_stats[section->nid];
	if (!node->sections || began < node->began)
		node->began = began;
	if (!node->sections++ || clock < node->first)
		node->first = clock;
	node->ended = max(node->ended, ended);
	node->last = kho_fast_clock();
	node->cpu += ended - began;
	node->freed += section->freed;
}

/**
 * kho_fast_stats_spans - Add all nodes to the timeline.
 */
void __init kho_fast_stats_spans(void)
{
	int nid;

	for (nid = 0; kho_node_stats && nid < nr_node_ids; nid++) {
		const struct kho_node_stats *node = &kho_node_stats[nid];

		if (node->sections)
			kho_fast_span(KHO_SPAN_NODE, node->first, node->last,
				      nid, NULL);
	}
}

/**
 * kho_fast_stats_show - Print a line per NUMA node.
 * @m: Output.
 */
void kho_fast_stats_show(struct seq_file *m)
{
	int nid;

	seq_puts(m, "node sections freed_pages began_ns ended_ns cpu_ns\n");
	for (nid = 0; kho_node_stats && nid < nr_node_ids; nid++) {
		const struct kho_node_stats *node = &kho_node_stats[nid];

		if (node->sections)
			seq_printf(m, "%d %lu %lu %llu %llu %llu\n", nid,
				   node->sections, node->freed, node->began,
				   node->ended, node->cpu);
	}
}
