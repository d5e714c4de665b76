// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that wait for the start. They spin: waking a thread takes as long as thousands
 * of the operations that are timed.
 */
#include <err.h>
#include <pthread.h>
#include <sched.h>

#include "bench.h"

#define MAX_CREW	64
#define SPINS		10000

static struct {
	unsigned int	threads;
	unsigned int	ready, started, done;	/* atomic */
	void		(*fn)(unsigned int thread);
} crew;

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

	__atomic_add_fetch(&crew.ready, 1, __ATOMIC_RELEASE);
	wait_for(&crew.started, 1);
	crew.fn(thread);
	__atomic_add_fetch(&crew.done, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* For one crew_run() in this process. */
void crew_hire(unsigned int threads)
{
	pthread_t thread;
	uintptr_t i;

	if (threads > MAX_CREW)
		errx(2, "%u threads, at most %u", threads, MAX_CREW);
	crew.threads = threads;
	for (i = 1; i < threads; i++) {
		if (pthread_create(&thread, NULL, member, (void *)i))
			err(2, "cannot start a thread");
		pthread_detach(thread);
	}
	wait_for(&crew.ready, threads - 1);
}

void crew_run(void (*fn)(unsigned int thread))
{
	crew.fn = fn;
	__atomic_store_n(&crew.started, 1, __ATOMIC_RELEASE);
	fn(0);
	wait_for(&crew.done, crew.threads - 1);
}
