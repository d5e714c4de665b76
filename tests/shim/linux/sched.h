/* SPDX-License-Identifier: GPL-2.0-only */
/* STUB: tests call nothing that would have to be preempted. */
#define cond_resched()
#define might_sleep()
#define cpu_relax()
