// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a task may sleep: not in an RCU reader, not with preemption off.
 */
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

__thread unsigned int shim_rcu_depth, shim_preempt_depth;

void shim_might_sleep(const char *caller)
{
	if (shim_rcu_depth || shim_preempt_depth)
		shim_die("%s: sleeps %s", caller,
			 shim_rcu_depth ? "under rcu_read_lock()" : "with preemption off");
}
