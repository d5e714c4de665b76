// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Outgoing root FDT
 *
 * Subsystems hand over their records as named blobs. The root FDT lists them,
 * with the root of the tree of preserved memory. It is one page that is always
 * up to date, so nothing is left to do at kexec.
 *
 * Lock order: kho_out_fdt_lock, then the locks of debugfs.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/kexec_metadata.h>
#include <linux/kho/abi/kho_checksum.h>
#include <linux/kho/abi/kho_timeline.h>
#include <linux/kho/abi/kho_tsc.h>
#include <linux/kho/abi/luo.h>
#include <linux/kho/abi/memblock.h>
#include <linux/libfdt.h>
#include <linux/memory_hotplug.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "../debugfs.h"
#include "../fdt.h"
#include "../incoming/fdt.h"
#include "../incoming/handover.h"
#include "../incoming/view.h"
#include "outgoing.h"

/* kho_out_fdt_lock protects the FDT and its address. */
static DEFINE_MUTEX(kho_out_fdt_lock);
static void *kho_out_fdt;

static int kho_fdt_create(void *fdt)
{
	u64 root_pa = kho_fast_outgoing_root();

	return fdt_create(fdt, PAGE_SIZE) ?:
	       fdt_finish_reservemap(fdt) ?:
	       fdt_begin_node(fdt, "") ?:
	       fdt_property_string(fdt, "compatible", KHO_FDT_COMPATIBLE) ?:
	       fdt_property(fdt, KHO_FDT_MEMORY_MAP_PROP_NAME, &root_pa,
			    sizeof(root_pa)) ?:
	       fdt_end_node(fdt) ?:
	       fdt_finish(fdt);
}

/**
 * kho_fast_subtree_init - Create the outgoing root FDT.
 *
 * Return: 0; -ENOMEM; -EINVAL when the FDT could not be written.
 */
int __init kho_fast_subtree_init(void)
{
	void *fdt = kho_alloc_preserve(PAGE_SIZE);

	if (IS_ERR(fdt))
		return PTR_ERR(fdt);

	if (kho_fdt_create(fdt)) {
		kho_unpreserve_free(fdt);
		return -EINVAL;
	}

	kho_out_fdt = fdt;
	return 0;
}

/**
 * kho_fast_subtree_debugfs - Show the outgoing root FDT.
 *
 * The file stays, so kho_fast_subtree_exit() must not be called any more.
 */
void __init kho_fast_subtree_debugfs(void)
{
	kho_fast_debugfs_out(kho_out_fdt, PAGE_SIZE);
}

/**
 * kho_fast_subtree_exit - Free the outgoing root FDT.
 */
void __init kho_fast_subtree_exit(void)
{
	kho_unpreserve_free(kho_out_fdt);
	kho_out_fdt = NULL;
}

/**
 * kho_fast_subtree_fdt_pa - Address of the outgoing root FDT.
 *
 * Return: physical address.
 */
phys_addr_t kho_fast_subtree_fdt_pa(void)
{
	return virt_to_phys(kho_out_fdt);
}

static int kho_fdt_add_blob(const char *name, phys_addr_t phys, u64 size)
{
	int node = fdt_add_subnode(kho_out_fdt, 0, name);

	if (node == -FDT_ERR_EXISTS)
		return -EEXIST;
	if (node < 0)
		return -ENOMEM;

	if (!fdt_setprop(kho_out_fdt, node, KHO_SUB_TREE_PROP_NAME, &phys,
			 sizeof(phys)) &&
	    !fdt_setprop(kho_out_fdt, node, KHO_SUB_TREE_SIZE_PROP_NAME, &size,
			 sizeof(size)))
		return 0;

	fdt_del_node(kho_out_fdt, node);
	return -ENOMEM;
}

/**
 * kho_add_subtree - Hand over a blob by name.
 * @name: Name.
 * @blob: The blob; the caller preserves its memory.
 * @size: Size in bytes.
 *
 * Context: process context, may sleep.
 * Return: 0; -EEXIST when the name is in use; -ENOMEM when the root FDT is full
 * or does not exist.
 */
int kho_add_subtree(const char *name, void *blob, size_t size)
{
	int err;

	guard(mutex)(&kho_out_fdt_lock);

	if (!kho_out_fdt || fdt_open_into(kho_out_fdt, kho_out_fdt, PAGE_SIZE))
		return -ENOMEM;

	err = kho_fdt_add_blob(name, virt_to_phys(blob), size);
	fdt_pack(kho_out_fdt);
	if (!err)
		kho_fast_debugfs_add(name, blob, size);

	return err;
}
EXPORT_SYMBOL_GPL(kho_add_subtree);

static int kho_fdt_find_blob(const void *fdt, phys_addr_t phys)
{
	int node;

	fdt_for_each_subnode(node, fdt, 0) {
		u64 value;

		if (kho_fast_fdt_u64(fdt, node, KHO_SUB_TREE_PROP_NAME,
				     &value) &&
		    value == phys)
			return node;
	}

	return -ENOENT;
}

/**
 * kho_remove_subtree - Undo kho_add_subtree().
 * @blob: The blob. Ignored if it was not added.
 */
void kho_remove_subtree(void *blob)
{
	int node;

	guard(mutex)(&kho_out_fdt_lock);

	if (!kho_out_fdt || fdt_open_into(kho_out_fdt, kho_out_fdt, PAGE_SIZE))
		return;

	node = kho_fdt_find_blob(kho_out_fdt, virt_to_phys(blob));
	if (node >= 0) {
		fdt_del_node(kho_out_fdt, node);
		kho_fast_debugfs_remove(blob);
	}
	fdt_pack(kho_out_fdt);
}
EXPORT_SYMBOL_GPL(kho_remove_subtree);

/*
 * Blobs whose loss by itself costs nobody anything: LUO's is worth as much as
 * its sessions, and reserve_mem= promises no more than to try.
 */
static const char * const kho_own_blobs[] = {
	KHO_CHECKSUM_NODE_NAME,
	KHO_METADATA_NODE_NAME,
	KHO_TIMELINE_NODE_NAME,
	KHO_TSC_NODE_NAME,
	LUO_KHO_ENTRY_NAME,
	MEMBLOCK_KHO_FDT,
};

static bool kho_blob_is_own(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kho_own_blobs); i++) {
		if (!strcmp(kho_own_blobs[i], name))
			return true;
	}

	return false;
}

/**
 * kho_fast_subtree_of_client - Find a blob that a driver hands over.
 * @name: Receives its name, %KHO_FAST_BLOB_NAME bytes.
 *
 * Context: process context, may sleep; KHO is enabled.
 * Return: true when there is one.
 */
bool kho_fast_subtree_of_client(char *name)
{
	const char *blob;
	int node;

	guard(mutex)(&kho_out_fdt_lock);

	fdt_for_each_subnode(node, kho_out_fdt, 0) {
		blob = fdt_get_name(kho_out_fdt, node, NULL);
		if (kho_blob_is_own(blob))
			continue;

		snprintf(name, KHO_FAST_BLOB_NAME, "%s", blob);
		return true;
	}

	return false;
}

/**
 * kho_fast_subtree_preflight_root - Check the root FDT.
 * @view:    The next kernel.
 * @root_pa: Receives the address of the tree that it leads to.
 *
 * Context: process context, may sleep; KHO is enabled.
 * Return: 0; -EINVAL, reported by @view.
 */
int kho_fast_subtree_preflight_root(const struct kho_fast_view *view,
				    u64 *root_pa)
{
	guard(mutex)(&kho_out_fdt_lock);

	return kho_fast_fdt_check(kho_out_fdt, virt_to_phys(kho_out_fdt), view,
				  root_pa);
}

/**
 * kho_fast_subtree_preflight - Check that all blobs are preserved.
 * @map:  The map of the outgoing tree.
 * @view: The next kernel, which would ignore a blob that is not.
 *
 * Context: process context, may sleep; KHO is enabled.
 * Return: 0; -EINVAL, reported by @view.
 */
int kho_fast_subtree_preflight(const struct kho_fast_map *map,
			       const struct kho_fast_view *view)
{
	int node;

	guard(mutex)(&kho_out_fdt_lock);

	fdt_for_each_subnode(node, kho_out_fdt, 0) {
		if (!kho_fast_subtree_is_valid(map, kho_out_fdt, node))
			return kho_fast_view_refuse(view, 0,
						    "the blob '%s' is not preserved",
						    fdt_get_name(kho_out_fdt,
								 node, NULL));
	}

	return 0;
}
