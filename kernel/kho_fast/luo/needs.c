// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Dependencies between files
 *
 * The edges, and the order in which to freeze that follows from them. What
 * handlers call is in depend.c.
 *
 * Lock order: all under the mutex of the session.
 */
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include "file_set.h"
#include "needs.h"

/**
 * struct luo_fast_need - That a file needs another one.
 * @list: In &luo_fast_file.needs.
 * @on:   What it needs.
 */
struct luo_fast_need {
	struct list_head	list;
	struct luo_fast_file	*on;
};

/**
 * luo_fast_need_add - Note that a file needs another one.
 * @lf: The file.
 * @on: The one that it needs.
 *
 * Return: 0; -ELOOP when the chain would nest too deeply; -ENOMEM.
 */
int luo_fast_need_add(struct luo_fast_file *lf, struct luo_fast_file *on)
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
static void luo_freeze_order_add(struct list_head *order,
				 struct luo_fast_file *lf)
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
