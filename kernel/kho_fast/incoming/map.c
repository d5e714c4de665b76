// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Map of the preserved sections
 *
 * Early in boot, before the memory map exists, one pass over the incoming tree
 * finds the memory sections with preserved pages. After that it takes one
 * lookup to tell whether a section has any, and preserved memory needs no
 * memblock reservation: mm/deferred_kho.c keeps such sections from the buddy
 * allocator and initialises their pages one section at a time.
 *
 * Cost: one visit per page of the tree and one step per section and order. In
 * sections that are not plain memory from end to end, ranges of keys are halved
 * down to the ends of memory, NUMA nodes, reservations and scratch areas.
 *
 * Nothing in the tree is trusted: its writer runs the same checks before it
 * hands the tree over (../outgoing/preflight.c), but may be another kernel.
 * Each page of it must be RAM, neither scratch nor reserved, that no other slot
 * points to, which excludes loops and sharing. A key must have a valid order
 * and stand for such memory, and no page may be in two keys or in a key and in
 * the tree. At boot the pass runs before any preserved page could be
 * overwritten. It drops what is bad from the tree and quarantines the sections
 * that this concerns, see quarantine.c; nothing else is written, and nothing to
 * an outgoing tree.
 *
 * Lifecycle: built by kho_memory_init_early(). Some time after all sections are
 * initialised everything but the tree is freed, and the tree as its keys are
 * restored.
 *
 * Lock order: none; the map is built before SMP and read-only later. Of an
 * outgoing tree there is one map at a time, see ../outgoing/preflight.c.
 *
 * Failure: a fault that cannot be quarantined, or no memory; one message from
 * the view (view.c), and no map; at boot also no handover.
 */
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/memblock.h>
#include <linux/mm.h>

#include "../checksum.h"
#include "../scratch.h"
#include "../tree/tree.h"
#include "bitmap.h"
#include "map.h"
#include "overlap.h"
#include "quarantine.h"
#include "sections.h"
#include "tree_pages.h"
#include "view.h"

struct kho_fast_map kho_fast_incoming;

/* Find the sections whose keys need not be checked one by one. */
static void kho_find_whole_sections(struct kho_fast_map *map)
{
	unsigned long start, end, nr;
	unsigned int area;
	u64 i = 0;

	while (map->view->next_range(&i, &start, &end)) {
		nr = pfn_to_section_nr(SECTION_ALIGN_UP(start));
		for (; nr < pfn_to_section_nr(end); nr++)
			map->sections[nr].whole = true;
	}

	for (area = 0; area < kho_scratch_cnt; area++) {
		const struct kho_scratch *scratch = &kho_scratch[area];

		start = PFN_DOWN(scratch->addr);
		end = PFN_UP(scratch->addr + scratch->size);
		nr = pfn_to_section_nr(start);
		for (; nr < map->nr_sections && section_nr_to_pfn(nr) < end;
		     nr++)
			map->sections[nr].whole = false;
	}
}

/* Add a page of the tree to the map; -EFAULT and -EEXIST when it is bad. */
static int kho_add_tree_page(struct kho_fast_map *map, phys_addr_t phys)
{
	unsigned long pfn = PHYS_PFN(phys);
	unsigned long nr = pfn_to_section_nr(pfn);
	int err;

	if (!PAGE_ALIGNED(phys) || nr >= map->nr_sections)
		return -EFAULT;
	if (!map->sections[nr].whole && !map->view->is_usable(pfn, 1))
		return -EFAULT;

	err = kho_fast_tree_pages_add(&map->tree_pages, pfn);
	if (!err)
		map->sections[nr].tree_pages = true;
	return err;
}

/*
 * Drop a bad page of the tree and quarantine all that it could have keys for.
 * With keys of several orders that is most of memory.
 */
static int kho_drop_tree_page(struct kho_fast_map *map, u64 *slot,
			      unsigned int level, unsigned long key, int err)
{
	const phys_addr_t phys = *slot;
	const char *fault = err == -EEXIST ? "two slots point to it" :
			    err == -EBADMSG ? "its checksum differs" :
					      "not usable memory";
	const unsigned long nr_keys = BIT(kho_fast_slot_shift(level + 1));
	int order = kho_fast_key_order(key);

	if (err == -ENOMEM) {
		kho_fast_view_refuse(map->view, 0,
				     "no memory left for the tree pages");
		return err;
	}
	/* A table whose slots are wrong may lead to any order. */
	if (!map->view->contain || order < 0 || (level && err == -EBADMSG) ||
	    order != kho_fast_key_order(key + nr_keys - 1))
		return kho_fast_view_refuse(map->view, phys,
					    "tree page at %pa: %s", &phys,
					    fault);

	*slot = 0;
	return kho_fast_quarantine(map, kho_fast_key_pfn(key, order),
				   nr_keys << order,
				   "tree page at %pa, of order %d: %s", &phys,
				   order, fault);
}

/* Remember a page for its other slot: nothing tells which one is right. */
static int kho_note_shared(struct kho_fast_map *map, phys_addr_t phys,
			   unsigned long key)
{
	if (map->nr_shared == KHO_FAST_MAX_SHARED)
		return kho_fast_view_refuse(map->view, phys,
					    "tree page at %pa: more than %u are shared",
					    &phys, KHO_FAST_MAX_SHARED);

	map->shared[map->nr_shared++] = (struct kho_fast_shared_page){
		.pfn = PHYS_PFN(phys), .key = key };
	return 0;
}

/* A loop is the fault of its inner slot, which is among those below @slot. */
static bool kho_is_shared(const struct kho_fast_map *map, u64 slot,
			  unsigned int level, unsigned long key)
{
	const unsigned int shift = kho_fast_slot_shift(level + 1);
	unsigned int i;

	for (i = 0; i < map->nr_shared; i++) {
		if (map->shared[i].pfn == PHYS_PFN(slot) &&
		    map->shared[i].key >> shift != key >> shift)
			return true;
	}

	return false;
}

/* Drop the first slots of shared pages, when all others are known. */
static int kho_drop_shared(struct kho_fast_map *map, u64 *slot,
			   unsigned int level, unsigned long key)
{
	struct kho_radix_node *table;
	unsigned int shift;
	unsigned long i;
	int err = 0;

	if (kho_is_shared(map, *slot, level, key))
		return kho_drop_tree_page(map, slot, level, key, -EEXIST);
	if (!level)
		return 0;

	table = phys_to_virt(*slot);
	shift = kho_fast_slot_shift(level);
	for (i = 0; !err && i < KHO_FAST_TABLE_ENTRIES; i++) {
		if (table->table[i])
			err = kho_drop_shared(map, &table->table[i], level - 1,
					      key | i << shift);
	}

	return err;
}

/* Keys of one leaf within one section, or a single larger key. */
struct kho_key_run {
	struct kho_radix_leaf		*leaf;
	unsigned long			base_pfn;	/* of bit 0 */
	unsigned int			order;
	unsigned long			bit, end;
};

static unsigned long kho_key_run_pfn(const struct kho_key_run *run,
				     unsigned long bit)
{
	return run->base_pfn + (bit << run->order);
}

/*
 * Check the keys in bits [bit, end) and drop the bad ones. Mostly everything
 * from the first of them to the end is memory; otherwise each half is checked
 * separately.
 */
static int kho_check_keys(struct kho_fast_map *map,
			  const struct kho_key_run *run,
			  unsigned long bit, unsigned long end)
{
	unsigned long first = find_next_bit(run->leaf->bitmap, end, bit);
	unsigned long middle = first + (end - first) / 2;
	phys_addr_t phys = PFN_PHYS(kho_key_run_pfn(run, first));
	int err;

	if (first >= end ||
	    map->view->is_usable(PHYS_PFN(phys), (end - first) << run->order))
		return 0;

	if (end - first == 1) {
		err = kho_fast_quarantine(map, PHYS_PFN(phys), BIT(run->order),
					  "key at %pa, order %u: not usable memory",
					  &phys, run->order);
		if (!err)
			__clear_bit(first, run->leaf->bitmap);
		return err;
	}

	err = kho_check_keys(map, run, first, middle);
	return err ?: kho_check_keys(map, run, middle, end);
}

static int kho_mark_key_run(struct kho_fast_map *map,
			    const struct kho_key_run *run)
{
	unsigned long first = pfn_to_section_nr(kho_key_run_pfn(run, run->bit));
	unsigned long last =
		pfn_to_section_nr(kho_key_run_pfn(run, run->end) - 1);
	bool whole = last < map->nr_sections;
	unsigned long nr;

	for (nr = first; whole && nr <= last; nr++)
		whole = map->sections[nr].whole;

	if (!whole) {
		int err = kho_check_keys(map, run, run->bit, run->end);

		if (err)
			return err;
		if (find_next_bit(run->leaf->bitmap, run->end, run->bit) >=
		    run->end)
			return 0;
	}

	for (nr = first; nr <= last && nr < map->nr_sections; nr++)
		map->sections[nr].orders |= BIT(run->order);
	map->orders |= BIT(run->order);

	return 0;
}

/* One past the last bit that the run from run->bit on may include. */
static unsigned long kho_key_run_end(const struct kho_key_run *run)
{
	unsigned long nr = pfn_to_section_nr(kho_key_run_pfn(run, run->bit));
	unsigned long end;

	if (run->order >= PFN_SECTION_SHIFT)
		return run->bit + 1;

	end = (section_nr_to_pfn(nr + 1) - run->base_pfn) >> run->order;
	return min(end, KHO_FAST_LEAF_BITS);
}

static int kho_scan_leaf(struct kho_fast_map *map, struct kho_radix_leaf *leaf,
			 unsigned long key)
{
	struct kho_key_run run = { .leaf = leaf };
	int order, err;

	run.bit = find_first_bit(leaf->bitmap, KHO_FAST_LEAF_BITS);
	if (run.bit == KHO_FAST_LEAF_BITS)
		return 0;

	order = kho_fast_key_order(key | run.bit);
	if (order < 0) {
		err = kho_fast_quarantine(map, 0, 0,
					  "key %#lx has no possible order",
					  key | run.bit);
		if (!err)
			bitmap_zero(leaf->bitmap, KHO_FAST_LEAF_BITS);
		return err;
	}
	run.order = order;
	run.base_pfn = kho_fast_key_pfn(key, order);

	while (run.bit < KHO_FAST_LEAF_BITS) {
		run.end = kho_key_run_end(&run);
		err = kho_mark_key_run(map, &run);
		if (err)
			return err;
		run.bit = find_next_bit(leaf->bitmap, KHO_FAST_LEAF_BITS,
					run.end);
	}

	return 0;
}

/* Check what @slot points to; it is cleared when that is a bad page. */
static int kho_scan_node(struct kho_fast_map *map, u64 *slot,
			 unsigned int level, unsigned long key)
{
	const phys_addr_t phys = *slot;
	struct kho_radix_node *table;
	unsigned int shift;
	unsigned long i;
	int err;

	err = kho_add_tree_page(map, phys);
	if (err)
		kho_fast_checksum_drop();
	if (err == -EEXIST)
		return kho_drop_tree_page(map, slot, level, key, err) ?:
		       kho_note_shared(map, phys, key);
	if (!err && map->view->contain && !kho_fast_checksum_next(phys))
		err = -EBADMSG;
	if (err)
		return kho_drop_tree_page(map, slot, level, key, err);
	if (!level)
		return kho_scan_leaf(map, phys_to_virt(phys), key);

	table = phys_to_virt(phys);
	shift = kho_fast_slot_shift(level);
	for (i = 0; !err && i < KHO_FAST_TABLE_ENTRIES; i++) {
		if (table->table[i])
			err = kho_scan_node(map, &table->table[i], level - 1,
					    key | i << shift);
	}

	return err;
}

/* A key must not cover a page of the tree: restoring it could free that. */
static int kho_check_tree_pages(struct kho_fast_map *map)
{
	DECLARE_BITMAP(mask, KHO_FAST_BUDDY_PAGES);
	unsigned long i, block = ULONG_MAX;
	int err = 0;

	for (i = 0; !err && i < map->tree_pages.nr; i++) {
		unsigned long pfn = map->tree_pages.pfns[i];
		phys_addr_t phys = PFN_PHYS(pfn);

		if (block != ALIGN_DOWN(pfn, KHO_FAST_BUDDY_PAGES)) {
			block = ALIGN_DOWN(pfn, KHO_FAST_BUDDY_PAGES);
			kho_fast_key_mask(map, block, KHO_FAST_ALL_ORDERS,
					  mask);
		}
		if (!test_bit(pfn - block, mask))
			continue;

		err = kho_fast_quarantine(map, pfn, 1,
					  "tree page at %pa is also preserved",
					  &phys);
	}

	return err;
}

/* Checks that need more than one key. */
static int kho_check_map(struct kho_fast_map *map)
{
	int err = kho_fast_check_overlap(map);

	if (!err)
		err = kho_check_tree_pages(map);
	return err ?: kho_fast_quarantine_finish(map);
}

/**
 * kho_fast_is_preserved - Is every page of a range preserved?
 * @map: The map of the tree.
 * @pfn: First page frame.
 * @end: One past the last page frame.
 *
 * Context: any; before anything of an incoming tree is restored.
 * Return: true when keys cover all of the range.
 */
bool kho_fast_is_preserved(const struct kho_fast_map *map, unsigned long pfn,
			   unsigned long end)
{
	DECLARE_BITMAP(mask, KHO_FAST_BUDDY_PAGES);
	unsigned long block, limit;

	for (; pfn < end; pfn = block + KHO_FAST_BUDDY_PAGES) {
		block = ALIGN_DOWN(pfn, KHO_FAST_BUDDY_PAGES);
		if (!kho_fast_map_has_preserved(map, pfn))
			return false;

		kho_fast_key_mask(map, block, KHO_FAST_ALL_ORDERS, mask);
		limit = min(end - block, KHO_FAST_BUDDY_PAGES);
		if (find_next_zero_bit(mask, limit, pfn - block) < limit)
			return false;
	}

	return true;
}

/* Bytes of the sections: whole pages, for kho_fast_free_boot(). */
static size_t kho_map_size(const struct kho_fast_map *map)
{
	return PAGE_ALIGN(map->nr_sections * sizeof(*map->sections));
}

static int kho_map_alloc(struct kho_fast_map *map)
{
	unsigned long end = map->view->nr_pages();
	unsigned long nr = pfn_to_section_nr(SECTION_ALIGN_UP(end));

	map->nr_sections = nr;
	map->sections = kho_fast_map_mem_alloc(kho_map_size(map));
	if (map->sections)
		return 0;

	kho_fast_view_refuse(map->view, 0, "no memory left to map %lu sections",
			     nr);
	return -ENOMEM;
}

/**
 * kho_fast_map_check - Check a tree and map its sections.
 * @map:  Filled in; empty after an error.
 * @root: Physical address of the root of the tree, unchecked.
 * @view: The memory that it is checked against.
 *
 * Context: process context, may sleep, or boot CPU; one caller at a time.
 * Return: 0; -EINVAL when the tree is invalid; -ENOMEM. Errors are reported by
 * @view.
 */
int kho_fast_map_check(struct kho_fast_map *map, phys_addr_t root,
		       const struct kho_fast_view *view)
{
	u64 slot = root;
	int err;

	*map = (struct kho_fast_map){ .view = view };
	err = kho_map_alloc(map);
	if (err)
		goto err_destroy;

	kho_find_whole_sections(map);

	err = kho_scan_node(map, &slot, KHO_TREE_MAX_DEPTH - 1, 0);
	if (!err && map->nr_shared)
		err = kho_drop_shared(map, &slot, KHO_TREE_MAX_DEPTH - 1, 0);
	if (err)
		goto err_destroy;
	map->root = phys_to_virt(root);
	kho_fast_tree_pages_sort(&map->tree_pages);

	err = kho_check_map(map);
	if (err)
		goto err_destroy;

	map->view = NULL;
	return 0;

err_destroy:
	kho_fast_map_destroy(map);
	return err;
}

/**
 * kho_fast_map_build - Check an incoming tree and map its sections.
 * @map:  Filled in; empty after an error.
 * @root: Physical address of the root of the tree, unchecked.
 *
 * Context: boot CPU, after kho_fast_scratch_set() and before memmap_init();
 * allocates from memblock.
 * Return: 0, also when sections are quarantined; -EINVAL when the tree is
 * invalid; -ENOMEM. Errors are reported.
 */
int __init kho_fast_map_build(struct kho_fast_map *map, phys_addr_t root)
{
	return kho_fast_map_check(map, root, &kho_fast_boot_view);
}

/**
 * kho_fast_map_destroy - Free a map that was not used yet.
 * @map: The map, possibly incomplete.
 *
 * Context: that of kho_fast_map_check().
 */
void kho_fast_map_destroy(struct kho_fast_map *map)
{
	kho_fast_tree_pages_destroy(&map->tree_pages);
	kho_fast_map_mem_free(map->sections, kho_map_size(map));
	*map = (struct kho_fast_map){};
}
