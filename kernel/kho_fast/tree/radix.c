// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Radix tree of preserved memory
 *
 * Five levels of tables over bitmaps of one page each, in the layout of kho-v4.
 * Keys are added as long as the system runs, so adding must be cheap and must
 * not serialise CPUs: a descent takes no lock.
 *
 * Lifecycle: a node is allocated for its first key and stays, also when it is
 * empty, until the tree is destroyed.
 *
 * Memory ordering, of a tree that changes:
 *
 * - A node is zeroed before it can be seen. A successful cmpxchg() of the slot
 *   is a full barrier. Readers load the slot with READ_ONCE() and dereference
 *   the address: the address dependency orders the loads on all architectures.
 * - A slot changes once, from 0 to an address. Tasks that need the same node
 *   race in cmpxchg() alone; the loser frees its node, which was never visible,
 *   and uses the winner's. A failed cmpxchg() is not a barrier, but its result
 *   is again only dereferenced.
 * - Neighbouring bits belong to different tasks, so words are changed by atomic
 *   read-modify-writes only. Bits order nothing else: telling another task that
 *   memory is preserved needs a lock or a barrier of its own.
 * - At kexec one CPU runs, after all others acknowledged a stop IPI: the next
 *   kernel sees every bit that was set before.
 *
 * Lock order: no lock is taken. &kho_radix_tree.lock is for clients that
 * exclude writers from a walk.
 *
 * Failure: a failed allocation leaves empty nodes on the way down. They have no
 * keys, later descents use them, and destroying the tree frees them.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/bitops.h>
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/memblock.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/unroll.h>

#include "../alloc.h"
#include "tree.h"

#define KHO_FAST_TOP_LEVEL	(KHO_TREE_MAX_DEPTH - 1)

static void *__ref kho_tree_node_alloc(int nid)
{
	struct page *page;

	if (!slab_is_available())
		return memblock_alloc(PAGE_SIZE, PAGE_SIZE);

	page = kho_fast_alloc_pages(nid, GFP_KERNEL | __GFP_ZERO, 0);
	return page ? page_address(page) : NULL;
}

static void __ref kho_tree_node_free(void *node)
{
	if (slab_is_available())
		free_page((unsigned long)node);
	else
		memblock_free(node, PAGE_SIZE);
}

/* The node that @slot points to, created if missing; NULL without memory. */
static void *kho_tree_node_get(u64 *slot, int nid)
{
	u64 phys = READ_ONCE(*slot);
	void *node;

	if (phys)
		return phys_to_virt(phys);

	node = kho_tree_node_alloc(nid);
	if (!node)
		return NULL;

	phys = cmpxchg64(slot, 0, virt_to_phys(node));
	if (!phys)
		return node;

	kho_tree_node_free(node);
	return phys_to_virt(phys);
}

/**
 * kho_fast_leaf - Find the bitmap of a key.
 * @root: Root of the tree.
 * @key:  The key.
 *
 * Context: any; for an incoming tree that is being freed, under
 * rcu_read_lock().
 * Return: the bitmap, or NULL when it does not exist.
 */
struct kho_radix_leaf *kho_fast_leaf(const struct kho_radix_node *root,
				     unsigned long key)
{
	const struct kho_radix_node *node = root;
	unsigned int level = KHO_FAST_TOP_LEVEL;

	/* Restoring a folio is little more than this. */
	unrolled_full
	do {
		u64 phys = READ_ONCE(node->table[kho_fast_slot(key, level)]);

		if (!phys)
			return NULL;
		node = phys_to_virt(phys);
	} while (--level);

	return (struct kho_radix_leaf *)node;
}

/* The first key of a bitmap from @bit on; @end or more if it is not below. */
static unsigned long kho_leaf_find(const struct kho_radix_leaf *leaf,
				   unsigned long bit, unsigned long end)
{
	unsigned long word = kho_fast_keys(leaf, bit, BITS_PER_LONG) &
			     BITMAP_FIRST_WORD_MASK(bit);

	for (bit = round_down(bit, BITS_PER_LONG); !word;) {
		bit += BITS_PER_LONG;
		if (bit >= end)
			return end;
		word = kho_fast_keys(leaf, bit, BITS_PER_LONG);
	}

	return bit + __ffs(word);
}

static unsigned long kho_tree_find_order(const struct kho_radix_node *root,
					 unsigned long pfn, unsigned long end,
					 unsigned int order)
{
	unsigned long unit = pfn >> order, last = (end - 1) >> order, nr;

	for (; unit <= last; unit += nr) {
		const unsigned long key = kho_fast_key(unit << order, order);
		const struct kho_radix_leaf *leaf = kho_fast_leaf(root, key);
		const unsigned long bit = kho_fast_bit(key);
		unsigned long found;

		nr = min(last - unit + 1, KHO_FAST_LEAF_BITS - bit);
		if (!leaf)
			continue;

		found = kho_leaf_find(leaf, bit, bit + nr);
		if (found < bit + nr)
			return max(pfn, (unit + found - bit) << order);
	}

	return end;
}

/**
 * kho_fast_tree_find - Find a preserved page in a range.
 * @root: Root of the tree.
 * @pfn:  First page frame of the range.
 * @end:  One past its last page frame.
 *
 * Context: any; for an incoming tree that is being freed, under
 * rcu_read_lock(). Keys that are added or removed concurrently may be missed.
 * Return: the page frame of one that a key of any order stands for; @end for
 * none.
 */
unsigned long kho_fast_tree_find(const struct kho_radix_node *root,
				 unsigned long pfn, unsigned long end)
{
	unsigned long found = end;
	unsigned int order;

	for (order = 0; found == end && order <= KHO_FAST_MAX_ORDER; order++)
		found = kho_tree_find_order(root, pfn, end, order);
	return found;
}

/**
 * kho_fast_leaf_get - Find or create the bitmap of a key.
 * @root: Root of the tree.
 * @key:  The key.
 * @nid:  NUMA node for new nodes of the tree, or %NUMA_NO_NODE.
 *
 * Context: process context, may sleep.
 * Return: the bitmap, or NULL without memory.
 */
struct kho_radix_leaf *kho_fast_leaf_get(struct kho_radix_node *root,
					 unsigned long key, int nid)
{
	void *node = root;
	unsigned int level;

	for (level = KHO_FAST_TOP_LEVEL; node && level > 0; level--) {
		struct kho_radix_node *table = node;
		unsigned int slot = kho_fast_slot(key, level);

		node = kho_tree_node_get(&table->table[slot], nid);
	}

	return node;
}

static bool kho_tree_key_is_too_wide(unsigned long key)
{
	return fls64(key) > KHO_RADIX_KEY_WIDTH;
}

/* A mistake of a client; WARN() may panic. */
static bool kho_tree_is_usable(const struct kho_radix_tree *tree,
			       unsigned long caller)
{
	if (likely(tree->root))
		return true;

	pr_err_ratelimited("%pS: the tree was not initialised\n",
			   (void *)caller);
	return false;
}

/**
 * kho_radix_add_key - Add a key to a tree.
 * @tree: The tree.
 * @key:  The key, at most %KHO_RADIX_KEY_WIDTH bits wide. Adding a key twice
 *        changes nothing.
 *
 * Context: process context, may sleep; safe against other callers of
 * kho_radix_add_key() and kho_radix_del_key() on the same tree.
 * Return: 0; -EINVAL when @tree has no root; -ERANGE when @key is too wide;
 * -ENOMEM when a node cannot be allocated, and @key is not added.
 */
int kho_radix_add_key(struct kho_radix_tree *tree, unsigned long key)
{
	struct kho_radix_leaf *leaf;

	if (!kho_tree_is_usable(tree, _RET_IP_))
		return -EINVAL;
	if (unlikely(kho_tree_key_is_too_wide(key)))
		return -ERANGE;

	might_sleep();

	leaf = kho_fast_leaf_get(tree->root, key, NUMA_NO_NODE);
	if (!leaf)
		return -ENOMEM;

	set_bit(kho_fast_bit(key), leaf->bitmap);
	return 0;
}
EXPORT_SYMBOL_GPL(kho_radix_add_key);

/**
 * kho_radix_del_key - Remove a key from a tree.
 * @tree: The tree.
 * @key:  The key. A message if its bitmap does not exist: it cannot have been
 *        added.
 *
 * Empty nodes are not freed.
 *
 * Context: any; safe against kho_radix_add_key() on the same tree.
 */
void kho_radix_del_key(struct kho_radix_tree *tree, unsigned long key)
{
	struct kho_radix_leaf *leaf;

	if (!kho_tree_is_usable(tree, _RET_IP_))
		return;
	if (unlikely(kho_tree_key_is_too_wide(key)))
		return;

	leaf = kho_fast_leaf(tree->root, key);
	if (unlikely(!leaf)) {
		pr_err_ratelimited("%pS: cannot remove key %#lx: not in the tree\n",
				   (void *)_RET_IP_, key);
		return;
	}

	clear_bit(kho_fast_bit(key), leaf->bitmap);
}
EXPORT_SYMBOL_GPL(kho_radix_del_key);

/**
 * kho_radix_init_tree - Initialise a tree.
 * @tree: The tree.
 * @root: Root of an existing tree that the caller has checked, or NULL for an
 *        empty tree.
 *
 * Return: 0; -ENOMEM when the root cannot be allocated.
 */
int kho_radix_init_tree(struct kho_radix_tree *tree,
			struct kho_radix_node *root)
{
	mutex_init(&tree->lock);
	tree->root = root ?: kho_tree_node_alloc(NUMA_NO_NODE);

	return tree->root ? 0 : -ENOMEM;
}
EXPORT_SYMBOL_GPL(kho_radix_init_tree);

static void kho_tree_free(void *node, unsigned int level)
{
	const struct kho_radix_node *table = node;
	unsigned int i;

	for (i = 0; level && i < KHO_FAST_TABLE_ENTRIES; i++) {
		if (table->table[i])
			kho_tree_free(phys_to_virt(table->table[i]), level - 1);
	}

	kho_tree_node_free(node);
}

/**
 * kho_radix_destroy_tree - Free all nodes of a tree.
 * @tree: The tree, without other users. It may have no root.
 */
void kho_radix_destroy_tree(struct kho_radix_tree *tree)
{
	if (tree->root)
		kho_tree_free(tree->root, KHO_FAST_TOP_LEVEL);
	tree->root = NULL;
}
EXPORT_SYMBOL_GPL(kho_radix_destroy_tree);

struct kho_tree_walk {
	const struct kho_radix_walk_cb	*cb;
	void				*data;
};

static int kho_tree_walk_word(const struct kho_tree_walk *w, unsigned long word,
			      unsigned long key)
{
	int err = 0;

	for (; !err && word; word &= word - 1)
		err = w->cb->leaf(key + __ffs(word), w->data);
	return err;
}

static int kho_tree_walk_leaf(const struct kho_tree_walk *w,
			      const struct kho_radix_leaf *leaf,
			      unsigned long key)
{
	unsigned long bit;
	int err = 0;

	if (!w->cb->leaf)
		return 0;

	for (bit = 0; !err && bit < KHO_FAST_LEAF_BITS; bit += BITS_PER_LONG) {
		unsigned long word = kho_fast_keys(leaf, bit, BITS_PER_LONG);

		err = kho_tree_walk_word(w, word, key | bit);
	}
	return err;
}

static int kho_tree_walk_node(const struct kho_tree_walk *w, void *node,
			      unsigned int level, unsigned long key)
{
	const struct kho_radix_node *table = node;
	unsigned long i;
	int err = 0;

	if (w->cb->node)
		err = w->cb->node(virt_to_phys(node), w->data);
	if (err)
		return err;
	if (!level)
		return kho_tree_walk_leaf(w, node, key);

	for (i = 0; i < KHO_FAST_TABLE_ENTRIES; i++) {
		u64 phys = READ_ONCE(table->table[i]);

		if (!phys)
			continue;

		err = kho_tree_walk_node(w, phys_to_virt(phys), level - 1,
					 key | i << kho_fast_slot_shift(level));
		if (err)
			return err;
	}

	return 0;
}

/**
 * kho_radix_walk_tree - Walk the nodes and keys of a tree.
 * @tree: The tree.
 * @cb:   Callbacks; either may be NULL.
 * @data: Passed to the callbacks.
 *
 * Keys are visited in ascending order. Keys that are added or removed
 * concurrently may be missed.
 *
 * Context: as the callbacks require.
 * Return: 0; -EINVAL when @tree has no root; else the first non-zero value
 * of a callback, which ends the walk.
 */
int kho_radix_walk_tree(struct kho_radix_tree *tree,
			const struct kho_radix_walk_cb *cb, void *data)
{
	const struct kho_tree_walk w = { .cb = cb, .data = data };

	if (!kho_tree_is_usable(tree, _RET_IP_))
		return -EINVAL;

	return kho_tree_walk_node(&w, tree->root, KHO_FAST_TOP_LEVEL, 0);
}
EXPORT_SYMBOL_GPL(kho_radix_walk_tree);
