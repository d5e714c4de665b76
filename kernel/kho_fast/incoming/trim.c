// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Freeing the incoming tree
 *
 * The pages of the incoming tree were allocated by the previous kernel.
 * Restoring memory empties the bitmaps; some time later a work item unlinks the
 * pages of the tree without keys and frees them. With the root, the last of the
 * handover is freed. The first pass also frees the map of the preserved
 * sections, which only the boot needs.
 *
 * Keys are never added to an incoming tree, so an empty page stays empty and
 * may be unlinked without a lock. It is freed after a grace period.
 *
 * None of this is part of the blackout.
 *
 * Lock order: kho_trim_lock is taken first and alone.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/bitmap.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/kmemleak.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pgalloc_tag.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>

#include "../tree/tree.h"
#include "map.h"
#include "quarantine.h"
#include "sections.h"
#include "tree_pages.h"
#include "trim.h"

/* One pass for many folios that are restored in a row. */
#define TRIM_DELAY	(2 * HZ)

/* Serialises freeing pages of the tree and counting its keys. */
static DEFINE_MUTEX(kho_trim_lock);

static void kho_trim_work_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(kho_trim_work, kho_trim_work_fn);

static bool kho_leaf_is_empty(const struct kho_radix_leaf *leaf)
{
	unsigned long bit;

	for (bit = 0; bit < KHO_FAST_LEAF_BITS; bit += BITS_PER_LONG) {
		if (kho_fast_keys(leaf, bit, BITS_PER_LONG))
			return false;
	}

	return true;
}

/* Once freed, a page in quarantine could be handed out. */
static void kho_collect_tree_page(void *node, struct list_head *freed)
{
	struct page *page = virt_to_page(node);

	if (!kho_fast_is_quarantined(&kho_fast_incoming, page_to_pfn(page)))
		list_add(&page->lru, freed);
}

/*
 * Move the empty pages below @node to @freed. Returns true when @node is empty
 * itself.
 */
static bool kho_trim_node(void *node, unsigned int level,
			  struct list_head *freed)
{
	struct kho_radix_node *table = node;
	bool empty = true;
	unsigned int i;

	if (!level)
		return kho_leaf_is_empty(node);

	for (i = 0; i < KHO_FAST_TABLE_ENTRIES; i++) {
		void *child;

		if (!table->table[i])
			continue;

		child = phys_to_virt(table->table[i]);
		if (!kho_trim_node(child, level - 1, freed)) {
			empty = false;
			continue;
		}
		WRITE_ONCE(table->table[i], 0);
		kho_collect_tree_page(child, freed);
	}

	cond_resched();
	return empty;
}

static void kho_free_tree_pages(struct list_head *freed)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, freed, lru) {
		list_del_init(&page->lru);
		clear_page_tag_ref(page);
		__free_page(page);
	}
}

/* kmemleak would go on to scan it, though debug_pagealloc has unmapped it. */
static void kho_free_boot(void *mem, size_t size)
{
	if (!mem)
		return;

	kmemleak_free_part_phys(virt_to_phys(mem), PAGE_ALIGN(size));
	free_reserved_area(mem, mem + PAGE_ALIGN(size), -1, NULL);
}

/* Sections are not looked up once all are initialised, but for quarantine. */
static void kho_free_sections(struct kho_fast_map *map)
{
	kho_free_boot(map->tree_pages.pfns,
		      kho_fast_tree_pages_size(&map->tree_pages));
	map->tree_pages = (struct kho_fast_tree_pages){};
	if (map->nr_quarantined)
		return;

	kho_free_boot(map->sections, map->nr_sections * sizeof(*map->sections));
	map->nr_sections = 0;
	map->sections = NULL;
}

static void kho_trim_work_fn(struct work_struct *work)
{
	struct kho_fast_map *map = &kho_fast_incoming;
	struct kho_radix_node *root;
	LIST_HEAD(freed);
	bool empty;

	guard(mutex)(&kho_trim_lock);

	root = map->root;
	if (!root)
		return;

	empty = kho_trim_node(root, KHO_TREE_MAX_DEPTH - 1, &freed);
	if (empty) {
		WRITE_ONCE(map->root, NULL);
		kho_collect_tree_page(root, &freed);
	}

	/* Restoring looks up the tree and the sections under RCU. */
	synchronize_rcu();
	kho_free_tree_pages(&freed);
	kho_free_sections(map);

	if (empty)
		pr_info("all preserved memory%s has been restored\n",
			map->nr_quarantined ? " outside quarantine" : "");
}

/**
 * kho_fast_schedule_trim - Schedule freeing the incoming tree.
 *
 * Does nothing until all sections are initialised.
 *
 * Context: any.
 */
void kho_fast_schedule_trim(void)
{
	if (READ_ONCE(kho_fast_incoming.initialised) &&
	    !delayed_work_pending(&kho_trim_work))
		schedule_delayed_work(&kho_trim_work, TRIM_DELAY);
}

static unsigned long kho_count_leaf(const struct kho_radix_leaf *leaf,
				    unsigned long key)
{
	unsigned long nr = bitmap_weight(leaf->bitmap, KHO_FAST_LEAF_BITS);

	/* The order is part of the keys, an empty leaf has none. */
	return nr ? nr << kho_fast_key_order(key | find_first_bit(leaf->bitmap,
					KHO_FAST_LEAF_BITS)) : 0;
}

static unsigned long kho_count_node(const void *node, unsigned int level,
				    unsigned long key)
{
	const struct kho_radix_node *table = node;
	unsigned long i, nr = 0;
	unsigned int shift;

	if (!level)
		return kho_count_leaf(node, key);

	cond_resched();
	shift = kho_fast_slot_shift(level);
	for (i = 0; i < KHO_FAST_TABLE_ENTRIES; i++) {
		if (table->table[i])
			nr += kho_count_node(phys_to_virt(table->table[i]),
					     level - 1, key | i << shift);
	}

	return nr;
}

/**
 * kho_fast_count_preserved - Count the pages that are still preserved.
 *
 * Context: process context; reads the whole tree.
 * Return: pages that are preserved and not restored yet.
 */
unsigned long kho_fast_count_preserved(void)
{
	const struct kho_radix_node *root;

	guard(mutex)(&kho_trim_lock);

	root = kho_fast_incoming.root;
	return root ? kho_count_node(root, KHO_TREE_MAX_DEPTH - 1, 0) : 0;
}

/**
 * kho_fast_count_quarantined - Count the pages in quarantine.
 *
 * Context: any, from early_initcall on.
 * Return: pages of the quarantined sections, with those that are not memory.
 */
unsigned long kho_fast_count_quarantined(void)
{
	return kho_fast_incoming.nr_quarantined * PAGES_PER_SECTION;
}

/* A page of the tree in a range: that at @phys or below; @end for none */
static unsigned long kho_find_tree_page(u64 phys, unsigned int level,
					unsigned long pfn, unsigned long end)
{
	const struct kho_radix_node *table = phys_to_virt(phys);
	unsigned long found = PHYS_PFN(phys), i;

	if (found >= pfn && found < end)
		return found;
	if (!level)
		return end;

	cond_resched();
	found = end;
	for (i = 0; found == end && i < KHO_FAST_TABLE_ENTRIES; i++) {
		if (table->table[i])
			found = kho_find_tree_page(table->table[i], level - 1,
						   pfn, end);
	}

	return found;
}

static unsigned long kho_find_quarantined(unsigned long pfn, unsigned long end)
{
	while (pfn < end && !kho_fast_is_quarantined(&kho_fast_incoming, pfn))
		pfn = section_nr_to_pfn(pfn_to_section_nr(pfn) + 1);
	return min(pfn, end);
}

/**
 * kho_fast_incoming_find - Find a page of the previous kernel in a range.
 * @pfn: First page frame of the range.
 * @end: One past its last page frame.
 *
 * Context: process context, after the boot; may read all tables of the tree.
 * Return: the page frame of one that is preserved and not restored yet, that
 * the tree occupies, or that is in quarantine; @end for none.
 */
unsigned long kho_fast_incoming_find(unsigned long pfn, unsigned long end)
{
	struct kho_radix_node *root;
	unsigned long found;

	guard(mutex)(&kho_trim_lock);

	found = kho_find_quarantined(pfn, end);
	root = kho_fast_incoming.root;
	if (found < end || !root)
		return found;

	found = kho_fast_tree_find(root, pfn, end);
	return found < end ? found :
	       kho_find_tree_page(virt_to_phys(root), KHO_TREE_MAX_DEPTH - 1,
				  pfn, end);
}
