// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Freezing and serializing a file set
 *
 * Each handler is told before the kexec that nothing changes any more. Files
 * are frozen in order of preservation, except that dependents are frozen before
 * their dependencies. Records are always in order of preservation.
 *
 * Lifecycle: frozen, then serialized; unfrozen if the kexec fails.
 *
 * Lock order: the mutex of the session is held; see core.c.
 *
 * Failure: frozen files are unfrozen in reverse order.
 */
#define pr_fmt(fmt) "luo: " fmt

#include <linux/bug.h>
#include <linux/err.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "../trace.h"
#include "deps.h"
#include "file.h"
#include "file_set.h"
#include "freeze.h"
#include "trace.h"

static int luo_file_call_freeze(struct luo_fast_file *lf)
{
	const u64 began = kho_fast_trace_begin(kho_file);
	struct luo_fast_op op = luo_fast_file_op(lf);
	int err = 0;

	if (lf->fh->ops->freeze)
		err = lf->fh->ops->freeze(&op.args);
	luo_fast_trace_file(lf, "freeze", began, err);
	if (!err)
		lf->data = op.args.serialized_data;
	if (err < 0)
		pr_warn("token %#llx of '%s' cannot be frozen: %pe\n",
			lf->key.token, lf->fh->compatible, ERR_PTR(err));
	return min(err, 0);
}

static void luo_file_call_unfreeze(struct luo_fast_file *lf)
{
	const u64 began = kho_fast_trace_begin(kho_file);
	struct luo_fast_op op = luo_fast_file_op(lf);

	if (lf->fh->ops->unfreeze)
		lf->fh->ops->unfreeze(&op.args);
	luo_fast_trace_file(lf, "unfreeze", began, 0);
}

/**
 * luo_fast_file_set_unfreeze - Undo luo_fast_file_set_freeze().
 * @file_set: The set.
 */
void luo_fast_file_set_unfreeze(struct luo_fast_file_set *file_set)
{
	struct luo_fast_file *lf, *prev;

	list_for_each_entry_safe_reverse(lf, prev, &file_set->frozen, order) {
		luo_file_call_unfreeze(lf);
		list_del(&lf->order);
	}
}

/**
 * luo_fast_file_set_freeze - Freeze all files of a set.
 * @file_set: The set.
 *
 * Context: process context, may sleep. The session of @file_set is locked.
 * Return: 0; or the error of the first handler that failed, and then no file is
 * frozen.
 */
int luo_fast_file_set_freeze(struct luo_fast_file_set *file_set)
{
	struct luo_fast_file *lf, *next;
	LIST_HEAD(order);
	int err;

	luo_fast_freeze_order(file_set, &order);
	list_for_each_entry_safe(lf, next, &order, order) {
		err = luo_file_call_freeze(lf);
		if (err)
			goto err_unfreeze;
		list_move_tail(&lf->order, &file_set->frozen);
	}

	return 0;

err_unfreeze:
	luo_fast_file_set_unfreeze(file_set);
	return err;
}

static void luo_file_write(struct luo_file_ser *ser,
			   const struct luo_fast_file *lf)
{
	strscpy_pad(ser->compatible, lf->fh->compatible);
	ser->data = lf->data;
	ser->token = lf->key.token;
}

/**
 * luo_fast_file_set_write - Write the records of a frozen set.
 * @file_set: The set.
 * @ser:      Receives the record of the set itself.
 */
void luo_fast_file_set_write(struct luo_fast_file_set *file_set,
			     struct luo_file_set_ser *ser)
{
	struct luo_fast_file *lf;
	struct kho_block_set_it it;

	kho_block_set_it_init(&it, &file_set->blocks);
	list_for_each_entry(lf, &file_set->files, list) {
		struct luo_file_ser *file_ser;

		/* Preserving the file reserved it. */
		file_ser = kho_block_set_it_reserve_entry(&it);
		if (!WARN_ON_ONCE(!file_ser))
			luo_file_write(file_ser, lf);
	}

	ser->files = kho_block_set_head_pa(&file_set->blocks);
	ser->count = file_set->count;
}
