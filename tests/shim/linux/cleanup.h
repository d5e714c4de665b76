/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CUSTOM: locks, for the guards of the kernel's header. With SHIM_CHECK all locks are
 * pthread's, which TSan knows, and readers hold one, so that it sees grace periods.
 */
#ifndef SHIM_CLEANUP_H
#define SHIM_CLEANUP_H

#include <pthread.h>
#include <sched.h>

#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/spinlock.h>

extern __thread unsigned int shim_rcu_depth, shim_preempt_depth;	/* of this thread */

/* Ends the test where a task of the kernel could not sleep. */
void shim_might_sleep(const char *caller);
extern unsigned long shim_nr_sleeps;	/* atomic: how often it could */
extern void (*shim_other_task)(void);	/* with SHIM_CHECK: runs meanwhile, if it is not NULL */

#define might_sleep()	shim_might_sleep(__func__)
#define cond_resched()	(might_sleep(), shim_resched ? shim_resched() : (void)0)
extern void (*shim_resched)(void);
#define cpu_relax()	do { } while (0)

/* Threads of the test are preempted all the same, but may not sleep. */
#define preempt_disable()	do { shim_preempt_depth++; barrier(); } while (0)
#define preempt_enable()	do { barrier(); shim_preempt_depth--; } while (0)

typedef spinlock_t raw_spinlock_t;

/* How often such a lock was taken; elsewhere it would be measured. */
extern unsigned long shim_nr_irqsave;	/* atomic */
#ifdef SHIM_CHECK
#define shim_count_irqsave()	__atomic_fetch_add(&shim_nr_irqsave, 1, __ATOMIC_RELAXED)
#else
#define shim_count_irqsave()	do { } while (0)
#endif

#define DEFINE_RAW_SPINLOCK	DEFINE_SPINLOCK
#define DEFINE_MUTEX(name)	struct mutex name = __MUTEX_INITIALIZER(name)
extern struct mutex oom_lock;

struct rw_semaphore {
	pthread_rwlock_t lock;
};

#define DECLARE_RWSEM(name)	struct rw_semaphore name = { PTHREAD_RWLOCK_INITIALIZER }

/* What the kernel warns about ends the test. */
typedef struct { int refs; } refcount_t;

#define refcount_set(r, n)	__atomic_store_n(&(r)->refs, (n), __ATOMIC_RELAXED)
#define refcount_read(r)	((unsigned int)__atomic_load_n(&(r)->refs, __ATOMIC_RELAXED))
#define refcount_inc(r) \
	(__atomic_fetch_add(&(r)->refs, 1, __ATOMIC_RELAXED) > 0 ? (void)0 : \
	 shim_die("%s: a reference to nothing", __func__))
#define refcount_dec_and_test(r) ({						\
	int refs_ = __atomic_sub_fetch(&(r)->refs, 1, __ATOMIC_ACQ_REL);	\
										\
	if (refs_ < 0)								\
		shim_die("%s: too many puts", __func__);			\
	!refs_; })
#define refcount_inc_not_zero(r) ({						\
	int refs_ = __atomic_load_n(&(r)->refs, __ATOMIC_RELAXED);		\
										\
	while (refs_ && !__atomic_compare_exchange_n(&(r)->refs, &refs_, refs_ + 1, false, \
						     __ATOMIC_RELAXED, __ATOMIC_RELAXED)) \
		;								\
	refs_ > 0; })
#define refcount_dec(r) \
	(refcount_dec_and_test(r) ? shim_die("%s: nobody frees it", __func__) : (void)0)

#undef synchronize_rcu
#define lockdep_assert_in_rcu_read_lock() \
	(shim_rcu_depth ? (void)0 : shim_die("%s: no rcu_read_lock()", __func__))

#ifdef SHIM_CHECK
extern pthread_rwlock_t shim_rcu;

struct mutex {
	pthread_mutex_t lock;
};

#define __MUTEX_INITIALIZER(name)	{ PTHREAD_MUTEX_INITIALIZER }
#define mutex_init(m)			pthread_mutex_init(&(m)->lock, NULL)
#define lockdep_assert_held(m) \
	(pthread_mutex_trylock(&(m)->lock) ? (void)0 : shim_die("%s: not locked", __func__))

static inline void mutex_lock(struct mutex *m)
{
	might_sleep();
	pthread_mutex_lock(&m->lock);
}

static inline void mutex_unlock(struct mutex *m)
{
	pthread_mutex_unlock(&m->lock);
}

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

static inline void synchronize_rcu(void)
{
	might_sleep();
	pthread_rwlock_wrlock(&shim_rcu);
	pthread_rwlock_unlock(&shim_rcu);
}
#else
/*
 * A lock that costs what the kernel's mutex does: one locked instruction to take it when
 * it is free, one to give it back, and a waiter spins while the owner runs.
 * pthread_mutex_lock() does more than that. Owners do not sleep; a waiter that spun
 * for long lets others run, since there may be more threads than CPUs.
 */
struct mutex {
	unsigned long	owner;
};

#define SHIM_MUTEX_SPINS		1000
#define __MUTEX_INITIALIZER(name)	{ 0 }
#define mutex_init(m)			((m)->owner = 0)

static inline void shim_mutex_relax(unsigned int *spins)
{
	if (++*spins % SHIM_MUTEX_SPINS == 0)
		sched_yield();
	else
		__builtin_ia32_pause();
}

static inline void mutex_lock(struct mutex *m)
{
	unsigned long unlocked = 0;
	unsigned int spins = 0;

	might_sleep();
	while (!__atomic_compare_exchange_n(&m->owner, &unlocked, 1, false,
					    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
		while (__atomic_load_n(&m->owner, __ATOMIC_RELAXED))
			shim_mutex_relax(&spins);
		unlocked = 0;
	}
}

/* The kernel's checks for sleeping waiters, so it is a cmpxchg, too. */
static inline void mutex_unlock(struct mutex *m)
{
	unsigned long locked = 1;

	__atomic_compare_exchange_n(&m->owner, &locked, 0, false, __ATOMIC_RELEASE,
				    __ATOMIC_RELAXED);
}

/*
 * A reader costs an increment and a decrement of a counter of its task, as with
 * CONFIG_PREEMPT_RCU, and can be asserted. Nothing is freed while readers are measured.
 */
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

#define synchronize_rcu()	shim_die("%s: a grace period is not measured", __func__)
#endif

#define __cleanup(fn)		__attribute__((cleanup(fn), unused))
#define __nonnull_args(...)	__attribute__((nonnull(__VA_ARGS__)))
#define __UNIQUE_ID(name)	CONCATENATE(name##_, __COUNTER__)

#include_next <linux/cleanup.h>

DEFINE_GUARD(mutex, struct mutex *, mutex_lock(_T), mutex_unlock(_T))
DEFINE_GUARD(rwsem_read, struct rw_semaphore *, pthread_rwlock_rdlock(&_T->lock),
	     pthread_rwlock_unlock(&_T->lock))
DEFINE_GUARD(rwsem_write, struct rw_semaphore *, pthread_rwlock_wrlock(&_T->lock),
	     pthread_rwlock_unlock(&_T->lock))
DEFINE_GUARD(spinlock, spinlock_t *, spin_lock(_T), spin_unlock(_T))
DEFINE_GUARD(spinlock_irqsave, spinlock_t *, shim_count_irqsave(); spin_lock(_T), spin_unlock(_T))
DEFINE_GUARD(raw_spinlock_irqsave, spinlock_t *, spin_lock(_T), spin_unlock(_T))
DEFINE_LOCK_GUARD_0(preempt, preempt_disable(), preempt_enable())
DEFINE_LOCK_GUARD_0(rcu, rcu_read_lock(), rcu_read_unlock())

#endif /* SHIM_CLEANUP_H */
