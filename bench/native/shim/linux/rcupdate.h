/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CUSTOM: a reader costs an increment and a decrement of a counter of its task, as with
 * CONFIG_PREEMPT_RCU, and can be asserted. Nothing is freed while readers are measured.
 */
#ifndef BENCH_SHIM_RCUPDATE_H
#define BENCH_SHIM_RCUPDATE_H

#include <linux/bug.h>
#include <linux/compiler.h>

extern __thread unsigned int shim_rcu_depth;	/* of this thread */

static inline void rcu_read_lock(void)
{
	shim_rcu_depth++;
	barrier();
}

static inline void rcu_read_unlock(void)
{
	barrier();
	shim_rcu_depth--;
}

#define lockdep_assert_in_rcu_read_lock() \
	(shim_rcu_depth ? (void)0 : shim_die("%s: no rcu_read_lock()", __func__))

#undef synchronize_rcu
#define synchronize_rcu()	shim_die("%s: a grace period is not measured", __func__)

/* misc.c defines the lock of the unit tests' readers. */
#include <pthread.h>
#include <linux/cleanup.h>

#endif /* BENCH_SHIM_RCUPDATE_H */
