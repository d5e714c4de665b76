// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parameters of a kernel with a handover: kernel/kho_fast/incoming/{cmdline,reserve_mem}.c
 */
#include <linux/crash_reserve.h>
#include <linux/memblock.h>

#include "incoming/cmdline.h"
#include "incoming/reserve_mem.h"
#include "kexec.h"
#include "test.h"

extern int (*shim_param_kho_parse_mem)(char *arg);
extern int (*shim_param_kho_parse_memmap)(char *arg);
extern int (*shim_param_kho_parse_memtest)(char *arg);
extern int (*shim_param_kho_parse_corruption_size)(char *arg);

static void preserves_much(void)
{
	kexec_first();
	kexec_preserve(40);
}

static unsigned int count_preserved(phys_addr_t start, phys_addr_t end)
{
	unsigned long pfn;
	unsigned int nr = 0;

	for (pfn = PHYS_PFN(start); pfn < PHYS_PFN(end); pfn++)
		nr += model.page[pfn].order != NO_KEY || model.page[pfn].tree_page;
	return nr;
}

/* The first attempt came when only scratch was known to be free. */
TEST(a_crash_kernel_is_reserved_beside_preserved_memory)
{
	kexec_machine();
	ASSERT_TRUE(kexec_run(preserves_much));
	shim_crashkernel = 512 * 1024;
	kexec_populate();
	kho_memory_init_early();
	EXPECT_EQ(shim_nr_crashkernel, 1);
	if (crashk_res.end)
		EXPECT_EQ(count_preserved(crashk_res.start, crashk_res.end + 1), 0);
	EXPECT_EQ(shim_nr_warnings, !crashk_res.end);
}

TEST(a_crash_kernel_is_reserved_once)
{
	kexec_machine();
	ASSERT_TRUE(kexec_run(preserves_much));
	kexec_populate();
	kho_memory_init_early();
	EXPECT_EQ(shim_nr_crashkernel, 0);	/* none is wanted */

	shim_crashkernel = 512 * 1024;
	crashk_res = (struct resource)DEFINE_RES_MEM(kho_scratch[0].addr, shim_crashkernel);
	kho_fast_crashkernel_retry();
	EXPECT_EQ(shim_nr_crashkernel, 0);

	crashk_res.end = 0;
	shim_crashkernel = 1UL << 50;
	kho_fast_crashkernel_retry();
	EXPECT_EQ(shim_nr_crashkernel + shim_nr_warnings, 0);
}

TEST(scratch_stays_memory_whatever_the_command_line_says)
{
	struct kho_scratch last;
	char arg[] = "64K";

	kexec_machine();
	EXPECT_EQ(shim_param_kho_parse_mem(arg), 0);
	ASSERT_TRUE(kexec_run(preserves_much));
	kexec_populate();
	last = ((struct kho_scratch *)phys_to_virt(params->scratch))[1];
	EXPECT_EQ(shim_param_kho_parse_mem(arg), 0);
	EXPECT_EQ(shim_nr_errs, 0);

	memblock_remove(last.addr, PHYS_ADDR_MAX - last.addr);
	EXPECT_FALSE(memblock_is_region_memory(last.addr, last.size));
	EXPECT_EQ(shim_param_kho_parse_memmap(arg), 0);
	EXPECT_TRUE(memblock_is_region_memory(last.addr, last.size));
	EXPECT_GT(shim_nr_errs, 0);
}

/* The number of scratch areas that have the page */
static unsigned int count_areas(const struct kho_scratch *areas, phys_addr_t phys)
{
	unsigned int i, nr = 0;

	for (i = 0; i < params->scratch_len / sizeof(*areas); i++)
		nr += phys >= areas[i].addr && phys < areas[i].addr + areas[i].size;
	return nr;
}

/* memmap=nn$ss, before the map is sorted: a page is RAM and something else. */
TEST(scratch_is_taken_back_from_memmap)
{
	struct e820_entry *other = &e820_table->entries[0];
	const struct kho_scratch *areas;
	unsigned int i, nr = 0;
	char arg[] = "4K$0";

	kexec_machine();
	ASSERT_TRUE(kexec_run(preserves_much));
	kexec_populate();
	areas = phys_to_virt(params->scratch);
	/* Around the ends of the areas */
	for (i = 0; i < 4 * params->scratch_len / sizeof(*areas); i++) {
		const struct kho_scratch *area = &areas[i / 4];
		phys_addr_t phys = i % 4 < 2 ? area->addr : area->addr + area->size;
		unsigned int taken;

		phys -= i % 2 ? PAGE_SIZE : 0;
		taken = count_areas(areas, phys);
		e820_table->nr_entries = 1;
		*other = (struct e820_entry){ phys, PAGE_SIZE, 2 };
		EXPECT_EQ(shim_param_kho_parse_memmap(arg), 0);
		nr += taken;
		ASSERT_EQ(shim_nr_errs, nr) TH_LOG("case %u", i);
		ASSERT_EQ(e820_table->nr_entries, !taken);
		ASSERT_TRUE(memblock_is_region_memory(area->addr, area->size));
	}
	EXPECT_GE(nr, 2);
	EXPECT_TRUE(strstr(shim_last_err, "takes scratch memory away") != NULL);
}

TEST(a_memory_test_that_overwrites_preserved_memory_is_reported)
{
	char on[] = "4", off[] = "0", bad[] = "x", empty[] = "";

	kexec_machine();
	EXPECT_EQ(shim_param_kho_parse_memtest(on), 0);
	ASSERT_TRUE(kexec_run(preserves_much));
	EXPECT_EQ(shim_param_kho_parse_memtest(on), 0);
	kexec_populate();
	EXPECT_EQ(shim_param_kho_parse_memtest(off), 0);
	EXPECT_EQ(shim_param_kho_parse_memtest(bad), 0);
	EXPECT_EQ(shim_param_kho_parse_memtest(empty), 0);
	EXPECT_EQ(shim_nr_errs, 0);
	EXPECT_EQ(shim_param_kho_parse_memtest(on), 0);
	EXPECT_EQ(shim_nr_errs, 1);
	EXPECT_EQ(shim_param_kho_parse_memtest(NULL), 0);
	EXPECT_EQ(shim_nr_errs, 2);
}

/* The handler is called for each memory_corruption_check_size= */
static unsigned int errors_about(const char *cmdline)
{
	shim_nr_errs = 0;
	strcpy(boot_command_line, cmdline);
	if (shim_param_kho_parse_corruption_size(NULL))
		shim_die("%s: refused", cmdline);
	return shim_nr_errs;
}

TEST(a_scan_that_overwrites_preserved_memory_is_reported_once)
{
	const char *size = "quiet memory_corruption_check_size=65K";

	kexec_machine();
	EXPECT_EQ(errors_about(size), 0);
	ASSERT_TRUE(kexec_run(preserves_much));
	kexec_populate();
	EXPECT_EQ(errors_about("memory_corruption_check_size=64K"), 0);
	EXPECT_EQ(errors_about("memory_corruption_check_size=65Kx"), 0);
	EXPECT_EQ(errors_about("memory_corruption_check_size=65K memory_corruption_check=0"), 0);
	EXPECT_EQ(errors_about("memory_corruption_check=0 memory-corruption-check-size=65K"), 0);
	EXPECT_EQ(errors_about("memory_corruption_check_size=65K memory_corruption_check_size=0"),
		  0);
	EXPECT_EQ(errors_about("-- memory_corruption_check_size=65K"), 0);
	EXPECT_EQ(errors_about(size), 1);
	EXPECT_EQ(errors_about(size), 0);
}

TEST(a_scan_that_is_switched_on_again_is_reported)
{
	kexec_machine();
	ASSERT_TRUE(kexec_run(preserves_much));
	kexec_populate();
	EXPECT_EQ(errors_about("memory_corruption_check=0 memory_corruption_check=no "
			       "memory_corruption_check=1 memory-corruption-check-size=65K"), 1);
}

TEST(a_new_region_is_outside_of_scratch)
{
	unsigned int i;

	kexec_machine();
	ASSERT_TRUE(kexec_run(preserves_much));
	kexec_populate();
	kho_memory_init_early();
	for (i = 0; i < 1000; i++) {
		phys_addr_t size = (1 + rnd(20)) * PAGE_SIZE;
		phys_addr_t phys = kho_fast_reserve_mem_alloc(size, PAGE_SIZE << rnd(3));

		if (!phys)
			continue;
		EXPECT_FALSE(kho_scratch_overlap(phys, size));
		EXPECT_EQ(count_preserved(phys, phys + size), 0);
		EXPECT_TRUE(memblock_is_region_reserved(phys, size));
	}
}

/* As with stock: low memory is for those who need it. There may be none beside scratch. */
TEST(new_regions_are_as_high_as_there_is_memory)
{
	phys_addr_t last, phys;
	unsigned int nr = 0;

	kexec_machine();
	ASSERT_TRUE(kexec_run(preserves_much));
	kexec_populate();
	kho_memory_init_early();
	last = memblock_end_of_DRAM();
	while ((phys = kho_fast_reserve_mem_alloc(PAGE_SIZE, PAGE_SIZE)) && nr < 1000) {
		ASSERT_LT(phys, last);
		last = phys;
		nr++;
	}
}

TEST_HARNESS_MAIN
