// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Jobs with a worker per CPU
 *
 * For work that guests wait for: within the blackout, when all CPUs are idle,
 * and retrieving, beside guests that run again already. A job is cut into
 * parts; the caller and its workers take one after the other.
 *
 * Jobs can be nested: sessions are checked in parallel, and each large file of
 * a session is. All jobs together have one worker less than there are CPUs. A
 * worker leaves a job that has no part left, and before each part the caller
 * looks for workers that others have left.
 *
 * Lifecycle: one call. It never waits for a worker to start, only for parts
 * that a worker has begun: so it ends also if no worker ever runs, as when
 * there is no memory for threads.
 *
 * Lock order: none.
 *
 * Failure: without memory for workers the caller processes all parts.
 */
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/gfp.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "cpu_jobs.h"

/**
 * struct kho_cpu_team - The tasks of a job.
 * @job:     The job.
 * @active:  Number of tasks that have not left it.
 * @done:    Completed by the last one.
 * @workers: The workers, or NULL.
 * @nr:      Number of workers that were queued.
 * @max:     Number of @workers.
 */
struct kho_cpu_team {
	struct kho_fast_cpu_job	*job;
	atomic_t		active;
	struct completion	done;
	struct kho_cpu_worker	*workers;
	unsigned long		nr;
	unsigned long		max;
};

struct kho_cpu_worker {
	struct work_struct	work;
	struct kho_cpu_team	*team;
};

/* Workers of all jobs, queued or running */
static atomic_t kho_nr_cpu_workers = ATOMIC_INIT(0);

static void kho_put_cpu_worker(void)
{
	atomic_dec(&kho_nr_cpu_workers);
}

static bool kho_get_cpu_worker(void)
{
	int max = num_online_cpus() - 1;

	if (atomic_read(&kho_nr_cpu_workers) >= max)
		return false;
	if (atomic_inc_return(&kho_nr_cpu_workers) <= max)
		return true;

	kho_put_cpu_worker();
	return false;
}

static void kho_leave_team(struct kho_cpu_team *team)
{
	if (atomic_dec_and_test(&team->active))
		complete(&team->done);
}

static void kho_cpu_work_fn(struct work_struct *work)
{
	struct kho_cpu_worker *worker =
		container_of(work, struct kho_cpu_worker, work);
	struct kho_cpu_team *team = worker->team;

	while (team->job->run(team->job))
		cond_resched();

	kho_put_cpu_worker();
	kho_leave_team(team);
}

/* Start as many workers as there may be. */
static void kho_extend_team(struct kho_cpu_team *team)
{
	while (team->nr < team->max && kho_get_cpu_worker()) {
		struct kho_cpu_worker *worker = &team->workers[team->nr++];

		worker->team = team;
		atomic_inc(&team->active);
		INIT_WORK(&worker->work, kho_cpu_work_fn);
		queue_work(system_dfl_long_wq, &worker->work);
	}
}

/* Wait for those that have started, and dismiss the others. */
static void kho_disband_team(struct kho_cpu_team *team)
{
	unsigned long i;

	for (i = 0; i < team->nr; i++) {
		if (!cancel_work(&team->workers[i].work))
			continue;

		kho_put_cpu_worker();
		kho_leave_team(team);
	}

	kho_leave_team(team);
	wait_for_completion(&team->done);
}

/**
 * kho_fast_cpu_job_run - Run a job on several CPUs.
 * @job:       The job.
 * @max_tasks: Number of tasks that it is worth, with the caller.
 *
 * Context: process context, may sleep; @job->run is called in process context.
 * May be called in another job.
 */
void kho_fast_cpu_job_run(struct kho_fast_cpu_job *job, unsigned long max_tasks)
{
	struct kho_cpu_team team = { .job = job, .active = ATOMIC_INIT(1) };

	init_completion(&team.done);
	max_tasks = min(max_tasks, num_online_cpus());
	if (max_tasks > 1)
		team.workers = kcalloc(max_tasks - 1, sizeof(*team.workers),
				       GFP_KERNEL | __GFP_NOWARN |
					__GFP_NORETRY);
	if (team.workers)
		team.max = max_tasks - 1;

	do {
		kho_extend_team(&team);
		cond_resched();
	} while (job->run(job));

	kho_disband_team(&team);
	kfree(team.workers);
}
