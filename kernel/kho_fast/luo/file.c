// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Life of a preserved file
 *
 * A preserved file is a struct file, its record and the data of its handler.
 *
 * Lifecycle, outgoing: preserved, frozen (freeze.c), unpreserved. Incoming:
 * deserialized from a record, retrieved by userspace or by the retrieval of a
 * dependent file, finished. A reference of the file and one of the module of
 * its handler are held meanwhile.
 *
 * Lock order: the mutex of the session is held, also over callbacks; see
 * core.c.
 *
 * Failure: preserving is undone. A failed retrieval is not repeated, since the
 * handler may have used up the preserved memory, unless the handler has called
 * luo_fast_retrieve_again(). Finishing asks all handlers before the first file
 * is finished, and cannot fail afterwards.
 */
#define pr_fmt(fmt) "luo: " fmt

#include <linux/container_of.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "../account.h"
#include "../trace.h"
#include "deps.h"
#include "file.h"
#include "file_set.h"
#include "flb.h"
#include "handlers.h"
#include "lookup.h"
#include "luo.h"
#include "trace.h"

/**
 * luo_fast_file_set_init - Initialise an empty file set.
 * @file_set: The set.
 */
void luo_fast_file_set_init(struct luo_fast_file_set *file_set)
{
	INIT_LIST_HEAD(&file_set->files);
	INIT_LIST_HEAD(&file_set->frozen);
	kho_block_set_init(&file_set->blocks, sizeof(struct luo_file_ser));
	file_set->count = 0;
}

/**
 * luo_fast_file_op - Prepare the argument of a callback.
 * @lf: The file.
 *
 * Return: The argument, with all fields that are known.
 */
struct luo_fast_op luo_fast_file_op(struct luo_fast_file *lf)
{
	return (struct luo_fast_op) {
		.args.handler = lf->fh,
		.args.retrieve_status = lf->status,
		.args.file = lf->file,
		.args.serialized_data = lf->data,
		.args.private_data = lf->private,
		.file = lf,
	};
}

/* Takes over the caller's reference of the handler. */
static struct luo_fast_file *luo_file_alloc(struct luo_fast_file_set *file_set,
					    u64 token,
					    struct liveupdate_file_handler *fh,
					    gfp_t gfp)
{
	struct luo_fast_file *lf = kzalloc_obj(*lf, gfp);

	if (!lf)
		return NULL;

	lf->key.file_set = file_set;
	lf->key.token = token;
	lf->fh = fh;
	INIT_LIST_HEAD(&lf->deps);
	return lf;
}

static void luo_file_link(struct luo_fast_file_set *file_set,
			  struct luo_fast_file *lf)
{
	list_add_tail(&lf->list, &file_set->files);
	/* debugfs.c reads it without the mutex. */
	WRITE_ONCE(file_set->count, file_set->count + 1);
}

static void luo_file_free(struct luo_fast_file *lf)
{
	luo_fast_handler_put(lf->fh);
	if (lf->file)
		fput(lf->file);
	kfree_rcu(lf, rcu);
}

static void luo_file_unlink(struct luo_fast_file_set *file_set,
			    struct luo_fast_file *lf)
{
	luo_fast_lookup_del_id(lf);
	luo_fast_lookup_del(lf);
	list_del(&lf->list);
	WRITE_ONCE(file_set->count, file_set->count - 1);
	luo_file_free(lf);
}

static int luo_file_call_preserve(struct luo_fast_file *lf)
{
	const u64 began = kho_fast_trace_begin(kho_file);
	struct luo_fast_op op = luo_fast_file_op(lf);
	int err;

	lf->phase = LUO_FAST_PRESERVING;
	err = lf->fh->ops->preserve(&op.args);
	lf->phase = LUO_FAST_IDLE;
	luo_fast_trace_file(lf, "preserve", began, err);
	if (err) {
		luo_fast_deps_free(lf);
		return err;
	}

	lf->data = op.args.serialized_data;
	lf->private = op.args.private_data;
	return 0;
}

/* The file is in the tables first, since its handler may look it up. */
static int luo_file_preserve(struct luo_fast_file *lf)
{
	int err;

	lf->id = luo_fast_file_id(lf->fh, lf->file);
	err = luo_fast_lookup_add_id(lf);
	if (err)
		return err;

	err = luo_fast_lookup_add(lf);
	if (err)
		goto err_del_id;

	err = luo_fast_flb_preserve(lf->fh, &lf->flbs);
	if (err)
		goto err_del;

	err = luo_file_call_preserve(lf);
	if (err)
		goto err_flb;

	return 0;

err_flb:
	luo_fast_flb_unpreserve(lf->flbs);
err_del:
	luo_fast_lookup_del(lf);
err_del_id:
	luo_fast_lookup_del_id(lf);
	return err;
}

/* Finds the handler; takes over the reference of @file on success. */
static struct luo_fast_file *
luo_file_alloc_for(struct luo_fast_file_set *file_set, u64 token,
		   struct file *file)
{
	struct liveupdate_file_handler *fh = luo_fast_handler_get(file);
	struct luo_fast_file *lf;

	if (!fh)
		return ERR_PTR(-ENOENT);

	lf = luo_file_alloc(file_set, token, fh, KHO_FAST_GFP_ACCOUNT);
	if (!lf) {
		luo_fast_handler_put(fh);
		return ERR_PTR(-ENOMEM);
	}

	lf->file = file;
	return lf;
}

static int luo_file_preserve_fd(struct luo_fast_file_set *file_set, u64 token,
				int fd)
{
	struct file *file = fget(fd);
	struct luo_fast_file *lf;
	int err;

	if (!file)
		return -EBADF;

	lf = luo_file_alloc_for(file_set, token, file);
	if (IS_ERR(lf)) {
		fput(file);
		return PTR_ERR(lf);
	}

	err = luo_file_preserve(lf);
	if (err)
		luo_file_free(lf);
	else
		luo_file_link(file_set, lf);
	return err;
}

/**
 * luo_fast_file_preserve - Preserve a file.
 * @file_set: The file set of the session.
 * @token:    The name of the file in the next kernel.
 * @fd:       The file.
 *
 * Context: process context, may sleep. The session of @file_set is locked.
 * Return: 0; -EEXIST if the set has the token; -EBADF; -ENOENT if no handler
 * supports the file; -EBUSY if it is preserved already, in any session; -ENOSPC
 * if the set is full; -ENOMEM; or the error of an FLB or of the handler.
 */
int luo_fast_file_preserve(struct luo_fast_file_set *file_set, u64 token,
			   int fd)
{
	int err;

	if (luo_fast_file_find(file_set, token))
		return -EEXIST;

	err = kho_block_set_grow(&file_set->blocks, file_set->count + 1);
	if (err)
		return err;

	err = luo_file_preserve_fd(file_set, token, fd);
	if (err)
		kho_block_set_shrink(&file_set->blocks, file_set->count);
	return err;
}

static void luo_file_unpreserve(struct luo_fast_file *lf)
{
	const u64 began = kho_fast_trace_begin(kho_file);
	struct luo_fast_op op = luo_fast_file_op(lf);

	/* Dependents are preserved later, and unpreserved before. */
	WARN_ON_ONCE(lf->dependents);
	lf->fh->ops->unpreserve(&op.args);
	luo_fast_trace_file(lf, "unpreserve", began, 0);
	luo_fast_deps_free(lf);
	luo_fast_flb_unpreserve(lf->flbs);
}

/**
 * luo_fast_file_unpreserve - Unpreserve a file.
 * @file_set: The file set of the session.
 * @lf:       The file; freed.
 *
 * Context: process context, may sleep. The session of @file_set is locked.
 * Return: 0; -EBUSY if another file depends on @lf.
 */
int luo_fast_file_unpreserve(struct luo_fast_file_set *file_set,
			     struct luo_fast_file *lf)
{
	if (lf->dependents)
		return -EBUSY;

	luo_file_unpreserve(lf);
	luo_file_unlink(file_set, lf);
	kho_block_set_shrink(&file_set->blocks, file_set->count);
	return 0;
}

/**
 * luo_fast_file_set_unpreserve - Unpreserve all files in reverse order.
 * @file_set: The set; empty afterwards.
 *
 * Context: process context, may sleep. The session of @file_set is locked.
 */
void luo_fast_file_set_unpreserve(struct luo_fast_file_set *file_set)
{
	struct luo_fast_file *lf, *prev;

	list_for_each_entry_safe_reverse(lf, prev, &file_set->files, list) {
		luo_file_unpreserve(lf);
		luo_file_unlink(file_set, lf);
	}
	kho_block_set_destroy(&file_set->blocks);
}

/**
 * luo_fast_file_deserialize - Create a file from its record.
 * @file_set: The file set of the session.
 * @ser:      The record, checked.
 *
 * Context: process context, may sleep.
 * Return: 0; -ENOPKG if its handler is not registered; -EEXIST if the set has
 * the token; -ENOMEM.
 */
int luo_fast_file_deserialize(struct luo_fast_file_set *file_set,
			      const struct luo_file_ser *ser)
{
	struct liveupdate_file_handler *fh;
	struct luo_fast_file *lf;
	int err;

	fh = luo_fast_handler_find(ser->compatible);
	if (!fh)
		return -ENOPKG;

	lf = luo_file_alloc(file_set, ser->token, fh, GFP_KERNEL);
	if (!lf) {
		luo_fast_handler_put(fh);
		return -ENOMEM;
	}

	lf->data = ser->data;
	err = luo_fast_lookup_add(lf);
	if (err) {
		luo_file_free(lf);
		return err;
	}

	luo_fast_flb_add_file(fh);
	luo_file_link(file_set, lf);
	return 0;
}

/**
 * luo_fast_file_set_drop - Undo luo_fast_file_deserialize() for all files.
 * @file_set: The set; its files are as if this kernel did not know them.
 *
 * No handler is called, and the records stay.
 */
void luo_fast_file_set_drop(struct luo_fast_file_set *file_set)
{
	struct luo_fast_file *lf, *next;

	list_for_each_entry_safe(lf, next, &file_set->files, list) {
		luo_fast_flb_del_file(lf->fh);
		luo_file_unlink(file_set, lf);
	}
}

static int luo_file_call_retrieve(struct luo_fast_file *lf)
{
	const u64 began = kho_fast_trace_begin(kho_file);
	struct luo_fast_op op = luo_fast_file_op(lf);
	int err;

	lf->phase = LUO_FAST_RETRIEVING;
	err = lf->fh->ops->retrieve(&op.args);
	lf->phase = LUO_FAST_IDLE;

	/* A handler that returns no file has failed. */
	if (!err && !op.args.file)
		err = -EIO;
	luo_fast_trace_file(lf, "retrieve", began, err);
	lf->private = op.args.private_data;
	if (err) {
		err = err < 0 ? err : -EIO;
		lf->status = op.again ? 0 : err;
		return err;
	}

	lf->status = 1;
	lf->file = op.args.file;
	lf->id = luo_fast_file_id(lf->fh, lf->file);
	if (luo_fast_lookup_add_id(lf))
		pr_warn("token %#llx of '%s' is retrieved, but cannot be looked up\n",
			lf->key.token, lf->fh->compatible);
	return 0;
}

/**
 * luo_fast_retrieve_again - Allow a retrieval to be repeated if it fails.
 * @args: The argument of .retrieve() itself, not a copy of it.
 *
 * For a handler that leaves everything as it was when it fails. It keeps what
 * it has restored in &liveupdate_file_op_args.private_data. .finish() is called
 * as for a file that was not retrieved.
 *
 * Context: Within .retrieve().
 */
void luo_fast_retrieve_again(struct liveupdate_file_op_args *args)
{
	container_of(args, struct luo_fast_op, args)->again = true;
}

/**
 * luo_fast_file_retrieve - Retrieve a file.
 * @lf:    The file.
 * @filep: Receives the struct file, with a reference for the caller.
 *
 * The handler is called until it succeeds, or fails for good.
 *
 * Context: process context, may sleep. The session is locked.
 * Return: 0; -ELOOP if the file is being retrieved, so that it depends on
 * itself; or the error of the last call of the handler.
 */
int luo_fast_file_retrieve(struct luo_fast_file *lf, struct file **filep)
{
	int err = lf->status;

	if (lf->phase == LUO_FAST_RETRIEVING)
		return -ELOOP;

	if (!err)
		err = luo_file_call_retrieve(lf);
	if (err < 0)
		return err;

	*filep = get_file(lf->file);
	return 0;
}

static bool luo_file_can_finish(struct luo_fast_file *lf)
{
	struct luo_fast_op op = luo_fast_file_op(lf);

	return !lf->fh->ops->can_finish || lf->fh->ops->can_finish(&op.args);
}

static void luo_file_call_finish(struct luo_fast_file *lf)
{
	const u64 began = kho_fast_trace_begin(kho_file);
	struct luo_fast_op op = luo_fast_file_op(lf);

	lf->fh->ops->finish(&op.args);
	luo_fast_trace_file(lf, "finish", began, 0);
	luo_fast_flb_finish(lf->fh);
}

/**
 * luo_fast_file_set_finish - Finish all files of the previous kernel.
 * @file_set: The set; empty afterwards. Files that were not retrieved are
 *            freed; the others belong to their users.
 *
 * Context: process context, may sleep. The session of @file_set is locked.
 * Return: 0; -EBUSY if a handler is not ready, and then no file is finished.
 */
int luo_fast_file_set_finish(struct luo_fast_file_set *file_set)
{
	struct luo_fast_file *lf, *prev;

	list_for_each_entry(lf, &file_set->files, list) {
		if (!luo_file_can_finish(lf))
			return -EBUSY;
	}

	list_for_each_entry_safe_reverse(lf, prev, &file_set->files, list) {
		luo_file_call_finish(lf);
		luo_file_unlink(file_set, lf);
	}

	return 0;
}
