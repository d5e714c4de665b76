// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Start of an iteration over free memory
 *
 * The iterator of for_each_free_mem_range() is two indexes: in the low half the
 * index of a memory region, in the high half that of a gap before a reserved
 * region. Both arrays are sorted and disjoint, so two binary searches find the
 * first range that reaches beyond an address. bench/native measures them.
 */
#include <linux/init.h>
#include <linux/kho_fast.h>
#include <linux/memblock.h>
#include <linux/mm.h>

/* Index of the first region whose end, or else start, is above @addr. */
static u32 __init kho_first_region(const struct memblock_type *type,
				   phys_addr_t addr, bool end)
{
	u32 left = 0, right = type->cnt;

	while (left < right) {
		u32 mid = (left + right) / 2;
		const struct memblock_region *region = &type->regions[mid];

		if (region->base + (end ? region->size : 0) > addr)
			right = mid;
		else
			left = mid + 1;
	}

	return left;
}

/**
 * kho_fast_free_range_iter_at - Iterator of free memory from a page frame on.
 * @pfn: First page frame of interest.
 *
 * for_each_free_mem_range() starts with the first region. Once per section,
 * that is quadratic: sections times reserved regions.
 *
 * Return: iterator of for_each_free_mem_range() that skips the ranges which end
 * at or below @pfn.
 */
u64 __init kho_fast_free_range_iter_at(unsigned long pfn)
{
	const phys_addr_t addr = PFN_PHYS(pfn);
	u64 reserved = kho_first_region(&memblock.reserved, addr, false);

	return kho_first_region(&memblock.memory, addr, true) | reserved << 32;
}
