/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: threads of the test are preempted all the same, but may not sleep. */
#ifndef SHIM_PREEMPT_H
#define SHIM_PREEMPT_H

#include <linux/compiler.h>

extern __thread unsigned int shim_preempt_depth;	/* of this thread */

#define preempt_disable()	do { shim_preempt_depth++; barrier(); } while (0)
#define preempt_enable()	do { barrier(); shim_preempt_depth--; } while (0)

#include <linux/cleanup.h>

#endif /* SHIM_PREEMPT_H */
