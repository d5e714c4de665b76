// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Jobs with a worker per NUMA node
 *
 * A job on much memory is cut into segments. Each NUMA node with segments gets
 * one worker, near its struct pages, bitmaps and new pages, which processes
 * them in order. One worker per node, not per CPU: the system continues its
 * other work while memory is being preserved.
 *
 * Lifecycle: one call; the caller works on one of the nodes and waits.
 *
 * Lock order: none; workers do not wait, so a job may be started anywhere but
 * in another job.
 *
 * Failure: the first error ends the job; the caller must undo the segments that
 * are done. Without memory for workers the caller processes all segments.
 */
#include <linux/compiler.h>
#include <linux/nodemask.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include <linux/workqueue.h>

#include "node_jobs.h"

struct kho_node_worker {
	struct work_struct		work;
	struct kho_fast_node_job	*job;
	int				nid;
};

/* The segments of one node, or all of them. */
static void kho_run_segments(struct kho_fast_node_job *job, int nid, bool all)
{
	unsigned long i;

	for (i = 0; i < job->nr && !READ_ONCE(job->err); i++) {
		int err = 0;

		if (all || job->nids[i] == nid)
			err = job->run(job, i);
		if (err)
			cmpxchg(&job->err, 0, err);
		cond_resched();
	}
}

static void kho_node_work_fn(struct work_struct *work)
{
	struct kho_node_worker *worker =
		container_of(work, struct kho_node_worker, work);

	kho_run_segments(worker->job, worker->nid, false);
}

static nodemask_t kho_nodes_of(const struct kho_fast_node_job *job)
{
	nodemask_t nodes = NODE_MASK_NONE;
	unsigned long i;

	for (i = 0; i < job->nr; i++) {
		if (job->nids[i] != NUMA_NO_NODE)
			node_set(job->nids[i], nodes);
	}

	return nodes;
}

/* Start a worker for each of @nodes; returns their number, or 0. */
static unsigned int kho_start_workers(struct kho_node_worker **workers,
				      struct kho_fast_node_job *job,
				      const nodemask_t *nodes)
{
	unsigned int nr = 0;
	int nid;

	*workers = kcalloc(nodes_weight(*nodes), sizeof(**workers), GFP_KERNEL);
	if (!*workers)
		return 0;

	for_each_node_mask(nid, *nodes) {
		struct kho_node_worker *worker = &(*workers)[nr++];

		worker->job = job;
		worker->nid = nid;
		INIT_WORK(&worker->work, kho_node_work_fn);
		queue_work_node(nid, system_dfl_long_wq, &worker->work);
	}

	return nr;
}

/**
 * kho_fast_node_job_run - Run a job, one worker per node.
 * @job: The job.
 *
 * The caller processes segments without a node.
 *
 * Context: process context, may sleep; @job->run is called in process
 * context, by one task per node at a time, in ascending order on each node.
 * Return: 0, or the first error of @job->run.
 */
int kho_fast_node_job_run(struct kho_fast_node_job *job)
{
	nodemask_t nodes = kho_nodes_of(job);
	struct kho_node_worker *workers = NULL;
	unsigned int nr = 0;
	int own = numa_node_id();

	job->err = 0;

	/* The caller takes one of the nodes, if possible its own. */
	if (!node_isset(own, nodes))
		own = first_node(nodes);
	if (nodes_weight(nodes) > 1) {
		node_clear(own, nodes);
		nr = kho_start_workers(&workers, job, &nodes);
	}

	if (nr) {
		kho_run_segments(job, own, false);
		kho_run_segments(job, NUMA_NO_NODE, false);
	} else {
		kho_run_segments(job, own, true);
	}

	while (nr)
		flush_work(&workers[--nr].work);
	kfree(workers);
	return job->err;
}
