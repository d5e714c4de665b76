/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kho-v4 tree of preserved memory: keys and radix tree.
 */
#ifndef _KERNEL_KHO_FAST_TREE_TREE_H
#define _KERNEL_KHO_FAST_TREE_TREE_H

#include <linux/bitmap.h>
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/kho/abi/kexec_handover.h>
#include <linux/kho_radix_tree.h>
#include <linux/mm.h>
#include <linux/types.h>

/* Position of the bit that marks order 0: right above the widest pfn. */
#define KHO_FAST_ORDER0_BIT	(64 - PAGE_SHIFT)

/*
 * Orders are tracked in a u32 per section. A key of order 31 is 8 TiB of
 * 4 KiB pages; longer runs are stored as several keys. All keys of a bitmap are
 * of one order, so with 64 KiB pages and their larger bitmaps it is 29.
 */
#define KHO_FAST_MAX_ORDER						\
	(KHO_FAST_ORDER0_BIT - KHO_BITMAP_SIZE_LOG2 < 31 ?		\
	 KHO_FAST_ORDER0_BIT - KHO_BITMAP_SIZE_LOG2 : 31)
static_assert(KHO_FAST_ORDER0_BIT - KHO_FAST_MAX_ORDER >=
	      KHO_BITMAP_SIZE_LOG2);

/* Sets of orders, one bit each. */
#define KHO_FAST_ALL_ORDERS	(~0U)
#define KHO_FAST_FOLIO_ORDERS	(~1U)

#define KHO_FAST_TABLE_ENTRIES	BIT(KHO_TABLE_SIZE_LOG2)
#define KHO_FAST_LEAF_BITS	BIT(KHO_BITMAP_SIZE_LOG2)

/* The key of the 2^@order pages from @pfn on. */
static inline unsigned long kho_fast_key(unsigned long pfn, unsigned int order)
{
	return BIT(KHO_FAST_ORDER0_BIT - order) | (pfn >> order);
}

/* Log2 of the keys that a slot of a table on @level covers; 0 is a leaf. */
static inline unsigned int kho_fast_slot_shift(unsigned int level)
{
	return (level - 1) * KHO_TABLE_SIZE_LOG2 + KHO_BITMAP_SIZE_LOG2;
}

/* Index of a key in a table on @level. */
static inline unsigned int kho_fast_slot(unsigned long key, unsigned int level)
{
	return (key >> kho_fast_slot_shift(level)) &
	       (KHO_FAST_TABLE_ENTRIES - 1);
}

/* Index of a key in its bitmap. */
static inline unsigned int kho_fast_bit(unsigned long key)
{
	return key & (KHO_FAST_LEAF_BITS - 1);
}

/*
 * Up to a word of the keys of a leaf, from @bit on, a multiple of @nr_bits or
 * of BITS_PER_LONG. Other keys in the word may be removed concurrently.
 */
static inline unsigned long kho_fast_keys(const struct kho_radix_leaf *leaf,
					  unsigned long bit,
					  unsigned long nr_bits)
{
	unsigned long word = READ_ONCE(leaf->bitmap[BIT_WORD(bit)]);

	if (nr_bits >= BITS_PER_LONG)
		return word;
	return word >> (bit % BITS_PER_LONG) & BITMAP_LAST_WORD_MASK(nr_bits);
}

/* key.c */
int kho_fast_key_order(unsigned long key);
unsigned long kho_fast_key_pfn(unsigned long key, unsigned int order);

/* radix.c */
struct kho_radix_leaf *kho_fast_leaf(const struct kho_radix_node *root,
				     unsigned long key);
unsigned long kho_fast_tree_find(const struct kho_radix_node *root,
				 unsigned long pfn, unsigned long end);
struct kho_radix_leaf *kho_fast_leaf_get(struct kho_radix_node *root,
					 unsigned long key, int nid);

#endif /* _KERNEL_KHO_FAST_TREE_TREE_H */
