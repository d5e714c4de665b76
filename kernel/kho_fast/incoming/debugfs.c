// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Incoming handover in debugfs
 *
 * The blobs of the previous kernel are copied, since their owners restore and
 * free them. kho/in/preserved is the number of preserved pages that are not
 * restored yet, kho/in/walk the duration of the early walk over the tree,
 * kho/in/nodes when the memory of each NUMA node was initialised, kho/in/late
 * the number of memory sections whose struct pages are still to be initialised.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/libfdt.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/printk.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "../../../mm/deferred_kho.h"
#include "../debugfs.h"
#include "debugfs.h"
#include "fdt.h"
#include "handover.h"
#include "stats.h"
#include "trim.h"

/* Larger blobs are not shown: the copy would cost too much. */
#define MAX_COPY	SZ_1M

/* Copy of an incoming blob, never freed. */
struct kho_in_blob {
	struct list_head	list;
	const char		*name;
	size_t			size;
	u8			data[];
};

static LIST_HEAD(kho_in_blobs);

static void __init kho_copy_blob(const void *fdt, int node)
{
	const char *name = fdt_get_name(fdt, node, NULL);
	struct kho_in_blob *copy;
	phys_addr_t phys;
	size_t size;

	if (kho_fast_subtree_read(fdt, node, &phys, &size))
		return;

	if (size > MAX_COPY) {
		pr_warn("incoming '%s' is too large for debugfs\n", name);
		return;
	}

	copy = kvmalloc(struct_size(copy, data, size), GFP_KERNEL);
	if (!copy)
		return;

	copy->name = name;
	copy->size = size;
	memcpy(copy->data, phys_to_virt(phys), size);
	list_add_tail(&copy->list, &kho_in_blobs);
}

/**
 * kho_fast_debugfs_copy - Copy the blobs of the previous kernel.
 *
 * Context: before their owners restore them, from early_initcall on.
 */
void __init kho_fast_debugfs_copy(void)
{
	const void *fdt = kho_fast_in_fdt();
	int node;

	/* Nothing is shown when KHO is off. */
	if (!fdt || !kho_is_enabled())
		return;

	fdt_for_each_subnode(node, fdt, 0)
		kho_copy_blob(fdt, node);
}

static int kho_in_preserved_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%lu\n", kho_fast_count_preserved());
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(kho_in_preserved);

static int kho_in_nodes_show(struct seq_file *m, void *v)
{
	kho_fast_stats_show(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(kho_in_nodes);

static int kho_in_walk_show(struct seq_file *m, void *v)
{
	kho_fast_stats_walk_show(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(kho_in_walk);

static int kho_in_late_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%lu\n", kho_fast_nr_late());
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(kho_in_late);

/**
 * kho_fast_debugfs_incoming - Show the incoming handover.
 * @root: The directory of KHO.
 */
void __init kho_fast_debugfs_incoming(struct dentry *root)
{
	struct dentry *dir = debugfs_create_dir("in", root);
	struct dentry *blobs_dir = debugfs_create_dir("sub_fdts", dir);
	const void *fdt = kho_fast_in_fdt();
	struct kho_in_blob *copy;

	if (!kho_fast_debugfs_blob(dir, "fdt", fdt, fdt_totalsize(fdt)))
		pr_warn("cannot show the incoming FDT in debugfs\n");
	debugfs_create_file("preserved", 0400, dir, NULL,
			    &kho_in_preserved_fops);
	debugfs_create_file("nodes", 0400, dir, NULL, &kho_in_nodes_fops);
	debugfs_create_file("walk", 0400, dir, NULL, &kho_in_walk_fops);
	debugfs_create_file("late", 0400, dir, NULL, &kho_in_late_fops);

	list_for_each_entry(copy, &kho_in_blobs, list) {
		if (!kho_fast_debugfs_blob(blobs_dir, copy->name, copy->data,
					   copy->size))
			pr_warn("cannot show incoming '%s' in debugfs\n",
				copy->name);
	}
}
