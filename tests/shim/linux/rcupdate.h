/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: readers hold a lock for reading, so TSan sees grace periods. */
#ifndef SHIM_RCUPDATE_H
#define SHIM_RCUPDATE_H

#include <pthread.h>

#include <linux/bug.h>
#include <linux/sched.h>

extern pthread_rwlock_t shim_rcu;
extern __thread unsigned int shim_rcu_depth;	/* of this thread */

static inline void rcu_read_lock(void)
{
	pthread_rwlock_rdlock(&shim_rcu);
	shim_rcu_depth++;
}

static inline void rcu_read_unlock(void)
{
	shim_rcu_depth--;
	pthread_rwlock_unlock(&shim_rcu);
}

#define lockdep_assert_in_rcu_read_lock() \
	(shim_rcu_depth ? (void)0 : shim_die("%s: no rcu_read_lock()", __func__))

#include <linux/cleanup.h>

#undef synchronize_rcu
static inline void synchronize_rcu(void)
{
	might_sleep();
	pthread_rwlock_wrlock(&shim_rcu);
	pthread_rwlock_unlock(&shim_rcu);
}

#endif /* SHIM_RCUPDATE_H */
