// SPDX-License-Identifier: GPL-2.0-only
/*
 * The image of the next kernel: kernel/kho_fast/outgoing/kimage.c
 */
#include <linux/kexec.h>

#include "kexec.h"
#include "outgoing/kimage.h"
#include "test.h"

extern bool shim_liveupdate;

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

/* An image that is loaded with @line. */
static struct kimage *load(char *line)
{
	static struct kimage images[8];
	static unsigned int nr;
	struct kimage *image = &images[nr++];

	*image = (struct kimage){ .file_mode = 1, .cmdline_buf = line };
	if (kho_fill_kimage(image))
		shim_die("no image");
	return kexec_image = image;
}

TEST(an_image_that_cannot_restore_sessions_is_refused)
{
	char kho[] = "kho=off liveupdate=on", luo[] = "kho=on liveupdate=off";
	char on[] = "liveupdate=on";

	first_kernel();
	EXPECT_EQ(kho_fast_kimage_check(load(kho), "vm0"), -EOPNOTSUPP);
	EXPECT_NE(strstr(shim_last_line, "session 'vm0' would be lost"), NULL);
	EXPECT_NE(strstr(shim_last_line, "kho=off"), NULL);
	EXPECT_EQ(kho_fast_kimage_check(load(luo), "vm0"), -EOPNOTSUPP);
	EXPECT_NE(strstr(shim_last_line, "liveupdate=off"), NULL);
	EXPECT_NE(strstr(shim_last_msg, "'%*pE'"), NULL);
	EXPECT_EQ(shim_nr_errs, 2);

	/* Blobs are restored without either. */
	hand_over("driver");
	EXPECT_EQ(kho_fast_kimage_check(load(kho), NULL), 0);
	EXPECT_EQ(kho_fast_kimage_check(load(luo), NULL), 0);
	EXPECT_EQ(kho_fast_kimage_check(load(on), "vm0"), 0);
	EXPECT_EQ(shim_nr_errs, 2);
	EXPECT_EQ(shim_nr_warnings, 0);
}

TEST(an_image_that_overwrites_preserved_memory_is_refused)
{
	char on[] = "liveupdate=on memtest", off[] = "liveupdate=on memtest=0";
	struct kimage image = { .file_mode = 1, .cmdline_buf = on };

	first_kernel();
	EXPECT_EQ(kho_fill_kimage(&image), -EINVAL);
	EXPECT_EQ(shim_nr_errs, 1);
	EXPECT_NE(strstr(shim_last_line, "memtest= on its command line overwrites"), NULL);
	load(off);
	EXPECT_EQ(shim_nr_errs, 1);
}

/* It may be built into the next kernel. */
TEST(a_parameter_that_is_missing_is_a_warning)
{
	char other[] = "quiet kho=on";

	first_kernel();
	EXPECT_EQ(kho_fast_kimage_check(load(other), "vm0"), 0);
	EXPECT_EQ(shim_nr_warnings, 1);
	EXPECT_NE(strstr(shim_last_line, "without liveupdate=on"), NULL);
	EXPECT_NE(strstr(shim_last_msg, "session '%*pE'"), NULL);
	EXPECT_EQ(kho_fast_kimage_check(load(NULL), "vm0"), 0);
	EXPECT_EQ(shim_nr_warnings, 2);
}

TEST(loading_warns_when_live_update_is_in_use)
{
	char off[] = "liveupdate=off", on[] = "liveupdate=on kho=on";

	first_kernel();
	load(off);
	EXPECT_EQ(shim_nr_warnings, 0);
	shim_liveupdate = true;
	load(off);
	EXPECT_EQ(shim_nr_warnings, 1);
	load(NULL);
	EXPECT_EQ(shim_nr_warnings, 2);
	load(on);
	EXPECT_EQ(shim_nr_warnings, 2);
}

TEST(without_kho_any_image_will_do)
{
	char off[] = "off";

	kexec_machine();
	EXPECT_EQ(shim_param_kho_parse_enable(off), 0);
	EXPECT_EQ(kho_fast_kimage_check(&by_load, NULL), 0);
}

TEST_HARNESS_MAIN
