/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for what userspace preserves.
 */
#ifndef _KERNEL_KHO_FAST_ACCOUNT_H
#define _KERNEL_KHO_FAST_ACCOUNT_H

#include <linux/gfp.h>

/*
 * Charged to the memory cgroup of the caller. A cgroup or a machine that is
 * full is an error: it kills no task, and preserving can be repeated.
 */
#define KHO_FAST_GFP_ACCOUNT						\
	(GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

#endif /* _KERNEL_KHO_FAST_ACCOUNT_H */
