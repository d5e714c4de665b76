// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that wait for the start, a range split between threads, and how much the second
 * thread is worth.
 */
#include <err.h>
#include <pthread.h>
#include <sched.h>

#include "bench.h"

#define MAX_THREADS		64
#define SPINS			10000
#define PARTS_PER_THREAD	4

/* They spin: waking a thread takes as long as thousands of the operations that are timed. */
static struct {
	unsigned int	threads;
	unsigned int	ready, started, done;	/* atomic */
	void		(*fn)(unsigned int thread);
} workers;

static void wait_for(const unsigned int *counter, unsigned int value)
{
	unsigned int spins = 0;

	while (__atomic_load_n(counter, __ATOMIC_ACQUIRE) < value) {
		if (++spins % SPINS == 0)
			sched_yield();
	}
}

static void *member(void *arg)
{
	unsigned int thread = (uintptr_t)arg;

	__atomic_add_fetch(&workers.ready, 1, __ATOMIC_RELEASE);
	wait_for(&workers.started, 1);
	workers.fn(thread);
	__atomic_add_fetch(&workers.done, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* For one workers_run() in this process. */
void workers_start(unsigned int threads)
{
	pthread_t thread;
	uintptr_t i;

	if (threads > MAX_THREADS)
		errx(2, "%u threads, at most %u", threads, MAX_THREADS);
	workers.threads = threads;
	for (i = 1; i < threads; i++) {
		if (pthread_create(&thread, NULL, member, (void *)i))
			err(2, "cannot start a thread");
		pthread_detach(thread);
	}
	wait_for(&workers.ready, threads - 1);
}

void workers_run(void (*fn)(unsigned int thread))
{
	workers.fn = fn;
	__atomic_store_n(&workers.started, 1, __ATOMIC_RELEASE);
	fn(0);
	wait_for(&workers.done, workers.threads - 1);
}

struct job {
	unsigned long	next;		/* atomic */
	unsigned long	end;
	unsigned long	part;
	void		(*fn)(unsigned long from, unsigned long to);
};

static void *work(void *arg)
{
	struct job *job = arg;

	for (;;) {
		unsigned long from = __atomic_fetch_add(&job->next, job->part,
							__ATOMIC_RELAXED);

		if (from >= job->end)
			return NULL;
		job->fn(from, job->end - from < job->part ? job->end : from + job->part);
	}
}

static unsigned long part_of(unsigned long size, unsigned int threads, unsigned long align)
{
	unsigned long part = size / (threads * PARTS_PER_THREAD);

	return (part / align + 1) * align;
}

void parallel(unsigned int threads, unsigned long first, unsigned long end,
	      unsigned long align, void (*fn)(unsigned long from, unsigned long to))
{
	struct job job = { first, end, part_of(end - first, threads, align), fn };
	pthread_t helpers[MAX_THREADS];
	unsigned int i;

	if (threads > MAX_THREADS)
		errx(1, "%u threads, at most %u", threads, MAX_THREADS);

	for (i = 1; i < threads; i++) {
		if (pthread_create(&helpers[i], NULL, work, &job))
			err(1, "cannot start a thread");
	}
	work(&job);
	for (i = 1; i < threads; i++)
		pthread_join(helpers[i], NULL);
}

static void spin(unsigned long from, unsigned long to)
{
	volatile unsigned long i;

	for (i = from; i < to; i++)
		;
}

static double time_spin(unsigned int threads)
{
	uint64_t start = bench_now_ns();

	parallel(threads, 0, 50000000, 1, spin);
	return bench_now_ns() - start;
}

unsigned int parallel_percent(void)
{
	double one = time_spin(1);

	return 100 * one / time_spin(2);
}
