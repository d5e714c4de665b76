// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: KHO in debugfs
 *
 * kho/out shows what would be handed over now: the root FDT, its blobs and the
 * scratch areas. kho/in shows what was handed over to this kernel. Blobs of the
 * previous kernel are copied, since their owners claim and free the originals.
 * kho/in/held is the number of pages that nobody has claimed, kho/in/walk what the
 * early walk over the tree took, kho/in/nodes when each node's memory was
 * initialised.
 *
 * Nothing depends on debugfs: when it fails, files are missing.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/libfdt.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/printk.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "debugfs.h"
#include "incoming/fdt.h"
#include "incoming/handover.h"
#include "incoming/stats.h"
#include "incoming/trim.h"
#include "scratch.h"
#include "timeline/timeline.h"

/* Larger incoming blobs are not shown; a copy would cost too much. */
#define MAX_COPY	SZ_1M

struct blob_file {
	struct list_head		list;
	struct debugfs_blob_wrapper	blob;
	struct dentry			*dentry;
};

/* What was handed over to this kernel, for good. */
struct in_blob {
	struct list_head	list;
	const char		*name;
	size_t			size;
	u8			data[];
};

static LIST_HEAD(in_blobs);

static struct dentry *root_dir, *out_dir, *out_blobs_dir;

/* Blobs under kho/out; the caller of add and remove holds a lock. */
static LIST_HEAD(out_blobs);

static struct blob_file *blob_file_create(struct dentry *dir, const char *name,
					  const void *data, size_t size)
{
	struct blob_file *file = kzalloc(sizeof(*file), GFP_KERNEL);

	if (!file)
		return NULL;

	INIT_LIST_HEAD(&file->list);
	file->blob.data = (void *)data;
	file->blob.size = size;
	file->dentry = debugfs_create_blob(name, 0400, dir, &file->blob);
	if (!IS_ERR(file->dentry))
		return file;

	kfree(file);
	return NULL;
}

/**
 * kho_fast_debugfs_add - Show a blob that is handed over.
 * @name: Name of the file.
 * @blob: The blob; stays valid until kho_fast_debugfs_remove().
 * @size: Bytes of it.
 */
void kho_fast_debugfs_add(const char *name, const void *blob, size_t size)
{
	struct blob_file *file;

	file = blob_file_create(out_blobs_dir, name, blob, size);
	if (file)
		list_add(&file->list, &out_blobs);
	else
		pr_warn("cannot show '%s' in debugfs\n", name);
}

/**
 * kho_fast_debugfs_remove - Undo kho_fast_debugfs_add().
 * @blob: The blob.
 */
void kho_fast_debugfs_remove(const void *blob)
{
	struct blob_file *file, *next;

	list_for_each_entry_safe(file, next, &out_blobs, list) {
		if (file->blob.data != blob)
			continue;

		debugfs_remove(file->dentry);
		list_del(&file->list);
		kfree(file);
	}
}

static int scratch_phys_show(struct seq_file *m, void *v)
{
	unsigned int i;

	for (i = 0; i < kho_scratch_cnt; i++)
		seq_printf(m, "0x%llx\n", kho_scratch[i].addr);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(scratch_phys);

static int scratch_len_show(struct seq_file *m, void *v)
{
	unsigned int i;

	for (i = 0; i < kho_scratch_cnt; i++)
		seq_printf(m, "0x%llx\n", kho_scratch[i].size);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(scratch_len);

/**
 * kho_fast_debugfs_init - Create the directories.
 */
void __init kho_fast_debugfs_init(void)
{
	root_dir = debugfs_create_dir("kho", NULL);
	out_dir = debugfs_create_dir("out", root_dir);
	out_blobs_dir = debugfs_create_dir("sub_fdts", out_dir);

	debugfs_create_file("scratch_phys", 0400, out_dir, NULL,
			    &scratch_phys_fops);
	debugfs_create_file("scratch_len", 0400, out_dir, NULL,
			    &scratch_len_fops);
	kho_fast_timeline_debugfs(root_dir);
}

/**
 * kho_fast_debugfs_out - Show the root FDT that is handed over.
 * @fdt:  The FDT.
 * @size: Bytes that it may grow to.
 */
void __init kho_fast_debugfs_out(const void *fdt, size_t size)
{
	if (!blob_file_create(out_dir, "fdt", fdt, size))
		pr_warn("cannot show the root FDT in debugfs\n");
}

static void __init copy_blob(const void *fdt, int node)
{
	const char *name = fdt_get_name(fdt, node, NULL);
	struct in_blob *copy;
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
	list_add_tail(&copy->list, &in_blobs);
}

/*
 * Users as early as LUO claim their blobs at early_initcall. This runs before
 * them, since kernel/Makefile has this directory before theirs.
 */
static int __init copy_in_blobs(void)
{
	const void *fdt = kho_fast_in_fdt();
	int node;

	/* Nothing will be shown when KHO is off. */
	if (!fdt || !kho_is_enabled())
		return 0;

	fdt_for_each_subnode(node, fdt, 0)
		copy_blob(fdt, node);

	return 0;
}
early_initcall(copy_in_blobs);

static int held_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%lu\n", kho_fast_count_held());
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(held);

static int nodes_show(struct seq_file *m, void *v)
{
	kho_fast_stats_show(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(nodes);

static int walk_show(struct seq_file *m, void *v)
{
	kho_fast_stats_walk_show(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(walk);

/**
 * kho_fast_debugfs_incoming - Show what was handed over to this kernel.
 * @fdt: The checked copy of the incoming root FDT.
 */
void __init kho_fast_debugfs_incoming(const void *fdt)
{
	struct dentry *dir = debugfs_create_dir("in", root_dir);
	struct dentry *blobs_dir = debugfs_create_dir("sub_fdts", dir);
	struct in_blob *copy;

	if (!blob_file_create(dir, "fdt", fdt, fdt_totalsize(fdt)))
		pr_warn("cannot show the incoming FDT in debugfs\n");
	debugfs_create_file("held", 0400, dir, NULL, &held_fops);
	debugfs_create_file("nodes", 0400, dir, NULL, &nodes_fops);
	debugfs_create_file("walk", 0400, dir, NULL, &walk_fops);

	list_for_each_entry(copy, &in_blobs, list) {
		if (!blob_file_create(blobs_dir, copy->name, copy->data, copy->size))
			pr_warn("cannot show incoming '%s' in debugfs\n", copy->name);
	}
}
