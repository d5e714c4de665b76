/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: a pthread mutex. */
#ifndef SHIM_SPINLOCK_H
#define SHIM_SPINLOCK_H

#include <pthread.h>

typedef struct {
	pthread_mutex_t lock;
} spinlock_t;

typedef spinlock_t raw_spinlock_t;

#define DEFINE_SPINLOCK(name)	spinlock_t name = { PTHREAD_MUTEX_INITIALIZER }
#define DEFINE_RAW_SPINLOCK	DEFINE_SPINLOCK

#include <linux/cleanup.h>

#endif /* SHIM_SPINLOCK_H */
