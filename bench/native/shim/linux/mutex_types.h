/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CUSTOM: a lock that costs what the kernel's mutex does: one locked instruction to take
 * it when it is free, one to give it back, and a waiter spins while the owner runs.
 * pthread_mutex_lock() does more than that. Nobody sleeps in here; a waiter that spun
 * for long lets others run, since there may be more threads than CPUs.
 */
#ifndef BENCH_SHIM_MUTEX_TYPES_H
#define BENCH_SHIM_MUTEX_TYPES_H

#include <pthread.h>
#include <sched.h>

#include <linux/sched.h>

struct mutex {
	unsigned long	owner;
	pthread_mutex_t	lock;	/* of the unit tests' guard(), which nobody uses here */
};

#define BENCH_MUTEX_SPINS		1000
#define __MUTEX_INITIALIZER(name)	{ 0, PTHREAD_MUTEX_INITIALIZER }
#define DEFINE_MUTEX(name)		struct mutex name = __MUTEX_INITIALIZER(name)
#define mutex_init(m)			((m)->owner = 0)

static inline void bench_mutex_relax(unsigned int *spins)
{
	if (++*spins % BENCH_MUTEX_SPINS == 0)
		sched_yield();
	else
		__builtin_ia32_pause();
}

static inline struct mutex *bench_mutex_lock(struct mutex *m)
{
	unsigned long unlocked = 0;
	unsigned int spins = 0;

	might_sleep();
	while (!__atomic_compare_exchange_n(&m->owner, &unlocked, 1, false,
					    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
		while (__atomic_load_n(&m->owner, __ATOMIC_RELAXED))
			bench_mutex_relax(&spins);
		unlocked = 0;
	}
	return m;
}

/* The kernel's must see whether anybody sleeps: it is a cmpxchg, too. */
static inline void bench_mutex_unlock(struct mutex **m)
{
	unsigned long locked = 1;

	__atomic_compare_exchange_n(&(*m)->owner, &locked, 0, false, __ATOMIC_RELEASE,
				    __ATOMIC_RELAXED);
}

#endif /* BENCH_SHIM_MUTEX_TYPES_H */
