// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Files that need files
 *
 * A handler may find out in .preserve() under which token another file of the
 * session is preserved, write that down and get the file by it in .retrieve().
 * From then on its own file needs that one:
 *
 * - it is frozen before that one is, and unfrozen after it;
 * - it is unpreserved before that one is;
 * - its retrieval retrieves that one, if nobody has done so.
 *
 * Only what is preserved already can be needed, so what needs a file is younger
 * than it, there are no cycles, and the order of preservation, backwards, is one in
 * which everything can be undone. Nothing of this is in the records: the handler
 * hands the token over in its own. A handover whose tokens lead round in a circle
 * ends with -ELOOP, and so does a chain that would nest too deeply.
 *
 * Lock order: all under the mutex of the session, which the callback was called
 * with.
 */
#include <linux/bug.h>
#include <linux/container_of.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/fs.h>
#include <linux/liveupdate_deps.h>
#include <linux/slab.h>

#include "internal.h"

/**
 * struct luo_fast_need - That a file needs another one.
 * @list: In &luo_fast_file.needs.
 * @on:   What it needs.
 */
struct luo_fast_need {
	struct list_head	list;
	struct luo_fast_file	*on;
};

static struct luo_fast_file *caller(struct liveupdate_file_op_args *args,
				    enum luo_fast_phase phase)
{
	struct luo_fast_op *op = container_of(args, struct luo_fast_op, args);

	return WARN_ON_ONCE(op->file->phase != phase) ? NULL : op->file;
}

static struct luo_fast_file *find_file(struct luo_fast_set *set,
				       struct file *file)
{
	struct liveupdate_file_handler *fh = luo_fast_handler_get(file);
	unsigned long id;

	if (!fh)
		return NULL;

	id = luo_fast_id(fh, file);
	luo_fast_handler_put(fh);
	return luo_fast_find_id(set, id);
}

static int add_need(struct luo_fast_file *lf, struct luo_fast_file *on)
{
	struct luo_fast_need *need;

	if (on->depth >= LUO_FAST_MAX_DEPTH - 1)
		return -ELOOP;

	need = kmalloc_obj(*need);
	if (!need)
		return -ENOMEM;

	need->on = on;
	on->dependents++;
	list_add_tail(&need->list, &lf->needs);
	lf->depth = max(lf->depth, on->depth + 1);
	return 0;
}

/**
 * liveupdate_get_token_outgoing - Find the token of a file that this one needs.
 * @args:  What .preserve() was called with, itself and not a copy.
 * @file:  The other file.
 * @token: Where to store its token.
 *
 * Context: within .preserve().
 * Return: 0; -ENOENT when @file is not preserved in the same session yet; -ELOOP
 * when it is the file that is being preserved, or when more than
 * %LUO_FAST_MAX_DEPTH files would need one another in a chain; -ENOMEM; -EINVAL
 * outside of .preserve().
 */
int liveupdate_get_token_outgoing(struct liveupdate_file_op_args *args,
				  struct file *file, u64 *token)
{
	struct luo_fast_file *lf = caller(args, LUO_FAST_PRESERVING);
	struct luo_fast_file *on;
	int err;

	if (!lf)
		return -EINVAL;

	on = find_file(lf->key.set, file);
	if (!on)
		return -ENOENT;
	if (on == lf)
		return -ELOOP;

	err = add_need(lf, on);
	if (!err)
		*token = on->key.token;
	return err;
}
EXPORT_SYMBOL_GPL(liveupdate_get_token_outgoing);

/**
 * liveupdate_get_file_incoming - Get a file that this one needs.
 * @args:  What .retrieve() was called with, itself and not a copy.
 * @token: Of the other file.
 * @filep: Where to store it, referenced for the caller.
 *
 * Context: within .retrieve().
 * Return: 0; -ENOENT when the session has no such token; -ELOOP when the other
 * file is being retrieved and waits for this one, or when too many files wait
 * for one another; -EINVAL outside of .retrieve(); or what its handler returned.
 */
int liveupdate_get_file_incoming(struct liveupdate_file_op_args *args,
				 u64 token, struct file **filep)
{
	struct luo_fast_file *lf = caller(args, LUO_FAST_RETRIEVING);
	struct luo_fast_file *on;

	if (!lf)
		return -EINVAL;

	on = luo_fast_find(lf->key.set, token);
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

/**
 * luo_fast_needs_drop - Forget what a file needs.
 * @lf: The file, which goes.
 */
void luo_fast_needs_drop(struct luo_fast_file *lf)
{
	struct luo_fast_need *need, *next;

	list_for_each_entry_safe(need, next, &lf->needs, list) {
		need->on->dependents--;
		list_del(&need->list);
		kfree(need);
	}
	lf->depth = 0;
}

/* @lf is next, then what waited for it alone, and so on. */
static void put_in_order(struct list_head *order, struct luo_fast_file *lf)
{
	struct luo_fast_need *need;

	list_add_tail(&lf->order, order);
	list_for_each_entry_from(lf, order, order) {
		list_for_each_entry(need, &lf->needs, list) {
			if (!--need->on->waits)
				list_add_tail(&need->on->order, order);
		}
	}
}

/**
 * luo_fast_freeze_order - In which order are the files of a set to be frozen?
 * @set:   The set.
 * @order: An empty list; all files are in it afterwards. Those which nobody needs
 *         are in the order of preservation.
 *
 * Linear in files and needs.
 */
void luo_fast_freeze_order(struct luo_fast_set *set, struct list_head *order)
{
	struct luo_fast_file *lf;

	list_for_each_entry(lf, &set->files, list)
		lf->waits = lf->dependents;

	/* Who needs a file comes after it, so it was passed when it is let go. */
	list_for_each_entry(lf, &set->files, list) {
		if (!lf->dependents)
			put_in_order(order, lf);
	}
}
