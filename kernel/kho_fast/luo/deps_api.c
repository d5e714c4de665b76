// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Dependencies of files on other files
 *
 * In .preserve() a handler can get the token of another file of the session,
 * which must be preserved already, and store it in its own record; in
 * .retrieve() it gets that file by the token. From then on its file depends on
 * the other one:
 *
 * - it is frozen before that file, and unfrozen after it;
 * - it is unpreserved before that file;
 * - retrieving it retrieves that file, unless it is retrieved already.
 *
 * A file can only depend on a file that was preserved before it. So there are
 * no cycles, and everything can be undone in reverse order of preservation.
 * Dependencies are not in the records of LUO: the token is in the record of the
 * handler. Retrieving fails with -ELOOP if the tokens of a handover form a
 * cycle or a chain that is too long.
 *
 * Lock order: the mutex of the session is held, as for every callback.
 */
#define pr_fmt(fmt) "luo: " fmt

#include <linux/container_of.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/liveupdate_deps.h>
#include <linux/printk.h>

#include "deps.h"
#include "file.h"
#include "file_set.h"
#include "lookup.h"

static struct luo_fast_file *
luo_calling_file(struct liveupdate_file_op_args *args,
		 enum luo_fast_phase phase)
{
	struct luo_fast_op *op = container_of(args, struct luo_fast_op, args);

	if (op->file->phase == phase)
		return op->file;

	pr_err_ratelimited("handler '%s' asks for another file outside of .%s()\n",
			   op->file->fh->compatible,
			   phase == LUO_FAST_PRESERVING ? "preserve" :
							  "retrieve");
	return NULL;
}

/* Is @file, of the same kind, another one of the object of @lf? */
static bool luo_file_is(const struct luo_fast_file *lf, struct file *file)
{
	return lf->file->f_op == file->f_op &&
	       luo_fast_file_id(lf->fh, file) == lf->id;
}

/*
 * Handlers are not asked for @file: what is preserved need not be what could be
 * preserved now. Without get_id() a file is found by its address.
 */
static struct luo_fast_file *luo_find_file(struct luo_fast_file *caller,
					   struct file *file)
{
	struct luo_fast_file_set *file_set = caller->key.file_set;
	struct luo_fast_file *lf;

	if (luo_file_is(caller, file))
		return caller;

	lf = luo_fast_file_find_by_id(file_set, (unsigned long)file);
	if (lf && lf->file == file)
		return lf;

	list_for_each_entry(lf, &file_set->files, list) {
		if (luo_file_is(lf, file))
			return lf;
	}

	return NULL;
}

/**
 * liveupdate_get_token_outgoing - Get the token of a file and depend on it.
 * @args:  The argument of .preserve() itself, not a copy of it.
 * @file:  The other file.
 * @token: Receives its token.
 *
 * Context: Within .preserve().
 * Return: 0; -ENOENT if @file is not preserved in the same session yet; -ELOOP
 * if @file is the file that is being preserved, or if a chain of dependencies
 * would have more than %LUO_FAST_MAX_DEPTH files; -ENOMEM; -EINVAL, with a
 * message, outside of .preserve().
 */
int liveupdate_get_token_outgoing(struct liveupdate_file_op_args *args,
				  struct file *file, u64 *token)
{
	struct luo_fast_file *lf = luo_calling_file(args, LUO_FAST_PRESERVING);
	struct luo_fast_file *on;
	int err;

	if (!lf)
		return -EINVAL;

	on = luo_find_file(lf, file);
	if (!on)
		return -ENOENT;
	if (on == lf)
		return -ELOOP;

	err = luo_fast_dep_add(lf, on);
	if (!err)
		*token = on->key.token;
	return err;
}
EXPORT_SYMBOL_GPL(liveupdate_get_token_outgoing);

/**
 * liveupdate_get_file_incoming - Get a file by its token.
 * @args:  The argument of .retrieve() itself, not a copy of it.
 * @token: The token of the other file.
 * @filep: Receives the file, with a reference for the caller.
 *
 * Context: Within .retrieve().
 * Return: 0; -ENOENT if the session has no such token; -ELOOP if the other file
 * is being retrieved and waits for this one, or if too many files wait for one
 * another; -EINVAL, with a message, outside of .retrieve(); or the error of its
 * handler.
 */
int liveupdate_get_file_incoming(struct liveupdate_file_op_args *args,
				 u64 token, struct file **filep)
{
	struct luo_fast_file *lf = luo_calling_file(args, LUO_FAST_RETRIEVING);
	struct luo_fast_file *on;

	if (!lf)
		return -EINVAL;

	on = luo_fast_file_find(lf->key.file_set, token);
	if (!on)
		return -ENOENT;
	if (on->phase == LUO_FAST_RETRIEVING)
		return -ELOOP;

	if (!on->status) {
		if (lf->depth >= LUO_FAST_MAX_DEPTH - 1)
			return -ELOOP;
		on->depth = lf->depth + 1;
	}
	return luo_fast_file_retrieve(on, filep);
}
EXPORT_SYMBOL_GPL(liveupdate_get_file_incoming);
