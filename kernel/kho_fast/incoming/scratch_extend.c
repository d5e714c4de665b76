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
 * Each run costs memblock a region, and memblock searches linearly. The unit is
 * a section, or, if there would be more than %KHO_EXT_MAX_RUNS runs, the
 * smallest power of two of sections with fewer. So a large machine has small
 * units, too, unless preserved memory is scattered all over it.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/err.h>
#include <linux/init.h>
#include <linux/math.h>
#include <linux/memblock.h>
#include <linux/mmzone.h>
#include <linux/printk.h>

#include "bitmap.h"
#include "scratch_extend.h"
#include "sections.h"

#define KHO_EXT_MAX_RUNS	512

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

static bool __init kho_ext_has_few_runs(const struct kho_fast_map *map,
					unsigned int shift)
{
	unsigned long start = 0, end;
	unsigned int nr = 0;

	for (; kho_fast_ext_next(map, shift, &start, &end); start = end) {
		if (++nr > KHO_EXT_MAX_RUNS)
			return false;
	}

	return true;
}

/**
 * kho_fast_ext_shift - Choose the unit of extended scratch.
 * @map: The map.
 *
 * Return: log2 of the sections per unit.
 */
unsigned int __init kho_fast_ext_shift(const struct kho_fast_map *map)
{
	unsigned int shift = 0;

	while (!kho_ext_has_few_runs(map, shift))
		shift++;
	return shift;
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
	unsigned int shift = kho_fast_ext_shift(map);
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
