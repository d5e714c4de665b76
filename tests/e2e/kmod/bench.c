// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time preserving and unpreserving of the same folios, in several passes. The
 * first pass, which allocates tree pages, is reported separately. With several
 * threads each has its own CPU and folios of that CPU's node, and the time is
 * from the first start to the last end.
 *
 *	bench what=KIND n=N [order=O] [stride=S] [random=1] [run=R] [reps=K]
 *	      [threads=T] [as=LABEL]
 *
 * Times are nanoseconds, which are instructions in a guest that counts those.
 */
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/nodemask.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/topology.h>
#include <linux/workqueue.h>

#include "bench.h"
#include "kho_workload.h"

#define BENCH_MAX_THREADS	64
#define BENCH_MAX_REPS	1000

struct bench;

struct bench_thread {
	struct work_struct work;
	struct bench *bench;
	struct bench_job job;
	int cpu;
	u64 began, ended;
	int err;
};

/**
 * struct bench - One command.
 * @kind:       Functions that are measured.
 * @wq:         Workqueue with a bound worker on the CPU of each thread.
 * @nr:         Number of threads that are set up.
 * @waiting:    Number of threads that are not at the start yet.
 * @unpreserve: This pass unpreserves.
 * @threads:    Array of @nr threads, with room for all.
 */
struct bench {
	const struct bench_kind *kind;
	struct workqueue_struct *wq;
	unsigned int nr;
	atomic_t waiting;
	bool unpreserve;
	struct bench_thread threads[];
};

static void bench_run_thread(struct work_struct *work)
{
	struct bench_thread *thread =
		container_of(work, struct bench_thread, work);
	struct bench *bench = thread->bench;

	atomic_dec(&bench->waiting);
	while (atomic_read(&bench->waiting)) {
		cpu_relax();
		cond_resched();
	}
	thread->began = ktime_get_raw_ns();
	if (bench->unpreserve)
		bench->kind->unpreserve(&thread->job);
	else
		thread->err = bench->kind->preserve(&thread->job);
	thread->ended = ktime_get_raw_ns();
}

/* Undo the threads that succeeded in a pass that failed. */
static void bench_undo_pass(struct bench *bench)
{
	for (unsigned int i = 0; i < bench->nr; i++)
		if (!bench->threads[i].err)
			bench->kind->unpreserve(&bench->threads[i].job);
}

/* One pass of all threads; stores the duration in @ns. */
static int bench_pass(struct bench *bench, bool unpreserve, u64 *ns)
{
	u64 began = U64_MAX, ended = 0;
	int err = 0;

	bench->unpreserve = unpreserve;
	atomic_set(&bench->waiting, bench->nr);
	for (unsigned int i = 0; i < bench->nr; i++)
		queue_work_on(bench->threads[i].cpu, bench->wq,
			      &bench->threads[i].work);
	for (unsigned int i = 0; i < bench->nr; i++) {
		struct bench_thread *thread = &bench->threads[i];

		flush_work(&thread->work);
		began = min(began, thread->began);
		ended = max(ended, thread->ended);
		err = err ?: thread->err;
	}
	*ns = ended - began;
	if (err)
		bench_undo_pass(bench);
	return err;
}

/* An unused CPU of @nid: each thread needs one to wait for the start. */
static int bench_unused_cpu(const struct bench *bench, int nid)
{
	int cpu;

	for_each_cpu_and(cpu, cpumask_of_node(nid), cpu_online_mask) {
		unsigned int i = 0;

		while (i < bench->nr && bench->threads[i].cpu != cpu)
			i++;
		if (i == bench->nr)
			return cpu;
	}
	return -1;
}

static int bench_add_thread(struct bench *bench, int nid)
{
	int cpu = bench_unused_cpu(bench, nid);
	struct bench_thread *thread;

	if (cpu < 0)
		return report_err(-EINVAL,
				  "node %d has no CPU for another thread", nid);
	thread = &bench->threads[bench->nr++];
	thread->bench = bench;
	thread->cpu = cpu;
	INIT_WORK(&thread->work, bench_run_thread);
	return bench_job_create(&thread->job, bench->kind, nid);
}

static int bench_add_threads(struct bench *bench, unsigned int threads)
{
	int err = 0, nid = first_node(node_states[N_MEMORY]);

	for (unsigned int i = 0; !err && i < threads; i++, nid = next_nid(nid))
		err = bench_add_thread(bench, nid);
	return err;
}

static void bench_destroy(struct bench *bench)
{
	for (unsigned int i = 0; i < bench->nr; i++)
		bench_job_destroy(&bench->threads[i].job);
	if (bench->wq)
		destroy_workqueue(bench->wq);
	kvfree(bench);
}

static struct bench *bench_alloc(unsigned int threads)
{
	struct bench *bench =
		kvzalloc(struct_size(bench, threads, threads), GFP_KERNEL);

	if (!bench)
		return NULL;
	bench->wq = alloc_workqueue("kho_bench", WQ_PERCPU | WQ_HIGHPRI |
				    WQ_CPU_INTENSIVE, 0);
	if (bench->wq)
		return bench;
	bench_destroy(bench);
	return NULL;
}

static int bench_by_value(const void *a, const void *b)
{
	u64 one = *(const u64 *)a, two = *(const u64 *)b;

	return one < two ? -1 : one > two;
}

static void bench_report_passes(const char *label, const char *verb, u64 *ns,
				unsigned int reps, unsigned long nr)
{
	u64 hundredths;

	sort(ns, reps, sizeof(*ns), bench_by_value, NULL);
	hundredths = div64_u64(ns[reps / 2] * 100, nr);
	report("%s_%s_min_ns=%llu\n%s_%s_ns=%llu\n%s_%s_max_ns=%llu\n", label,
	       verb, ns[0], label, verb, ns[reps / 2], label, verb,
	       ns[reps - 1]);
	report("%s_%s_per_folio=%llu.%02llu\n", label, verb, hundredths / 100,
	       hundredths % 100);
}

static void bench_report(const struct bench *bench, u64 first, u64 *preserve,
			 u64 *unpreserve, unsigned int reps)
{
	const char *label = arg_str("as", bench->kind->name);
	unsigned long nr = 0, calls = 0;

	for (unsigned int i = 0; i < bench->nr; i++) {
		nr += bench->threads[i].job.nr;
		calls += bench->threads[i].job.nr_calls;
	}
	report("%s_folios=%lu\n%s_calls=%lu\n%s_first_ns=%llu\n", label, nr,
	       label, calls, label, first);
	bench_report_passes(label, "preserve", preserve, reps, nr);
	bench_report_passes(label, "unpreserve", unpreserve, reps, nr);
}

/* Pass 0 is reported separately; times of the others go to both arrays. */
static int bench_measure(struct bench *bench, u64 *preserve, u64 *unpreserve,
			 unsigned int reps)
{
	u64 first = 0, unused;
	int err = 0;

	for (unsigned int i = 0; !err && i <= reps; i++) {
		err = bench_pass(bench, false, i ? &preserve[i - 1] : &first);
		if (!err)
			bench_pass(bench, true,
				   i ? &unpreserve[i - 1] : &unused);
	}
	if (err)
		return report_err(err, "preserving");
	bench_report(bench, first, preserve, unpreserve, reps);
	return 0;
}

static int bench_run_passes(struct bench *bench, unsigned int threads,
			    unsigned int reps)
{
	u64 *ns = kvcalloc(reps, 2 * sizeof(*ns), GFP_KERNEL);
	int err;

	if (!ns)
		return -ENOMEM;
	err = bench_add_threads(bench, threads);
	if (!err)
		err = bench_measure(bench, ns, ns + reps, reps);
	kvfree(ns);
	return err;
}

int bench_run(void)
{
	const struct bench_kind *kind = bench_kind_find(arg_str("what", ""));
	u64 threads = arg_num("threads", 1), reps = arg_num("reps", 5);
	struct bench *bench;
	int err;

	if (!kind)
		return report_err(-EINVAL,
				  "what= is empty, folio, batch, range or pages");
	if (!threads || threads > BENCH_MAX_THREADS || !reps ||
	    reps > BENCH_MAX_REPS)
		return report_err(-EINVAL, "threads= or reps= is out of range");
	bench = bench_alloc(threads);
	if (!bench)
		return -ENOMEM;
	bench->kind = kind;
	err = bench_run_passes(bench, threads, reps);
	bench_destroy(bench);
	return err;
}
