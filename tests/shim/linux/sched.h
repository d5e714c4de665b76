/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: tests call nothing that would have to be preempted, but sleeping is checked. */
#ifndef SHIM_SCHED_H
#define SHIM_SCHED_H

/* Ends the test where a task of the kernel could not sleep. */
void shim_might_sleep(const char *caller);

#define might_sleep()	shim_might_sleep(__func__)
#define cond_resched()	might_sleep()
#define cpu_relax()	do { } while (0)

#endif /* SHIM_SCHED_H */
