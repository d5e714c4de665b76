// SPDX-License-Identifier: GPL-2.0-only
/*
 * Free memory that the boot does not wait for: mm/kho_late_free.c
 */
#include <pthread.h>

#include <linux/sizes.h>

#include "test.h"

#define NR_SECTIONS	32

extern int (*shim_param_kho_parse_boot_memory)(char *arg);
extern int (*shim_initcall_kho_late_free_init)(void);

/* The boot waits for @sections free sections of each node. */
static void boot_wants(unsigned long sections)
{
	char text[32];

	snprintf(text, sizeof(text), "%lu", PFN_PHYS(section_nr_to_pfn(sections)));
	if (shim_param_kho_parse_boot_memory(text))
		shim_die("a size is refused");
}

/* Section 20 has a preserved page; the first deferred one is 17. */
static void begin(void)
{
	unit_init();
	model_plain(NR_SECTIONS);
	model_add_key(section_nr_to_pfn(20) + 5, 0);
	shim_may_postpone = true;
	boot_first_deferred = section_nr_to_pfn(17);
}

static void boot(void)
{
	if (model_build_map(&kho_fast_incoming))
		shim_die("a good tree is refused");
	boot_memmap();
	boot_free_all();
	shim_initcall_kho_late_free_init();
	boot_deferred_all();
	boot_exit();
}

static struct zone *highest_zone(int nid)
{
	return &NODE_DATA(nid)->node_zones[NODE_DATA(nid)->nr_zones - 1];
}

/* The tree's pages are in a section, too. */
static unsigned long nr_free_sections(void)
{
	unsigned long nr, n = 0;

	for (nr = 17; nr < NR_SECTIONS; nr++)
		n += !kho_fast_section_has_preserved(section_nr_to_pfn(nr));
	return n;
}

TEST(free_sections_wait_but_for_what_the_boot_needs)
{
	unsigned long nr, late;

	begin();
	boot_wants(3);
	boot();
	late = nr_free_sections() - 3;
	EXPECT_EQ(kho_fast_nr_late(), late);
	EXPECT_EQ(kho_fast_late_free_pages(), section_nr_to_pfn(late));
	EXPECT_FALSE(kho_fast_incoming.initialised);
	boot_check();

	for (nr = 0; nr < NR_SECTIONS; nr++) {
		guard(rcu)();
		EXPECT_FALSE(shim_late_is_done);
		kho_fast_ensure_initialised(section_nr_to_pfn(nr), 1);
		if (!kho_fast_nr_late())
			break;
	}
	EXPECT_TRUE(kho_fast_incoming.initialised);
	EXPECT_TRUE(shim_late_is_done);
	EXPECT_EQ(kho_fast_late_free_pages(), 0);
	boot_check();
}

TEST(allocations_take_late_sections_from_the_end)
{
	struct zone *zone;
	unsigned long late;

	begin();
	boot_wants(2);
	boot();
	zone = highest_zone(0);
	EXPECT_FALSE(__kho_fast_grow_zone(&NODE_DATA(0)->node_zones[ZONE_DMA32]));
	EXPECT_FALSE(pfn_to_page(section_nr_to_pfn(NR_SECTIONS - 1))->free);
	for (late = kho_fast_nr_late(); late; late--) {
		ASSERT_TRUE(kho_fast_grow_zone(zone, true));
		ASSERT_EQ(kho_fast_nr_late(), late - 1);
		boot_check();
		EXPECT_TRUE(pfn_to_page(section_nr_to_pfn(NR_SECTIONS) - 1)->free);
	}
	EXPECT_TRUE(shim_late_is_done);
	EXPECT_FALSE(kho_fast_grow_zone(zone, true));
	kho_fast_late_pages_end();
	EXPECT_FALSE(static_branch_unlikely(&kho_late_free_key));
	boot_check();
}

static unsigned long nr_late_in(unsigned long section, unsigned long end)
{
	unsigned long n = 0;

	for (; section < end; section++)
		n += boot_is_late(section_nr_to_pfn(section));
	return n;
}

TEST(each_node_gets_its_memory_and_grows_by_its_own)
{
	unsigned long late, start;

	unit_init();
	model_two_nodes(NR_SECTIONS);
	model_add_key(section_nr_to_pfn(20) + 5, 0);
	shim_may_postpone = true;
	boot_first_deferred = section_nr_to_pfn(4);
	boot_wants(2);
	boot();
	boot_check();
	late = nr_late_in(0, NR_SECTIONS / 2);
	EXPECT_GT(late, 0);
	EXPECT_GT(nr_late_in(NR_SECTIONS / 2, NR_SECTIONS), 0);
	/* The span of node 1 begins at 0, as if a part of it were below node 0. */
	start = node_start_pfn(1);
	NODE_DATA(1)->node_zones[0].start_pfn = 0;
	while (kho_fast_grow_zone(highest_zone(1), true))
		;
	NODE_DATA(1)->node_zones[0].start_pfn = start;
	EXPECT_EQ(nr_late_in(NR_SECTIONS / 2, NR_SECTIONS), 0);
	EXPECT_EQ(nr_late_in(0, NR_SECTIONS / 2), late);
	boot_check();
	while (kho_fast_grow_zone(highest_zone(0), true))
		;
	EXPECT_EQ(kho_fast_nr_late(), 0);
	boot_check();
}

/* With a page that memblock has reserved, or a hole, a section is initialised by the boot. */
TEST(sections_with_other_pages_do_not_wait)
{
	const unsigned long reserved = section_nr_to_pfn(25) + 7;

	begin();
	boot_wants(0);
	memblock_reserve(PFN_PHYS(reserved), PAGE_SIZE);
	boot();
	EXPECT_EQ(kho_fast_nr_late(), nr_free_sections() - 1);
	EXPECT_TRUE(pfn_to_page(reserved + 1)->free);
	boot_check();
}

TEST(nothing_free_waits_if_nothing_may)
{
	begin();
	shim_may_postpone = false;
	boot_wants(0);
	boot();
	EXPECT_EQ(kho_fast_nr_late(), 0);
	EXPECT_FALSE(kho_fast_grow_zone(highest_zone(0), true));
	EXPECT_EQ(kho_fast_late_free_pages(), 0);
	boot_check();
}

/* A whole section is written to with preemption off. */
TEST(nothing_free_waits_if_it_is_overwritten)
{
	begin();
	shim_init_on_free = true;
	boot_wants(0);
	boot();
	EXPECT_EQ(kho_fast_nr_late(), 0);
	EXPECT_FALSE(kho_fast_grow_zone(highest_zone(0), true));
	boot_check();
}

TEST(nothing_free_waits_after_a_cold_boot)
{
	begin();
	boot_wants(0);
	EXPECT_FALSE(kho_fast_keeps_section(section_nr_to_pfn(25), 0, true));
}

TEST(memory_that_is_needed_at_once_does_not_wait)
{
	begin();
	boot_wants(0);
	if (model_build_map(&kho_fast_incoming))
		shim_die("a good tree is refused");
	boot_memmap();
	boot_free_all();
	boot_grow(0);
	shim_initcall_kho_late_free_init();
	EXPECT_TRUE(pfn_to_page(section_nr_to_pfn(17))->free);
	boot_deferred_all();
	boot_exit();
	EXPECT_EQ(kho_fast_nr_late(), nr_free_sections() - 1);
	boot_check();
}

/* 4 GiB, or 1/64 of a node that has more */
TEST(a_boot_gets_4_gib_of_each_node_or_a_64th)
{
	const unsigned long gib4 = SZ_4G >> PAGE_SHIFT;

	begin();
	node_present_pages(0) = 64 * (gib4 + 3 * PAGES_PER_SECTION);
	boot();
	EXPECT_EQ(kho_fast_nr_late(), 0);
	EXPECT_FALSE(static_branch_unlikely(&kho_late_free_key));
	boot_check();
}

TEST(a_size_that_is_none_is_ignored)
{
	char text[] = "4Q", nothing[] = "";

	begin();
	EXPECT_EQ(shim_param_kho_parse_boot_memory(text), 0);
	EXPECT_NE(strstr(shim_last_line, "kho_boot_memory=4Q is not a size"), NULL);
	EXPECT_EQ(shim_param_kho_parse_boot_memory(nothing), 0);
	EXPECT_EQ(shim_param_kho_parse_boot_memory(NULL), 0);
	boot();
	EXPECT_EQ(kho_fast_nr_late(), 0);
}

static unsigned long nr_late_of(int nid)
{
	unsigned long pfn, n = 0;

	for (pfn = 0; pfn < model.nr_pages; pfn += PAGES_PER_SECTION)
		n += boot_is_late(pfn) && pfn_to_nid(pfn) == nid;
	return n;
}

/* Nodes, holes, scratch and preserved folios of all sizes, at random */
TEST(every_page_ends_up_free_preserved_or_reserved_exactly_once)
{
	unsigned long pfn, nr_grown = 0;
	int nid;

	unit_init();
	model_random(PFN_SECTION_SHIFT < 12 ? 48 : 10);
	model_add_keys(4, PFN_SECTION_SHIFT + 2);
	shim_may_postpone = true;
	boot_wants(rnd(2));
	if (model_build_map(&kho_fast_incoming))
		shim_die("a good tree is refused: %s", shim_last_msg);
	kho_fast_extend_scratch(&kho_fast_incoming);
	boot_memmap();
	boot_free_all();
	shim_initcall_kho_late_free_init();
	boot_deferred_all();
	boot_exit();
	boot_check();
	for (nid = 0; nid < MAX_NUMNODES; nid++) {
		unsigned long others = kho_fast_nr_late() - nr_late_of(nid);

		if (!NODE_DATA(nid)->end_pfn)
			continue;
		if (kho_fast_grow_zone(highest_zone(nid), true))
			nr_grown++;
		EXPECT_EQ(kho_fast_nr_late() - nr_late_of(nid), others);
	}
	boot_check();
	for (pfn = 0; pfn < model.nr_pages; pfn += PAGES_PER_SECTION) {
		guard(rcu)();
		kho_fast_ensure_initialised(pfn, 1);
	}
	EXPECT_EQ(kho_fast_nr_late(), 0);
	boot_check();
	EXPECT_EQ(shim_nr_warns, 0);
	EXPECT_EQ(shim_nr_errs, 0);
	printf("# zones that grew: %lu\n", nr_grown);
}

/* A zone that is populated while sections are late has none of them. */
TEST(a_node_with_a_new_zone_grows_the_old_one)
{
	struct zone *zone;

	begin();
	boot_wants(0);
	boot();
	zone = highest_zone(0);
	NODE_DATA(0)->nr_zones--;
	EXPECT_FALSE(kho_fast_grow_zone(highest_zone(0), true));
	EXPECT_TRUE(kho_fast_grow_zone(zone, true));
	NODE_DATA(0)->nr_zones++;
	boot_check();
}

static void *grow(void *zone)
{
	while (kho_fast_grow_zone(zone, true))
		;
	return NULL;
}

static void *work(void *unused)
{
	unsigned long nr;

	for (nr = 17; nr < NR_SECTIONS; nr++) {
		guard(rcu)();
		kho_fast_ensure_initialised(section_nr_to_pfn(nr), 1);
	}
	return NULL;
}

TEST(workers_and_allocations_share_the_late_sections)
{
	pthread_t thread[4];
	unsigned int i;

	begin();
	boot_wants(0);
	boot();
	for (i = 0; i < 4; i++)
		pthread_create(&thread[i], NULL, i % 2 ? work : grow, highest_zone(0));
	for (i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	EXPECT_EQ(kho_fast_nr_late(), 0);
	EXPECT_TRUE(shim_late_is_done);
	boot_check();
}

TEST_HARNESS_MAIN
