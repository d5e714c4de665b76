// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: TSC frequency across kexec
 *
 * Unless the CPU or a hypervisor states the frequency of the TSC, each boot
 * measures it, with another result each time: at first up to 500 ppm off, then
 * refined, a second later. KVM scales the TSC of a guest by this frequency, so
 * the clocks of a guest that outlives the kernel would change their speed, or
 * KVM would refuse a TSC that is slower than the guest's. So a kernel hands its
 * frequency over, and the next one uses it. Its own measurement only verifies
 * the record: the limit of 1 % is that of tsc.c for a refined frequency. If it
 * finds nothing that early, as without a PIT, the record is used unverified:
 * the rounds of calibration in tsc_init() would be part of the blackout. UV
 * systems call the hook from there only.
 *
 * The record is written when the reboot begins, and read before memblock is
 * filled: it does not depend on the tree of preserved memory, nor on the
 * timeline, whose rate is for conversion to time.
 *
 * Failure: an invalid record is ignored with one message, and the TSC is
 * calibrated as after a cold boot.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/clocksource_ids.h>
#include <linux/cpufeature.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho_tsc.h>
#include <linux/minmax.h>
#include <linux/notifier.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include <asm/early_ioremap.h>
#include <asm/tsc.h>

#include "incoming/restore.h"
#include "ram.h"
#include "tsc.h"

/* 10 MHz to 100 GHz: below and above every TSC. */
#define KHO_TSC_MIN_KHZ		10000
#define KHO_TSC_MAX_KHZ		100000000

static struct kho_tsc_ser *kho_tsc_out;
static unsigned int kho_tsc_first_khz; /* before it is refined */

/**
 * kho_fast_tsc_fault - Check an incoming record.
 * @ser:  The record.
 * @size: Size in bytes.
 *
 * Return: description of the first fault, or NULL.
 */
const char *kho_fast_tsc_fault(const struct kho_tsc_ser *ser, size_t size)
{
	if (size < sizeof(*ser))
		return "too short";
	if (strncmp(ser->compatible, KHO_TSC_COMPATIBLE,
		    sizeof(ser->compatible)))
		return "unknown version";
	if (ser->flags & ~KHO_TSC_FINAL)
		return "unknown flag";
	if (ser->khz < KHO_TSC_MIN_KHZ || ser->khz > KHO_TSC_MAX_KHZ)
		return "not between 10 MHz and 100 GHz";
	return NULL;
}

/* Only the firmware's map of memory is there yet. */
static const char __init *kho_tsc_copy(struct kho_tsc_ser *ser,
				       phys_addr_t phys, size_t size)
{
	void *record;

	size = min(size, sizeof(*ser));
	if (!kho_fast_early_is_ram(phys, size))
		return "not in RAM";

	record = early_memremap(phys, size);
	if (!record)
		return "cannot be mapped";

	memcpy(ser, record, size);
	early_memunmap(record, size);
	return kho_fast_tsc_fault(ser, size);
}

/* It was reported. Global for the fuzzer, which forgets it. */
bool kho_fast_tsc_is_invalid __initdata;

static bool __init kho_tsc_read(struct kho_tsc_ser *ser)
{
	const char *fault;
	phys_addr_t phys;
	size_t size;

	if (kho_fast_tsc_is_invalid ||
	    kho_retrieve_subtree(KHO_TSC_NODE_NAME, &phys, &size))
		return false;

	fault = kho_tsc_copy(ser, phys, size);
	if (fault)
		pr_warn("ignoring the TSC frequency of the previous kernel: %s\n",
			fault);
	kho_fast_tsc_is_invalid = fault;
	return !fault;
}

/*
 * A known frequency is the same in each boot, unless this kernel itself is in a
 * guest, which was migrated.
 */
static bool __init kho_tsc_is_plausible(unsigned long khz,
					unsigned long expected)
{
	unsigned long margin = expected / 100;

	if (boot_cpu_has(X86_FEATURE_TSC_KNOWN_FREQ))
		margin = 0;
	return !expected ||
	       (khz >= expected - margin && khz <= expected + margin);
}

/**
 * kho_fast_tsc_khz - Select the frequency of the TSC.
 * @stated:   Frequency in kHz as stated by the CPU or a hypervisor, or 0.
 * @measured: Frequency in kHz as measured in this boot, or 0.
 *
 * Context: boot CPU, early fixmap mappings only; unless tsc_early_khz= is set.
 * Called again by tsc_init() after it returned 0 and nothing was measured.
 * Return: the frequency of the previous kernel, if there is one and it is
 * plausible; @stated otherwise. After a final one it is not refined again.
 */
unsigned long __init kho_fast_tsc_khz(unsigned long stated,
				      unsigned long measured)
{
	unsigned long expected = stated ?: measured;
	struct kho_tsc_ser ser;

	if (!kho_tsc_read(&ser))
		return stated;

	if (!kho_tsc_is_plausible(ser.khz, expected)) {
		pr_warn("ignoring the TSC frequency of the previous kernel: %u kHz there, %lu kHz here (tsc_early_khz= overrides both)\n",
			ser.khz, expected);
		return stated;
	}

	pr_info("TSC frequency of the previous kernel: %u kHz%s\n", ser.khz,
		expected ? "" : ", not verified");
	if (ser.flags & KHO_TSC_FINAL)
		setup_force_cpu_cap(X86_FEATURE_TSC_KNOWN_FREQ);
	return ser.khz;
}

/*
 * Until it is refined the TSC is another clocksource. Afterwards it need not be
 * the current one, but then its frequency differs, as a rule, from that before.
 */
static bool kho_tsc_is_final(void)
{
	struct system_time_snapshot now = {};

	ktime_get_snapshot_id(CLOCK_MONOTONIC, &now);
	return now.cs_id == CSID_X86_TSC || tsc_khz != kho_tsc_first_khz ||
	       boot_cpu_has(X86_FEATURE_TSC_KNOWN_FREQ);
}

static int kho_tsc_write(struct notifier_block *nb, unsigned long action,
			 void *unused)
{
	kho_tsc_out->khz = tsc_khz;
	kho_tsc_out->flags = kho_tsc_is_final() ? KHO_TSC_FINAL : 0;
	return NOTIFY_DONE;
}

static struct notifier_block kho_tsc_reboot = {
	.notifier_call = kho_tsc_write,
};

static void __init kho_tsc_free_incoming(void)
{
	phys_addr_t phys;
	size_t size;

	if (!kho_retrieve_subtree(KHO_TSC_NODE_NAME, &phys, &size) &&
	    !kho_fast_tsc_fault(phys_to_virt(phys), size))
		kho_fast_restore_free_page(phys);
}

/**
 * kho_fast_tsc_init - Free the incoming and create the outgoing record.
 *
 * Return: 0; -ENOMEM; or an error of kho_add_subtree().
 */
int __init kho_fast_tsc_init(void)
{
	struct kho_tsc_ser *ser;
	int err;

	kho_tsc_free_incoming();
	ser = kho_alloc_preserve(sizeof(*ser));
	if (IS_ERR(ser))
		return PTR_ERR(ser);

	strscpy(ser->compatible, KHO_TSC_COMPATIBLE);
	err = kho_add_subtree(KHO_TSC_NODE_NAME, ser, sizeof(*ser));
	if (err) {
		kho_unpreserve_free(ser);
		return err;
	}

	/* It is refined from a device_initcall on. */
	kho_tsc_first_khz = tsc_khz;
	kho_tsc_out = ser;
	return register_reboot_notifier(&kho_tsc_reboot);
}

/**
 * kho_fast_tsc_debugfs - Show the frequency of the TSC.
 * @dir: Directory of KHO.
 */
void __init kho_fast_tsc_debugfs(struct dentry *dir)
{
	debugfs_create_u32("tsc_khz", 0400, dir, &tsc_khz);
}
