/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: malloc(); the test says whether slab is up yet. */
#ifndef SHIM_SLAB_H
#define SHIM_SLAB_H

#include <limits.h>
#include <stdlib.h>
#include <linux/gfp.h>

extern bool shim_slab_is_up;
#define slab_is_available()	shim_slab_is_up

extern long shim_live_objects;	/* atomic: allocated and not freed */

static inline void *shim_counted(void *p)
{
	if (p)
		__atomic_fetch_add(&shim_live_objects, 1, __ATOMIC_RELAXED);
	return p;
}

static inline void kfree(const void *p)
{
	if (p)
		__atomic_fetch_sub(&shim_live_objects, 1, __ATOMIC_RELAXED);
	free((void *)p);
}

#define kvfree		kfree

#define kcalloc(n, size, gfp)	(shim_fault() ? NULL : shim_counted(calloc((n), (size))))
/* Never more than INT_MAX bytes, as in the kernel. */
#define kvmalloc_array(n, size, gfp)					\
	(shim_fault() || (n) > INT_MAX / (size) ? NULL :		\
	 shim_counted(calloc((n), (size))))

#endif /* SHIM_SLAB_H */
