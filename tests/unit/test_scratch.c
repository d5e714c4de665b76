// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scratch areas: kernel/kho_fast/scratch.c, and the check of foreign ones in
 * kernel/kho_fast/incoming/handover.c
 */
#include <linux/crash_reserve.h>

#include "mm/cma.h"
#include "mm/mm_init.h"

#include "faults.h"
#include "test.h"

#define BLOCK	(PAGE_SIZE * MAX_ORDER_NR_PAGES)
#define MIB	(1UL << 20)

extern int (*shim_param_kho_scratch_parse)(char *arg);
extern int (*shim_param_kho_parse_enable)(char *arg);

static int parse(const char *arg)
{
	char buf[64];

	snprintf(buf, sizeof(buf), "%s", arg);
	return shim_param_kho_scratch_parse(buf);
}

/* 6 GiB on two nodes, 2 GiB of them above the 4 GiB line. */
static void two_nodes(void)
{
	unit_init();
	memblock_add_node(0, 3UL << 30, 0, MEMBLOCK_NONE);
	memblock_add_node(3UL << 30, 3UL << 30, 1, MEMBLOCK_NONE);
	NODE_DATA(0)->end_pfn = 3UL << 18;
	NODE_DATA(1)->end_pfn = 6UL << 18;
}

TEST(scale_is_exact_and_does_not_overflow)
{
	EXPECT_EQ(kho_fast_scratch_scale(0, 0, 0, 200), 0);
	EXPECT_EQ(kho_fast_scratch_scale(1000, 0, 0, 200), 2000);
	EXPECT_EQ(kho_fast_scratch_scale(1000, 400, 0, 150), 900);
	EXPECT_EQ(kho_fast_scratch_scale(1000, 400, 100, 150), 850);
	EXPECT_EQ(kho_fast_scratch_scale(999, 0, 0, 33), 329);
	EXPECT_EQ(kho_fast_scratch_scale(1UL << 36, 0, 0, 4000000000U), (1UL << 36) * 40000000);
}

TEST(scratch_parameter_refuses_invalid_values)
{
	static const char * const bad[] = {
		"", "%", "200", "x%", "-5%", "1 %", "4294967296%", "99999999999999999999%",
		"1G", "1G,2G", "1G,2G,", ",,", "1G,2G,3G,", "1G,2G,3G,4G", "1G,2G,3Gx",
		"1G 2G 3G", "0,0,0", "0K,0,0M", "a,b,c", "-1,1,1", "1G;2G;3G",
	};
	unsigned int i;

	EXPECT_EQ(shim_param_kho_scratch_parse(NULL), -EINVAL);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_LT(parse(bad[i]), 0) TH_LOG("accepted: '%s'", bad[i]);
}

TEST(scratch_parameter_does_not_change_its_argument)
{
	char arg[] = "150%";

	EXPECT_EQ(shim_param_kho_scratch_parse(arg), 0);
	EXPECT_EQ(strcmp(arg, "150%"), 0);
}

TEST(sizes_that_cannot_be_rounded_up_are_refused)
{
	EXPECT_EQ(parse("18446744073709551615,1,1"), -EINVAL);
	EXPECT_EQ(parse("1,1,18446744073709551614"), -EINVAL);
}

TEST(no_scratch_at_all_disables_kho)
{
	two_nodes();
	EXPECT_EQ(parse("0%"), 0);
	kho_fast_scratch_reserve();
	EXPECT_EQ(kho_scratch_cnt, 0);
	EXPECT_FALSE(kho_is_enabled());
	EXPECT_EQ(shim_nr_warnings, 1);
}

TEST(fixed_sizes_become_areas_of_whole_blocks)
{
	two_nodes();
	EXPECT_EQ(parse("1,5M,0x1000000"), 0);
	kho_fast_scratch_reserve();
	ASSERT_EQ(kho_scratch_cnt, 4);
	EXPECT_EQ(kho_scratch[0].size, BLOCK);
	EXPECT_LE(kho_scratch[0].addr + kho_scratch[0].size, 1UL << 32);
	EXPECT_EQ(kho_scratch[1].size, round_up(5 * MIB, BLOCK));
	EXPECT_EQ(kho_scratch[2].size, 16 * MIB);
	EXPECT_EQ(early_pfn_to_nid(PHYS_PFN(kho_scratch[2].addr)), 0);
	EXPECT_EQ(kho_scratch[3].size, 16 * MIB);
	EXPECT_EQ(early_pfn_to_nid(PHYS_PFN(kho_scratch[3].addr)), 1);
	EXPECT_EQ(kho_fast_scratch_fault(kho_scratch, 4), 4);
	EXPECT_TRUE(kho_is_enabled());
}

/* 2 MiB below 4 GiB and 5 MiB above, and as many of HugeTLB as nodes, at 1000 %. */
TEST(scaled_sizes_follow_the_boot_allocations)
{
	two_nodes();
	EXPECT_NE(memblock_alloc_range_nid(2 * MIB, PAGE_SIZE, 0, 3UL << 30, 0, true), 0);
	EXPECT_NE(memblock_alloc_range_nid(5 * MIB, PAGE_SIZE, 5UL << 30, 0, 1, true), 0);
	EXPECT_NE(memblock_alloc_hugetlb(MIB, 0, true), NULL);
	EXPECT_NE(memblock_alloc_hugetlb(MIB, 1, true), NULL);
	EXPECT_EQ(parse("1000%"), 0);
	kho_fast_scratch_reserve();
	ASSERT_EQ(kho_scratch_cnt, 4);
	EXPECT_EQ(kho_scratch[0].size, round_up(20 * MIB, BLOCK));
	EXPECT_GE(kho_scratch[1].size, round_up(50 * MIB, BLOCK));
	EXPECT_LE(kho_scratch[1].size, round_up(51 * MIB, BLOCK));
	EXPECT_GE(kho_scratch[2].size, round_up(20 * MIB, BLOCK));
	EXPECT_GE(kho_scratch[3].size, round_up(50 * MIB, BLOCK));
	EXPECT_EQ(kho_fast_scratch_fault(kho_scratch, 4), 4);
}

/* The crash kernel is low, 32 MiB of CMA are on node 1, and 64 MiB are for HugeTLB pages. */
TEST(what_the_command_line_reserves_is_counted_once)
{
	phys_addr_t crash, cma, hugetlb;

	two_nodes();
	EXPECT_NE(memblock_alloc_range_nid(2 * MIB, PAGE_SIZE, 0, 3UL << 30, 0, true), 0);
	crash = memblock_alloc_range_nid(256 * MIB, MIB, 0, 3UL << 30, NUMA_NO_NODE, false);
	cma = memblock_alloc_range_nid(32 * MIB, MIB, 5UL << 30, 0, 1, true);
	hugetlb = memblock_alloc_range_nid(64 * MIB, MIB, 0, 3UL << 30, 0, true);
	ASSERT_TRUE(crash && cma && hugetlb);
	crashk_res = (struct resource)DEFINE_RES_MEM(crash, 256 * MIB);
	cma_areas[0] = (struct cma){ "reserved", 1, { { PHYS_PFN(cma), 32 << 8 } } };
	cma_areas[1] = (struct cma){ "hugetlb0", 2, {
		{ PHYS_PFN(hugetlb), 16 << 8 }, { PHYS_PFN(hugetlb) + (16 << 8), 48 << 8 } } };
	cma_area_count = 2;

	EXPECT_EQ(parse("500%"), 0);
	kho_fast_scratch_reserve();
	ASSERT_EQ(kho_scratch_cnt, 4);
	EXPECT_EQ(kho_scratch[0].size, round_up((10 + 256) * MIB, BLOCK));
	EXPECT_GE(kho_scratch[1].size, round_up(32 * MIB, BLOCK));
	EXPECT_LE(kho_scratch[1].size, round_up(33 * MIB, BLOCK));
	EXPECT_EQ(kho_scratch[2].size, round_up(10 * MIB, BLOCK));
	EXPECT_GE(kho_scratch[3].size, round_up(32 * MIB, BLOCK));
	EXPECT_LE(kho_scratch[3].size, round_up(33 * MIB, BLOCK));
}

/* Of the first kernel, in the second one */
static int warnings_about(const char *arg, struct kho_scratch *areas, unsigned int cnt)
{
	shim_nr_warnings = 0;
	if (arg && parse(arg))
		shim_die("'%s' is not accepted", arg);
	kho_fast_scratch_set(virt_to_phys(areas), cnt);
	return shim_nr_warnings;
}

TEST(a_parameter_that_is_not_in_force_is_reported)
{
	struct kho_scratch *areas;

	two_nodes();
	areas = memblock_alloc(PAGE_SIZE, PAGE_SIZE);
	areas[0] = (struct kho_scratch){ 64 * MIB, 32 * MIB };
	areas[1] = (struct kho_scratch){ 1UL << 30, 0 };	/* as stock has it */
	areas[2] = (struct kho_scratch){ 2UL << 30, 64 * MIB };
	areas[3] = (struct kho_scratch){ 4UL << 30, 64 * MIB };

	EXPECT_EQ(warnings_about(NULL, areas, 4), 0);
	EXPECT_EQ(warnings_about("32M,0,64M", areas, 4), 0);
	EXPECT_EQ(warnings_about("32M,64M,64M", areas, 4), 0);
	EXPECT_EQ(warnings_about("32M,0,32M", areas, 4), 1);
	EXPECT_EQ(warnings_about("36M,0,64M", areas, 4), 1);
	EXPECT_EQ(warnings_about("32M,64M,0", areas, 4), 1);
	EXPECT_EQ(warnings_about("32M,64M,64M", areas, 1), 1);
	EXPECT_EQ(warnings_about("200%", areas, 4), 1);
	EXPECT_EQ(warnings_about("200%", areas, 0), 0);
}

/* All memory is low, so the global area is empty. Every small VM is like that. */
TEST(areas_of_a_small_machine_pass_the_check_of_the_next_kernel)
{
	unit_init();
	memblock_add_node(0, 1UL << 30, 0, MEMBLOCK_NONE);
	NODE_DATA(0)->end_pfn = 1UL << 18;
	EXPECT_NE(memblock_alloc(10 * MIB, PAGE_SIZE), NULL);
	kho_fast_scratch_reserve();
	EXPECT_NE(kho_scratch_cnt, 0);
	EXPECT_EQ(kho_fast_scratch_fault(kho_scratch, kho_scratch_cnt), kho_scratch_cnt);
}

TEST(areas_that_stock_leaves_empty_are_no_fault)
{
	static const struct kho_scratch areas[] = {
		{ 16 * MIB, 16 * MIB }, { 64 * MIB, 0 }, { 64 * MIB, 0 },
		{ 32 * MIB, 0 }, { 16 * MIB, 0 },
	};

	EXPECT_EQ(kho_fast_scratch_fault(areas, ARRAY_SIZE(areas)), ARRAY_SIZE(areas));
}

TEST(faulty_areas_are_found_by_index)
{
	static const struct {
		struct kho_scratch areas[3];
		unsigned int fault;
	} cases[] = {
		{ { { MIB, MIB }, { 4 * MIB, MIB }, { 2 * MIB, 2 * MIB } }, 3 },
		{ { { MIB, MIB }, { 2 * MIB, MIB }, { MIB, 3 * MIB } }, 2 },
		{ { { MIB, MIB }, { 2 * MIB - PAGE_SIZE, MIB }, { 0, 0 } }, 1 },
		{ { { 4 * MIB, MIB }, { 3 * MIB, MIB + PAGE_SIZE }, { 0, 0 } }, 1 },
		{ { { MIB, MIB }, { MIB, MIB }, { 0, 0 } }, 1 },
		{ { { MIB + 8, MIB - 8 }, { 0, 0 }, { 0, 0 } }, 0 },
		{ { { MIB, MIB + 8 }, { 0, 0 }, { 0, 0 } }, 0 },
		{ { { 0 - MIB, 2 * MIB }, { 0, 0 }, { 0, 0 } }, 0 },
		{ { { MIB, 0 - PAGE_SIZE }, { 0, 0 }, { 0, 0 } }, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		EXPECT_EQ(kho_fast_scratch_fault(cases[i].areas, 3), cases[i].fault)
			TH_LOG("case %u", i);
}

TEST(overlap_is_seen_to_the_byte)
{
	static struct kho_scratch areas[] = { { 16 * MIB, MIB }, { 32 * MIB, MIB } };

	EXPECT_FALSE(kho_scratch_overlap(0, ~0UL));
	kho_scratch = areas;
	kho_scratch_cnt = 2;
	EXPECT_TRUE(kho_scratch_overlap(0, 64 * MIB));
	EXPECT_FALSE(kho_scratch_overlap(0, 16 * MIB));
	EXPECT_TRUE(kho_scratch_overlap(0, 16 * MIB + 1));
	EXPECT_FALSE(kho_scratch_overlap(17 * MIB, 15 * MIB));
	EXPECT_TRUE(kho_scratch_overlap(17 * MIB - 1, 1));
	EXPECT_TRUE(kho_scratch_overlap(32 * MIB + 77, 1));
	EXPECT_FALSE(kho_scratch_overlap(33 * MIB, ~0UL >> 1));
}

TEST(every_failed_allocation_disables_kho_and_gives_all_back)
{
	two_nodes();
	EXPECT_EQ(parse("4M,4M,4M"), 0);
	for_each_fault(f, "KHO: scratch areas") {
		char on[] = "on";

		EXPECT_EQ(shim_param_kho_parse_enable(on), 0);
		FAULT(f, (kho_fast_scratch_reserve(), 0));
		ASSERT_EQ(kho_is_enabled(), !f->met);
		ASSERT_EQ(f->n < 5, f->met);
		if (!f->met)
			continue;
		ASSERT_EQ(kho_scratch_cnt, 0);
		ASSERT_EQ(kho_scratch, NULL);
		ASSERT_EQ(memblock_reserved_size(), 0);
		kho_fast_scratch_reserve();
		ASSERT_EQ(kho_scratch_cnt, 0);
	}
}

TEST(areas_too_large_for_the_machine_disable_kho)
{
	two_nodes();
	EXPECT_EQ(parse("1M,1T,1M"), 0);
	kho_fast_scratch_reserve();
	EXPECT_FALSE(kho_is_enabled());
	EXPECT_EQ(memblock_reserved_size(), 0);
	EXPECT_EQ(shim_nr_errs, 1);
	EXPECT_EQ(shim_nr_warnings, 1);
}

static void boot_first_kernel(void)
{
	unit_init();
	model_plain(8);
	boot_first_deferred = ULONG_MAX;
	boot_memmap();
	parse("1,1,1");
	kho_memory_init();
	boot_free_all();
}

static unsigned int migratetype(const struct page *page)
{
	return shim_migratetype[page_to_pfn(page) >> pageblock_order];
}

TEST(released_areas_are_for_movable_pages_only)
{
	unsigned int i;

	boot_first_kernel();
	ASSERT_EQ(kho_scratch_cnt, 3);
	EXPECT_FALSE(pfn_to_page(PHYS_PFN(kho_scratch[1].addr))->free);
	kho_fast_scratch_release(true);
	for (i = 0; i < 3; i++) {
		const struct page *page = pfn_to_page(PHYS_PFN(kho_scratch[i].addr));

		EXPECT_TRUE(page->free);
		EXPECT_TRUE(page[MAX_ORDER_NR_PAGES - 1].free);
		EXPECT_EQ(migratetype(page), MIGRATE_CMA);
		EXPECT_EQ(migratetype(page + pageblock_nr_pages), MIGRATE_CMA);
	}
}

TEST(areas_are_ordinary_memory_again_when_kho_cannot_start)
{
	boot_first_kernel();
	ASSERT_EQ(kho_scratch_cnt, 3);
	kho_fast_scratch_release(false);
	EXPECT_TRUE(pfn_to_page(PHYS_PFN(kho_scratch[2].addr))->free);
	EXPECT_NE(migratetype(pfn_to_page(PHYS_PFN(kho_scratch[2].addr))), MIGRATE_CMA);
}

TEST(a_crash_kernel_has_no_scratch)
{
	unit_init();
	model_plain(8);
	shim_is_kdump = true;
	kho_memory_init();
	EXPECT_FALSE(kho_is_enabled());
	EXPECT_EQ(kho_scratch_cnt, 0);
}

TEST_HARNESS_MAIN
