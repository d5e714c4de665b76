// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Extended scratch
 *
 * Until the buddy allocator runs, a kernel with a handover may allocate only
 * where nothing is preserved: in the scratch areas of the first kernel, which
 * are small. The map of the preserved sections knows more such memory. It is
 * cut into units of whole sections, and runs of units without preserved pages
 * become scratch, too.
 *
 * Each run costs memblock a region, and memblock searches linearly. The unit
 * grows with the machine, so that there are never more than %EXT_MAX_UNITS: 128
 * MiB up to 128 GiB, 1 GiB at 1 TiB.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/err.h>
#include <linux/init.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/memblock.h>
#include <linux/mmzone.h>
#include <linux/printk.h>

#include "bitmap.h"
#include "scratch_extend.h"
#include "sections.h"

#define EXT_MAX_UNITS	1024UL

/**
 * kho_fast_ext_shift - Choose the unit of extended scratch.
 * @nr_sections: Sections from 0 to the end of memory.
 *
 * Return: log2 of the sections per unit.
 */
unsigned int __init kho_fast_ext_shift(unsigned long nr_sections)
{
	unsigned long per_unit = DIV_ROUND_UP(nr_sections, EXT_MAX_UNITS);

	return per_unit > 1 ? order_base_2(per_unit) : 0;
}

static bool __init kho_ext_unit_has_preserved(const struct kho_fast_map *map,
					      unsigned int shift,
					      unsigned long unit)
{
	unsigned long nr = unit << shift;
	unsigned long end = min((unit + 1) << shift, map->nr_sections);

	for (; nr < end; nr++) {
		if (kho_fast_map_has_preserved(map, section_nr_to_pfn(nr)))
			return true;
	}

	return false;
}

/**
 * kho_fast_ext_next - Find the next run without preserved pages.
 * @map:   The map.
 * @shift: Size of a unit, from kho_fast_ext_shift().
 * @start: In: pfn to start from, 0 or an earlier @end. Out: first pfn of the
 *         run.
 * @end:   Out: one past the last pfn of the run.
 *
 * Return: false when there is no further run.
 */
bool __init kho_fast_ext_next(const struct kho_fast_map *map,
			      unsigned int shift, unsigned long *start,
			      unsigned long *end)
{
	unsigned long nr_units = DIV_ROUND_UP(map->nr_sections, 1UL << shift);
	/* Only an @end at the end of memory can lie inside a unit. */
	unsigned long unit =
		DIV_ROUND_UP(pfn_to_section_nr(*start), 1UL << shift);

	while (unit < nr_units &&
	       kho_ext_unit_has_preserved(map, shift, unit))
		unit++;
	*start = section_nr_to_pfn(unit << shift);
	if (unit >= nr_units)
		return false;

	while (unit < nr_units &&
	       !kho_ext_unit_has_preserved(map, shift, unit))
		unit++;
	*end = section_nr_to_pfn(min(unit << shift, map->nr_sections));
	return true;
}

/**
 * kho_fast_extend_scratch - Extend scratch for memblock.
 * @map: The map.
 *
 * A run that cannot be marked only leaves less room for early allocations,
 * which have messages of their own.
 *
 * Context: boot CPU, after efi_init() has pruned memblock.memory.
 */
void __init kho_fast_extend_scratch(const struct kho_fast_map *map)
{
	unsigned int shift = kho_fast_ext_shift(map->nr_sections);
	unsigned long start = 0, end;

	for (; kho_fast_ext_next(map, shift, &start, &end); start = end) {
		phys_addr_t base = PFN_PHYS(start);
		phys_addr_t limit = min(PFN_PHYS(end), memblock_end_of_DRAM());
		int err = memblock_mark_kho_scratch(base, limit - base);

		if (err) {
			pr_warn("no extended scratch above %pa: %pe\n", &base,
				ERR_PTR(err));
			return;
		}
	}
}
