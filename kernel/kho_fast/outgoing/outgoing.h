/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The outgoing tree and the leaf cache.
 */
#ifndef _KERNEL_KHO_FAST_OUTGOING_H
#define _KERNEL_KHO_FAST_OUTGOING_H

#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/hash.h>
#include <linux/kexec_handover.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>

#include "../tree/tree.h"

struct kho_fast_map;
struct kho_fast_view;

/**
 * struct kho_fast_cached_leaf - Entry of the leaf cache.
 * @first: First of the keys.
 * @nr:    Number of keys of @leaf, from @first on, whose memory the next kernel
 *         accepts; 0 when the entry is empty.
 * @leaf:  A recently used bitmap.
 *
 * Aligned, so that a shift finds an entry.
 */
struct kho_fast_cached_leaf {
	unsigned long		first;
	unsigned long		nr;
	struct kho_radix_leaf	*leaf;
} __aligned(4 * sizeof(long));

/* Enough for all orders in one place, or for several files at a time. */
#define KHO_FAST_LEAF_CACHE_BITS	4

/* Leaf cache of a CPU. */
struct kho_fast_leaf_cache {
	struct kho_fast_cached_leaf	entry[1 << KHO_FAST_LEAF_CACHE_BITS];
};

DECLARE_PER_CPU(struct kho_fast_leaf_cache, kho_fast_leaf_cache);

/* Common prefix of the keys of one bitmap. */
static inline unsigned long kho_fast_key_prefix(unsigned long key)
{
	return key >> KHO_BITMAP_SIZE_LOG2;
}

/* Entry of the leaf cache for these keys. */
static inline unsigned int kho_fast_leaf_cache_slot(unsigned long prefix)
{
	return hash_long(prefix, KHO_FAST_LEAF_CACHE_BITS);
}

/*
 * The bitmap of the @nr keys from @key on, which are of one bitmap, if they are
 * in this CPU's leaf cache, else NULL. Bitmaps are not freed as long as
 * anything can be preserved, so the result stays valid when the task moves to
 * another CPU.
 */
static __always_inline struct kho_radix_leaf *
kho_fast_leaf_cache_find_run(unsigned long key, unsigned long nr)
{
	const unsigned long prefix = kho_fast_key_prefix(key);
	const unsigned int slot = kho_fast_leaf_cache_slot(prefix);
	struct kho_radix_leaf *leaf = NULL;
	const struct kho_fast_cached_leaf *entry;
	unsigned long off, nr_cached;

	preempt_disable();
	entry = this_cpu_ptr(&kho_fast_leaf_cache.entry[slot]);
	off = key - READ_ONCE(entry->first);
	nr_cached = READ_ONCE(entry->nr);
	if (off < nr_cached && (nr == 1 || nr <= nr_cached - off))
		leaf = READ_ONCE(entry->leaf);
	preempt_enable();

	return leaf;
}

/* As kho_fast_leaf_cache_find_run(), for one key. */
static inline struct kho_radix_leaf *kho_fast_leaf_cache_find(unsigned long key)
{
	return kho_fast_leaf_cache_find_run(key, 1);
}

/**
 * struct kho_fast_run - Adjacent folios of one order.
 * @pfn:   First page frame.
 * @nr:    Number of folios.
 * @order: Folio order.
 */
struct kho_fast_run {
	unsigned long	pfn;
	unsigned long	nr;
	unsigned int	order;
};

/**
 * struct kho_fast_missing - Keys that could not be removed.
 * @pfn:   Page frame of the first one.
 * @order: Its order.
 * @nr:    Number of them.
 */
struct kho_fast_missing {
	unsigned long	pfn;
	unsigned int	order;
	unsigned long	nr;
};

/* Add @nr adjacent keys. */
static inline void kho_fast_miss(struct kho_fast_missing *missing,
				 unsigned long pfn, unsigned int order,
				 unsigned long nr)
{
	if (!missing->nr) {
		missing->pfn = pfn;
		missing->order = order;
	}
	missing->nr += nr;
}

/* tree.c */
int kho_fast_outgoing_init(void);
void kho_fast_outgoing_exit(void);
phys_addr_t kho_fast_outgoing_root(void);
const struct kho_radix_leaf *kho_fast_outgoing_leaf(unsigned long pfn,
						    unsigned int order);
bool kho_fast_outgoing_has(unsigned long pfn, unsigned int order);
unsigned long kho_fast_outgoing_find(unsigned long pfn, unsigned long end);
int kho_fast_outgoing_add_slowly(unsigned long pfn, unsigned int order);
bool kho_fast_outgoing_del_slowly(unsigned long pfn, unsigned int order);
int kho_fast_outgoing_add_run(const struct kho_fast_run *run);
bool kho_fast_outgoing_del_run(const struct kho_fast_run *run,
			       struct kho_fast_missing *missing);
void kho_fast_leaf_cache_suspend(void);
void kho_fast_leaf_cache_resume(void);

/* preserve.c */
void kho_fast_report_missing(const struct kho_fast_missing *missing,
			     unsigned long caller);
void kho_fast_unpreserve_range(unsigned long pfn, unsigned long nr_pages);

/* bulk.c */
void kho_fast_unpreserve_folios(struct folio **folios, unsigned long nr,
				struct kho_fast_missing *missing);

/* fdt.c */
int kho_fast_subtree_init(void);
void kho_fast_subtree_debugfs(void);
void kho_fast_subtree_exit(void);
phys_addr_t kho_fast_subtree_fdt_pa(void);

/* Room for the name of a blob in a message; longer names are cut. */
#define KHO_FAST_BLOB_NAME	32

bool kho_fast_subtree_of_client(char *name);
int kho_fast_subtree_preflight_root(const struct kho_fast_view *view,
				    u64 *root_pa);
int kho_fast_subtree_preflight(const struct kho_fast_map *map,
			       const struct kho_fast_view *view);

/*
 * Add the key of the 2^@order pages from @pfn on if its bitmap is in the leaf
 * cache, which is empty while preserving is traced. When it returns false the
 * caller must use kho_fast_outgoing_add_slowly().
 */
static inline bool kho_fast_outgoing_add_cached(unsigned long pfn,
						unsigned int order)
{
	const unsigned long key = kho_fast_key(pfn, order);
	struct kho_radix_leaf *leaf;

	might_sleep();

	leaf = kho_fast_leaf_cache_find(key);
	if (unlikely(!leaf))
		return false;

	set_bit(kho_fast_bit(key), leaf->bitmap);
	return true;
}

/*
 * Remove a key if its bitmap is in the leaf cache, which is empty while
 * unpreserving is traced. When it returns false the caller must use
 * kho_fast_outgoing_del_slowly(). Context: any.
 */
static inline bool kho_fast_outgoing_del_cached(unsigned long pfn,
						unsigned int order)
{
	const unsigned long key = kho_fast_key(pfn, order);
	struct kho_radix_leaf *leaf = kho_fast_leaf_cache_find(key);

	return likely(leaf &&
		      test_and_clear_bit(kho_fast_bit(key), leaf->bitmap));
}

/* Remove a key; false when it is missing. Context: any. */
static inline bool kho_fast_outgoing_del(unsigned long pfn, unsigned int order)
{
	return kho_fast_outgoing_del_cached(pfn, order) ||
	       kho_fast_outgoing_del_slowly(pfn, order);
}

#endif /* _KERNEL_KHO_FAST_OUTGOING_H */
