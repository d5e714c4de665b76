/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tree that would be handed over now, for the files that preserve.
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

/**
 * struct kho_fast_hint - A bitmap that was needed lately.
 * @prefix: What its keys have in common; 0, which no key has, when there is
 *          none.
 * @leaf:   The bitmap.
 */
struct kho_fast_hint {
	unsigned long		prefix;
	struct kho_radix_leaf	*leaf;
};

/* Enough for all orders of one place, or for several files that are preserved. */
#define KHO_FAST_HINT_BITS	4

struct kho_fast_hints {
	struct kho_fast_hint	hint[1 << KHO_FAST_HINT_BITS];
};

DECLARE_PER_CPU(struct kho_fast_hints, kho_fast_hints);

/* What the keys of one bitmap have in common. */
static inline unsigned long kho_fast_key_prefix(unsigned long key)
{
	return key >> KHO_BITMAP_SIZE_LOG2;
}

/* Where a CPU remembers the bitmap of these keys. */
static inline unsigned int kho_fast_hint_slot(unsigned long prefix)
{
	return hash_long(prefix, KHO_FAST_HINT_BITS);
}

/*
 * The bitmap of @key if this CPU needed it lately, else NULL. Bitmaps are not
 * freed as long as anything can be preserved, so the answer stays true when
 * the task moves to another CPU.
 */
static inline struct kho_radix_leaf *kho_fast_hinted_leaf(unsigned long key)
{
	const unsigned long prefix = kho_fast_key_prefix(key);
	const unsigned int slot = kho_fast_hint_slot(prefix);
	struct kho_radix_leaf *leaf = NULL;
	const struct kho_fast_hint *hint;

	preempt_disable();
	hint = this_cpu_ptr(&kho_fast_hints.hint[slot]);
	if (READ_ONCE(hint->prefix) == prefix)
		leaf = READ_ONCE(hint->leaf);
	preempt_enable();

	return leaf;
}

/**
 * struct kho_fast_run - Folios of one order that follow one another.
 * @pfn:   First page frame of the first.
 * @nr:    How many folios.
 * @order: Their order.
 */
struct kho_fast_run {
	unsigned long	pfn;
	unsigned long	nr;
	unsigned int	order;
};

/* tree.c */
int kho_fast_outgoing_init(void);
void kho_fast_outgoing_exit(void);
phys_addr_t kho_fast_outgoing_root(void);
int kho_fast_outgoing_add_slowly(unsigned long pfn, unsigned int order);
bool kho_fast_outgoing_del_slowly(unsigned long pfn, unsigned int order);
int kho_fast_outgoing_add_run(const struct kho_fast_run *run);
bool kho_fast_outgoing_del_run(const struct kho_fast_run *run);
void kho_fast_hints_suspend(void);
void kho_fast_hints_resume(void);

/* preserve.c */
void kho_fast_unpreserve_range(unsigned long pfn, unsigned long nr_pages);

/* fdt.c */
int kho_fast_subtree_init(void);
void kho_fast_subtree_exit(void);
phys_addr_t kho_fast_subtree_fdt_pa(void);

/*
 * Add the key of the 2^@order pages from @pfn on if its bitmap has a hint, which
 * none has while it is traced. False: it takes kho_fast_outgoing_add_slowly().
 */
static inline bool kho_fast_outgoing_add_hinted(unsigned long pfn,
						unsigned int order)
{
	const unsigned long key = kho_fast_key(pfn, order);
	struct kho_radix_leaf *leaf;

	might_sleep();

	leaf = kho_fast_hinted_leaf(key);
	if (unlikely(!leaf))
		return false;

	set_bit(kho_fast_bit(key), leaf->bitmap);
	return true;
}

/*
 * Remove a key that is there if its bitmap has a hint, which none has while it is
 * traced. False: it takes kho_fast_outgoing_del_slowly(). Context: any.
 */
static inline bool kho_fast_outgoing_del_hinted(unsigned long pfn,
						unsigned int order)
{
	const unsigned long key = kho_fast_key(pfn, order);
	struct kho_radix_leaf *leaf = kho_fast_hinted_leaf(key);

	return likely(leaf &&
		      test_and_clear_bit(kho_fast_bit(key), leaf->bitmap));
}

/* Remove a key; false, with a warning, when it is not there. Context: any. */
static inline bool kho_fast_outgoing_del(unsigned long pfn, unsigned int order)
{
	return kho_fast_outgoing_del_hinted(pfn, order) ||
	       kho_fast_outgoing_del_slowly(pfn, order);
}

/* Does preserving these pages break the rule that the debug option checks? */
static inline bool kho_fast_in_scratch(unsigned long pfn,
				       unsigned long nr_pages)
{
	return IS_ENABLED(CONFIG_KEXEC_HANDOVER_DEBUG) &&
	       WARN_ON(kho_scratch_overlap(PFN_PHYS(pfn),
					   nr_pages << PAGE_SHIFT));
}

#endif /* _KERNEL_KHO_FAST_OUTGOING_H */
