/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: guard() for the classes that are used. */
#ifndef SHIM_CLEANUP_H
#define SHIM_CLEANUP_H

#include <linux/mutex_types.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

static inline struct mutex *shim_lock_mutex(struct mutex *m)
{
	might_sleep();
	pthread_mutex_lock(&m->lock);
	return m;
}

static inline void shim_unlock_mutex(struct mutex **m)
{
	pthread_mutex_unlock(&(*m)->lock);
}

static inline void *shim_lock_rcu(void)
{
	rcu_read_lock();
	return NULL;
}

static inline void shim_unlock_rcu(void **unused)
{
	rcu_read_unlock();
}

static inline spinlock_t *shim_lock_spinlock(spinlock_t *s)
{
	pthread_mutex_lock(&s->lock);
	return s;
}

static inline void shim_unlock_spinlock(spinlock_t **s)
{
	pthread_mutex_unlock(&(*s)->lock);
}

#define shim_lock_spinlock_irqsave	shim_lock_spinlock
#define shim_unlock_spinlock_irqsave	shim_unlock_spinlock
#define shim_lock_raw_spinlock_irqsave	shim_lock_spinlock
#define shim_unlock_raw_spinlock_irqsave shim_unlock_spinlock

static inline void *shim_lock_preempt(void)
{
	preempt_disable();
	return NULL;
}

static inline void shim_unlock_preempt(void **unused)
{
	preempt_enable();
}

typedef spinlock_t *shim_class_spinlock, *shim_class_spinlock_irqsave;
typedef spinlock_t *shim_class_raw_spinlock_irqsave;
typedef void *shim_class_preempt;
typedef struct mutex *shim_class_mutex;
typedef void *shim_class_rcu;

#define guard(class)							\
	shim_class_##class __attribute__((cleanup(shim_unlock_##class), unused)) \
	guard_ = shim_lock_##class

#define scoped_guard(class, lock)					\
	for (int once_ = 1; once_;)					\
		for (shim_class_##class __attribute__((cleanup(shim_unlock_##class), unused)) \
		     guard_ = shim_lock_##class(lock); once_; once_ = 0)

#define __free(name)	__attribute__((cleanup(shim_free_##name)))

static inline void shim_free_kfree(void *p)
{
	void shim_kfree(const void *p);

	shim_kfree(*(void **)p);
}

#endif /* SHIM_CLEANUP_H */
