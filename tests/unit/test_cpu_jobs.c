// SPDX-License-Identifier: GPL-2.0-only
/*
 * Jobs with a worker per CPU: kernel/kho_fast/cpu_jobs.c
 */
#include <unistd.h>

#include "cpu_jobs.h"
#include "test.h"
#include "unit.h"

#define MAX_PARTS	100

/* All are atomic. */
struct job {
	struct kho_fast_cpu_job	cpu_job;
	void			(*part)(struct job *job, unsigned int part);
	unsigned int		nr, next;
	unsigned int		times[MAX_PARTS];
};

/* Tasks within a part, of all jobs */
static unsigned int nr_tasks, max_tasks;

static __thread bool is_caller;
static unsigned int parts_of_workers;

static void enter(void)
{
	unsigned int nr = __atomic_add_fetch(&nr_tasks, 1, __ATOMIC_SEQ_CST);
	unsigned int max = __atomic_load_n(&max_tasks, __ATOMIC_SEQ_CST);

	while (nr > max && !__atomic_compare_exchange_n(&max_tasks, &max, nr, false,
							__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
}

static bool run(struct kho_fast_cpu_job *cpu_job)
{
	struct job *job = container_of(cpu_job, struct job, cpu_job);
	unsigned int part = __atomic_fetch_add(&job->next, 1, __ATOMIC_SEQ_CST);

	if (part >= job->nr)
		return false;

	if (!is_caller)
		__atomic_add_fetch(&parts_of_workers, 1, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&job->times[part], 1, __ATOMIC_SEQ_CST);
	job->part(job, part);
	return true;
}

static void short_part(struct job *job, unsigned int part)
{
	enter();
	if (part % 8 == 0)
		usleep(100);
	__atomic_sub_fetch(&nr_tasks, 1, __ATOMIC_SEQ_CST);
}

static void start(struct job *job, unsigned int nr, void (*part)(struct job *, unsigned int),
		  unsigned long tasks)
{
	*job = (struct job){ .cpu_job.run = run, .nr = nr, .part = part };
	is_caller = true;
	kho_fast_cpu_job_run(&job->cpu_job, tasks);
}

static bool is_done(const struct job *job)
{
	unsigned int i;

	for (i = 0; i < MAX_PARTS; i++) {
		if (job->times[i] != (i < job->nr))
			return false;
	}

	return true;
}

TEST(each_part_is_processed_once)
{
	static const unsigned int numbers[] = { 0, 1, 2, 3, 7, MAX_PARTS };
	unsigned int i, tasks;
	struct job job;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		for (tasks = 0; tasks < 6; tasks++) {
			start(&job, numbers[i], short_part, tasks);
			ASSERT_TRUE(is_done(&job)) TH_LOG("%u parts, %u tasks", numbers[i], tasks);
		}
	}
	EXPECT_GT(parts_of_workers, 0);
	EXPECT_EQ(nr_tasks, 0);
	EXPECT_EQ(shim_live_objects, 0);
}

TEST(the_caller_does_all_without_memory_or_alone)
{
	struct job job;

	shim_fail_after = 0;
	start(&job, MAX_PARTS, short_part, 4);
	EXPECT_EQ(shim_fail_after, -1);
	EXPECT_TRUE(is_done(&job));

	/* No memory is needed for a single task. */
	shim_fail_after = 0;
	start(&job, MAX_PARTS, short_part, 1);
	EXPECT_EQ(shim_fail_after, 0);
	EXPECT_TRUE(is_done(&job));
	EXPECT_EQ(parts_of_workers, 0);
	EXPECT_EQ(max_tasks, 1);
}

/* The caller goes on when a worker has done something. */
static void wait_for_worker(struct job *job, unsigned int part)
{
	while (is_caller && !__atomic_load_n(&parts_of_workers, __ATOMIC_SEQ_CST))
		usleep(100);
}

/* Also after many jobs: workers that have left, or never started, may be had again. */
TEST(workers_help)
{
	struct job job;
	int i;

	for (i = 0; i < 30; i++) {
		parts_of_workers = 0;
		start(&job, 5, wait_for_worker, 4);
		ASSERT_TRUE(is_done(&job)) TH_LOG("job %d", i);
	}
}

static void slow_part(struct job *job, unsigned int part)
{
	enter();
	usleep(500);
	__atomic_sub_fetch(&nr_tasks, 1, __ATOMIC_SEQ_CST);
}

static void nested_part(struct job *outer, unsigned int part)
{
	bool was_caller = is_caller;
	struct job job;

	start(&job, 20, slow_part, 4);
	is_caller = was_caller;
	if (!is_done(&job))
		shim_die("a nested job is not done");
}

/* The caller and three workers, of both levels */
TEST(nested_jobs_have_one_task_per_cpu)
{
	struct job job;

	start(&job, 12, nested_part, 4);
	EXPECT_TRUE(is_done(&job));
	EXPECT_LE(max_tasks, num_online_cpus());
	EXPECT_GT(max_tasks, 1);
}

TEST_HARNESS_MAIN
