// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tree of preserved memory once more, written from the text of
 * include/linux/kho/abi/kexec_handover.h and with its numbers spelled out: 4 KiB
 * pages, six levels, 512 slots of 8 bytes, bitmaps of 32,768 bits.
 */
#include "unit.h"

u64 ref_key(unsigned long pfn, unsigned int order)
{
	return (1UL << (52 - order)) + pfn / (1UL << order);
}

static unsigned int ref_index(u64 key, unsigned int level)
{
	static const unsigned int lowest_bit[] = { 0, 15, 24, 33, 42, 51 };

	return (key >> lowest_bit[level]) % 512;
}

/* The slot on @level (5 to 1) that leads to @key. */
u64 *ref_slot(phys_addr_t root, u64 key, unsigned int level)
{
	phys_addr_t node = root;
	unsigned int l;

	for (l = 5; l > level; l--)
		node = ((u64 *)phys_to_virt(node))[ref_index(key, l)];

	return (u64 *)phys_to_virt(node) + ref_index(key, level);
}

/* @new_node returns the pfn of a page to use, which need not be zeroed. */
void ref_add_key(phys_addr_t root, u64 key, unsigned long (*new_node)(void))
{
	unsigned int level;
	u8 *bitmap;

	for (level = 5; level > 0; level--) {
		u64 *slot = ref_slot(root, key, level);

		if (*slot)
			continue;
		*slot = PFN_PHYS(new_node());
		memset(phys_to_virt(*slot), 0, 4096);
	}

	bitmap = phys_to_virt(*ref_slot(root, key, 1));
	bitmap[key % 32768 / 8] |= 1 << key % 8;
}
