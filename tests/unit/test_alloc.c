// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is handed over is in memory that the next kernel has: kernel/kho_fast/alloc.c
 *
 *	node 0            node 1            node 2
 *	|RRRR............|hhhhhhhhhhhhRRRR|hhhhhhhhhhhhhhhh|	R RAM of the next kernel,
 *								h hot-added, . no memory
 *
 *	node 3, in some tests: 299 blocks of hot-added memory, and one of RAM
 */
#include <linux/err.h>

#include "account.h"
#include "alloc.h"
#include "test.h"

#define BLOCK		MAX_ORDER_NR_PAGES
#define NODE_PAGES	(16 * BLOCK)
#define NR_PAGES	(3 * NODE_PAGES)
#define NODE3_PAGES	(300 * BLOCK)

static bool hot_added(unsigned long pfn)
{
	return pfn >= NODE_PAGES &&
	       (pfn < NODE_PAGES + 12 * BLOCK || pfn >= 2 * NODE_PAGES) &&
	       pfn < NR_PAGES + 299 * BLOCK;
}

static long oom_above;		/* 0; or who holds more must hold off the OOM killer */
static unsigned long peak;	/* pages that were allocated at a time */

static unsigned long node_pages[4] = { NODE_PAGES, NODE_PAGES, NODE_PAGES };

/* Below this page of each node no single page is free, unless pages were freed since. */
static unsigned long lowest_free[4];
static long live_then;

static bool can_reclaim;		/* a page of node 0, for who may do so */
static unsigned long peak_then;		/* and what was allocated by then */

static void reclaim(unsigned int nid)
{
	if (!can_reclaim || nid || !(shim_alloc_gfp & __GFP_DIRECT_RECLAIM))
		return;

	can_reclaim = false;
	peak_then = live_then;
	pfn_to_page(BLOCK)->free = 1;
}

static unsigned long find_in_node(unsigned int nid, unsigned int order)
{
	unsigned long start = nid * NODE_PAGES, pfn, i;

	reclaim(nid);
	pfn = order ? start : max(start, lowest_free[nid]);
	for (; pfn < start + node_pages[nid]; pfn += BIT(order)) {
		for (i = 0; i < BIT(order) && pfn_to_page(pfn + i)->free; i++)
			;
		if (i < BIT(order))
			continue;
		if (!order)
			lowest_free[nid] = pfn;
		return pfn;
	}

	return SHIM_NO_PAGES;
}

/* The lowest block of the node, so hot-added memory first; then of the others, if it may. */
static unsigned long find_lowest(unsigned int order)
{
	unsigned long pfn = SHIM_NO_PAGES;
	unsigned int nid = max(shim_alloc_nid, 0), n;
	bool this_node = shim_alloc_gfp & __GFP_THISNODE;

	if (shim_live_pages < live_then)
		memset(lowest_free, 0, sizeof(lowest_free));
	live_then = shim_live_pages + BIT(order);
	peak = max(peak, (unsigned long)live_then);
	if (oom_above && live_then > oom_above)
		lockdep_assert_held(&oom_lock);
	for (n = 0; n < (this_node ? 1 : 4) && pfn == SHIM_NO_PAGES; n++)
		pfn = find_in_node((nid + n) % 4, order);
	return pfn;
}

static void add_node(int nid, unsigned long start, unsigned long nr_pages)
{
	memblock_add_node(PFN_PHYS(start), PFN_PHYS(nr_pages), nid, MEMBLOCK_NONE);
}

static void machine(void)
{
	unsigned long pfn;
	int nid;

	unit_init();
	shim_slab_is_up = true;
	add_node(0, 0, 4 * BLOCK);
	add_node(1, NODE_PAGES + 12 * BLOCK, 4 * BLOCK);
	add_node(3, NR_PAGES + 299 * BLOCK, BLOCK);
	for (nid = 0; nid < 3; nid++) {
		NODE_DATA(nid)->end_pfn = (nid + 1) * NODE_PAGES;
		NODE_DATA(nid)->node_present_pages = nid ? NODE_PAGES : 4 * BLOCK;
	}
	for (pfn = 0; pfn < NR_PAGES; pfn++) {
		bool memory = pfn < 4 * BLOCK || pfn >= NODE_PAGES;

		*pfn_to_page(pfn) = (struct page){
			.inits = 1, .free = memory, ._mapcount = { -1 } };
		set_page_links(pfn_to_page(pfn), ZONE_NORMAL, pfn / NODE_PAGES);
	}
	shim_find_pages = find_lowest;
	if (kho_fast_outgoing_init())
		shim_die("no memory for a tree");
}

/* All that is left of a node */
static void use_up(int nid)
{
	unsigned long pfn;

	for (pfn = nid * NODE_PAGES; pfn < (nid + 1) * NODE_PAGES; pfn++)
		pfn_to_page(pfn)->free = 0;
}

static bool is_zero(const void *mem, size_t size)
{
	const char *bytes = mem;

	return !bytes[0] && !memcmp(bytes, bytes + 1, size - 1);
}

TEST(no_page_is_hot_added)
{
	unsigned long i, nr = 0;
	int nid;

	machine();
	for (nid = NUMA_NO_NODE; nid < 3; nid++) {
		for (i = 0; i < BLOCK; i++) {
			struct page *page = kho_fast_alloc_pages(nid, GFP_KERNEL | __GFP_ZERO, 0);

			ASSERT_TRUE(page != NULL);
			ASSERT_FALSE(hot_added(page_to_pfn(page)));
			ASSERT_TRUE(is_zero(page_address(page), PAGE_SIZE));
			memset(page_address(page), 0xff, PAGE_SIZE);
			nr++;
		}
	}
	/* Beside the root of the tree and what is left of one block */
	EXPECT_GE(shim_live_pages, nr + 1);
	EXPECT_LE(shim_live_pages, nr + 1 + BLOCK);
	EXPECT_EQ(shim_nr_errs, 0);
}

TEST(refused_memory_is_kept_aside_once_for_a_block)
{
	unsigned long i, live;

	machine();
	live = shim_live_pages;
	ASSERT_TRUE(kho_fast_alloc_pages(1, GFP_KERNEL, 0) != NULL);
	EXPECT_EQ(peak, live + 13 * BLOCK);
	EXPECT_EQ(shim_live_pages, live + BLOCK);

	peak = 0;
	for (i = 1; i < BLOCK; i++)
		ASSERT_TRUE(kho_fast_alloc_pages(1, GFP_KERNEL, 0) != NULL);
	EXPECT_EQ(peak, live + BLOCK + 1);
	EXPECT_EQ(shim_live_pages, live + BLOCK);
}

TEST(other_nodes_help_out)
{
	struct page *page;
	long live;

	machine();
	page = kho_fast_alloc_pages(2, GFP_KERNEL, 0);
	ASSERT_TRUE(page != NULL);
	EXPECT_EQ(page_to_pfn(page) / NODE_PAGES, 0);
	use_up(0);
	peak = 0;
	live = shim_live_pages;
	while (page_to_pfn(page) / NODE_PAGES == 0) {
		page = kho_fast_alloc_pages(2, GFP_KERNEL, 0);
		ASSERT_TRUE(page != NULL);
	}
	EXPECT_EQ(page_to_pfn(page) / NODE_PAGES, 1);
	/* One node at a time */
	EXPECT_LE(peak, live + NODE_PAGES + BLOCK);
	EXPECT_FALSE(hot_added(page_to_pfn(page)));
}

/* A large one is no part of a larger block. */
TEST(blocks_of_any_order_are_accepted_ones)
{
	unsigned int order;

	machine();
	for (order = 1; order <= MAX_PAGE_ORDER; order++) {
		long live = shim_live_pages;
		struct page *page = kho_fast_alloc_pages(1, GFP_KERNEL | __GFP_COMP | __GFP_ZERO,
							 order);

		ASSERT_TRUE(page != NULL);
		ASSERT_EQ(folio_order(page_folio(page)), order);
		ASSERT_FALSE(hot_added(page_to_pfn(page)));
		ASSERT_TRUE(is_zero(page_address(page), PAGE_SIZE << order));
		ASSERT_EQ(shim_live_pages, live + BIT(order));
		/* Behind the hot-added memory */
		ASSERT_EQ(page_to_pfn(page) / NODE_PAGES, 1);
	}
}

TEST(what_the_project_hands_over_is_accepted)
{
	struct kho_fast_records records = {};
	unsigned long i, pfn;
	void *mem;

	machine();
	use_up(0);
	mem = kho_alloc_preserve(3 * PAGE_SIZE);
	ASSERT_FALSE(IS_ERR(mem));
	kho_unpreserve_free(mem);
	for (i = 0; i < 3 * KHO_FAST_RECORDS_PER_PAGE; i++)
		ASSERT_FALSE(IS_ERR(kho_fast_records_add(&records)));
	for (pfn = 2 * NODE_PAGES - BLOCK; pfn < 2 * NODE_PAGES; pfn++)
		ASSERT_EQ(kho_preserve_pages(pfn_to_page(pfn), 1), 0);
	model.nr_pages = NR_PAGES;
	model.page = calloc(NR_PAGES, sizeof(*model.page));
	model_read_tree(kho_fast_outgoing_root());
	for (pfn = 0; pfn < NR_PAGES; pfn++)
		ASSERT_FALSE(model.page[pfn].tree_page && hot_added(pfn));
	EXPECT_EQ(shim_nr_errs, 0);
}

TEST(only_refused_memory_is_an_error_with_one_message)
{
	long live;

	machine();
	use_up(0);
	use_up(1);
	live = shim_live_pages;
	EXPECT_TRUE(!kho_fast_alloc_pages(2, GFP_KERNEL, 0));
	EXPECT_EQ(shim_nr_errs, 1);
	EXPECT_TRUE(strstr(shim_last_msg, "online it as movable") != NULL);
	EXPECT_TRUE(!kho_fast_alloc_pages(2, GFP_KERNEL | __GFP_COMP, 2));
	EXPECT_EQ(shim_nr_errs, 2);
	EXPECT_EQ(shim_live_pages, live);
}

/* Node 3 has more hot-added memory than that. */
static void machine_with_node3(void)
{
	unsigned long pfn;

	machine();
	for (pfn = NR_PAGES; pfn < NR_PAGES + NODE3_PAGES; pfn++)
		*pfn_to_page(pfn) = (struct page){
			.inits = 1, .free = 1, ._mapcount = { -1 } };
	node_pages[3] = NODE3_PAGES;
	NODE_DATA(3)->node_present_pages = NODE3_PAGES;
	peak = 0;
}

TEST(so_much_and_no_more_is_kept_aside_when_another_node_has_memory)
{
	long live;

	machine_with_node3();
	live = shim_live_pages;
	EXPECT_EQ(page_to_pfn(kho_fast_alloc_pages(3, GFP_KERNEL, 0)) / NODE_PAGES, 0);
	EXPECT_EQ(peak, live + 256 * BLOCK);
	EXPECT_EQ(shim_live_pages, live + BLOCK);
}

TEST(more_is_kept_aside_before_an_allocation_fails)
{
	struct page *page;
	long live;

	machine_with_node3();
	use_up(0);
	use_up(1);
	live = shim_live_pages;
	oom_above = live + BLOCK;
	page = kho_fast_alloc_pages(3, GFP_KERNEL, 0);
	ASSERT_TRUE(page != NULL);
	EXPECT_EQ(page_to_pfn(page), NR_PAGES + 299 * BLOCK);
	EXPECT_EQ(peak, live + NODE3_PAGES);
	EXPECT_EQ(shim_live_pages, live + BLOCK);
	EXPECT_EQ(shim_nr_errs, 0);
}

/* Of the node that has other memory, behind much that is refused and free */
TEST(memory_is_reclaimed_with_little_kept_aside)
{
	struct page *page;
	unsigned long i;
	long live;

	machine_with_node3();
	use_up(0);
	use_up(1);
	for (i = 0; i < BLOCK; i++)
		pfn_to_page(NR_PAGES + 299 * BLOCK + i)->free = 0;
	live = shim_live_pages;
	can_reclaim = true;
	page = kho_fast_alloc_pages(3, GFP_KERNEL, 0);
	ASSERT_TRUE(page != NULL);
	EXPECT_EQ(page_to_pfn(page), BLOCK);
	EXPECT_LE(peak_then, live + (4 << 20 >> PAGE_SHIFT));
	EXPECT_EQ(shim_live_pages, live + 1);
	EXPECT_EQ(shim_nr_errs, 0);
}

/* As much as the node has: more comes while the search lasts, or without an end. */
TEST(a_search_ends)
{
	long live;

	machine_with_node3();
	use_up(0);
	use_up(1);
	NODE_DATA(3)->node_present_pages = 280 * BLOCK;
	live = shim_live_pages;
	EXPECT_TRUE(!kho_fast_alloc_pages(3, GFP_KERNEL, 0));
	EXPECT_EQ(peak, live + 280 * BLOCK);
	EXPECT_EQ(shim_live_pages, live);
	EXPECT_EQ(shim_nr_errs, 1);
}

/* Nor its neighbours, which are spare pages: the shim cannot split a folio. */
TEST(a_single_page_is_not_cut_out_of_a_folio)
{
	struct page *page;
	int i;

	machine();
	for (i = 0; i < 3; i++) {
		page = kho_fast_alloc_pages(1, GFP_KERNEL | __GFP_COMP, 0);
		ASSERT_TRUE(page != NULL);
		EXPECT_FALSE(PageHead(page));
		EXPECT_FALSE(hot_added(page_to_pfn(page)));
	}
}

TEST(without_memory_there_is_no_search)
{
	machine();
	shim_fail_after = 0;
	EXPECT_TRUE(!kho_fast_alloc_pages(1, GFP_KERNEL, 0));
	EXPECT_EQ(shim_nr_errs, 0);
}

/* Not what was kept aside meanwhile */
TEST(only_the_page_is_charged)
{
	long live;

	machine();
	ASSERT_TRUE(kho_fast_alloc_pages(1, KHO_FAST_GFP_ACCOUNT, 0) != NULL);
	/* That of the first page is not undone: pages of the model are not uncharged. */
	EXPECT_EQ(shim_charged_pages, 2);

	live = shim_live_pages;
	shim_memcg_is_full = true;
	EXPECT_TRUE(!kho_fast_alloc_pages(1, KHO_FAST_GFP_ACCOUNT, 0));
	EXPECT_EQ(shim_live_pages, live);
	EXPECT_EQ(shim_nr_errs, 0);
}

/* Trees of clients that exist before kho_init() */
TEST(without_a_map_all_memory_is_accepted)
{
	struct page *page;

	machine();
	kho_fast_outgoing_exit();
	page = kho_fast_alloc_pages(2, GFP_KERNEL, 0);
	ASSERT_TRUE(page != NULL);
	EXPECT_TRUE(hot_added(page_to_pfn(page)));
}

TEST_HARNESS_MAIN
