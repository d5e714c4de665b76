// SPDX-License-Identifier: GPL-2.0-only
/*
 * A range split between threads, and how much the second thread is worth.
 */
#include <err.h>
#include <pthread.h>
#include <time.h>

#include "bench.h"

#define PARTS_PER_THREAD	4
#define MAX_THREADS		64

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
	struct timespec start, end;

	clock_gettime(CLOCK_MONOTONIC, &start);
	parallel(threads, 0, 50000000, 1, spin);
	clock_gettime(CLOCK_MONOTONIC, &end);
	return end.tv_sec - start.tv_sec + (end.tv_nsec - start.tv_nsec) / 1e9;
}

unsigned int parallel_percent(void)
{
	double one = time_spin(1);

	return 100 * one / time_spin(2);
}
