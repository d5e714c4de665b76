// SPDX-License-Identifier: GPL-2.0-only
/*
 * A handover that the architecture finds before it knows which memory is RAM, as arm64 with
 * UEFI does: kernel/kho_fast/incoming/boot.c
 */
#include <linux/kho_fast.h>
#include <linux/memblock.h>

#include "kexec.h"
#include "test.h"

static void preserves_much(void)
{
	kexec_first();
	kexec_preserve(40);
}

/* Nothing is used of it, and nothing is said. */
static bool waits(void)
{
	unsigned int reserved = memblock_reserved_size();

	shim_knows_no_ram = true;
	kho_populate(params->fdt, params->fdt_len, params->scratch, params->scratch_len);
	shim_knows_no_ram = false;
	return !is_kho_boot() && !shim_scratch_only && memblock_reserved_size() == reserved &&
	       !shim_nr_errs;
}

TEST(a_handover_waits_until_memory_is_known)
{
	kexec_machine();
	ASSERT_TRUE(kexec_run(preserves_much));
	ASSERT_TRUE(waits());
	kho_fast_ram_known();
	ASSERT_TRUE(is_kho_boot());
	EXPECT_TRUE(shim_scratch_only);
	kexec_model_next();
	kexec_boot();
	kexec_boot_and_restore();
	EXPECT_EQ(shim_nr_errs, 0);
}

TEST(a_handover_is_read_once)
{
	unsigned int reserved;

	kexec_machine();
	ASSERT_TRUE(kexec_run(preserves_much));
	kexec_populate();
	ASSERT_TRUE(is_kho_boot());
	reserved = memblock_reserved_size();
	/* Nobody may read it again: it is not there. */
	memset(phys_to_virt(params->fdt), 0, PAGE_SIZE);
	kho_fast_ram_known();
	EXPECT_EQ(memblock_reserved_size(), reserved);

	ASSERT_EQ(shim_nr_errs, 0);
	EXPECT_TRUE(is_kho_boot());
}

TEST(a_scratch_area_that_turns_out_to_be_no_memory_is_refused)
{
	struct kho_scratch *area;

	kexec_machine();
	ASSERT_TRUE(kexec_run(preserves_much));
	area = phys_to_virt(params->scratch);
	area->addr = 1UL << 45;
	ASSERT_TRUE(waits());
	kho_fast_ram_known();
	EXPECT_FALSE(is_kho_boot());
	EXPECT_FALSE(shim_scratch_only);
	EXPECT_EQ(shim_nr_errs, 1);
	EXPECT_TRUE(strstr(shim_last_err, "not usable memory") != NULL);
}

TEST(a_cold_boot_has_nothing_that_waits)
{
	kexec_machine();
	kho_fast_ram_known();
	EXPECT_FALSE(is_kho_boot());
	EXPECT_EQ(shim_nr_errs, 0);
}

TEST_HARNESS_MAIN
