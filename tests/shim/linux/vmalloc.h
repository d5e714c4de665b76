/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: areas without a mapping; see vmalloc.c. */
#ifndef SHIM_VMALLOC_H
#define SHIM_VMALLOC_H

#include <linux/mm.h>

typedef unsigned int kasan_vmalloc_flags_t;

#define KASAN_VMALLOC_PROT_NORMAL	1
#define KASAN_VMALLOC_VM_ALLOC		2
#define kasan_unpoison_vmalloc(addr, size, flags)	((void)(flags), (addr))

#define VM_ALLOC		0x002
#define VM_MAP			0x004
#define VM_UNINITIALIZED	0x020
#define VM_ALLOW_HUGE_VMAP	0x400

struct vm_struct {
	void		*addr;
	unsigned long	size, flags;
	struct page	**pages;
	unsigned long	nr_pages;
	unsigned int	page_order;
};

extern long shim_live_areas;

struct vm_struct *find_vm_area(const void *addr);
void free_vm_area(struct vm_struct *area);

/* mm/vmalloc.h */
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

#define get_vm_area_size(area)		((area)->size)
#define get_vm_area_page_order(area)	((area)->page_order)

#endif /* SHIM_VMALLOC_H */
