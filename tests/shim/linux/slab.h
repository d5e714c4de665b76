/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: malloc(); the test says whether slab is up yet. */
#ifndef SHIM_SLAB_H
#define SHIM_SLAB_H

#include <limits.h>
#include <malloc.h>
#include <stdlib.h>
#include <linux/cleanup.h>
#include <linux/gfp.h>

extern bool shim_slab_is_up;
#define slab_is_available()	shim_slab_is_up

extern long shim_live_objects;	/* atomic: allocated and not freed */
extern long shim_object_bytes;	/* atomic: of those */
extern long shim_object_peak;	/* the most that they were */

static inline void *shim_counted(void *p)
{
	long now, peak = __atomic_load_n(&shim_object_peak, __ATOMIC_RELAXED);

	if (!p)
		return NULL;
	__atomic_fetch_add(&shim_live_objects, 1, __ATOMIC_RELAXED);
	now = __atomic_add_fetch(&shim_object_bytes, malloc_usable_size(p), __ATOMIC_RELAXED);
	while (now > peak &&
	       !__atomic_compare_exchange_n(&shim_object_peak, &peak, now, false,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	return p;
}

static inline void kfree(const void *p)
{
	if (p) {
		__atomic_fetch_sub(&shim_live_objects, 1, __ATOMIC_RELAXED);
		__atomic_fetch_sub(&shim_object_bytes, malloc_usable_size((void *)p),
				   __ATOMIC_RELAXED);
	}
	free((void *)p);
}

DEFINE_FREE(kfree, void *, kfree(_T))
#define kvfree		kfree
#define kvzalloc(size, gfp)	kcalloc(1, (size), (gfp))

static inline void *kmemdup(const void *from, size_t size, int gfp)
{
	void *p = shim_fault() ? NULL : shim_counted(malloc(size));

	return p ? memcpy(p, from, size) : NULL;
}

static inline char *kstrdup(const char *text, int gfp)
{
	return kmemdup(text, strlen(text) + 1, gfp);
}

#define kcalloc(n, size, gfp)	(shim_fault() ? NULL : shim_counted(calloc((n), (size))))
#define kmalloc_obj(obj, ...)						\
	(shim_fault() ? NULL : (typeof(obj) *)shim_counted(malloc(sizeof(obj))))
#define kzalloc_obj(obj, ...)						\
	(shim_fault() ? NULL : (typeof(obj) *)shim_counted(calloc(1, sizeof(obj))))
/* Never more than INT_MAX bytes, as in the kernel, which warns of more. */
static inline bool shim_is_too_large(size_t n, size_t size, gfp_t gfp)
{
	bool is_too_large = n > INT_MAX / size;

	WARN_ON(is_too_large && !(gfp & __GFP_NOWARN));
	return is_too_large;
}

#define kvmalloc_array(n, size, gfp)					\
	(shim_fault() || shim_is_too_large((n), (size), (gfp)) ? NULL :	\
	 shim_counted(calloc((n), (size))))
#define kvmalloc_objs(obj, nr)	kvmalloc_array((nr), sizeof(obj), GFP_KERNEL)

#endif /* SHIM_SLAB_H */
