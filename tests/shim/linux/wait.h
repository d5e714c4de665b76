/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CUSTOM: a task that sleeps calls the test, which does what other tasks do meanwhile. It
 * sleeps for ever, and so ends the test, if nobody wakes its queue.
 */
#ifndef SHIM_WAIT_H
#define SHIM_WAIT_H

#include <linux/bug.h>
#include <linux/cleanup.h>

#define ERESTARTSYS	512

typedef struct {
	unsigned int woken;
} wait_queue_head_t;

#define DECLARE_WAIT_QUEUE_HEAD(name)	wait_queue_head_t name
#define wake_up(wq)			((void)(wq)->woken++)
#define wake_up_all(wq)			wake_up(wq)

enum shim_wake {
	SHIM_WOKEN,
	SHIM_TIME_IS_UP,
	SHIM_KILLED,
};

extern enum shim_wake (*shim_sleep)(void);

static inline enum shim_wake shim_sleep_on(wait_queue_head_t *wq)
{
	unsigned int woken = wq->woken;
	enum shim_wake how;

	might_sleep();
	how = shim_sleep();
	if (how == SHIM_WOKEN && wq->woken == woken)
		shim_die("a task sleeps for ever");
	return how;
}

#define wait_event(wq, condition)						\
	do {									\
		while (!(condition))						\
			shim_sleep_on(&(wq));					\
	} while (0)

#define wait_event_killable(wq, condition)					\
({										\
	int __ret = 0;								\
										\
	while (!__ret && !(condition))						\
		if (shim_sleep_on(&(wq)) == SHIM_KILLED)			\
			__ret = -ERESTARTSYS;					\
	__ret;									\
})

/* 0 if the condition is false when the time is up */
#define wait_event_killable_timeout(wq, condition, timeout)			\
({										\
	long __ret = (timeout);							\
										\
	for (;;) {								\
		enum shim_wake __how;						\
										\
		if (condition) {						\
			__ret = __ret ?: 1;					\
			break;							\
		}								\
		if (!__ret)							\
			break;							\
		__how = shim_sleep_on(&(wq));					\
		if (__how == SHIM_KILLED) {					\
			__ret = -ERESTARTSYS;					\
			break;							\
		}								\
		if (__how == SHIM_TIME_IS_UP)					\
			__ret = 0;						\
	}									\
	__ret;									\
})

#endif /* SHIM_WAIT_H */
