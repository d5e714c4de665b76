// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: The outgoing tree
 *
 * It records the preserved memory and is always up to date, so nothing is left
 * to do at kexec.
 *
 * Most keys belong to a recently used bitmap: each CPU has a cache of leaves,
 * and descends from the root when that misses. A run of keys is added a word at
 * a time. A bitmap covers 32,768 folios, for order 0 one memory section, and is
 * allocated on the NUMA node of that memory: tasks that preserve memory of
 * different nodes share tables, which they read, and no cache line that they
 * write.
 *
 * Lifecycle: created by kho_init(), never destroyed unless that fails. The leaf
 * caches rely on it.
 *
 * What the next kernel would refuse is refused when it is preserved (memory.c).
 * The check is part of filling the leaf cache: an entry has the keys of a
 * bitmap that are adjacent and acceptable.
 *
 * While preserving or unpreserving is traced (trace.c) the leaf caches are
 * empty.
 *
 * Lock order: no lock is taken, see ../tree/radix.c. Callers must not preserve
 * and unpreserve the same pages concurrently.
 *
 * Failure: a run is added completely or not at all.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/bitops.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>

#include "../scratch.h"
#include "../tree/tree.h"
#include "memory.h"
#include "outgoing.h"

static struct kho_radix_tree kho_out_tree = {
	.lock = __MUTEX_INITIALIZER(kho_out_tree.lock),
};

DEFINE_PER_CPU(struct kho_fast_leaf_cache, kho_fast_leaf_cache);

/* All ones; 0 while the leaf caches are suspended. */
static unsigned long kho_leaf_cache_mask = ~0UL;

/**
 * kho_fast_outgoing_init - Create the outgoing tree.
 *
 * Return: 0; -ENOMEM.
 */
int __init kho_fast_outgoing_init(void)
{
	int err = kho_fast_memory_init();

	if (err)
		return err;

	err = kho_radix_init_tree(&kho_out_tree, NULL);
	if (err)
		kho_fast_memory_exit();
	return err;
}

/**
 * kho_fast_outgoing_exit - Destroy the outgoing tree.
 *
 * Context: before its first user.
 */
void __init kho_fast_outgoing_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		per_cpu(kho_fast_leaf_cache, cpu) =
			(struct kho_fast_leaf_cache){};
	kho_radix_destroy_tree(&kho_out_tree);
	kho_fast_memory_exit();
}

/**
 * kho_fast_outgoing_root - Address of the outgoing tree.
 *
 * Return: physical address of the root.
 */
phys_addr_t kho_fast_outgoing_root(void)
{
	return virt_to_phys(kho_out_tree.root);
}

/**
 * kho_fast_outgoing_leaf - Find the bitmap of a folio.
 * @pfn:   First page frame.
 * @order: Its order.
 *
 * Context: any.
 * Return: the bitmap, whose bits may change; NULL if there is none.
 */
const struct kho_radix_leaf *kho_fast_outgoing_leaf(unsigned long pfn,
						    unsigned int order)
{
	const unsigned long key = kho_fast_key(pfn, order);

	return kho_fast_leaf_cache_find(key) ?:
	       kho_fast_leaf(kho_out_tree.root, key);
}

/**
 * kho_fast_outgoing_has - Check if a folio is preserved.
 * @pfn:   First page frame.
 * @order: Its order.
 *
 * Context: any.
 * Return: true if the tree has the key.
 */
bool kho_fast_outgoing_has(unsigned long pfn, unsigned int order)
{
	const struct kho_radix_leaf *leaf = kho_fast_outgoing_leaf(pfn, order);

	return leaf &&
	       test_bit(kho_fast_bit(kho_fast_key(pfn, order)), leaf->bitmap);
}

/**
 * kho_fast_outgoing_find - Find a preserved page in a range.
 * @pfn: First page frame of the range.
 * @end: One past its last page frame.
 *
 * Context: any.
 * Return: the page frame of one; @end for none, or when KHO is off.
 */
unsigned long kho_fast_outgoing_find(unsigned long pfn, unsigned long end)
{
	return kho_out_tree.root ?
	       kho_fast_tree_find(kho_out_tree.root, pfn, end) : end;
}

/*
 * An interrupt may look up the leaf cache of its CPU at any time and must not
 * find keys beside the bitmap of others. kho_fast_leaf_cache_suspend() waits
 * for callers that read the old mask.
 */
static void kho_leaf_cache_add(const struct kho_fast_cached_leaf *new)
{
	const unsigned long prefix = kho_fast_key_prefix(new->first);
	const unsigned int slot = kho_fast_leaf_cache_slot(prefix);
	struct kho_fast_cached_leaf *entry;

	preempt_disable();
	entry = this_cpu_ptr(&kho_fast_leaf_cache.entry[slot]);
	WRITE_ONCE(entry->nr, 0);
	barrier();
	WRITE_ONCE(entry->first, new->first);
	WRITE_ONCE(entry->leaf, new->leaf);
	barrier();
	WRITE_ONCE(entry->nr, new->nr & READ_ONCE(kho_leaf_cache_mask));
	preempt_enable();
}

static void kho_leaf_cache_clear(struct kho_fast_leaf_cache *cache)
{
	unsigned int slot;

	for (slot = 0; slot < ARRAY_SIZE(cache->entry); slot++)
		WRITE_ONCE(cache->entry[slot].nr, 0);
}

/**
 * kho_fast_leaf_cache_suspend - Keep the leaf caches empty.
 *
 * Until kho_fast_leaf_cache_resume(). A lookup that has started earlier may
 * still succeed.
 *
 * Context: process context, may sleep; one caller at a time.
 */
void kho_fast_leaf_cache_suspend(void)
{
	int cpu;

	WRITE_ONCE(kho_leaf_cache_mask, 0);
	/* Every kho_leaf_cache_add() that read the old mask is done then. */
	synchronize_rcu();
	for_each_possible_cpu(cpu)
		kho_leaf_cache_clear(&per_cpu(kho_fast_leaf_cache, cpu));
}

/**
 * kho_fast_leaf_cache_resume - Undo kho_fast_leaf_cache_suspend().
 *
 * Context: any; one caller at a time.
 */
void kho_fast_leaf_cache_resume(void)
{
	WRITE_ONCE(kho_leaf_cache_mask, ~0UL);
}

/*
 * Find the keys around those of @run, which are of one bitmap, whose memory the
 * next kernel accepts: all that are adjacent and in the same bitmap. Returns
 * NULL, or why it would refuse one of @run.
 */
static const char *kho_find_accepted(const struct kho_fast_run *run,
				     struct kho_fast_cached_leaf *keys)
{
	unsigned long unit, start, end;
	struct kho_fast_pfn_range ram;

	if (run->order > KHO_FAST_MAX_ORDER ||
	    !IS_ALIGNED(run->pfn, BIT(run->order)))
		return "not a folio";

	unit = run->pfn >> run->order;
	start = round_down(unit, KHO_FAST_LEAF_BITS);
	end = start + KHO_FAST_LEAF_BITS;
	if (kho_fast_memory_find(run->pfn, &ram)) {
		start = max(start, DIV_ROUND_UP(ram.start, BIT(run->order)));
		end = min(end, ram.end >> run->order);
		if (unit >= start && unit + run->nr <= end) {
			keys->first = kho_fast_key(start << run->order,
						   run->order);
			keys->nr = end - start;
			return NULL;
		}
	}

	if (kho_scratch_overlap(PFN_PHYS(run->pfn),
				run->nr << (run->order + PAGE_SHIFT)))
		return "in scratch";
	return "not RAM for the next kernel, as hot-added memory";
}

/* The bitmap of the keys of @run, created if missing. */
static struct kho_radix_leaf *
kho_get_uncached_leaf(const struct kho_fast_run *run)
{
	const phys_addr_t phys = PFN_PHYS(run->pfn);
	struct kho_fast_cached_leaf found;
	const char *why;
	unsigned long key;

	if (unlikely(!kho_out_tree.root)) {
		pr_err_ratelimited("nothing can be preserved: KHO is off\n");
		return ERR_PTR(-EINVAL);
	}

	why = kho_find_accepted(run, &found);
	if (unlikely(why)) {
		pr_err_ratelimited("cannot preserve %lu of order %u at %pa: %s\n",
				   run->nr, run->order, &phys, why);
		return ERR_PTR(-EINVAL);
	}

	key = kho_fast_key(run->pfn, run->order);
	found.leaf = kho_fast_leaf(kho_out_tree.root, key);
	if (unlikely(!found.leaf))
		found.leaf = kho_fast_leaf_get(kho_out_tree.root, key,
					       pfn_to_nid(run->pfn));
	if (!found.leaf)
		return ERR_PTR(-ENOMEM);

	kho_leaf_cache_add(&found);
	return found.leaf;
}

/* The bitmap of a key, or NULL. */
static struct kho_radix_leaf *kho_find_leaf(unsigned long key)
{
	struct kho_radix_leaf *leaf = kho_fast_leaf_cache_find(key);

	if (leaf || !kho_out_tree.root)
		return leaf;

	return kho_fast_leaf(kho_out_tree.root, key);
}

/**
 * kho_fast_outgoing_add_slowly - Add a key, without the leaf cache.
 * @pfn:   First page frame, with a struct page.
 * @order: Order.
 *
 * Context: process context, may sleep.
 * Return: 0; -ENOMEM; -EINVAL when KHO is not set up or, with a message, when
 * the next kernel would refuse the page.
 */
int kho_fast_outgoing_add_slowly(unsigned long pfn, unsigned int order)
{
	const struct kho_fast_run run = { .pfn = pfn, .nr = 1, .order = order };
	struct kho_radix_leaf *leaf = kho_get_uncached_leaf(&run);

	if (IS_ERR(leaf))
		return PTR_ERR(leaf);

	set_bit(kho_fast_bit(kho_fast_key(pfn, order)), leaf->bitmap);
	return 0;
}

/**
 * kho_fast_outgoing_del_slowly - Remove a key, without the leaf cache.
 * @pfn:   First page frame.
 * @order: Order.
 *
 * Context: any.
 * Return: true when the key was in the tree.
 */
bool kho_fast_outgoing_del_slowly(unsigned long pfn, unsigned int order)
{
	const unsigned long key = kho_fast_key(pfn, order);
	struct kho_radix_leaf *leaf = kho_find_leaf(key);

	return leaf && test_and_clear_bit(kho_fast_bit(key), leaf->bitmap);
}

/* Part of a run within one bitmap: bits [bit, end). */
struct kho_run_part {
	unsigned long	key;
	unsigned long	pfn;
	unsigned long	bit, end;
};

/* The part that starts at folio @nth of @run. */
static struct kho_run_part kho_nth_part(const struct kho_fast_run *run,
					unsigned long nth)
{
	struct kho_run_part part = { .pfn = run->pfn + (nth << run->order) };

	part.key = kho_fast_key(part.pfn, run->order);
	part.bit = kho_fast_bit(part.key);
	part.end = min(part.bit + run->nr - nth, KHO_FAST_LEAF_BITS);
	return part;
}

/* Mask of [bit, end) within the word of @bit. */
static unsigned long kho_word_mask(unsigned long bit, unsigned long end)
{
	unsigned long mask = BITMAP_FIRST_WORD_MASK(bit);

	if (BIT_WORD(bit) == BIT_WORD(end))
		mask &= ~BITMAP_FIRST_WORD_MASK(end);
	return mask;
}

static unsigned long kho_next_word(unsigned long bit, unsigned long end)
{
	return min(round_down(bit, BITS_PER_LONG) + BITS_PER_LONG, end);
}

/* Returns the number of bits set before the first that was set already. */
static unsigned long kho_set_part(struct kho_radix_leaf *leaf,
				  const struct kho_run_part *part)
{
	unsigned long bit = part->bit;

	while (bit < part->end) {
		unsigned long *word = &leaf->bitmap[BIT_WORD(bit)];
		unsigned long mask = kho_word_mask(bit, part->end);
		unsigned long taken = set_mask_bits(word, 0, mask) & mask;

		if (unlikely(taken)) {
			set_mask_bits(word, mask & ~taken, 0);
			break;
		}
		bit = kho_next_word(bit, part->end);
	}

	return bit - part->bit;
}

/* @leaf may be NULL. */
static void kho_clear_part(struct kho_radix_leaf *leaf,
			   const struct kho_run_part *part, unsigned int order,
			   struct kho_fast_missing *missing)
{
	unsigned long bit;

	for (bit = part->bit; bit < part->end;
	     bit = kho_next_word(bit, part->end)) {
		unsigned long mask = kho_word_mask(bit, part->end);
		unsigned long lost = mask;

		if (leaf)
			lost &= ~set_mask_bits(&leaf->bitmap[BIT_WORD(bit)],
					       mask, 0);
		if (unlikely(lost)) {
			unsigned long nth = round_down(bit, BITS_PER_LONG) +
					    __ffs(lost) - part->bit;

			kho_fast_miss(missing, part->pfn + (nth << order),
				      order, hweight_long(lost));
		}
	}
}

static struct kho_radix_leaf *kho_get_leaf(const struct kho_run_part *part,
					   unsigned int order)
{
	const struct kho_fast_run run = {
		.pfn = part->pfn,
		.nr = part->end - part->bit,
		.order = order,
	};

	return kho_fast_leaf_cache_find_run(part->key, run.nr) ?:
	       kho_get_uncached_leaf(&run);
}

static int kho_add_one(unsigned long pfn, unsigned int order)
{
	const struct kho_fast_run run = { .pfn = pfn, .nr = 1, .order = order };
	const unsigned long key = kho_fast_key(pfn, order);
	struct kho_radix_leaf *leaf = kho_fast_leaf_cache_find(key) ?:
				      kho_get_uncached_leaf(&run);

	if (IS_ERR(leaf))
		return PTR_ERR(leaf);

	return test_and_set_bit(kho_fast_bit(key), leaf->bitmap) ? -EEXIST : 0;
}

/**
 * kho_fast_outgoing_add_run - Add the keys of a run of folios.
 * @run: The run; its first page frame has a struct page.
 *
 * Context: process context, may sleep.
 * Return: 0; -EEXIST when one of the keys is in the tree already; -ENOMEM;
 * -EINVAL when KHO is not set up or, with a message, when the next kernel would
 * refuse one of the folios. After an error the tree is unchanged.
 */
int kho_fast_outgoing_add_run(const struct kho_fast_run *run)
{
	struct kho_fast_run done = { .pfn = run->pfn, .order = run->order };
	struct kho_fast_missing missing = {};
	int err = 0;

	/* Scattered folios are runs of one. */
	if (run->nr == 1)
		return kho_add_one(run->pfn, run->order);

	while (!err && done.nr < run->nr) {
		struct kho_run_part part = kho_nth_part(run, done.nr);
		struct kho_radix_leaf *leaf = kho_get_leaf(&part, run->order);
		unsigned long nr;

		if (IS_ERR(leaf)) {
			err = PTR_ERR(leaf);
			break;
		}
		nr = kho_set_part(leaf, &part);
		if (nr < part.end - part.bit)
			err = -EEXIST;
		done.nr += nr;
	}

	if (err)
		kho_fast_outgoing_del_run(&done, &missing);
	return err;
}

/**
 * kho_fast_outgoing_del_run - Remove the keys of a run of folios.
 * @run:     The run.
 * @missing: Keys that are not in the tree are added to it.
 *
 * Context: any.
 * Return: true when all keys were in the tree.
 */
bool kho_fast_outgoing_del_run(const struct kho_fast_run *run,
			       struct kho_fast_missing *missing)
{
	const unsigned long missed = missing->nr;
	unsigned long done = 0;

	/* Scattered folios are runs of one. */
	if (run->nr == 1) {
		if (likely(kho_fast_outgoing_del(run->pfn, run->order)))
			return true;
		kho_fast_miss(missing, run->pfn, run->order, 1);
		return false;
	}

	while (done < run->nr) {
		struct kho_run_part part = kho_nth_part(run, done);

		kho_clear_part(kho_find_leaf(part.key), &part, run->order,
			       missing);
		done += part.end - part.bit;
	}

	return missing->nr == missed;
}
