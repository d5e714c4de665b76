// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Workers that fill pending memfds
 *
 * One worker per CPU fills all pending files, the oldest one first, so that the
 * number of workers does not depend on that of files. A worker fills the ranges
 * of its NUMA node, then those of other nodes. Nobody waits for a worker, but
 * for a range that it has begun.
 *
 * Lifecycle: started for each file that is retrieved; a worker ends when no
 * file has a range that was not begun. One that is started while it runs looks
 * once more.
 *
 * Lock order: none is held.
 *
 * Failure: none; without memory for workers at boot files are retrieved at
 * once.
 */
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/numa.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include <linux/workqueue.h>

#include "memfd.h"
#include "pending.h"

static struct work_struct *memfd_luo_works;

/* Fill those of node @nid; of all nodes, if that is NUMA_NO_NODE. */
static void memfd_luo_fill_node(struct kho_fast_memfd_pending *pending, int nid)
{
	unsigned long i;

	for (i = 0; i < pending->nr_ranges; i++) {
		struct kho_fast_memfd_range *range = &pending->ranges[i];

		if (nid == NUMA_NO_NODE || range->nid == nid)
			kho_fast_memfd_try_range(pending, range);
		cond_resched();
	}
}

static void memfd_luo_work_fn(struct work_struct *work)
{
	struct kho_fast_memfd_pending *pending;

	while ((pending = kho_fast_memfd_next_pending())) {
		memfd_luo_fill_node(pending, numa_node_id());
		memfd_luo_fill_node(pending, NUMA_NO_NODE);
		kho_fast_memfd_dequeue_pending(pending);
		kho_fast_memfd_put_pending(pending);
	}
}

/**
 * kho_fast_memfd_start_workers - Let workers fill the files that are pending.
 *
 * Context: process context. Does not wait.
 */
void kho_fast_memfd_start_workers(void)
{
	int cpu;

	for_each_online_cpu(cpu)
		queue_work_node(cpu_to_node(cpu), system_dfl_long_wq,
				&memfd_luo_works[cpu]);
}

/**
 * kho_fast_memfd_init_workers - Prepare the workers.
 *
 * Context: once, before a file is retrieved.
 * Return: 0; -ENOMEM, and then no file may be pending.
 */
int __init kho_fast_memfd_init_workers(void)
{
	unsigned int i;

	memfd_luo_works = kcalloc(nr_cpu_ids, sizeof(*memfd_luo_works),
				  GFP_KERNEL);
	if (!memfd_luo_works)
		return -ENOMEM;

	for (i = 0; i < nr_cpu_ids; i++)
		INIT_WORK(&memfd_luo_works[i], memfd_luo_work_fn);
	return 0;
}
