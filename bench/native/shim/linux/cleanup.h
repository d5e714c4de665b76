/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: as the unit tests', but locks as cheap as the kernel's; nobody waits for RCU here. */
#ifndef BENCH_SHIM_CLEANUP_H
#define BENCH_SHIM_CLEANUP_H

#include <linux/compiler.h>
#include_next <linux/cleanup.h>

static inline void *shim_lock_nothing(void)
{
	barrier();
	return NULL;
}

static inline void shim_unlock_nothing(void **unused)
{
	barrier();
}

#define shim_lock_rcu		shim_lock_nothing
#define shim_unlock_rcu		shim_unlock_nothing
#define shim_lock_mutex		bench_mutex_lock
#define shim_unlock_mutex	bench_mutex_unlock

#endif /* BENCH_SHIM_CLEANUP_H */
