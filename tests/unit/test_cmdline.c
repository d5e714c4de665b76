// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line of the next kernel: kernel/kho_fast/outgoing/cmdline.c
 *
 *	0         0x100     0x200     0x300     0x400	page frames
 *	|RRRRRRRRR|RRRR $$$$|RRRRRRRRR|RRRRRRRRR|...
 */
#include <linux/kexec.h>

#include "outgoing/cmdline.h"
#include "test.h"

#define NR_PAGES	64

static struct kho_fast_cmdline cmdline;

static void parse(const char *text)
{
	shim_slab_is_up = true;
	kho_fast_cmdline_destroy(&cmdline);
	if (kho_fast_cmdline_parse(&cmdline, text))
		shim_die("no memory");
}

#define EXPECT_SWITCHES(text, kho_, liveupdate_) do {				\
	parse(text);								\
	EXPECT_EQ(cmdline.kho, kho_) TH_LOG("%s", (text));			\
	EXPECT_EQ(cmdline.liveupdate, liveupdate_) TH_LOG("%s", (text));	\
} while (0)

TEST(switches_are_read_as_the_next_kernel_does)
{
	EXPECT_SWITCHES("", KHO_FAST_UNSET, KHO_FAST_UNSET);
	EXPECT_SWITCHES("quiet kho=on liveupdate=1", KHO_FAST_ON, KHO_FAST_ON);
	EXPECT_SWITCHES("  kho=off  liveupdate=n ", KHO_FAST_OFF, KHO_FAST_OFF);
	EXPECT_SWITCHES("liveupdate=on liveupdate=off", KHO_FAST_UNSET, KHO_FAST_OFF);
	EXPECT_SWITCHES("kho=0 kho=yes", KHO_FAST_ON, KHO_FAST_UNSET);
	EXPECT_SWITCHES("\"kho=off\" liveupdate=\"off\"", KHO_FAST_OFF, KHO_FAST_OFF);
	/* No value, no such value, other names, and arguments of init */
	EXPECT_SWITCHES("kho liveupdate=maybe", KHO_FAST_UNSET, KHO_FAST_UNSET);
	EXPECT_SWITCHES("kho=off kho=maybe", KHO_FAST_OFF, KHO_FAST_UNSET);
	EXPECT_SWITCHES("akho=off kho.x=off kho_scratch=off x=\"a kho=off\"", KHO_FAST_UNSET,
			KHO_FAST_UNSET);
	EXPECT_SWITCHES("kho=on -- kho=off liveupdate=off", KHO_FAST_ON, KHO_FAST_UNSET);
}

#define EXPECT_MEMTEST(text, on) do {						\
	parse(text);								\
	EXPECT_EQ(cmdline.memtest, on) TH_LOG("%s", (text));			\
} while (0)

TEST(memtest_is_on_with_any_number_but_0)
{
	EXPECT_MEMTEST("quiet", false);
	EXPECT_MEMTEST("memtest", true);
	EXPECT_MEMTEST("memtest=1", true);
	EXPECT_MEMTEST("quiet memtest=0x100 kho=on", true);
	EXPECT_MEMTEST("memtest=4294967295", true);
	EXPECT_MEMTEST("memtest=0", false);
	/* The last one that is a number counts. */
	EXPECT_MEMTEST("memtest memtest=0", false);
	EXPECT_MEMTEST("memtest=0 memtest", true);
	EXPECT_MEMTEST("memtest=4 memtest= memtest=x memtest=-1 memtest=4294967296", true);
	EXPECT_MEMTEST("memtest= memtest=x memtest=4x", false);
	EXPECT_MEMTEST("amemtest=4 memtest.x=4 x=\"a memtest=4\" -- memtest=4", false);
}

/* Page frames [start, end) are what @ram says, and their neighbours are not. */
#define EXPECT_RANGE(start, end, ram) do {					\
	const unsigned long s_ = (start), e_ = (end);				\
										\
	EXPECT_EQ(kho_fast_cmdline_is_ram(&cmdline, s_, 1), (ram));		\
	EXPECT_EQ(kho_fast_cmdline_is_ram(&cmdline, e_ - 1, 1), (ram));		\
	EXPECT_EQ(kho_fast_cmdline_is_ram(&cmdline, s_, e_ - s_), (ram));	\
	if (s_)									\
		EXPECT_EQ(kho_fast_cmdline_is_ram(&cmdline, s_ - 1, 1), !(ram));	\
	EXPECT_EQ(kho_fast_cmdline_is_ram(&cmdline, e_, 1), !(ram));		\
	EXPECT_FALSE(kho_fast_cmdline_is_ram(&cmdline, e_ - 1, 2));		\
} while (0)

TEST(all_memory_is_ram_without_such_parameters)
{
	parse("console=ttyS0 memory=4 mem memmap mem=nopentium mem=0 mem=x memmap=x memmap=@1M");
	EXPECT_FALSE(cmdline.mem);
	EXPECT_FALSE(cmdline.memmap);
	EXPECT_TRUE(kho_fast_cmdline_is_ram(&cmdline, 0, 1UL << 40));
}

TEST(mem_takes_away_what_is_above)
{
	parse("mem=1M");
	EXPECT_RANGE(0, 0x100, true);
	EXPECT_TRUE(cmdline.mem);
	EXPECT_STREQ(kho_fast_cmdline_culprit(&cmdline), "mem=");

	parse("mem=4M mem=1025K mem=2M");
	EXPECT_RANGE(0, 0x100, true);
	parse("mem=1M memmap=1M@3M");
	EXPECT_RANGE(0x300, 0x400, true);
	EXPECT_STREQ(kho_fast_cmdline_culprit(&cmdline), "mem= or memmap=");
	parse("memmap=1M@3M mem=1M");
	EXPECT_RANGE(0, 0x100, true);
}

TEST(memmap_makes_memory_anything_else)
{
	static const char signs[] = "$#!";
	char text[32];
	unsigned int i;

	for (i = 0; signs[i]; i++) {
		snprintf(text, sizeof(text), "memmap=1M%c0x200000", signs[i]);
		parse(text);
		EXPECT_RANGE(0x200, 0x300, false);
		EXPECT_FALSE(cmdline.mem);
		EXPECT_STREQ(kho_fast_cmdline_culprit(&cmdline), "memmap=");
	}

	/* A page that is reserved in part is reserved. */
	parse("memmap=2K$0x1ffc00,8K$3M");
	EXPECT_RANGE(0x1ff, 0x201, false);
	EXPECT_RANGE(0x300, 0x302, false);
	/* It wins in any order. */
	parse("memmap=1M$2M memmap=4M@1M");
	EXPECT_RANGE(0x200, 0x300, false);
	parse("memmap=3M");
	EXPECT_RANGE(0, 0x300, true);
}

TEST(low_memory_that_is_scanned_is_overwritten)
{
	parse("memory_corruption_check=1 memory_corruption_check_size=1M");
	EXPECT_RANGE(0, 0x100, false);
	EXPECT_STREQ(kho_fast_cmdline_culprit(&cmdline), "memory_corruption_check_size=");
	parse("memory-corruption_check=1 memory-corruption-check-size=1M");
	EXPECT_RANGE(0, 0x100, false);
	/* The default of the next kernel is not known. */
	parse("memory_corruption_check_size=0x1800 mem=4M");
	EXPECT_RANGE(0, 2, false);
	EXPECT_STREQ(kho_fast_cmdline_culprit(&cmdline),
		     "mem=, memmap= or memory_corruption_check_size=");
	/* memmap= makes it no better. */
	parse("memory_corruption_check_size=1M memmap=2M@0");
	EXPECT_RANGE(0, 0x100, false);
	parse("memory_corruption_check_size=1M memory_corruption_check_size=2M");
	EXPECT_RANGE(0, 0x200, false);
	/* Not understood there either */
	parse("memory_corruption_check_size=1M memory_corruption_check_size=2x");
	EXPECT_RANGE(0, 0x100, false);
	parse("memory_corruption_check=x memory_corruption_check_size=1M");
	EXPECT_RANGE(0, 0x100, false);

	parse("memory_corruption_check=0 memory_corruption_check_size=1M");
	EXPECT_TRUE(kho_fast_cmdline_is_ram(&cmdline, 0, 1UL << 40));
	parse("memory_corruption_check_size=1M memory_corruption_check_size=0");
	EXPECT_TRUE(kho_fast_cmdline_is_ram(&cmdline, 0, 1UL << 40));
	parse("memory_corruption_check memory_corruption_check=1");
	EXPECT_TRUE(kho_fast_cmdline_is_ram(&cmdline, 0, 1UL << 40));
}

TEST(exactmap_begins_with_nothing)
{
	parse("memmap=exactmap memmap=640K@0 memmap=1M@1M,1M@2M mem=0");
	EXPECT_RANGE(0, 0xa0, true);
	EXPECT_RANGE(0x100, 0x300, true);
	parse("memmap=exactmap,1M@0x100200");
	EXPECT_RANGE(0x101, 0x200, true);
	parse("memmap=1M@1M memmap=exactmap");
	EXPECT_FALSE(kho_fast_cmdline_is_ram(&cmdline, 0x100, 1));
	/* It forgets what would win over RAM, too. */
	parse("memmap=1M$2M memmap=exactmap,2M$1M,4M@0 memmap=exactmap,4M@0,1M$1M");
	EXPECT_RANGE(0x100, 0x200, false);
	EXPECT_RANGE(0x200, 0x400, true);
}

TEST(memmap_changes_types)
{
	parse("memmap=1M%2M-1");
	EXPECT_RANGE(0x200, 0x300, false);
	parse("memmap=1M%2M-1+12");
	EXPECT_RANGE(0x200, 0x300, false);
	parse("memmap=1M%2M+2");
	EXPECT_RANGE(0x200, 0x300, false);
	parse("memmap=1M%2M");
	EXPECT_RANGE(0x200, 0x300, false);
	parse("mem=1M memmap=1M%2M+1");
	EXPECT_RANGE(0x200, 0x300, true);
	/* What is not RAM is not this line's business. */
	parse("memmap=1M%2M-2+7 memmap=1M%2M-2 memmap=1M%2M-3+1 memmap=1M%2M-1x");
	EXPECT_TRUE(kho_fast_cmdline_is_ram(&cmdline, 0, 0x1000));
}

TEST(any_line_agrees_with_a_map_of_pages)
{
	bool ram[NR_PAGES], taken[NR_PAGES];
	unsigned int reps, n, i;

	for (reps = 0; reps < 300; reps++) {
		char text[1024] = "";

		memset(ram, true, sizeof(ram));
		memset(taken, false, sizeof(taken));
		for (n = rnd(20); n; n--) {
			unsigned long start = rnd(NR_PAGES), nr = 1 + rnd(NR_PAGES - start);
			const unsigned int what = rnd(3);
			char *end = text + strlen(text);

			if (!what) {
				sprintf(end, "mem=%luK ", (start + 1) * 4);
				memset(ram + start + 1, false, NR_PAGES - start - 1);
				continue;
			}
			sprintf(end, "memmap=%luK%c%luK ", nr * 4, what == 1 ? '@' : '$',
				start * 4);
			memset((what == 1 ? ram : taken) + start, true, nr);
		}

		parse(text);
		for (i = 0; i < NR_PAGES; i++) {
			EXPECT_EQ(kho_fast_cmdline_is_ram(&cmdline, i, 1), ram[i] && !taken[i])
				TH_LOG("page %u, seed %lu: %s", i, unit_seed, text);
		}
		for (i = 1; i < cmdline.nr_ram; i++)
			EXPECT_LT(cmdline.ram[i - 1].end, cmdline.ram[i].start);
	}
}

TEST(without_memory_there_is_no_result)
{
	unsigned int n = 0;

	shim_slab_is_up = true;
	while (shim_fail_after = n, kho_fast_cmdline_parse(&cmdline, "mem=1M")) {
		EXPECT_EQ(shim_live_objects, 0);
		n++;
	}
	shim_fail_after = -1;
	EXPECT_EQ(n, 3);
	EXPECT_TRUE(cmdline.mem);
	kho_fast_cmdline_destroy(&cmdline);
	EXPECT_EQ(shim_live_objects, 0);
}

/* A load that fails leaves the image that is loaded in place. */
TEST(the_line_of_the_loaded_image_stays)
{
	char off[] = "kho=off", on[] = "kho=on", bad[] = "mem=1M";
	struct kimage first = { .cmdline_buf = off }, second = { .cmdline_buf = on };
	struct kimage failed = { .cmdline_buf = bad }, none = {};
	unsigned int i;

	shim_slab_is_up = true;
	EXPECT_EQ(kho_fast_cmdline_of(&first)->kho, KHO_FAST_UNSET);
	EXPECT_TRUE(kho_fast_cmdline_is_ram(kho_fast_cmdline_of(&first), 0, 1UL << 40));
	ASSERT_NE(kho_fast_cmdline_add(&first), NULL);
	kexec_image = &first;
	for (i = 0; i < 3; i++) {
		ASSERT_NE(kho_fast_cmdline_add(&failed), NULL);
		EXPECT_EQ(kho_fast_cmdline_of(&first)->kho, KHO_FAST_OFF);
		EXPECT_TRUE(kho_fast_cmdline_of(&failed)->mem);
	}
	ASSERT_NE(kho_fast_cmdline_add(&second), NULL);
	kexec_image = &second;
	ASSERT_NE(kho_fast_cmdline_add(&none), NULL);
	EXPECT_EQ(kho_fast_cmdline_of(&second)->kho, KHO_FAST_ON);
	EXPECT_EQ(kho_fast_cmdline_of(&none)->kho, KHO_FAST_UNSET);
}

TEST_HARNESS_MAIN
