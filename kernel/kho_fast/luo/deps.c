// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Dependencies between files
 *
 * The edges, and the order in which to freeze that follows from them. What
 * handlers call is in deps_api.c.
 *
 * Lock order: all under the mutex of the session.
 */
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include "deps.h"
#include "file_set.h"

/**
 * struct luo_fast_dep - That a file needs another one.
 * @list: In &luo_fast_file.deps.
 * @on:   What it needs.
 */
struct luo_fast_dep {
	struct list_head	list;
	struct luo_fast_file	*on;
};

/**
 * luo_fast_dep_add - Note that a file needs another one.
 * @lf: The file.
 * @on: The one that it needs.
 *
 * Return: 0; -ELOOP when the chain would nest too deeply; -ENOMEM.
 */
int luo_fast_dep_add(struct luo_fast_file *lf, struct luo_fast_file *on)
{
	struct luo_fast_dep *dep;

	if (on->depth >= LUO_FAST_MAX_DEPTH - 1)
		return -ELOOP;

	dep = kmalloc_obj(*dep);
	if (!dep)
		return -ENOMEM;

	dep->on = on;
	on->dependents++;
	list_add_tail(&dep->list, &lf->deps);
	lf->depth = max(lf->depth, on->depth + 1);
	return 0;
}

/**
 * luo_fast_deps_free - Forget what a file needs.
 * @lf: The file, which goes.
 */
void luo_fast_deps_free(struct luo_fast_file *lf)
{
	struct luo_fast_dep *dep, *next;

	list_for_each_entry_safe(dep, next, &lf->deps, list) {
		dep->on->dependents--;
		list_del(&dep->list);
		kfree(dep);
	}
	lf->depth = 0;
}

/* @lf is next, then what waited for it alone, and so on. */
static void luo_freeze_order_add(struct list_head *order,
				 struct luo_fast_file *lf)
{
	struct luo_fast_dep *dep;

	list_add_tail(&lf->order, order);
	list_for_each_entry_from(lf, order, order) {
		list_for_each_entry(dep, &lf->deps, list) {
			if (!--dep->on->waits)
				list_add_tail(&dep->on->order, order);
		}
	}
}

/**
 * luo_fast_freeze_order - In which order are the files of a set to be frozen?
 * @file_set:   The set.
 * @order: An empty list; all files are in it afterwards. Those which nobody needs
 *         are in the order of preservation.
 *
 * Linear in files and needs.
 */
void luo_fast_freeze_order(struct luo_fast_file_set *file_set,
			   struct list_head *order)
{
	struct luo_fast_file *lf;

	list_for_each_entry(lf, &file_set->files, list)
		lf->waits = lf->dependents;

	/* Who needs a file comes after it, so it was passed when it is let go. */
	list_for_each_entry(lf, &file_set->files, list) {
		if (!lf->dependents)
			luo_freeze_order_add(order, lf);
	}
}
