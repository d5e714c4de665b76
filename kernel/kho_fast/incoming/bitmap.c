// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Preserved pages as a bitmap
 *
 * The tree has one bitmap per order. Here they are expanded and combined into
 * one bit per page, for %KHO_FAST_BUDDY_PAGES pages at a time: the largest
 * buddy block, and small enough for the stack.
 */
#include <linux/mmzone.h>

#include "../scratch.h"
#include "../tree/tree.h"
#include "bitmap.h"
#include "sections.h"
#include "tree_pages.h"

/*
 * Add @nr_bits keys of fewer than BITS_PER_LONG pages each to @mask. The bits
 * of one word of @mask come from one word of keys. Most words are all set or
 * all clear.
 */
static void kho_add_small_keys(unsigned long keys, unsigned int nr_bits,
			       unsigned int order, unsigned long *mask)
{
	const unsigned int per_word = BITS_PER_LONG >> order;
	const unsigned long all = GENMASK(per_word - 1, 0);
	unsigned int bit, i;

	for (bit = 0; bit < nr_bits; bit += per_word) {
		u64 pages = keys >> bit & all;

		if (pages == all)
			pages = ~0UL;
		else if (pages)
			for (i = 0; i < order; i++)
				pages = kho_fast_double_bits(pages);
		*mask++ |= pages;
	}
}

/* Add the keys of one order to @mask, which starts at @pfn. */
static void kho_add_order(const struct kho_fast_map *map, unsigned long pfn,
			  unsigned int order, unsigned long *mask)
{
	const unsigned long nr_bits = max(KHO_FAST_BUDDY_PAGES >> order, 1);
	unsigned long key = kho_fast_key(pfn, order);
	const struct kho_radix_leaf *leaf = kho_fast_leaf(map->root, key);
	unsigned long first = kho_fast_bit(key), off, bit;

	if (!leaf)
		return;

	for (off = 0; off < nr_bits; off += BITS_PER_LONG) {
		unsigned long word = kho_fast_keys(leaf, first + off, nr_bits);

		/* Where orders are mixed, most have no key in a block. */
		if (!word)
			continue;
		if (BIT(order) < BITS_PER_LONG) {
			kho_add_small_keys(word,
					   min(nr_bits - off, BITS_PER_LONG),
					   order,
					   mask + BIT_WORD(off << order));
			continue;
		}
		for_each_set_bit(bit, &word, BITS_PER_LONG)
			bitmap_set(mask, (off + bit) << order,
				   min(BIT(order), KHO_FAST_BUDDY_PAGES));
	}
}

/**
 * kho_fast_key_mask - Find the preserved pages of a buddy block.
 * @map:    The map of the incoming tree.
 * @pfn:    First page frame, a multiple of %KHO_FAST_BUDDY_PAGES.
 * @wanted: Orders of the keys that count, one bit each.
 * @mask:   Filled with %KHO_FAST_BUDDY_PAGES bits, set for preserved pages.
 *
 * Context: any, until the first page of the tree is freed.
 */
void kho_fast_key_mask(const struct kho_fast_map *map, unsigned long pfn,
		       u32 wanted, unsigned long *mask)
{
	unsigned long orders = map->sections[pfn_to_section_nr(pfn)].orders;
	unsigned int order;

	orders &= wanted;
	bitmap_zero(mask, KHO_FAST_BUDDY_PAGES);
	for_each_set_bit(order, &orders, KHO_FAST_MAX_ORDER + 1)
		kho_add_order(map, pfn, order, mask);
}

/* All pages but those of scratch areas. */
static void kho_quarantine_mask(unsigned long pfn, unsigned long *mask)
{
	const unsigned long end = pfn + KHO_FAST_BUDDY_PAGES;
	unsigned int i;

	bitmap_fill(mask, KHO_FAST_BUDDY_PAGES);
	for (i = 0; i < kho_scratch_cnt; i++) {
		const struct kho_scratch *area = &kho_scratch[i];
		unsigned long from = max(PFN_DOWN(area->addr), pfn);
		unsigned long to = min(PFN_UP(area->addr + area->size), end);

		if (from < to)
			bitmap_clear(mask, from - pfn, to - from);
	}
}

/**
 * kho_fast_keep_mask - Find the pages that must not be freed.
 * @map:  The map of the incoming tree.
 * @pfn:  First page frame, a multiple of %KHO_FAST_BUDDY_PAGES.
 * @mask: Filled with %KHO_FAST_BUDDY_PAGES bits, set for preserved pages, for
 *        pages of the tree and for those in quarantine.
 *
 * Context: any, until all sections are initialised.
 */
void kho_fast_keep_mask(const struct kho_fast_map *map, unsigned long pfn,
			unsigned long *mask)
{
	const struct kho_fast_section *section =
		&map->sections[pfn_to_section_nr(pfn)];
	unsigned long i;

	if (section->quarantined) {
		kho_quarantine_mask(pfn, mask);
		return;
	}

	kho_fast_key_mask(map, pfn, KHO_FAST_ALL_ORDERS, mask);
	if (!section->tree_pages)
		return;

	for (i = kho_fast_tree_pages_find(&map->tree_pages, pfn);
	     i < map->tree_pages.nr &&
	     map->tree_pages.pfns[i] < pfn + KHO_FAST_BUDDY_PAGES;
	     i++)
		__set_bit(map->tree_pages.pfns[i] - pfn, mask);
}

/**
 * kho_fast_map_has_preserved - Has the section of a page preserved pages?
 * @map: The map, possibly empty.
 * @pfn: A page frame.
 *
 * Context: any, until all sections are initialised.
 * Return: true when the section has preserved pages or pages of the tree, or is
 * quarantined.
 */
bool kho_fast_map_has_preserved(const struct kho_fast_map *map,
				unsigned long pfn)
{
	unsigned long nr = pfn_to_section_nr(pfn);
	const struct kho_fast_section *section;

	if (nr >= map->nr_sections)
		return false;

	section = &map->sections[nr];
	return section->orders || section->tree_pages || section->quarantined;
}
