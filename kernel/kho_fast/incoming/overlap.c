// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Overlapping keys
 *
 * Keys of different orders can cover the same page, which could then be
 * restored twice. Nothing tells which of them is right, so the section is
 * quarantined.
 *
 * A section is divided into at most 64 parts. A word per order tells which of
 * them have keys of that order, which costs little more than reading the
 * bitmaps. Parts with keys of several orders are divided again, down to single
 * pages. Folios of different sizes are rarely that close to each other, so few
 * parts are. Sections with keys of only one order, the common case, are
 * skipped.
 */
#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/log2.h>
#include <linux/mm.h>

#include "../tree/tree.h"
#include "bitmap.h"
#include "overlap.h"
#include "quarantine.h"
#include "sections.h"

/* The bits of a section never cross leaves. */
static_assert(KHO_FAST_LEAF_BITS >= PAGES_PER_SECTION);

#define KHO_MAX_PARTS_SHIFT	6
static_assert(BIT(KHO_MAX_PARTS_SHIFT) == BITS_PER_LONG);

/* Bitmaps of the keys of a section, of the orders below its own. */
struct kho_section_keys {
	const struct kho_radix_leaf	*leaf[PFN_SECTION_SHIFT];
	unsigned long			orders;
};

/* Pages of the parts of 2^@shift pages, as a power of two: 512, 64, 1. */
static unsigned int kho_part_shift(unsigned int shift)
{
	if (shift > 2 * KHO_MAX_PARTS_SHIFT)
		return shift - KHO_MAX_PARTS_SHIFT;
	return shift > KHO_MAX_PARTS_SHIFT ? KHO_MAX_PARTS_SHIFT : 0;
}

/* The parts of 2^@shift keys each that have any; the first key is @bit. */
static unsigned long kho_parts_with_keys(const struct kho_radix_leaf *leaf,
					 unsigned long bit, unsigned int nr,
					 unsigned int shift)
{
	unsigned long parts = 0, end = bit + BIT(shift);
	unsigned int part;

	for (part = 0; part < nr; part++, end += BIT(shift)) {
		unsigned long any = 0;

		for (; bit < end; bit += min(BIT(shift), BITS_PER_LONG))
			any |= kho_fast_keys(leaf, bit, BIT(shift));
		parts |= (unsigned long)!!any << part;
	}

	return parts;
}

/* The parts that keys of 2^@shift parts each cover. */
static unsigned long kho_parts_of_keys(const struct kho_radix_leaf *leaf,
				       unsigned long bit, unsigned int nr,
				       unsigned int shift)
{
	unsigned long parts = kho_fast_keys(leaf, bit, nr >> shift);

	while (shift--)
		parts = kho_fast_double_bits(parts);

	return parts;
}

/* Do keys overlap in the 2^@shift pages from @pfn on? */
static bool kho_overlap_in(const struct kho_section_keys *keys,
			   unsigned long pfn, unsigned int shift)
{
	const unsigned int part_shift = kho_part_shift(shift);
	const unsigned int nr = BIT(shift - part_shift);
	unsigned long seen = 0, shared = 0, parts, part;
	unsigned int order;

	for_each_set_bit(order, &keys->orders, shift) {
		const struct kho_radix_leaf *leaf = keys->leaf[order];
		unsigned long bit = kho_fast_bit(kho_fast_key(pfn, order));

		if (order < part_shift) {
			parts = kho_parts_with_keys(leaf, bit, nr,
						    part_shift - order);
			shared |= seen & parts;
		} else {
			parts = kho_parts_of_keys(leaf, bit, nr,
						  order - part_shift);
			if (seen & parts)
				return true;
		}
		seen |= parts;
	}

	for_each_set_bit(part, &shared, BITS_PER_LONG) {
		if (kho_overlap_in(keys, pfn + (part << part_shift),
				   part_shift))
			return true;
	}

	return false;
}

/* Find the bitmaps; a quarantine may have dropped that of an order. */
static void kho_find_leaves(const struct kho_fast_map *map, unsigned long pfn,
			    unsigned long orders, struct kho_section_keys *keys)
{
	unsigned int order;

	keys->orders = 0;
	for_each_set_bit(order, &orders, PFN_SECTION_SHIFT) {
		keys->leaf[order] = kho_fast_leaf(map->root,
						  kho_fast_key(pfn, order));
		if (keys->leaf[order])
			keys->orders |= BIT(order);
	}
}

static bool kho_keys_overlap(const struct kho_fast_map *map, unsigned long nr)
{
	const unsigned long small = map->sections[nr].orders &
				    (BIT(PFN_SECTION_SHIFT) - 1);
	const unsigned long large = map->sections[nr].orders & ~small;
	struct kho_section_keys keys;

	/* A key of a large order covers the whole section. */
	if (large)
		return small || hweight_long(large) > 1;

	kho_find_leaves(map, section_nr_to_pfn(nr), small, &keys);
	return kho_overlap_in(&keys, section_nr_to_pfn(nr), PFN_SECTION_SHIFT);
}

/* The first page of a buddy block that two keys cover, or the end of it. */
static unsigned long kho_find_overlap_in(const struct kho_fast_map *map,
					 unsigned long pfn)
{
	unsigned long orders = map->sections[pfn_to_section_nr(pfn)].orders;
	DECLARE_BITMAP(smaller, KHO_FAST_BUDDY_PAGES);
	DECLARE_BITMAP(keys, KHO_FAST_BUDDY_PAGES);
	unsigned int order;

	for_each_set_bit(order, &orders, KHO_FAST_MAX_ORDER + 1) {
		kho_fast_key_mask(map, pfn, BIT(order) - 1, smaller);
		kho_fast_key_mask(map, pfn, BIT(order), keys);
		if (bitmap_and(keys, keys, smaller, KHO_FAST_BUDDY_PAGES))
			return pfn + find_first_bit(keys, KHO_FAST_BUDDY_PAGES);
	}

	return pfn + KHO_FAST_BUDDY_PAGES;
}

/* A page of a section that two keys cover: for the message. */
static unsigned long kho_find_overlap(const struct kho_fast_map *map,
				      unsigned long nr)
{
	unsigned long pfn = section_nr_to_pfn(nr), found;

	do {
		found = kho_find_overlap_in(map, pfn);
		pfn += KHO_FAST_BUDDY_PAGES;
	} while (found == pfn && pfn < section_nr_to_pfn(nr + 1));

	return found;
}

/**
 * kho_fast_check_overlap - Quarantine keys that cover a page twice.
 * @map: The map of the tree.
 *
 * Context: one caller at a time.
 * Return: 0; -EINVAL, reported, when the handover is refused for it.
 */
int kho_fast_check_overlap(struct kho_fast_map *map)
{
	unsigned long nr;
	int err = 0;

	for (nr = 0; !err && nr < map->nr_sections; nr++) {
		phys_addr_t phys;

		if (hweight32(map->sections[nr].orders) < 2 ||
		    !kho_keys_overlap(map, nr))
			continue;

		phys = PFN_PHYS(kho_find_overlap(map, nr));
		err = kho_fast_quarantine(map, PHYS_PFN(phys), 1,
					  "keys overlap at the page %pa",
					  &phys);
	}

	return err;
}
