// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Dependencies between files
 *
 * The dependencies of each file, and the order of the freeze that results from
 * them. deps_api.c has the functions that handlers call.
 *
 * Lock order: the mutex of the session is held.
 */
#define pr_fmt(fmt) "luo: " fmt

#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../account.h"
#include "deps.h"
#include "file_set.h"

/**
 * struct luo_fast_dep - A dependency of a file.
 * @list: Entry in &luo_fast_file.deps.
 * @on:   The file that is depended on.
 */
struct luo_fast_dep {
	struct list_head	list;
	struct luo_fast_file	*on;
};

/**
 * luo_fast_dep_add - Add a dependency.
 * @lf: The file.
 * @on: The file that it depends on.
 *
 * Return: 0; -ELOOP if the chain of dependencies would be too long; -ENOMEM.
 */
int luo_fast_dep_add(struct luo_fast_file *lf, struct luo_fast_file *on)
{
	struct luo_fast_dep *dep;

	if (on->depth >= LUO_FAST_MAX_DEPTH - 1)
		return -ELOOP;

	dep = kmalloc_obj(*dep, KHO_FAST_GFP_ACCOUNT);
	if (!dep)
		return -ENOMEM;

	dep->on = on;
	on->dependents++;
	list_add_tail(&dep->list, &lf->deps);
	lf->depth = max(lf->depth, on->depth + 1);
	return 0;
}

/**
 * luo_fast_deps_free - Free the dependencies of a file.
 * @lf: The file.
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

static bool luo_depends_on(const struct luo_fast_file *lf,
			   const struct luo_fast_file *on)
{
	const struct luo_fast_dep *dep;

	list_for_each_entry(dep, &lf->deps, list) {
		if (dep->on == on)
			return true;
	}

	return false;
}

/**
 * luo_fast_dependent - Find a file that depends on another one.
 * @file_set: The set of both.
 * @lf:       The other one.
 *
 * Linear in the number of files: for messages.
 *
 * Return: The last file that depends on @lf; NULL if there is none.
 */
const struct luo_fast_file *
luo_fast_dependent(const struct luo_fast_file_set *file_set,
		   const struct luo_fast_file *lf)
{
	const struct luo_fast_file *dependent;

	list_for_each_entry_reverse(dependent, &file_set->files, list) {
		if (luo_depends_on(dependent, lf))
			return dependent;
	}

	return NULL;
}

/**
 * luo_fast_report_dependent - Report why a file is not unpreserved.
 * @session:  Name of the session.
 * @file_set: Its files.
 * @lf:       The file, with a dependent.
 */
void luo_fast_report_dependent(const char *session,
			       const struct luo_fast_file_set *file_set,
			       const struct luo_fast_file *lf)
{
	const struct luo_fast_file *dependent =
		luo_fast_dependent(file_set, lf);

	if (dependent)
		pr_notice_ratelimited("session '%*pE': token %#llx '%s' stays preserved: unpreserve token %#llx '%s' first, which depends on it\n",
				      (int)strlen(session), session,
				      lf->key.token, lf->fh->compatible,
				      dependent->key.token,
				      dependent->fh->compatible);
}

/* Append @lf, then the files all of whose dependents are in @order by now. */
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
 * luo_fast_freeze_order - Sort the files of a set for the freeze.
 * @file_set: The set.
 * @order:    An empty list. Receives all files, dependents before dependencies;
 *            files without dependents are in order of preservation.
 *
 * Linear in the number of files and dependencies.
 */
void luo_fast_freeze_order(struct luo_fast_file_set *file_set,
			   struct list_head *order)
{
	struct luo_fast_file *lf;

	list_for_each_entry(lf, &file_set->files, list)
		lf->waits = lf->dependents;

	/* A file with dependents is added with the last of them. */
	list_for_each_entry(lf, &file_set->files, list) {
		if (!lf->dependents)
			luo_freeze_order_add(order, lf);
	}
}
