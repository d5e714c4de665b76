/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: nodes with two zones; section and block sizes can be shrunk. */
#ifndef SHIM_MMZONE_H
#define SHIM_MMZONE_H

#include <linux/types.h>

#define MAX_NUMNODES	8
#define NUMA_NO_NODE	(-1)

#ifndef PFN_SECTION_SHIFT
#define PFN_SECTION_SHIFT	15
#endif
#ifndef MAX_PAGE_ORDER
#define MAX_PAGE_ORDER		10
#endif
#define PAGES_PER_SECTION	(1UL << PFN_SECTION_SHIFT)
#define MAX_ORDER_NR_PAGES	(1UL << MAX_PAGE_ORDER)
#define pageblock_order		(MAX_PAGE_ORDER - 1)
#define pageblock_nr_pages	(1UL << pageblock_order)
#define pageblock_align(pfn)	ALIGN((pfn), pageblock_nr_pages)
#define CMA_MIN_ALIGNMENT_BYTES	(PAGE_SIZE * pageblock_nr_pages)

#define pfn_to_section_nr(pfn)	((pfn) >> PFN_SECTION_SHIFT)
#define section_nr_to_pfn(nr)	((unsigned long)(nr) << PFN_SECTION_SHIFT)
#define SECTION_ALIGN_UP(pfn)	ALIGN((pfn), PAGES_PER_SECTION)

enum migratetype { MIGRATE_MOVABLE = 1, MIGRATE_CMA };

enum zone_type { ZONE_DMA32, ZONE_NORMAL, MAX_NR_ZONES };

struct zone {
	int		nid, idx;
	unsigned long	start_pfn, end_pfn;
	atomic_long_t	managed_pages;
};

typedef struct pglist_data {
	struct zone	node_zones[MAX_NR_ZONES];
	int		nr_zones;
	unsigned long	end_pfn;		/* 0: no such node */
	unsigned long	first_deferred_pfn;
} pg_data_t;

extern pg_data_t shim_nodes[MAX_NUMNODES];

#define NODE_DATA(nid)		(&shim_nodes[nid])
#define pgdat_end_pfn(pgdat)	((pgdat)->end_pfn)
#define zone_to_nid(zone)	((zone)->nid)
#define zone_idx(zone)		((zone)->idx)

#define for_each_node_state(n, state)				\
	for ((n) = 0; (n) < MAX_NUMNODES; (n)++)		\
		if (NODE_DATA(n)->end_pfn)

static inline unsigned int shim_num_nodes(void)
{
	unsigned int n, nr = 0;

	for_each_node_state(n, N_MEMORY)
		nr++;
	return nr;
}

#define num_node_state(state)	shim_num_nodes()

struct page;
void init_pageblock_migratetype(struct page *page, enum migratetype mt, bool isolate);

#endif /* SHIM_MMZONE_H */
