/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CUSTOM: threads wait for a variable that another one changes, on one queue for all of
 * them. A wake-up that does not come ends the test. A task that is killed, see
 * fatal_signal_pending(), does not wait.
 */
#ifndef SHIM_WAIT_BIT_H
#define SHIM_WAIT_BIT_H

#include <linux/cleanup.h>
#include <linux/shmem_fs.h>

extern pthread_mutex_t shim_var_lock;
void shim_wait_var(void);	/* with the lock, until any variable changes */
void shim_wake_var(void);

#define wait_var_event(var, condition)						\
	do {									\
		might_sleep();							\
		pthread_mutex_lock(&shim_var_lock);				\
		while (!(condition))						\
			shim_wait_var();					\
		pthread_mutex_unlock(&shim_var_lock);				\
	} while (0)

#define wait_var_event_killable(var, condition)					\
({										\
	int ret_ = 0;								\
										\
	might_sleep();								\
	pthread_mutex_lock(&shim_var_lock);					\
	while (!(condition)) {							\
		if (fatal_signal_pending(current)) {				\
			ret_ = -512;						\
			break;							\
		}								\
		shim_wait_var();						\
	}									\
	pthread_mutex_unlock(&shim_var_lock);					\
	ret_;									\
})

#define store_release_wake_up(var, val)						\
	do {									\
		smp_store_release((var), (val));				\
		shim_wake_var();						\
	} while (0)

#endif /* SHIM_WAIT_BIT_H */
