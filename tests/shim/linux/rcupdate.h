/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: readers hold a lock for reading, so TSan sees grace periods. */
#ifndef SHIM_RCUPDATE_H
#define SHIM_RCUPDATE_H

#include <pthread.h>

extern pthread_rwlock_t shim_rcu;

#include <linux/cleanup.h>

#undef synchronize_rcu
static inline void synchronize_rcu(void)
{
	pthread_rwlock_wrlock(&shim_rcu);
	pthread_rwlock_unlock(&shim_rcu);
}

#endif /* SHIM_RCUPDATE_H */
