// SPDX-License-Identifier: GPL-2.0-only
/*
 * The image of the next kernel: kernel/kho_fast/outgoing/kimage.c
 */
#include <linux/kexec.h>

#include "kexec.h"
#include "outgoing/kimage.h"
#include "test.h"

int kho_fill_kimage(struct kimage *image);

static struct kimage by_file = { .file_mode = 1 }, by_load;

static void first_kernel(void)
{
	kexec_machine();
	kexec_first();
	if (!kho_is_enabled() || kho_fill_kimage(&by_file))
		shim_die("no image");
}

/* A blob of a driver, with its memory */
static void *hand_over(const char *name)
{
	void *blob = kho_alloc_preserve(PAGE_SIZE);

	if (IS_ERR(blob) || kho_add_subtree(name, blob, PAGE_SIZE))
		shim_die("no blob");
	return blob;
}

TEST(an_image_without_the_handover_is_refused_with_a_session)
{
	first_kernel();
	EXPECT_EQ(kho_fast_kimage_check(&by_file, "vm0"), 0);
	EXPECT_EQ(shim_nr_errs, 0);
	EXPECT_EQ(kho_fast_kimage_check(&by_load, "vm0"), -EOPNOTSUPP);
	EXPECT_EQ(shim_nr_errs, 1);
	EXPECT_NE(strstr(shim_last_msg, "session '%*pE' would be lost"), NULL);
}

/* LUO, the metadata and reserve_mem= always have a blob. */
TEST(an_image_without_the_handover_is_accepted_when_it_loses_nothing)
{
	void *blob;

	first_kernel();
	hand_over("LUO");
	hand_over("memblock");
	hand_over("kho-fast-timeline");
	EXPECT_EQ(kho_fast_kimage_check(&by_load, NULL), 0);
	EXPECT_EQ(shim_nr_errs, 0);

	blob = hand_over("driver");
	EXPECT_EQ(kho_fast_kimage_check(&by_load, NULL), -EOPNOTSUPP);
	EXPECT_NE(strstr(shim_last_msg, "preserved '%s' would be lost"), NULL);
	EXPECT_EQ(kho_fast_kimage_check(&by_file, NULL), 0);

	kho_remove_subtree(blob);
	EXPECT_EQ(kho_fast_kimage_check(&by_load, NULL), 0);
}

TEST(an_image_of_another_handover_is_refused)
{
	first_kernel();
	by_file.kho.fdt += PAGE_SIZE;
	EXPECT_EQ(kho_fast_kimage_check(&by_file, "vm0"), -EOPNOTSUPP);
	by_file.kho.fdt -= PAGE_SIZE;
	by_file.kho.scratch = NULL;
	EXPECT_EQ(kho_fast_kimage_check(&by_file, "vm0"), -EOPNOTSUPP);
}

TEST(without_kho_any_image_will_do)
{
	char off[] = "off";

	kexec_machine();
	EXPECT_EQ(shim_param_kho_parse_enable(off), 0);
	EXPECT_EQ(kho_fast_kimage_check(&by_load, NULL), 0);
}

TEST_HARNESS_MAIN
