/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: malloc(); the test says whether slab is up yet. */
#ifndef SHIM_SLAB_H
#define SHIM_SLAB_H

#include <limits.h>
#include <stdlib.h>
#include <linux/gfp.h>

extern bool shim_slab_is_up;
#define slab_is_available()	shim_slab_is_up

/* Never more than INT_MAX bytes, as in the kernel. */
#define kvmalloc_array(n, size, gfp) \
	(shim_fault() || (n) > INT_MAX / (size) ? NULL : calloc((n), (size)))
#define kcalloc(n, size, gfp)		(shim_fault() ? NULL : calloc((n), (size)))
#define kfree(p)			free(p)
#define kvfree(p)			free(p)

#endif /* SHIM_SLAB_H */
