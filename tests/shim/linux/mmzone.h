/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: nodes with two zones, masks of them; section and block sizes can be shrunk. */
#ifndef SHIM_MMZONE_H
#define SHIM_MMZONE_H

#include <linux/spinlock.h>
#include <linux/types.h>

#define MAX_NUMNODES	8
#define numa_valid_node(nid)	((nid) >= 0 && (nid) < MAX_NUMNODES)
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
	long		lowmem_reserve[MAX_NR_ZONES];
	spinlock_t	lock;
};

typedef struct pglist_data {
	struct zone	node_zones[MAX_NR_ZONES];
	int		nr_zones;
	unsigned long	end_pfn;		/* 0: no such node */
	unsigned long	first_deferred_pfn;
	unsigned long	node_present_pages;	/* of a test that needs it */
} pg_data_t;

extern pg_data_t shim_nodes[MAX_NUMNODES];

#define NODE_DATA(nid)		(&shim_nodes[nid])
#define pgdat_end_pfn(pgdat)	((pgdat)->end_pfn)
#ifndef MAX_FOLIO_ORDER
#define MAX_FOLIO_ORDER		22
#endif

#define node_present_pages(nid)	(NODE_DATA(nid)->node_present_pages)
#define zone_to_nid(zone)	((zone)->nid)
#define zone_idx(zone)		((zone)->idx)

typedef struct {
	unsigned long bits;
} nodemask_t;

#define NODE_MASK_NONE		((nodemask_t){ 0 })
#define node_set(n, mask)	((mask).bits |= 1UL << (n))
#define node_clear(n, mask)	((mask).bits &= ~(1UL << (n)))
#define node_isset(n, mask)	((mask).bits >> (n) & 1)
#define nodes_weight(mask)	__builtin_popcountl((mask).bits)
#define nodes_empty(mask)	(!(mask).bits)
#define first_node(mask)	((mask).bits ? __builtin_ctzl((mask).bits) : MAX_NUMNODES)
#define for_each_node_mask(n, mask)				\
	for ((n) = 0; (n) < MAX_NUMNODES; (n)++)		\
		if (node_isset((n), (mask)))

#define for_each_node_state(n, state)				\
	for ((n) = 0; (n) < MAX_NUMNODES; (n)++)		\
		if (NODE_DATA(n)->end_pfn)

#define node_start_pfn(nid)	(NODE_DATA(nid)->node_zones[0].start_pfn)

static inline nodemask_t shim_node_states(void)
{
	nodemask_t mask = NODE_MASK_NONE;
	unsigned int n;

	for_each_node_state(n, N_MEMORY)
		node_set(n, mask);
	return mask;
}

#define for_each_online_node(n)		for_each_node_state(n, N_ONLINE)
#define node_end_pfn(nid)		(NODE_DATA(nid)->end_pfn)
#define num_node_state(state)	nodes_weight(shim_node_states())

/* Free memory of each node is what the test says; one may have none. */
enum zone_stat_item { NR_FREE_PAGES, NR_FREE_CMA_PAGES };

extern long shim_nr_free_pages;
extern int shim_full_node;
#define sum_zone_node_page_state(nid, item) \
	((item) != NR_FREE_PAGES ? 1 : (nid) == shim_full_node ? 0 : shim_nr_free_pages)

#define PGFREE	0
#define count_vm_events(item, delta)	((void)(delta))

/* The test says which nodes have CPUs: all, by default. */
extern nodemask_t shim_nodes_without_cpus;
#define cpumask_of_node(nid)		(nid)
#define cpumask_empty(nid)		node_isset((nid), shim_nodes_without_cpus)
extern unsigned long shim_cpus_per_node;
#define nr_cpus_node(nid)		(cpumask_empty(nid) ? 0 : shim_cpus_per_node)

struct page;
void init_pageblock_migratetype(struct page *page, enum migratetype mt, bool isolate);
enum migratetype get_pageblock_migratetype(const struct page *page);

#endif /* SHIM_MMZONE_H */
