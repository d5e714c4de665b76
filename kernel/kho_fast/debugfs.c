// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: KHO in debugfs
 *
 * kho/out shows the outgoing root FDT, its blobs, the scratch areas, and the
 * verdict on a live update (outgoing/verdict.c). kho/in, from
 * incoming/debugfs.c, shows the incoming handover.
 *
 * Failure: files are missing. Nothing depends on debugfs.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "debugfs.h"
#include "outgoing/verdict.h"
#include "scratch.h"

struct kho_blob_file {
	struct list_head		list;
	struct debugfs_blob_wrapper	blob;
	struct dentry			*dentry;
};

static struct dentry *kho_out_dir, *kho_out_blobs_dir;

/* Blobs under kho/out; callers serialise adding and removing. */
static LIST_HEAD(kho_out_blobs);

static struct kho_blob_file *kho_blob_file_create(struct dentry *dir,
						  const char *name,
						  const void *data, size_t size)
{
	struct kho_blob_file *file = kzalloc(sizeof(*file), GFP_KERNEL);

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
 * kho_fast_debugfs_blob - Show a blob permanently.
 * @dir:  Directory of the file.
 * @name: Name of the file.
 * @data: The blob; must stay valid.
 * @size: Size in bytes.
 *
 * Return: true when the file was created.
 */
bool __init kho_fast_debugfs_blob(struct dentry *dir, const char *name,
				  const void *data, size_t size)
{
	return kho_blob_file_create(dir, name, data, size);
}

/**
 * kho_fast_debugfs_add - Show an outgoing blob.
 * @name: Name of the file.
 * @blob: The blob; must stay valid until kho_fast_debugfs_remove().
 * @size: Size in bytes.
 */
void kho_fast_debugfs_add(const char *name, const void *blob, size_t size)
{
	struct kho_blob_file *file;

	file = kho_blob_file_create(kho_out_blobs_dir, name, blob, size);
	if (file)
		list_add(&file->list, &kho_out_blobs);
	else
		pr_warn("cannot show '%s' in debugfs\n", name);
}

/**
 * kho_fast_debugfs_remove - Undo kho_fast_debugfs_add().
 * @blob: The blob.
 */
void kho_fast_debugfs_remove(const void *blob)
{
	struct kho_blob_file *file, *next;

	list_for_each_entry_safe(file, next, &kho_out_blobs, list) {
		if (file->blob.data != blob)
			continue;

		debugfs_remove(file->dentry);
		list_del(&file->list);
		kfree(file);
	}
}

static int kho_scratch_phys_show(struct seq_file *m, void *v)
{
	unsigned int i;

	for (i = 0; i < kho_scratch_cnt; i++)
		seq_printf(m, "0x%llx\n", kho_scratch[i].addr);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(kho_scratch_phys);

static int kho_scratch_len_show(struct seq_file *m, void *v)
{
	unsigned int i;

	for (i = 0; i < kho_scratch_cnt; i++)
		seq_printf(m, "0x%llx\n", kho_scratch[i].size);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(kho_scratch_len);
DEFINE_SHOW_ATTRIBUTE(kho_fast_verdict);

/**
 * kho_fast_debugfs_init - Create the directories.
 *
 * Return: directory of KHO.
 */
struct dentry *__init kho_fast_debugfs_init(void)
{
	struct dentry *root = debugfs_create_dir("kho", NULL);

	kho_out_dir = debugfs_create_dir("out", root);
	kho_out_blobs_dir = debugfs_create_dir("sub_fdts", kho_out_dir);

	debugfs_create_file("scratch_phys", 0400, kho_out_dir, NULL,
			    &kho_scratch_phys_fops);
	debugfs_create_file("scratch_len", 0400, kho_out_dir, NULL,
			    &kho_scratch_len_fops);
	debugfs_create_file("preflight", 0400, kho_out_dir, NULL,
			    &kho_fast_verdict_fops);

	return root;
}

/**
 * kho_fast_debugfs_out - Show the outgoing root FDT.
 * @fdt:  The FDT.
 * @size: Maximum size in bytes.
 */
void __init kho_fast_debugfs_out(const void *fdt, size_t size)
{
	if (!kho_fast_debugfs_blob(kho_out_dir, "fdt", fdt, size))
		pr_warn("cannot show the root FDT in debugfs\n");
}
