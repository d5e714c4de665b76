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

#include "deps.h"
#include "file.h"
#include "file_set.h"
#include "handlers.h"
#include "lookup.h"

static struct luo_fast_file *
luo_calling_file(struct liveupdate_file_op_args *args,
		 enum luo_fast_phase phase)
{
	struct luo_fast_op *op = container_of(args, struct luo_fast_op, args);

	return WARN_ON_ONCE(op->file->phase != phase) ? NULL : op->file;
}

static struct luo_fast_file *luo_find_file(struct luo_fast_file_set *file_set,
					   struct file *file)
{
	struct liveupdate_file_handler *fh = luo_fast_handler_get(file);
	unsigned long id;

	if (!fh)
		return NULL;

	id = luo_fast_file_id(fh, file);
	luo_fast_handler_put(fh);
	return luo_fast_file_find_by_id(file_set, id);
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
	struct luo_fast_file *lf = luo_calling_file(args, LUO_FAST_PRESERVING);
	struct luo_fast_file *on;
	int err;

	if (!lf)
		return -EINVAL;

	on = luo_find_file(lf->key.file_set, file);
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
