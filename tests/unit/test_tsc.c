// SPDX-License-Identifier: GPL-2.0-only
/*
 * The frequency of the TSC from kernel to kernel: kernel/kho_fast/tsc.c
 */
#include <libfdt.h>

#include <linux/err.h>
#include <linux/kexec.h>
#include <linux/kho_tsc.h>
#include <linux/sizes.h>
#include <linux/timex.h>

#include "kexec.h"
#include "outgoing/kimage.h"
#include "test.h"
#include "tsc.h"

static struct kho_tsc_ser *record(void)
{
	const void *fdt = phys_to_virt(kho_fast_subtree_fdt_pa());
	int node = fdt_subnode_offset(fdt, 0, KHO_TSC_NODE_NAME);
	phys_addr_t phys;

	if (node < 0)
		shim_die("no record is handed over");
	memcpy(&phys, fdt_getprop(fdt, node, KHO_SUB_TREE_PROP_NAME, NULL), sizeof(phys));
	return phys_to_virt(phys);
}

static void reboot(unsigned int khz, enum clocksource_ids clocksource)
{
	shim_tsc_khz = khz;
	shim_clocksource = clocksource;
	shim_reboot_notifier->notifier_call(shim_reboot_notifier, 0, NULL);
}

static void boot_first(void)
{
	kexec_first();
	if (kho_fast_tsc_init())
		shim_die("no record");
}

/* Refined, and not a multiple of anything */
#define KHZ	2100123

static void old_kernel(void)
{
	boot_first();
	reboot(KHZ, CSID_X86_TSC);
}

/* As setup_arch() and tsc.c do; the tree is read later. */
static unsigned long calibrate(unsigned long stated, unsigned long measured)
{
	kexec_populate();
	return kho_fast_tsc_khz(stated, measured);
}

static void boot_rest(void)
{
	kexec_boot();
	kexec_boot_late();
	if (kho_fast_tsc_init())
		shim_die("no record");
}

TEST(the_next_kernel_takes_the_frequency_of_this_one)
{
	kexec_machine();
	ASSERT_TRUE(kexec_run(old_kernel));
	EXPECT_EQ(calibrate(0, KHZ + 1000), KHZ);
	EXPECT_EQ(shim_nr_warnings, 0);
}

TEST(a_final_frequency_is_not_refined)
{
	kexec_machine();
	ASSERT_TRUE(kexec_run(old_kernel));
	calibrate(0, KHZ);
	EXPECT_TRUE(shim_tsc_known_freq);
}

static void old_kernel_is_young(void)
{
	shim_tsc_khz = KHZ;
	boot_first();
	reboot(KHZ, CSID_X86_TSC_EARLY);
}

TEST(a_frequency_that_is_not_final_is_taken_and_refined)
{
	kexec_machine();
	ASSERT_TRUE(kexec_run(old_kernel_is_young));
	EXPECT_EQ(calibrate(0, KHZ + 1000), KHZ);
	EXPECT_FALSE(shim_tsc_known_freq);
}

/* clocksource=hpet; the TSC is refined all the same. */
static void old_kernel_prefers_hpet(void)
{
	shim_tsc_khz = KHZ - 321;
	boot_first();
	reboot(KHZ, CSID_GENERIC);
}

TEST(a_refined_frequency_is_final_with_any_clocksource)
{
	kexec_machine();
	ASSERT_TRUE(kexec_run(old_kernel_prefers_hpet));
	EXPECT_EQ(calibrate(0, KHZ + 1000), KHZ);
	EXPECT_TRUE(shim_tsc_known_freq);
}

static void old_kernel_knows(void)
{
	boot_first();
	shim_tsc_known_freq = true;
	reboot(KHZ, CSID_X86_KVM_CLK);
}

TEST(a_frequency_that_the_cpu_stated_is_final)
{
	kexec_machine();
	ASSERT_TRUE(kexec_run(old_kernel_knows));
	EXPECT_EQ(calibrate(0, KHZ + 1000), KHZ);
	EXPECT_TRUE(shim_tsc_known_freq);
}

/* Takes it and hands it on, with a clocksource that is known to nobody. */
static void middle_kernel(void)
{
	unsigned long khz = calibrate(KHZ - 2000, KHZ - 1000);

	boot_rest();
	reboot(khz, CSID_GENERIC);
}

TEST(all_kernels_have_the_frequency_of_the_first_one)
{
	unsigned int i;

	kexec_machine();
	ASSERT_TRUE(kexec_run(old_kernel));
	for (i = 0; i < 3; i++)
		ASSERT_TRUE(kexec_run(middle_kernel));
	EXPECT_EQ(calibrate(0, KHZ + 5000), KHZ);
	EXPECT_TRUE(shim_tsc_known_freq);
}

static void old_kernel_has_none(void)
{
	kexec_first();
}

/* A kernel without the handover calibrates the TSC as after a cold boot. */
TEST(the_record_does_not_keep_kexec_load_from_rebooting)
{
	const struct kimage by_load = {};

	kexec_machine();
	boot_first();
	EXPECT_EQ(kho_fast_kimage_check(&by_load, NULL), 0);
	EXPECT_EQ(shim_nr_errs, 0);
}

TEST(without_a_record_tsc_c_goes_on_in_silence)
{
	kexec_machine();
	EXPECT_EQ(kho_fast_tsc_khz(0, KHZ), 0);
	EXPECT_EQ(kho_fast_tsc_khz(KHZ + 1, KHZ), KHZ + 1);
	ASSERT_TRUE(kexec_run(old_kernel_has_none));
	EXPECT_EQ(calibrate(0, KHZ), 0);
	EXPECT_EQ(kho_fast_tsc_khz(KHZ + 1, KHZ), KHZ + 1);
	EXPECT_FALSE(shim_tsc_known_freq);
	EXPECT_EQ(shim_nr_warnings, 0);
}

static void old_kernel_of_2_ghz(void)
{
	boot_first();
	reboot(2000000, CSID_X86_TSC);
}

/* A CPU that states no frequency for sure */
static unsigned long again(unsigned long stated, unsigned long measured)
{
	shim_tsc_known_freq = false;
	return kho_fast_tsc_khz(stated, measured);
}

/* 1 % of what is expected, in either direction; a refusal is one warning. */
TEST(a_frequency_that_is_off_by_more_than_1_percent_is_refused)
{
	kexec_machine();
	ASSERT_TRUE(kexec_run(old_kernel_of_2_ghz));
	EXPECT_EQ(calibrate(0, 1980200), 2000000);
	EXPECT_EQ(again(0, 2020200), 2000000);
	EXPECT_EQ(again(1980200, 0), 2000000);
	EXPECT_EQ(shim_nr_warnings, 0);

	EXPECT_EQ(again(0, 1980100), 0);
	EXPECT_EQ(again(0, 2020300), 0);
	EXPECT_EQ(again(0, 4000000), 0);
	EXPECT_EQ(shim_nr_warnings, 3);
	/* What the CPU states counts for more than what was measured. */
	EXPECT_EQ(again(1980100, 2000000), 1980100);
	EXPECT_EQ(shim_nr_warnings, 4);
	EXPECT_TRUE(strstr(shim_last_msg, "%u kHz there, %lu kHz here") != NULL);
	EXPECT_FALSE(shim_tsc_known_freq);
}

/* Measuring would take time, in the blackout. */
TEST(without_a_measurement_it_is_taken)
{
	kexec_machine();
	ASSERT_TRUE(kexec_run(old_kernel_of_2_ghz));
	EXPECT_EQ(calibrate(0, 0), 2000000);
	EXPECT_TRUE(strstr(shim_last_line, "2000000 kHz, not verified") != NULL);
	EXPECT_EQ(kho_fast_tsc_khz(0, 2000000), 2000000);
	EXPECT_TRUE(strstr(shim_last_line, "not verified") == NULL);
	EXPECT_EQ(shim_nr_warnings, 0);
}

TEST(a_known_frequency_is_exact)
{
	kexec_machine();
	ASSERT_TRUE(kexec_run(old_kernel_of_2_ghz));
	shim_tsc_known_freq = true;
	EXPECT_EQ(calibrate(2000000, 2100000), 2000000);
	EXPECT_EQ(shim_nr_warnings, 0);
	EXPECT_EQ(kho_fast_tsc_khz(2000001, 2000000), 2000001);
	EXPECT_EQ(kho_fast_tsc_khz(1999999, 2000000), 1999999);
	EXPECT_EQ(shim_nr_warnings, 2);
}

TEST(its_page_is_freed)
{
	unsigned long preserved;

	kexec_machine();
	ASSERT_TRUE(kexec_run(old_kernel));
	calibrate(0, KHZ);
	boot_rest();
	boot_settle();
	preserved = kho_fast_count_preserved();
	EXPECT_EQ(preserved, 0);
	EXPECT_TRUE(!kho_fast_incoming.root);
	EXPECT_EQ(shim_nr_warns, 0);
}

static void old_kernel_has_no_memory(void)
{
	kexec_first();
	shim_fail_after = 0;
	if (kho_fast_tsc_init() != -ENOMEM || shim_reboot_notifier)
		shim_die("a record without memory");
}

TEST(without_memory_nothing_is_handed_over)
{
	kexec_machine();
	ASSERT_TRUE(kexec_run(old_kernel_has_no_memory));
	EXPECT_EQ(calibrate(0, KHZ), 0);
	EXPECT_EQ(shim_nr_warnings, 0);
}

static struct kho_tsc_ser sound(void)
{
	return (struct kho_tsc_ser){
		.compatible = KHO_TSC_COMPATIBLE, .khz = KHZ, .flags = KHO_TSC_FINAL,
	};
}

static bool refused(const struct kho_tsc_ser *ser)
{
	return kho_fast_tsc_fault(ser, sizeof(*ser));
}

#define WITH(field, value) ({			\
	struct kho_tsc_ser ser = sound();	\
						\
	ser.field = (value);			\
	refused(&ser);				\
})

TEST(an_invalid_record_is_refused)
{
	struct kho_tsc_ser ser = sound();

	EXPECT_FALSE(refused(&ser));
	EXPECT_TRUE(kho_fast_tsc_fault(&ser, sizeof(ser) - 1) != NULL);
	EXPECT_FALSE(WITH(flags, 0));
	EXPECT_FALSE(WITH(khz, 10000));
	EXPECT_FALSE(WITH(khz, 100000000));

	EXPECT_TRUE(WITH(compatible[14], '2'));
	EXPECT_TRUE(WITH(compatible[15], 'x'));
	EXPECT_TRUE(WITH(compatible[0], 0));
	EXPECT_TRUE(WITH(khz, 0));
	EXPECT_TRUE(WITH(khz, 9999));
	EXPECT_TRUE(WITH(khz, 100000001));
	EXPECT_TRUE(WITH(khz, ~0U));
	EXPECT_TRUE(WITH(flags, 2));
	EXPECT_TRUE(WITH(flags, 1U << 31));
}

/* The reboot began without its notifier. */
static void old_kernel_hurries(void)
{
	boot_first();
}

TEST(a_bad_record_is_ignored_with_one_message)
{
	kexec_machine();
	ASSERT_TRUE(kexec_run(old_kernel_hurries));
	EXPECT_EQ(calibrate(0, 0), 0);
	EXPECT_EQ(shim_nr_warnings, 1);
	/* By tsc_init(), which has measured it */
	EXPECT_EQ(kho_fast_tsc_khz(0, KHZ), 0);
	EXPECT_EQ(shim_nr_warnings, 1);
	boot_rest();
	EXPECT_EQ(shim_nr_warnings, 1);
	EXPECT_EQ(shim_nr_errs, 0);
	EXPECT_EQ(shim_nr_warns, 0);
}

static void add_blob(void *blob, size_t size)
{
	if (kho_add_subtree(KHO_TSC_NODE_NAME, blob, size))
		shim_die("cannot add a blob");
}

/* Valid but for its place: all addresses of the model can be written to. */
static void add_record_at(phys_addr_t phys)
{
	struct kho_tsc_ser *ser = phys_to_virt(phys);

	kexec_first();
	*ser = sound();
	add_blob(ser, sizeof(*ser));
}

static void old_kernel_points_nowhere(void)
{
	add_record_at(PFN_PHYS(model.nr_pages) + SZ_1M);
}

static void old_kernel_points_across_the_end(void)
{
	add_record_at(PFN_PHYS(model.nr_pages) - 8);
}

static void old_kernel_is_brief(void)
{
	kexec_first();
	add_blob(kho_alloc_preserve(PAGE_SIZE), 1);
}

static unsigned int warnings_after(void (*kernel)(void))
{
	kexec_machine();
	if (!kexec_run(kernel))
		shim_die("the old kernel did not come to its end");
	if (calibrate(0, KHZ))
		shim_die("a record that is none is taken");
	return shim_nr_warnings;
}

TEST(a_record_outside_of_memory_is_not_read)
{
	EXPECT_EQ(warnings_after(old_kernel_points_nowhere), 1);
}

TEST(a_record_across_the_end_of_memory_is_not_read)
{
	EXPECT_EQ(warnings_after(old_kernel_points_across_the_end), 1);
}

TEST(a_short_record_is_ignored)
{
	EXPECT_EQ(warnings_after(old_kernel_is_brief), 1);
}

TEST(a_record_that_cannot_be_mapped_is_ignored)
{
	kexec_machine();
	ASSERT_TRUE(kexec_run(old_kernel));
	kexec_populate();
	shim_fail_after = 0;
	EXPECT_EQ(kho_fast_tsc_khz(0, KHZ), 0);
	EXPECT_EQ(shim_nr_warnings, 1);
}

/* By hand from the contract in abi/kho_tsc.h. Another layout is another version. */
static const char golden[] = "kho-fast-tsc-v1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			     "\x9b\x0b\x20\0"	/* 2100123 */
			     "\1\0\0\0";

static void old_kernel_writes_golden_bytes(void)
{
	old_kernel();
	if (memcmp(record(), golden, sizeof(struct kho_tsc_ser)))
		shim_die("other bytes");
}

TEST(the_record_has_these_bytes)
{
	EXPECT_EQ(sizeof(golden) - 1, 40);
	kexec_machine();
	ASSERT_TRUE(kexec_run(old_kernel_writes_golden_bytes));
}

static void old_kernel_is_another(void)
{
	boot_first();
	memcpy(record(), golden, sizeof(golden) - 1);
}

TEST(these_bytes_are_read)
{
	kexec_machine();
	ASSERT_TRUE(kexec_run(old_kernel_is_another));
	EXPECT_EQ(calibrate(0, 0), 2100123);
	EXPECT_TRUE(shim_tsc_known_freq);
}

TEST_HARNESS_MAIN
