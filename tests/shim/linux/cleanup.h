/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: guard() for the two classes that are used. */
#ifndef SHIM_CLEANUP_H
#define SHIM_CLEANUP_H

#include <linux/mutex_types.h>

static inline struct mutex *shim_lock_mutex(struct mutex *m)
{
	pthread_mutex_lock(&m->lock);
	return m;
}

static inline void shim_unlock_mutex(struct mutex **m)
{
	pthread_mutex_unlock(&(*m)->lock);
}

extern pthread_rwlock_t shim_rcu;

static inline void *shim_lock_rcu(void)
{
	pthread_rwlock_rdlock(&shim_rcu);
	return NULL;
}

static inline void shim_unlock_rcu(void **unused)
{
	pthread_rwlock_unlock(&shim_rcu);
}

typedef struct mutex *shim_class_mutex;
typedef void *shim_class_rcu;

#define guard(class)							\
	shim_class_##class __attribute__((cleanup(shim_unlock_##class), unused)) \
	guard_ = shim_lock_##class

#endif /* SHIM_CLEANUP_H */
