// SPDX-License-Identifier: GPL-2.0-only
/*
 * Target: the frequency of the TSC. Aborts unless the kernel takes the frequency
 * of a valid record that fits what this boot found, or ignores the record with
 * one message and reads nothing outside of RAM.
 *
 * The record is @refuse bytes into page @root, and @root_size bytes long. What
 * this boot found is at the begin of page TSC_BOOT.
 */
#include <sanitizer/asan_interface.h>

#include <linux/bug.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/kho_tsc.h>
#include <linux/kho_tsc.h>
#include <linux/memblock.h>
#include <linux/timex.h>

#include "fuzz.h"
#include "tsc.h"
#include "tsc_fuzz.h"

static void must(bool cond, const char *what)
{
	if (!cond)
		shim_die("%s", what);
}

static phys_addr_t record_pa(void)
{
	return image_pa(image.head.root % NR_PAGES) + image.head.refuse;
}

static u8 *page_with(phys_addr_t phys)
{
	return image_page(phys & PAGE_MASK);
}

int kho_retrieve_subtree(const char *name, phys_addr_t *phys, size_t *size)
{
	must(!strcmp(name, KHO_TSC_NODE_NAME), "another subtree is asked for");
	*phys = record_pa();
	*size = image.head.root_size;
	return 0;
}

/* Stands for the firmware's map of memory: what was found to be RAM may be read. */
bool memblock_is_region_memory(phys_addr_t base, phys_addr_t size)
{
	if (!page_with(base) || base % PAGE_SIZE + size > PAGE_SIZE)
		return false;
	ASAN_UNPOISON_MEMORY_REGION(phys_to_virt(base), size);
	return true;
}

void kho_fast_restore_free_page(phys_addr_t phys)
{
	must(false, "a page is freed before there is an allocator");
}

int kho_add_subtree(const char *name, void *blob, size_t size)
{
	must(false, "a record is written");
	return 0;
}

/* From the words of the ABI and of the documentation; 0: the record is not taken */
static u32 expected_khz(const struct tsc_boot *boot, bool *final)
{
	static const char version[32] = "kho-fast-tsc-v1";
	u64 here = boot->stated ? boot->stated : boot->measured;
	u32 khz, flags;
	const u8 *at;

	if (image.head.root_size < 40 || !page_with(record_pa()) ||
	    record_pa() % PAGE_SIZE + 40 > PAGE_SIZE)
		return 0;
	at = phys_to_virt(record_pa());
	memcpy(&khz, at + 32, 4);
	memcpy(&flags, at + 36, 4);
	if (memcmp(at, version, strlen(version) + 1) || flags > 1)
		return 0;
	if (khz < 10000 || khz > 100000000)
		return 0;
	if (boot->known && here && khz != here)
		return 0;
	if (here && (khz < here - here / 100 || khz > here + here / 100))
		return 0;
	*final = flags;
	return khz;
}

bool run_target(const u8 *data, size_t size)
{
	bool met_fault, final = false;
	struct tsc_boot boot;
	unsigned long khz;
	u32 want;

	image_read(data, size);
	memcpy(&boot, image_page(image_pa(TSC_BOOT)), sizeof(boot));
	want = expected_khz(&boot, &final);
	image_close();
	shim_nr_warnings = 0;
	kho_fast_tsc_is_invalid = false;
	shim_fail_after = image.head.fault - 1L;
	shim_tsc_known_freq = boot.known;

	khz = kho_fast_tsc_khz(boot.stated, boot.measured);
	met_fault = image.head.fault && shim_fail_after < 0;
	if (met_fault)
		want = 0;
	must(khz == (want ?: boot.stated), "another frequency");
	must(shim_nr_warnings == !want, "not one message about a record that is not taken");
	must(shim_tsc_known_freq == (boot.known || (want && final)), "refined, or not, wrongly");
	return want;
}
