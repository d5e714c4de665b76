/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: the part that is used, over two arrays; see memblock.c. */
#ifndef SHIM_MEMBLOCK_H
#define SHIM_MEMBLOCK_H

#include <linux/mm.h>

enum memblock_flags {
	MEMBLOCK_NONE		= 0,
	MEMBLOCK_NOMAP		= 1,
	MEMBLOCK_KHO_SCRATCH	= 2,
	MEMBLOCK_RSRV_KERN	= 4,
	MEMBLOCK_HOTPLUG	= 8,
};

#define MEMBLOCK_ALLOC_ANYWHERE		(~(phys_addr_t)0)
#define MEMBLOCK_ALLOC_ACCESSIBLE	0
#define ARCH_LOW_ADDRESS_LIMIT		0xffffffffUL

/* Memory: sorted, disjoint. Reserved: sorted; freed exactly as it was reserved. */
struct memblock_region {
	phys_addr_t	base, size;
	unsigned int	flags;
	int		nid;
};

struct memblock_type {
	unsigned int		cnt;
	struct memblock_region	regions[4096];
};

extern struct memblock {
	struct memblock_type memory, reserved;
} memblock;
extern bool shim_scratch_only;
extern unsigned int shim_nr_scratch_marks;
extern phys_addr_t shim_hugetlb_bytes;

int memblock_add(phys_addr_t base, phys_addr_t size);
int memblock_add_node(phys_addr_t base, phys_addr_t size, int nid, unsigned int flags);
int memblock_reserve(phys_addr_t base, phys_addr_t size);
void memblock_phys_free(phys_addr_t base, phys_addr_t size);
void memblock_free(void *ptr, size_t size);
void *memblock_alloc(phys_addr_t size, phys_addr_t align);
phys_addr_t memblock_phys_alloc(phys_addr_t size, phys_addr_t align);
phys_addr_t memblock_phys_alloc_range(phys_addr_t size, phys_addr_t align,
				      phys_addr_t start, phys_addr_t end);
phys_addr_t memblock_alloc_range_nid(phys_addr_t size, phys_addr_t align,
				     phys_addr_t start, phys_addr_t end,
				     int nid, bool exact_nid);
phys_addr_t memblock_reserved_kern_size(phys_addr_t limit, int nid);
phys_addr_t memblock_reserved_hugetlb_size(phys_addr_t limit, int nid);

bool memblock_is_map_memory(phys_addr_t addr);
bool memblock_is_region_memory(phys_addr_t base, phys_addr_t size);
int memblock_search_pfn_nid(unsigned long pfn, unsigned long *start, unsigned long *end);
phys_addr_t memblock_end_of_DRAM(void);
int early_pfn_to_nid(unsigned long pfn);

int memblock_mark_kho_scratch(phys_addr_t base, phys_addr_t size);
int memblock_clear_kho_scratch(phys_addr_t base, phys_addr_t size);
void memblock_set_kho_scratch_only(void);
void memblock_clear_kho_scratch_only(void);

bool shim_next_mem(unsigned long i, unsigned long *start, unsigned long *end, int *nid);
void __next_mem_range(u64 *idx, int nid, enum memblock_flags flags,
		      struct memblock_type *a, struct memblock_type *b,
		      phys_addr_t *start, phys_addr_t *end, int *p_nid);
bool shim_is_reserved(unsigned long pfn);
bool shim_page_is_scratch(unsigned long pfn);

#define for_each_mem_pfn_range(i, nid, p_start, p_end, p_nid)		\
	for ((i) = 0; shim_next_mem((i), (p_start), (p_end), (p_nid)); (i)++)

#define shim_for_each_range(i, a, b, nid, p_start, p_end, p_nid)		\
	for ((i) = 0, __next_mem_range(&(i), nid, 0, a, b, p_start, p_end, p_nid); \
	     (i) != ~0UL;						\
	     __next_mem_range(&(i), nid, 0, a, b, p_start, p_end, p_nid))

#define for_each_free_mem_range(i, nid, flags, p_start, p_end, p_nid)	\
	shim_for_each_range(i, &memblock.memory, &memblock.reserved, nid, p_start, p_end, p_nid)

#define for_each_reserved_mem_range(i, p_start, p_end)			\
	shim_for_each_range(i, &memblock.reserved, (struct memblock_type *)NULL, \
			    NUMA_NO_NODE, p_start, p_end, (int *)NULL)

#endif /* SHIM_MEMBLOCK_H */
