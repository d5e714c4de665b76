/* SPDX-License-Identifier: GPL-2.0-only */
/* STUB: tests call nothing that would have to be preempted. */
#define cond_resched()	do { } while (0)
#define might_sleep()	do { } while (0)
#define cpu_relax()	do { } while (0)
