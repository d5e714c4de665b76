/* SPDX-License-Identifier: GPL-2.0-only */
/* STUB: threads of the test are preempted all the same. */
#include <linux/cleanup.h>

#define preempt_disable()	do { } while (0)
#define preempt_enable()	do { } while (0)
