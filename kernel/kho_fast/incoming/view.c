// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Reader of a tree
 *
 * A tree is checked twice by the same code: by the next kernel, which must not
 * trust it, and by the kernel that hands it over, while all guests can still go
 * on. A view is what differs: the memory of the next kernel, and what is done
 * about a refusal. The one here is that of a kernel that boots.
 *
 * Lock order: none.
 */
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/printk.h>

#include "../scratch.h"
#include "refuse.h"
#include "view.h"

/* Is every page memory? The range may cross regions and nodes. */
static bool __init kho_boot_is_memory(unsigned long pfn, unsigned long nr_pages)
{
	const unsigned long end = pfn + nr_pages;

	while (pfn < end) {
		unsigned long region_start, region_end;

		if (!memblock_is_map_memory(PFN_PHYS(pfn)))
			return false;

		memblock_search_pfn_nid(pfn, &region_start, &region_end);
		/* A region that ends inside a page does not cover the page. */
		if (region_end <= pfn)
			return false;
		pfn = region_end;
	}

	return true;
}

static bool __init kho_boot_is_usable(unsigned long pfn, unsigned long nr_pages)
{
	const phys_addr_t phys = PFN_PHYS(pfn), size = nr_pages << PAGE_SHIFT;

	/* What is reserved by now belongs to firmware, or is in scratch. */
	return kho_boot_is_memory(pfn, nr_pages) &&
	       !kho_scratch_overlap(phys, size) &&
	       !memblock_is_region_reserved(phys, size);
}

static unsigned long __init kho_boot_nr_pages(void)
{
	return PFN_UP(memblock_end_of_DRAM());
}

static bool __init kho_boot_next_range(u64 *i, unsigned long *start,
				       unsigned long *end)
{
	phys_addr_t from, to;

	__next_mem_range(i, NUMA_NO_NODE, MEMBLOCK_NONE, &memblock.memory,
			 &memblock.reserved, &from, &to, NULL);
	if (*i == ULLONG_MAX)
		return false;

	*start = PFN_UP(from);
	*end = PFN_DOWN(to);
	return true;
}

static void __init kho_boot_refuse(phys_addr_t phys, struct va_format *why)
{
	kho_fast_refuse_vaf(why);
}

const struct kho_fast_view kho_fast_boot_view __initconst = {
	.nr_pages	= kho_boot_nr_pages,
	.is_usable	= kho_boot_is_usable,
	.next_range	= kho_boot_next_range,
	.contain	= true,
	.refuse		= kho_boot_refuse,
};

/**
 * kho_fast_view_refuse - Refuse a handover.
 * @view: The kernel that refuses it.
 * @phys: A page that it is refused for, or 0.
 * @fmt:  The reason, without a newline.
 *
 * Return: -EINVAL.
 */
int kho_fast_view_refuse(const struct kho_fast_view *view, phys_addr_t phys,
			 const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	view->refuse(phys, &vaf);
	va_end(args);
	return -EINVAL;
}
