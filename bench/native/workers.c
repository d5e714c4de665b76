// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that wait for the start. They spin: waking a thread takes as long as thousands
 * of the operations that are timed.
 */
#include <err.h>
#include <pthread.h>
#include <sched.h>

#include "bench.h"

#define MAX_WORKERS	64
#define SPINS		10000

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

	if (threads > MAX_WORKERS)
		errx(2, "%u threads, at most %u", threads, MAX_WORKERS);
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
