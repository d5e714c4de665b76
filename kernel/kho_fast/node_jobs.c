// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Jobs with workers per NUMA node
 *
 * A job on much memory is cut into segments. Each NUMA node with segments gets
 * workers near its struct pages, bitmaps and new pages, which take its segments
 * one after the other. They are fewer than its CPUs: the system continues its
 * other work while memory is being preserved.
 *
 * Workers are queued on a workqueue with a pool per node. In that of the system
 * a pool has the CPUs of one cache, which may be an eighth of a node.
 *
 * Lifecycle: one call; the caller works on one of the nodes and waits.
 *
 * Lock order: none; workers do not wait, so a job may be started anywhere but
 * in another job.
 *
 * Failure: the first error ends the job; the caller must undo the segments that
 * are done. Without memory for workers the caller processes all segments.
 */
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/minmax.h>
#include <linux/nodemask.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include <linux/workqueue.h>

#include "node_jobs.h"

/* Of a node, however many CPUs it has: a guess, not measured */
#define KHO_MAX_NODE_TASKS	8

/**
 * struct kho_node_share - The segments of a job that are on one node.
 * @job:  The job.
 * @nid:  The node.
 * @rest: It has the segments without a node too.
 * @next: The next segment that no task of the node has looked at.
 */
struct kho_node_share {
	struct kho_fast_node_job	*job;
	int				nid;
	bool				rest;
	atomic_long_t			next;
};

struct kho_node_worker {
	struct work_struct	work;
	struct kho_node_share	*share;
};

/**
 * struct kho_node_team - The tasks of a job.
 * @shares:  One for each node, that of the caller first.
 * @workers: Workers of all nodes.
 * @nr:      Number of workers that were queued.
 */
struct kho_node_team {
	struct kho_node_share	*shares;
	struct kho_node_worker	*workers;
	unsigned int		nr;
};

static struct workqueue_struct *kho_node_wq __ro_after_init;

static bool kho_is_in_share(const struct kho_node_share *share,
			    unsigned long segment)
{
	int nid = share->job->nids[segment];

	return nid == share->nid || (share->rest && nid == NUMA_NO_NODE);
}

/* Find the next segment of the node that no other task has. */
static bool kho_take_segment(struct kho_node_share *share,
			     unsigned long *segment)
{
	do {
		*segment = atomic_long_inc_return_relaxed(&share->next) - 1;
		if (*segment >= share->job->nr)
			return false;
	} while (!kho_is_in_share(share, *segment));

	return true;
}

static void kho_run_segment(struct kho_fast_node_job *job,
			    unsigned long segment)
{
	int err = job->run(job, segment);

	if (err)
		cmpxchg(&job->err, 0, err);
	cond_resched();
}

static void kho_run_share(struct kho_node_share *share)
{
	unsigned long segment;

	while (!READ_ONCE(share->job->err) && kho_take_segment(share, &segment))
		kho_run_segment(share->job, segment);
}

static void kho_run_all(struct kho_fast_node_job *job)
{
	unsigned long i;

	for (i = 0; i < job->nr && !job->err; i++)
		kho_run_segment(job, i);
}

static void kho_node_work_fn(struct work_struct *work)
{
	struct kho_node_worker *worker =
		container_of(work, struct kho_node_worker, work);

	kho_run_share(worker->share);
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

/* Number of tasks for a node: others serve it if it has no CPUs. */
static unsigned int kho_node_tasks(const struct kho_node_share *share)
{
	const struct kho_fast_node_job *job = share->job;
	unsigned long i, segments = 0, cpus = nr_cpus_node(share->nid);
	unsigned long tasks = DIV_ROUND_UP(cpus ?: num_online_cpus(), 2);

	tasks = min(tasks, KHO_MAX_NODE_TASKS);
	for (i = 0; i < job->nr && segments < tasks; i++)
		segments += kho_is_in_share(share, i);

	return segments;
}

static void kho_init_shares(struct kho_node_team *team,
			    struct kho_fast_node_job *job, nodemask_t *nodes,
			    int own)
{
	struct kho_node_share *share = team->shares;
	int nid;

	share->job = job;
	share->nid = own;
	share->rest = true;
	for_each_node_mask(nid, *nodes) {
		if (nid == own)
			continue;

		share++;
		share->job = job;
		share->nid = nid;
	}
}

static void kho_start_workers(struct kho_node_team *team,
			      struct kho_node_share *share, unsigned int nr)
{
	for (; nr; nr--) {
		struct kho_node_worker *worker = &team->workers[team->nr++];

		worker->share = share;
		INIT_WORK(&worker->work, kho_node_work_fn);
		queue_work_node(share->nid, kho_node_wq ?: system_dfl_long_wq,
				&worker->work);
	}
}

static void kho_wait_for_workers(struct kho_node_team *team)
{
	while (team->nr)
		flush_work(&team->workers[--team->nr].work);
}

static void kho_run_in_team(struct kho_node_team *team, unsigned int nr_nodes)
{
	unsigned int i, own_tasks = kho_node_tasks(team->shares);

	for (i = 1; i < nr_nodes; i++)
		kho_start_workers(team, &team->shares[i],
				  kho_node_tasks(&team->shares[i]));
	if (own_tasks > 1)
		kho_start_workers(team, team->shares, own_tasks - 1);

	kho_run_share(team->shares);
	kho_wait_for_workers(team);
}

/**
 * kho_fast_node_job_run - Run a job, with workers on each node.
 * @job: The job.
 *
 * Context: process context, may sleep; @job->run is called in process context,
 * by several tasks at a time. On each node segments are begun in ascending
 * order.
 * Return: 0, or the first error of @job->run.
 */
int kho_fast_node_job_run(struct kho_fast_node_job *job)
{
	nodemask_t nodes = kho_nodes_of(job);
	struct kho_node_team team = {};
	unsigned int nr_nodes;
	int own = numa_node_id();

	job->err = 0;

	/* The caller takes one of the nodes, if possible its own. */
	if (!node_isset(own, nodes) && !nodes_empty(nodes))
		own = first_node(nodes);
	node_set(own, nodes);
	nr_nodes = nodes_weight(nodes);

	team.shares = kcalloc(nr_nodes, sizeof(*team.shares), GFP_KERNEL);
	team.workers = kcalloc(nr_nodes * KHO_MAX_NODE_TASKS,
			       sizeof(*team.workers), GFP_KERNEL);
	if (team.shares && team.workers) {
		kho_init_shares(&team, job, &nodes, own);
		kho_run_in_team(&team, nr_nodes);
	} else {
		kho_run_all(job);
	}

	kfree(team.workers);
	kfree(team.shares);
	return job->err;
}

/* Without it workers are in pools of the system. */
static int __init kho_node_jobs_init(void)
{
	struct workqueue_attrs *attrs = alloc_workqueue_attrs();

	if (!attrs)
		return -ENOMEM;

	kho_node_wq = alloc_workqueue("kho_node", WQ_UNBOUND, 0);
	if (kho_node_wq) {
		attrs->affn_scope = WQ_AFFN_NUMA;
		apply_workqueue_attrs(kho_node_wq, attrs);
	}
	free_workqueue_attrs(attrs);
	return kho_node_wq ? 0 : -ENOMEM;
}
subsys_initcall(kho_node_jobs_init);
