// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Work on all nodes at once
 *
 * A job about much memory is cut into segments. Each node that has some gets
 * one worker, which does them one after the other: there struct pages, bitmaps
 * and the new pages are near. One per node and not per CPU, since the machine
 * goes on with its work while memory is being preserved.
 *
 * Lifecycle: a call, during which the caller waits and works on one node.
 *
 * Lock order: none; workers wait for nobody, so a job may be started anywhere
 * but in another job.
 *
 * Failure: the first error counts and no further segment is started; what was
 * done is for the caller to undo. Without memory for workers the caller does it
 * all.
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

/* Start a worker for each of @nodes. Returns how many, all or none. */
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
 * kho_fast_node_job_run - Do a job, one worker per node.
 * @job: The job.
 *
 * Segments without a node are the caller's.
 *
 * Context: process context, may sleep; @job->run is called in process
 * context, by one task per node at a time, in ascending order on each node.
 * Return: 0, or the first error that @job->run returned.
 */
int kho_fast_node_job_run(struct kho_fast_node_job *job)
{
	nodemask_t nodes = kho_nodes_of(job);
	struct kho_node_worker *workers = NULL;
	unsigned int nr = 0;
	int own = numa_node_id();

	job->err = 0;

	/* One node is the caller's, best the one that it runs on. */
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
