// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Preserving memfds with LUO
 *
 * A memfd is preserved with its contents, size, position, seals, mode and name;
 * everything else is as in a new one, including O_CLOEXEC. Files on hugetlbfs
 * are not supported. The descriptor must be open for reading and writing
 * (-EACCES), as that of the next kernel is: others would gain access by the
 * live update.
 *
 * The format is memfd-v2, &struct memfd_luo_ser, as in mm/memfd_luo.c, so that
 * one of the kernels can be a stock one. It ignores mode and name (abi/
 * kho_memfd.h), and without them the file has no name; a file with F_SEAL_EXEC
 * has no exec bits then, all others have them.
 *
 * Memory policies (mbind(2)) and advice (madvise(2)) are not preserved: they
 * are hints for memory that is allocated later, in ranges and for nodes that
 * may differ in the next kernel, and advice belongs to a mapping, not to the
 * file. Preserved folios keep their size and their node. The owner of the file
 * has to map it anyway, and sets both as it did for a new file.
 *
 * .preserve() (preserve.c) freezes the size of the file, and pins and preserves
 * its folios in batches. Holes are not filled, and are holes in the next
 * kernel. .freeze() updates the position and the seals, and preserves pages
 * that were added since; it fails if a page has got a memory error (poison.c).
 * A page that is added later, when the guest should be paused, is a hole in the
 * next kernel. When all files are frozen, what is handed over is checked
 * (check.c). .unpreserve() (unpreserve.c) undoes all of it, unless the records
 * are damaged: then the memory of the file is lost.
 *
 * In the next kernel .retrieve() (retrieve.c) creates a file from the folios,
 * and .finish() frees them if the file was not retrieved, or could not be. The
 * folios of a large file are added later (defer.c), also after .finish();
 * before the file is preserved again all of them are.
 *
 * Memory: the records, 16 bytes per folio, are preserved. Besides, preserving
 * takes 32 KiB per worker and less than 9 KiB per segment of 256 MiB, so 36 MiB
 * for 1 TiB (verified by test_memfd in tests/unit).
 *
 * Limits: 2^32 - 1 pages of records, about 2^40 folios or 4 PiB in 4 KiB
 * folios, since &kho_vmalloc.total_pages has 32 bits; -EFBIG beyond. A kernel
 * that maps the records, such as stock, is limited to 2^28 - 1 pages, which is
 * 256 TiB in 4 KiB folios, by the largest array of pointers that kvmalloc()
 * returns.
 *
 * Lock order: inode lock, folio lock. Workers take only the folio lock, while
 * their caller holds the inode lock. A task may hold the inode lock for ever,
 * as in a write(2) from memory whose page fault is never answered: .preserve()
 * can be killed, .freeze() and .unpreserve() do without the lock.
 *
 * Failure: preserving is undone, and the size of the file is no longer frozen.
 * A failed retrieval is undone as well, and can be repeated; the folios are
 * held until it succeeds or the file is finished.
 */
#define pr_fmt(fmt) "KHO: memfd: " fmt

#include <linux/bug.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/memfd.h>
#include <linux/kho_shmem.h>
#include <linux/liveupdate.h>
#include <linux/memfd.h>
#include <linux/module.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <uapi/linux/memfd.h>

#include "../account.h"
#include "../checksum.h"
#include "../luo/luo.h"
#include "../outgoing/preflight.h"
#include "memfd.h"

static bool memfd_luo_can_preserve(struct liveupdate_file_handler *handler,
				   struct file *file)
{
	return shmem_file(file) && !file_inode(file)->i_nlink;
}

/* All struct file of an inode are one file. */
static unsigned long memfd_luo_get_id(struct file *file)
{
	return (unsigned long)file_inode(file);
}

/**
 * kho_fast_memfd_write_name - Write the attributes, but for the mode.
 * @ser:  Receives them; zeroed.
 * @file: The file. It has no link that could be renamed, so that the name is
 *        always the same.
 *
 * Context: any context.
 */
void kho_fast_memfd_write_name(struct kho_memfd_ser *ser,
			       const struct file *file)
{
	strscpy(ser->compatible, KHO_MEMFD_COMPATIBLE);
	strscpy(ser->name, file->f_path.dentry->d_name.name);
}

/* What may change until the kexec */
static int memfd_luo_update_ser(struct kho_fast_memfd_out *out,
				struct file *file)
{
	int seals = memfd_get_seals(file);

	if (seals < 0)
		return seals;
	if (seals & ~MEMFD_LUO_ALL_SEALS)
		return -EOPNOTSUPP;

	out->pos = file->f_pos;
	out->seals = seals;
	out->mode = file_inode(file)->i_mode & 0777;
	out->ser->pos = out->pos;
	out->ser->seals = out->seals;
	kho_fast_memfd_attributes(out->ser)->mode = out->mode;
	return 0;
}

/* The next kernel opens the file for both. */
static bool memfd_luo_is_read_write(const struct file *file)
{
	return file->f_mode & FMODE_READ && file->f_mode & FMODE_WRITE;
}

static int memfd_luo_fill(struct kho_fast_memfd_out *out, struct file *file)
{
	int err = memfd_luo_update_ser(out, file);

	if (err)
		return err;

	out->ser->size = i_size_read(file_inode(file));
	kho_fast_memfd_write_name(kho_fast_memfd_attributes(out->ser), file);
	return kho_fast_memfd_preserve(out, file);
}

static struct kho_fast_memfd_out *memfd_luo_alloc(void)
{
	struct kho_fast_memfd_out *out =
		kzalloc_obj(*out, KHO_FAST_GFP_ACCOUNT);
	void *ser;

	if (!out)
		return ERR_PTR(-ENOMEM);

	ser = kho_alloc_preserve(PAGE_SIZE);
	if (IS_ERR(ser)) {
		kfree(out);
		return ser;
	}

	out->ser = ser;
	return out;
}

static void memfd_luo_free(struct kho_fast_memfd_out *out)
{
	kho_unpreserve_free(out->ser);
	kfree(out);
}

static int memfd_luo_preserve(struct liveupdate_file_op_args *args)
{
	struct inode *inode = file_inode(args->file);
	struct kho_fast_memfd_out *out;
	int err;

	if (!memfd_luo_is_read_write(args->file))
		return -EACCES;

	/* What is still to be added since the last live update */
	err = kho_shmem_fill_all(inode);
	if (err)
		return err;

	out = memfd_luo_alloc();
	if (IS_ERR(out))
		return PTR_ERR(out);

	/* A task may hold the lock for ever. */
	err = inode_lock_killable(inode);
	if (err)
		goto err_free;

	shmem_freeze(inode, true);
	err = memfd_luo_fill(out, args->file);
	if (err)
		shmem_freeze(inode, false);
	inode_unlock(inode);
	if (err)
		goto err_free;

	args->private_data = out;
	args->serialized_data = virt_to_phys(out->ser);
	return 0;

err_free:
	memfd_luo_free(out);
	return err;
}

/*
 * Records that were overwritten may name anything, so they are not followed.
 * The size stays frozen: the pages could be removed, but not be reused.
 */
static void memfd_luo_leak(const struct file *file, const char *reason)
{
	const char *name = file->f_path.dentry->d_name.name;

	pr_err("%*pE: its records are damaged (%s): its memory stays preserved, and is lost until a reboot without live update\n",
	       (int)strlen(name), name, reason);
}

static void memfd_luo_unpreserve(struct liveupdate_file_op_args *args)
{
	struct inode *inode = file_inode(args->file);
	struct kho_fast_memfd_out *out = args->private_data;
	struct kho_fast_fault fault;

	if (WARN_ON_ONCE(!out))
		return;

	if (kho_fast_memfd_check_records(out, &fault)) {
		memfd_luo_leak(args->file, fault.reason);
	} else {
		kho_fast_memfd_unpreserve(out, args->file);
		/* It is in no other session: nothing else changes the flag. */
		shmem_freeze(inode, false);
	}
	memfd_luo_free(out);
}

static int memfd_luo_freeze(struct liveupdate_file_op_args *args)
{
	struct kho_fast_memfd_out *out = args->private_data;
	int err;

	if (WARN_ON_ONCE(!out))
		return -EINVAL;

	err = memfd_luo_update_ser(out, args->file);
	if (!err)
		err = kho_fast_memfd_update(out, args->file);
	if (!err)
		err = kho_fast_memfd_find_poison(out);
	if (!err)
		kho_fast_seal(out->ser, KHO_FAST_MEMFD_SIZE);
	return err;
}

static int memfd_luo_check(struct liveupdate_file_op_args *args,
			   struct kho_fast_fault *fault)
{
	return kho_fast_memfd_check(args->private_data, args->file, fault);
}

static int memfd_luo_retrieve(struct liveupdate_file_op_args *args)
{
	struct kho_fast_memfd_in *in = args->private_data;
	struct file *file;

	/* An error leaves everything as it was. */
	luo_fast_retrieve_again(args);
	if (!in)
		in = kho_fast_memfd_open(args->serialized_data);
	if (!in)
		return -EINVAL;

	args->private_data = in;
	file = kho_fast_memfd_retrieve(in);
	if (IS_ERR(file))
		return PTR_ERR(file);

	args->private_data = NULL;
	args->file = file;
	return 0;
}

/* Must not need memory. */
static void memfd_luo_finish(struct liveupdate_file_op_args *args)
{
	struct kho_fast_memfd_in *in = args->private_data;

	if (args->retrieve_status)
		return;

	if (!in)
		in = kho_fast_memfd_open(args->serialized_data);
	if (in)
		kho_fast_memfd_discard(in);
}

static const struct liveupdate_file_ops memfd_luo_ops = {
	.can_preserve = memfd_luo_can_preserve,
	.preserve = memfd_luo_preserve,
	.unpreserve = memfd_luo_unpreserve,
	.freeze = memfd_luo_freeze,
	.retrieve = memfd_luo_retrieve,
	.finish = memfd_luo_finish,
	.get_id = memfd_luo_get_id,
	.owner = THIS_MODULE,
};

static struct liveupdate_file_handler memfd_luo_handler = {
	.ops = &memfd_luo_ops,
	.compatible = MEMFD_LUO_FH_COMPATIBLE,
};

static struct luo_fast_check memfd_luo_handler_check = {
	.fh = &memfd_luo_handler,
	.run = memfd_luo_check,
};

static int __init memfd_luo_init(void)
{
	int err;

	/* Without them files are retrieved at once. */
	if (kho_fast_memfd_init_workers())
		kho_fast_memfd_lazy_records = 0;

	err = liveupdate_register_file_handler(&memfd_luo_handler);

	/* LUO is disabled. */
	if (err == -EOPNOTSUPP)
		return 0;

	if (err)
		pr_err("cannot register the handler: %pe\n", ERR_PTR(err));
	else
		luo_fast_add_check(&memfd_luo_handler_check);
	return err;
}
late_initcall(memfd_luo_init);
