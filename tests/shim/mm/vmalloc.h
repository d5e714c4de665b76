/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: see ../vmalloc.c. */
#include <linux/vmalloc.h>

#define VMALLOC_START	0
#define VMALLOC_END	(~0UL)
#define PAGE_KERNEL	0

struct vm_struct *__get_vm_area_node(unsigned long size, unsigned long align,
				     unsigned long shift, unsigned long flags,
				     unsigned long start, unsigned long end,
				     int node, gfp_t gfp, const void *caller);
int vmap_pages_range(unsigned long addr, unsigned long end, int prot,
		     struct page **pages, unsigned int shift);
void clear_vm_uninitialized_flag(struct vm_struct *area);
