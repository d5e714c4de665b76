// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: What taking over took
 *
 * The early walk over the incoming tree is serial and in the middle of the
 * blackout: its cost in cycles is kept, where the architecture has a cycle
 * counter that early, and shown in kho/in/walk beside the size of the tree.
 *
 * A record per node: when its first busy section was begun and its last one
 * done, and how much CPU time that took in between. It shows whether all nodes
 * worked at once and how many CPUs each had, and costs two clock readings per
 * section. Sections that a claim finished before are left out. debugfs shows the
 * record in kho/in/nodes, bench/scaling.sh measures with it.
 *
 * Lock order: a spinlock, taken once per section.
 *
 * Failure: without memory for the record there is none.
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
 * Times are of sched_clock(), in nanoseconds since boot: local_clock() stands
 * still between ticks while the time-stamp counters are not trusted yet.
 */
struct kho_node_stats {
	u64		began, ended, cpu;
	u64		first, last;	/* by the clock of the timeline */
	unsigned long	sections, freed;
};

static struct kho_node_stats *kho_node_stats;
static DEFINE_SPINLOCK(kho_stats_lock);

/* The boot CPU writes it once. cycles: 0 without a cycle counter. */
static struct {
	u64		cycles;
	unsigned long	tree_pages;
} kho_walk_stats;

/**
 * kho_fast_stats_walk - The early walk is done.
 * @cycles:     get_cycles() after it, less what it was before.
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
 * kho_fast_stats_walk_show - Print what the early walk took, in one line.
 * @m: Where to; gets nothing on a machine that cannot tell.
 */
void kho_fast_stats_walk_show(struct seq_file *m)
{
	if (kho_walk_stats.cycles)
		seq_printf(m, "cycles %llu tree_pages %lu\n",
			   kho_walk_stats.cycles, kho_walk_stats.tree_pages);
}

/**
 * kho_fast_stats_init - Make room for the record.
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
 * kho_fast_stats_add - A section was finished.
 * @section: What became of it.
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
 * kho_fast_stats_spans - Tell the timeline about all nodes.
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
 * kho_fast_stats_show - Print a line per node.
 * @m: Where to.
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
