// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Checksums of the outgoing tree
 *
 * Clients may change the tree up to the last step of the kexec, so the
 * checksums of its pages are computed right before the jump, by one CPU. Memory
 * for them cannot be allocated there: the freeze allocates it, for the pages
 * that the tree has then, and some more.
 *
 * Lock order: kho_out_fdt_lock, in kho_fast_checksum_prepare().
 *
 * Failure: without memory, or when the tree has grown by more than expected,
 * one message, and those of the tree are not handed over. When the root FDT has
 * no room for its own, there are none at all.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/err.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/kho_checksum.h>
#include <linux/libfdt.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "../checksum.h"
#include "outgoing.h"

static struct kho_checksum_ser *kho_sums;
static unsigned long kho_sums_room;

static void kho_sums_release(void)
{
	if (!kho_sums)
		return;

	kho_remove_subtree(kho_sums);
	kho_unpreserve_free(kho_sums);
	kho_sums = NULL;
	kho_sums_room = 0;
}

static int kho_sums_alloc(unsigned long room)
{
	size_t size = struct_size(kho_sums, sums, room);
	struct kho_checksum_ser *sums = kho_alloc_preserve(size);
	int err;

	if (IS_ERR(sums))
		return PTR_ERR(sums);

	err = kho_add_subtree(KHO_CHECKSUM_NODE_NAME, sums, size);
	if (err) {
		kho_unpreserve_free(sums);
		return err;
	}

	kho_sums = sums;
	kho_sums_room = room;
	return 0;
}

/**
 * kho_fast_checksum_prepare - Make room for the checksums of the tree.
 * @nr_pages: Pages of the tree.
 *
 * Context: process context, may sleep; under the lock of kexec.
 */
void kho_fast_checksum_prepare(unsigned long nr_pages)
{
	int err;

	if (!kho_fast_checksum_writes_all() || nr_pages + 32 <= kho_sums_room)
		return;

	kho_sums_release();
	/* Preserving the room adds up to 6 pages; shutdown may add more. */
	err = kho_sums_alloc(nr_pages + nr_pages / 8 + 64);
	if (err)
		pr_warn("no checksums of the tree for the next kernel (%pe)\n",
			ERR_PTR(err));
}

/* In the order of the reader, see kho_scan_node(). */
static bool kho_sum_node(phys_addr_t phys, unsigned int level)
{
	const struct kho_radix_node *node = phys_to_virt(phys);
	unsigned long i;

	if (kho_sums->nr == kho_sums_room)
		return false;
	kho_sums->sums[kho_sums->nr++] = kho_fast_sum(node, PAGE_SIZE, phys);

	for (i = 0; level && i < KHO_FAST_TABLE_ENTRIES; i++) {
		if (node->table[i] && !kho_sum_node(node->table[i], level - 1))
			return false;
	}

	return true;
}

/*
 * An earlier kexec may have got to the seal and failed: it is stale. What the
 * FDT has of its words stays.
 */
static void kho_sums_unseal(void *fdt)
{
	const size_t from = max_t(size_t, fdt_totalsize(fdt),
				  KHO_FAST_SEALED_SIZE);

	if (from < PAGE_SIZE)
		memset(fdt + from, 0, PAGE_SIZE - from);
}

/* An empty list stands for no list. */
static void kho_sum_tree(void)
{
	kho_sums->nr = 0;
	if (!kho_sum_node(kho_fast_outgoing_root(), KHO_TREE_MAX_DEPTH - 1)) {
		pr_warn("no checksums of the tree for the next kernel: it has grown\n");
		kho_sums->nr = 0;
	}

	kho_sums->self = kho_fast_sum(kho_sums->sums,
				      kho_sums->nr * sizeof(kho_sums->sums[0]),
				      kho_sums->nr);
}

/**
 * kho_fast_checksum_jump - Compute the checksums of the tree and the root FDT.
 *
 * Context: right before the jump to the next kernel, with one CPU.
 */
void kho_fast_checksum_jump(void)
{
	u64 *fdt;

	if (!kho_fast_checksum_writes() || !kho_is_enabled())
		return;

	fdt = phys_to_virt(kho_fast_subtree_fdt_pa());
	kho_sums_unseal(fdt);
	if (fdt_totalsize(fdt) > KHO_FAST_SEALED_SIZE) {
		pr_warn("no checksums for the next kernel: the root FDT has grown\n");
		return;
	}

	if (kho_sums)
		kho_sum_tree();
	fdt[KHO_FAST_SUM] = KHO_CHECKSUM_MAGIC;
	kho_fast_seal(fdt, fdt_totalsize(fdt));
}
