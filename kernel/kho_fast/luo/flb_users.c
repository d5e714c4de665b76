// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Handlers as users of FLBs
 *
 * A file that is preserved uses the FLBs that its handler has at that time: it
 * holds that set, and drops the references of that set, whatever is registered
 * later. The record of a file does not name its FLBs. So a file of the previous
 * kernel uses those that its handler has in this kernel: an FLB is in use as
 * long as one of its handlers has files that are not finished.
 *
 * Lifecycle: a &struct luo_flb_user from registration to unregistration of the
 * handler; a &struct luo_flb_set until its last file is unpreserved.
 *
 * Lock order: luo_fast_registry_rwsem, for writing while FLBs are registered;
 * the lock of an FLB; luo_flb_users_lock.
 */
#define pr_fmt(fmt) "luo: " fmt

#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/list_private.h>
#include <linux/overflow.h>
#include <linux/printk.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "flb.h"
#include "flb_records.h"
#include "registry.h"

/**
 * struct luo_flb_set - FLBs of a handler at one time; it does not change.
 * @ref:  The handler, while it is current, and the files that hold it.
 * @nr:   Number of FLBs, not 0.
 * @flbs: The FLBs.
 */
struct luo_flb_set {
	refcount_t		ref;
	unsigned int		nr;
	struct liveupdate_flb	*flbs[] __counted_by(nr);
};

/**
 * struct luo_flb_user - A handler as a user of FLBs.
 * @list:  Only entry in the private list of the handler.
 * @all:   Entry in luo_flb_users.
 * @set:   Its FLBs, NULL for none; changed under luo_fast_registry_rwsem and
 *         luo_flb_users_lock.
 * @files: Files of the previous kernel that are not finished; under
 *         luo_flb_users_lock.
 * @late:  The last of @files was finished while others were not known; under
 *         luo_flb_users_lock.
 */
struct luo_flb_user {
	struct list_head	list;
	struct list_head	all;
	struct luo_flb_set	*set;
	unsigned long		files;
	bool			late;
};

static DEFINE_SPINLOCK(luo_flb_users_lock);
static LIST_HEAD(luo_flb_users);
static struct luo_flb_user luo_flb_no_user; /* not on it */
static unsigned int luo_nr_flbs; /* on luo_fast_flbs */
static bool luo_flb_files_known; /* those of sessions that could be read */
static unsigned long luo_flb_nr_unknown; /* other sessions */

/* If the handler is not registered: one without FLBs. */
static struct luo_flb_user *luo_flb_user(struct liveupdate_file_handler *fh)
{
	struct list_head *list = &ACCESS_PRIVATE(fh, flb_list);

	return !list->next || list_empty(list) ? &luo_flb_no_user :
		list_first_entry(list, struct luo_flb_user, list);
}

static void luo_flb_set_put(struct luo_flb_set *set)
{
	if (set && refcount_dec_and_test(&set->ref))
		kfree(set);
}

static bool luo_flb_set_has(const struct luo_flb_set *set,
			    const struct liveupdate_flb *flb)
{
	unsigned int i;

	for (i = 0; set && i < set->nr; i++) {
		if (set->flbs[i] == flb)
			return true;
	}

	return false;
}

/* A copy of @set, or of none, with room for @nr FLBs and without @except. */
static struct luo_flb_set *luo_flb_set_copy(const struct luo_flb_set *set,
					    unsigned int nr,
					    const struct liveupdate_flb *except,
					    gfp_t gfp)
{
	struct luo_flb_set *copy = kmalloc(struct_size(copy, flbs, nr), gfp);
	unsigned int i, to = 0;

	if (!copy)
		return NULL;

	refcount_set(&copy->ref, 1);
	copy->nr = nr;
	for (i = 0; set && i < set->nr; i++) {
		if (set->flbs[i] != except)
			copy->flbs[to++] = set->flbs[i];
	}

	return copy;
}

static void luo_flb_user_set(struct luo_flb_user *user, struct luo_flb_set *set)
{
	struct luo_flb_set *old = user->set;

	lockdep_assert_held_write(&luo_fast_registry_rwsem);

	scoped_guard(spinlock, &luo_flb_users_lock)
		user->set = set;
	luo_flb_set_put(old);
}

/**
 * luo_fast_flb_add_handler - Make a handler a possible user of FLBs.
 * @fh: The handler, being registered.
 *
 * Context: luo_fast_registry_rwsem is held for writing.
 * Return: 0 or -ENOMEM.
 */
int luo_fast_flb_add_handler(struct liveupdate_file_handler *fh)
{
	struct luo_flb_user *user = kzalloc_obj(*user);

	if (!user)
		return -ENOMEM;

	INIT_LIST_HEAD(&ACCESS_PRIVATE(fh, flb_list));
	list_add(&user->list, &ACCESS_PRIVATE(fh, flb_list));
	guard(spinlock)(&luo_flb_users_lock);
	list_add_tail(&user->all, &luo_flb_users);
	return 0;
}

/**
 * luo_fast_flb_preserve - Preserve the FLBs of a handler for a file.
 * @fh:   The handler.
 * @setp: Receives the FLBs, for luo_fast_flb_unpreserve().
 *
 * Context: process context, may sleep.
 * Return: 0; or the error of the first FLB that cannot be preserved, and then
 * the file uses none; -ENODEV if the module of that FLB is being unloaded.
 */
int luo_fast_flb_preserve(struct liveupdate_file_handler *fh,
			  struct luo_flb_set **setp)
{
	struct luo_flb_set *set;
	unsigned int i;
	int err;

	guard(rwsem_read)(&luo_fast_registry_rwsem);

	set = luo_flb_user(fh)->set;
	*setp = set;
	for (i = 0; set && i < set->nr; i++) {
		err = luo_fast_flb_get_or_preserve(set->flbs[i]);
		if (err)
			goto err_put;
	}
	if (set)
		refcount_inc(&set->ref);
	return 0;

err_put:
	while (i--)
		liveupdate_flb_put_outgoing(set->flbs[i]);
	return err;
}

/**
 * luo_fast_flb_unpreserve - Undo luo_fast_flb_preserve().
 * @set: The FLBs that the file holds.
 */
void luo_fast_flb_unpreserve(struct luo_flb_set *set)
{
	unsigned int i;

	if (!set)
		return;

	for (i = set->nr; i--;)
		liveupdate_flb_put_outgoing(set->flbs[i]);
	luo_flb_set_put(set);
}

/**
 * luo_fast_flb_in_use - Do files of the previous kernel use an FLB?
 * @flb: The FLB.
 *
 * Context: any but interrupts.
 * Return: true if a handler of @flb has files that are not finished, or may
 * get some.
 */
bool luo_fast_flb_in_use(const struct liveupdate_flb *flb)
{
	const struct luo_flb_user *user;

	guard(spinlock)(&luo_flb_users_lock);

	if (!luo_flb_files_known || luo_flb_nr_unknown)
		return true;

	list_for_each_entry(user, &luo_flb_users, all) {
		if (user->files && luo_flb_set_has(user->set, flb))
			return true;
	}

	return false;
}

/**
 * luo_fast_flb_set_files_known - All sessions were deserialized.
 *
 * Until then no FLB is finished: files to come may use it.
 */
void luo_fast_flb_set_files_known(void)
{
	guard(spinlock)(&luo_flb_users_lock);
	luo_flb_files_known = true;
}

/**
 * luo_fast_flb_add_unknown - Count a session whose files are not known.
 *
 * As long as there is one no FLB is finished.
 */
void luo_fast_flb_add_unknown(void)
{
	guard(spinlock)(&luo_flb_users_lock);
	luo_flb_nr_unknown++;
}

static bool luo_flb_is_late(struct luo_flb_user *user)
{
	guard(spinlock)(&luo_flb_users_lock);

	if (luo_flb_nr_unknown || !user->late || user->files)
		return false;

	user->late = false;
	return true;
}

static void luo_flb_set_finish(const struct luo_flb_set *set)
{
	unsigned int i;

	for (i = set ? set->nr : 0; i--;)
		luo_fast_flb_finish_unused(set->flbs[i]);
}

/**
 * luo_fast_flb_del_unknown - Undo luo_fast_flb_add_unknown().
 *
 * The files of the session were counted. FLBs of handlers whose files were all
 * finished meanwhile are finished.
 *
 * Context: process context, may sleep.
 */
void luo_fast_flb_del_unknown(void)
{
	struct luo_flb_user *user;

	scoped_guard(spinlock, &luo_flb_users_lock)
		luo_flb_nr_unknown--;

	/* Users come and go with it held for writing. */
	guard(rwsem_read)(&luo_fast_registry_rwsem);

	list_for_each_entry(user, &luo_flb_users, all) {
		if (luo_flb_is_late(user))
			luo_flb_set_finish(user->set);
	}
}

/**
 * luo_fast_flb_add_file - Count a file of the previous kernel.
 * @fh: Its handler.
 */
void luo_fast_flb_add_file(struct liveupdate_file_handler *fh)
{
	guard(spinlock)(&luo_flb_users_lock);
	luo_flb_user(fh)->files++;
}

/**
 * luo_fast_flb_del_file - Undo luo_fast_flb_add_file().
 * @fh: The handler of the file, whose FLBs are not finished.
 *
 * Return: true if it was the last file of @fh.
 */
bool luo_fast_flb_del_file(struct liveupdate_file_handler *fh)
{
	struct luo_flb_user *user;

	guard(spinlock)(&luo_flb_users_lock);

	user = luo_flb_user(fh);
	if (!user->files || --user->files)
		return false;

	user->late = luo_flb_nr_unknown;
	return true;
}

/**
 * luo_fast_flb_finish - Finish the FLBs of a handler after its last file.
 * @fh: The handler of a file that is finished.
 *
 * An FLB is finished when no handler that uses it has files left.
 *
 * Context: process context, may sleep.
 */
void luo_fast_flb_finish(struct liveupdate_file_handler *fh)
{
	if (!luo_fast_flb_del_file(fh))
		return;

	guard(rwsem_read)(&luo_fast_registry_rwsem);
	luo_flb_set_finish(luo_flb_user(fh)->set);
}

/* Put an FLB on the list, with its first user. */
static int luo_flb_register(struct liveupdate_flb *flb)
{
	struct liveupdate_flb *other;

	if (luo_nr_flbs == LUO_FAST_MAX_FLBS)
		return -ENOSPC;

	list_private_for_each_entry(other, &luo_fast_flbs, private.list) {
		if (!strcmp(other->compatible, flb->compatible))
			return -EEXIST;
	}

	list_add_tail(&luo_fast_flb_priv(flb)->list, &luo_fast_flbs);
	luo_nr_flbs++;
	return 0;
}

static int luo_flb_add_use(struct luo_flb_user *user,
			   struct liveupdate_flb *flb)
{
	struct luo_flb_private *private = luo_fast_flb_priv(flb);
	unsigned int nr = user->set ? user->set->nr : 0;
	struct luo_flb_set *set;
	int err;

	if (luo_flb_set_has(user->set, flb))
		return -EEXIST;

	set = luo_flb_set_copy(user->set, nr + 1, NULL, GFP_KERNEL);
	if (!set)
		return -ENOMEM;

	err = private->users ? 0 : luo_flb_register(flb);
	if (err) {
		luo_flb_set_put(set);
		return err;
	}

	private->users++;
	set->flbs[nr] = flb;
	luo_flb_user_set(user, set);
	return 0;
}

static void luo_flb_unregister(struct liveupdate_flb *flb)
{
	struct luo_flb_private *private = luo_fast_flb_priv(flb);

	if (--private->users)
		return;

	if (luo_fast_flb_is_preserved(flb))
		pr_err("FLB '%s' is unregistered while files use it: it will not be handed over\n",
		       flb->compatible);
	list_del_init(&private->list);
	luo_nr_flbs--;
}

static void luo_flb_del_use(struct luo_flb_user *user,
			    struct liveupdate_flb *flb)
{
	struct luo_flb_set *set = NULL;

	/* A small one, and no way to report an error. */
	if (user->set->nr > 1)
		set = luo_flb_set_copy(user->set, user->set->nr - 1, flb,
				       GFP_KERNEL | __GFP_NOFAIL);
	luo_flb_user_set(user, set);
	luo_flb_unregister(flb);
}

/**
 * liveupdate_register_flb - Register an FLB with a handler.
 * @fh:  The handler, registered.
 * @flb: The FLB, with @ops and @compatible.
 *
 * All files of @fh that are preserved from now on use @flb, and so do all of
 * the previous kernel.
 *
 * Context: process context, may sleep.
 * Return: 0; -EOPNOTSUPP if live update is off; -EINVAL, with a message, if a
 * callback is missing or @fh is not registered; -EEXIST if @fh uses @flb, or if
 * another FLB has its name; -ENOSPC if the record has no room for it; -ENOMEM.
 */
int liveupdate_register_flb(struct liveupdate_file_handler *fh,
			    struct liveupdate_flb *flb)
{
	const struct liveupdate_flb_ops *ops = flb->ops;
	struct luo_flb_user *user;

	if (!liveupdate_enabled())
		return -EOPNOTSUPP;
	if (!ops->preserve || !ops->unpreserve || !ops->retrieve ||
	    !ops->finish)
		return luo_fast_flb_refuse(flb, "a callback is missing");

	guard(rwsem_write)(&luo_fast_registry_rwsem);

	user = luo_flb_user(fh);
	return user == &luo_flb_no_user ?
	       luo_fast_flb_refuse(flb, "its handler is not registered") :
	       luo_flb_add_use(user, flb);
}
EXPORT_SYMBOL_GPL(liveupdate_register_flb);

/**
 * liveupdate_unregister_flb - Undo liveupdate_register_flb().
 * @fh:  The handler.
 * @flb: The FLB.
 *
 * Files of @fh that are preserved go on using @flb, but it is not handed over
 * unless other handlers use it.
 *
 * Context: process context, may sleep.
 */
void liveupdate_unregister_flb(struct liveupdate_file_handler *fh,
			       struct liveupdate_flb *flb)
{
	struct luo_flb_user *user;

	if (!liveupdate_enabled())
		return;

	guard(rwsem_write)(&luo_fast_registry_rwsem);

	user = luo_flb_user(fh);
	if (luo_flb_set_has(user->set, flb))
		luo_flb_del_use(user, flb);
	else
		pr_warn("FLB '%s' is not used by '%s'\n", flb->compatible,
			fh->compatible);
}
EXPORT_SYMBOL_GPL(liveupdate_unregister_flb);

/**
 * luo_fast_flb_del_handler - Undo luo_fast_flb_add_handler().
 * @fh: The handler; its FLBs are unregistered from it. Files of the previous
 *      kernel that it still has use none any more.
 *
 * Context: luo_fast_registry_rwsem is held for writing.
 */
void luo_fast_flb_del_handler(struct liveupdate_file_handler *fh)
{
	struct luo_flb_user *user = luo_flb_user(fh);
	struct luo_flb_set *set = user->set;
	unsigned int i;

	lockdep_assert_held_write(&luo_fast_registry_rwsem);

	for (i = 0; set && i < set->nr; i++)
		luo_flb_unregister(set->flbs[i]);
	scoped_guard(spinlock, &luo_flb_users_lock) {
		list_del(&user->list);
		list_del(&user->all);
	}
	luo_flb_set_put(set);
	kfree(user);
}
