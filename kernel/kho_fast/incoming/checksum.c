// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Checksums of the incoming tree
 *
 * The root FDT says whether there are checksums. It is verified first, then, if
 * it has them, the checksums of the tree themselves, then each page of the
 * tree, when map.c reads it: a bad bitmap costs the sections that it is of, all
 * else the handover. Records are verified by their readers.
 *
 * Lifecycle: kho_fast_checksum_begin(), kho_fast_checksum_next() for each page
 * of the tree, kho_fast_checksum_end(); the memory is freed when all sections
 * are initialised.
 *
 * The list has no addresses but the order of the tree. Pages below one that is
 * dropped unread are in it, too: how many is unknown, so the next checksum is
 * looked for in the rest of the list. It is seeded with an address, so it is
 * found once.
 *
 * Lock order: none; boot CPU.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/kho_checksum.h>
#include <linux/libfdt.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/printk.h>

#include "../checksum.h"
#include "fdt.h"
#include "handover.h"
#include "restore.h"
#include "view.h"

/* The previous kernel handed checksums over. */
static bool kho_sums_found __ro_after_init;

/*
 * The next checksum, while the tree is read; the end of them; and whether those
 * of dropped pages may come first.
 */
static const u64 *kho_sums_next;
static const u64 *kho_sums_end;
static bool kho_sums_dropped;

/**
 * kho_fast_checksum_reads - Did the previous kernel hand checksums over?
 *
 * Context: any, after the tree is read.
 * Return: true if so; all checksums are to be verified then.
 */
bool kho_fast_checksum_reads(void)
{
	return kho_sums_found;
}

static int __init kho_sums_refuse(const char *what, phys_addr_t phys)
{
	return kho_fast_view_refuse(&kho_fast_boot_view, phys,
				    "checksum of the %s at %pa differs", what,
				    &phys);
}

static bool __init kho_sums_are_intact(const struct kho_checksum_ser *ser,
				       size_t size)
{
	return ser->nr <= (size - sizeof(*ser)) / sizeof(ser->sums[0]) &&
	       ser->self == kho_fast_sum(ser->sums,
					 ser->nr * sizeof(ser->sums[0]),
					 ser->nr);
}

static int __init kho_sums_read(void)
{
	int node = fdt_subnode_offset(kho_fast_in.fdt, 0,
				      KHO_CHECKSUM_NODE_NAME);
	struct kho_checksum_ser *ser;
	phys_addr_t phys = 0;
	size_t size;

	if (node == -FDT_ERR_NOTFOUND)
		return 0;
	if (node < 0 ||
	    kho_fast_subtree_read(kho_fast_in.fdt, node, &phys, &size) ||
	    !PAGE_ALIGNED(phys) || size < sizeof(*ser) ||
	    !kho_fast_boot_view.is_usable(PHYS_PFN(phys), PFN_UP(size)))
		return kho_sums_refuse("list of checksums", phys);

	ser = phys_to_virt(phys);
	if (!kho_sums_are_intact(ser, size))
		return kho_sums_refuse("list of checksums", phys);

	if (!ser->nr)
		return 0;

	kho_sums_next = ser->sums;
	kho_sums_end = ser->sums + ser->nr;
	return 0;
}

/**
 * kho_fast_checksum_begin - Verify the root FDT and the list of checksums.
 *
 * Context: boot CPU, before the tree is read.
 * Return: 0, also when there are none; -EINVAL, reported.
 */
int __init kho_fast_checksum_begin(void)
{
	const u64 *fdt = (const u64 *)kho_fast_in.fdt;
	const size_t size = fdt_totalsize(kho_fast_in.fdt);

	if (hweight64(fdt[KHO_FAST_SUM] ^ KHO_CHECKSUM_MAGIC) >
	    KHO_CHECKSUM_MAX_FLIPS)
		return 0;

	kho_sums_found = true;
	if (fdt[KHO_FAST_SUM] != KHO_CHECKSUM_MAGIC ||
	    size > KHO_FAST_SEALED_SIZE ||
	    !kho_fast_seal_matches(fdt, size, kho_fast_in.fdt_pa))
		return kho_sums_refuse("root FDT", kho_fast_in.fdt_pa);

	return kho_sums_read();
}

/* Advance to @sum, behind the checksums of dropped pages. */
static void kho_sums_resume(u64 sum)
{
	const u64 *next = kho_sums_next;

	while (next < kho_sums_end && *next != sum)
		next++;
	if (next == kho_sums_end)
		return;

	kho_sums_next = next;
	kho_sums_dropped = false;
}

/**
 * kho_fast_checksum_next - Verify a page of the tree.
 * @phys: Its address, which is that of memory.
 *
 * Context: boot CPU, for each page of the tree, a table before its slots.
 * Return: true when it is as it was handed over, or there are no checksums.
 */
bool kho_fast_checksum_next(phys_addr_t phys)
{
	u64 sum;

	if (!kho_sums_next)
		return true;

	sum = kho_fast_sum(phys_to_virt(phys), PAGE_SIZE, phys);
	if (kho_sums_dropped)
		kho_sums_resume(sum);
	return kho_sums_next < kho_sums_end && *kho_sums_next++ == sum;
}

/**
 * kho_fast_checksum_drop - A page of the tree is dropped, unread.
 *
 * Context: boot CPU, instead of kho_fast_checksum_next().
 */
void kho_fast_checksum_drop(void)
{
	kho_sums_dropped = kho_sums_next;
}

/**
 * kho_fast_checksum_end - All pages of the tree are verified.
 *
 * Context: boot CPU.
 */
void __init kho_fast_checksum_end(void)
{
	kho_sums_next = NULL;
}

/**
 * kho_fast_checksum_free - Free the list of checksums.
 *
 * Without a seal, too: the previous kernel writes none when there are more
 * checksums than it has room for.
 *
 * Context: process context, after all sections are initialised.
 */
void __init kho_fast_checksum_free(void)
{
	struct folio *folio;
	phys_addr_t phys;
	size_t size;

	if (kho_retrieve_subtree(KHO_CHECKSUM_NODE_NAME, &phys, &size))
		return;

	folio = kho_fast_try_restore_folio(phys, get_order(size));
	if (folio)
		folio_put(folio);
}
