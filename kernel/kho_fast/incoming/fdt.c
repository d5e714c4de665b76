// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Incoming blobs
 *
 * The root FDT of the previous kernel lists its blobs by name. Entries that do
 * not point to preserved memory are marked before their users look for them.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/errno.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/kexec_handover.h>
#include <linux/libfdt.h>
#include <linux/mm.h>
#include <linux/printk.h>

#include "../fdt.h"
#include "fdt.h"
#include "handover.h"
#include "map.h"
#include "sections.h"

/**
 * kho_fast_subtree_read - Read an entry of an incoming root FDT.
 * @fdt:  The FDT.
 * @node: Offset of the entry.
 * @phys: Where to store the address of the blob.
 * @size: Where to store its size in bytes.
 *
 * Return: 0; -EINVAL when a property is missing or the range wraps.
 */
int kho_fast_subtree_read(const void *fdt, int node, phys_addr_t *phys,
			  size_t *size)
{
	u64 pa, len;

	if (!kho_fast_fdt_u64(fdt, node, KHO_SUB_TREE_PROP_NAME, &pa) ||
	    !kho_fast_fdt_u64(fdt, node, KHO_SUB_TREE_SIZE_PROP_NAME, &len) ||
	    !len || pa + len - 1 < pa)
		return -EINVAL;

	*phys = pa;
	*size = len;
	return 0;
}

/**
 * kho_fast_subtree_is_valid - Is the blob of an entry preserved?
 * @map:  The map of the tree.
 * @fdt:  The FDT.
 * @node: Offset of the entry.
 *
 * Context: before anything is restored.
 * Return: true if so; otherwise the address could be anything.
 */
bool kho_fast_subtree_is_valid(const struct kho_fast_map *map, const void *fdt,
			       int node)
{
	phys_addr_t phys;
	size_t size;

	return !kho_fast_subtree_read(fdt, node, &phys, &size) &&
	       kho_fast_is_preserved(map, PHYS_PFN(phys),
				     PHYS_PFN(phys + size - 1) + 1);
}

/* An entry without a size is invalid. A bad FDT may have several. */
static void __init kho_subtree_invalidate(void *fdt, int node)
{
	while (!fdt_nop_property(fdt, node, KHO_SUB_TREE_SIZE_PROP_NAME))
		;
}

/**
 * kho_fast_subtree_check - Mark invalid entries of an incoming FDT.
 * @map: The map of the incoming tree.
 * @fdt: The FDT; invalid nodes lose their size.
 *
 * An entry is invalid when its blob is not preserved: the address could be
 * anything. Its user gets -EINVAL, not -ENOENT, which would be a cold boot.
 *
 * Context: boot, before anything is restored.
 */
void __init kho_fast_subtree_check(const struct kho_fast_map *map, void *fdt)
{
	int node = fdt_first_subnode(fdt, 0);

	while (node >= 0) {
		int next = fdt_next_subnode(fdt, node);

		if (!kho_fast_subtree_is_valid(map, fdt, node)) {
			pr_warn("ignoring entry '%s': its blob is not preserved\n",
				fdt_get_name(fdt, node, NULL));
			kho_subtree_invalidate(fdt, node);
		}
		node = next;
	}
}

/**
 * kho_retrieve_subtree - Find a blob of the previous kernel.
 * @name: The name it was handed over under.
 * @phys: Where to store its address.
 * @size: Where to store its size in bytes, or NULL.
 *
 * Return: 0; -ENOENT without a handover or an entry of that name; -EINVAL when
 * @phys is NULL or the entry is invalid: its blob may not be preserved.
 */
int kho_retrieve_subtree(const char *name, phys_addr_t *phys, size_t *size)
{
	const void *fdt = kho_fast_in_fdt();
	size_t len;
	int node, err;

	if (!fdt)
		return -ENOENT;
	if (!phys)
		return -EINVAL;

	node = fdt_subnode_offset(fdt, 0, name);
	if (node < 0)
		return -ENOENT;

	err = kho_fast_subtree_read(fdt, node, phys, &len);
	if (!err && size)
		*size = len;
	return err;
}
EXPORT_SYMBOL_GPL(kho_retrieve_subtree);
