/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's, and what lib/xarray.c has from slab and RCU: memfd.c allocates its nodes. */
#ifndef SHIM_XARRAY_H
#define SHIM_XARRAY_H

#include <linux/cleanup.h>
#include <linux/mm.h>

struct list_lru;
struct rcu_head {
	void *next;
};

#define CONFIG_XARRAY_MULTI		1
#define lockdep_is_held(lock)		1
#define rcu_dereference_raw(p)		READ_ONCE(p)
#define rcu_dereference_check(p, c)	READ_ONCE(p)
#define rcu_dereference_protected(p, c)	READ_ONCE(p)
#define rcu_assign_pointer(p, v)	smp_store_release(&(p), (v))
#define RCU_INIT_POINTER(p, v)		WRITE_ONCE((p), (v))
#define call_rcu(head, fn)		(fn)(head)	/* files change with no readers */

void *kmem_cache_alloc_lru(struct kmem_cache *cache, struct list_lru *lru, gfp_t gfp);
void radix_tree_node_rcu_free(struct rcu_head *head);
#define kmem_cache_free(cache, node)	free(node)
#define gfpflags_allow_blocking(gfp)	(!!((gfp) & __GFP_DIRECT_RECLAIM))

#include_next <linux/xarray.h>

#endif /* SHIM_XARRAY_H */
