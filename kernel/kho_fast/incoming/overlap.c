// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Overlapping keys
 *
 * Keys of different orders can cover the same page, which could then be
 * restored twice. Nothing tells which of them is right, so the section is
 * quarantined.
 *
 * From the smallest order up, a bitmap records which aligned units of a section
 * contain a smaller key. It is reduced to units of the next order in use and
 * must not share a bit with the keys of that order. The cost is that of reading
 * the bitmaps, whatever is set in them. Sections with keys of only one order,
 * the common case, are skipped.
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

static DECLARE_BITMAP(kho_smaller_keys, PAGES_PER_SECTION);

/* OR each pair of bits of @word into its lower half. */
static unsigned long kho_fold_word(unsigned long word)
{
	word = (word | word >> 1) & 0x5555555555555555UL;
	word = (word | word >> 1) & 0x3333333333333333UL;
	word = (word | word >> 2) & 0x0f0f0f0f0f0f0f0fUL;
	word = (word | word >> 4) & 0x00ff00ff00ff00ffUL;
	word = (word | word >> 8) & 0x0000ffff0000ffffUL;
	return (word | word >> 16) & 0x00000000ffffffffUL;
}

/* From one bit per unit to one bit per two units. */
static void kho_fold_bits(unsigned long *bits, unsigned long nr_bits)
{
	unsigned long i, nr = BITS_TO_LONGS(nr_bits);

	for (i = 0; i < nr; i += 2) {
		unsigned long high =
			i + 1 < nr ? kho_fold_word(bits[i + 1]) : 0;

		bits[i / 2] = kho_fold_word(bits[i]) | high << 32;
	}
}

/* From one bit per unit to one bit per word of them. */
static void kho_squash_bits(unsigned long *bits, unsigned long nr_bits)
{
	unsigned long i, nr = BITS_TO_LONGS(nr_bits);

	for (i = 0; i < nr; i++) {
		unsigned long *to = &bits[i / BITS_PER_LONG];
		bool any = bits[i];

		if (i % BITS_PER_LONG == 0)
			*to = 0;
		*to |= (unsigned long)any << i % BITS_PER_LONG;
	}
}

/* From units of @order to units of @next, for a section. */
static void kho_reduce_bits(unsigned long *bits, unsigned int order,
			    unsigned int next)
{
	while (order < next) {
		if (next - order >= ilog2(BITS_PER_LONG)) {
			kho_squash_bits(bits, PAGES_PER_SECTION >> order);
			order += ilog2(BITS_PER_LONG);
		} else {
			kho_fold_bits(bits, PAGES_PER_SECTION >> order);
			order++;
		}
	}
}

/* Add the keys of one order to @bits; false when one is set already. */
static bool kho_add_keys(unsigned long *bits, const struct kho_radix_leaf *leaf,
			 unsigned long first, unsigned long nr_bits)
{
	unsigned long off;

	for (off = 0; off < nr_bits; off += BITS_PER_LONG) {
		unsigned long keys = kho_fast_keys(leaf, first + off, nr_bits);

		if (bits[BIT_WORD(off)] & keys)
			return false;
		bits[BIT_WORD(off)] |= keys;
	}

	return true;
}

static bool kho_keys_overlap(const struct kho_fast_map *map, unsigned long nr)
{
	const unsigned long small = map->sections[nr].orders &
				    (BIT(PFN_SECTION_SHIFT) - 1);
	const unsigned long large = map->sections[nr].orders & ~small;
	unsigned int order, last = __ffs(small | large);

	/* A key of a large order covers the whole section. */
	if (large)
		return small || hweight_long(large) > 1;

	bitmap_zero(kho_smaller_keys, PAGES_PER_SECTION);
	for_each_set_bit(order, &small, PFN_SECTION_SHIFT) {
		unsigned long key = kho_fast_key(section_nr_to_pfn(nr), order);
		const struct kho_radix_leaf *leaf =
			kho_fast_leaf(map->root, key);

		kho_reduce_bits(kho_smaller_keys, last, order);
		last = order;
		if (leaf &&
		    !kho_add_keys(kho_smaller_keys, leaf, kho_fast_bit(key),
				  PAGES_PER_SECTION >> order))
			return true;
	}

	return false;
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
