// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmalloc areas. Their address is that of the struct, nothing is mapped.
 */
#include <stdlib.h>

#include "mm/vmalloc.h"

long shim_live_areas;

struct vm_struct *find_vm_area(const void *addr)
{
	return (struct vm_struct *)addr;
}

struct vm_struct *__get_vm_area_node(unsigned long size, unsigned long align,
				     unsigned long shift, unsigned long flags,
				     unsigned long start, unsigned long end,
				     int node, gfp_t gfp, const void *caller)
{
	struct vm_struct *area = NULL;

	if (size && !shim_fault())
		area = calloc(1, sizeof(*area));
	if (!area)
		return NULL;

	*area = (struct vm_struct){ area, ALIGN(size, align), flags, NULL, 0,
				    shift - PAGE_SHIFT };
	shim_live_areas++;
	return area;
}

void free_vm_area(struct vm_struct *area)
{
	free(area);
	shim_live_areas--;
}

int vmap_pages_range(unsigned long addr, unsigned long end, int prot,
		     struct page **pages, unsigned int shift)
{
	return shim_fault() ? -ENOMEM : 0;
}

void clear_vm_uninitialized_flag(struct vm_struct *area)
{
	area->flags &= ~VM_UNINITIALIZED;
}
