// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Objects that live as long as files that use them
 *
 * State that files share (file-lifecycle-bound, FLB), such as that of an IOMMU,
 * is preserved with the first file whose handler uses it and given up with the
 * last one; in the next kernel it is retrieved when somebody asks for it, and
 * finished with the last file.
 *
 * Lifecycle: &luo_flb_private.outgoing counts the files here, and .incoming those
 * of the previous kernel, from its record, that are not finished yet. Both count
 * who has got the object, too.
 *
 * Lock order: luo_fast_registry_rwsem, then the lock of an FLB. The callbacks are
 * called with both, but for retrieve(), with the latter.
 *
 * Failure: a retrieval that failed is not tried again. A file of the previous
 * kernel that did not use the FLB there, since its handler did not, is none of
 * those that are counted, and finishing it does nothing here. (Stock's count
 * wraps, with a splat, when nobody asked for the FLB before.)
 */
#define pr_fmt(fmt) "luo: " fmt

#include <linux/bug.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/list_private.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "flb.h"
#include "flb_records.h"
#include "registry.h"

/* Every FLB that a handler uses; under luo_fast_registry_rwsem, as @nr_flbs. */
static unsigned int luo_nr_flbs;

/**
 * struct luo_flb_use - That a handler uses an FLB.
 * @list: In the list of the handler.
 * @flb:  The FLB.
 */
struct luo_flb_use {
	struct list_head	list;
	struct liveupdate_flb	*flb;
};

/* The FLBs are their owners', and not initialised by them. */
static struct luo_flb_private *luo_flb_priv(struct liveupdate_flb *flb)
{
	struct luo_flb_private *private = &ACCESS_PRIVATE(flb, private);
	static DEFINE_SPINLOCK(luo_flb_init_lock);

	/* Pairs with the release below. */
	if (smp_load_acquire(&private->initialized))
		return private;

	guard(spinlock)(&luo_flb_init_lock);
	if (private->initialized)
		return private;

	mutex_init(&private->outgoing.lock);
	mutex_init(&private->incoming.lock);
	INIT_LIST_HEAD(&private->list);
	private->users = 0;
	/* Whoever sees it sees the rest. */
	smp_store_release(&private->initialized, true);
	return private;
}

static int luo_flb_preserve_first(struct liveupdate_flb *flb,
				  struct luo_flb_private_state *state)
{
	struct liveupdate_flb_op_args args = { .flb = flb };
	int err;

	if (!try_module_get(flb->ops->owner))
		return -ENODEV;

	err = flb->ops->preserve(&args);
	if (err) {
		module_put(flb->ops->owner);
		return err;
	}

	state->data = args.data;
	state->obj = args.obj;
	refcount_set(&state->count, 1);
	return 0;
}

static int luo_flb_get_or_preserve(struct liveupdate_flb *flb)
{
	struct luo_flb_private_state *state = &luo_flb_priv(flb)->outgoing;

	guard(mutex)(&state->lock);

	if (!refcount_read(&state->count))
		return luo_flb_preserve_first(flb, state);

	refcount_inc(&state->count);
	return 0;
}

/**
 * liveupdate_flb_get_outgoing - Get an object that is preserved.
 * @flb:  The FLB.
 * @objp: Where to store what .preserve() made. It stays until
 *        liveupdate_flb_put_outgoing().
 *
 * Context: process context, may sleep.
 * Return: 0; -EOPNOTSUPP when live update is off; -ENOENT when there is none.
 */
int liveupdate_flb_get_outgoing(struct liveupdate_flb *flb, void **objp)
{
	struct luo_flb_private_state *state = &luo_flb_priv(flb)->outgoing;

	if (!liveupdate_enabled())
		return -EOPNOTSUPP;

	guard(mutex)(&state->lock);

	if (!state->obj)
		return -ENOENT;

	refcount_inc(&state->count);
	*objp = state->obj;
	return 0;
}
EXPORT_SYMBOL_GPL(liveupdate_flb_get_outgoing);

/**
 * liveupdate_flb_put_outgoing - Undo liveupdate_flb_get_outgoing().
 * @flb: The FLB; it is given up with the last reference.
 *
 * Context: process context, may sleep.
 */
void liveupdate_flb_put_outgoing(struct liveupdate_flb *flb)
{
	struct luo_flb_private_state *state = &luo_flb_priv(flb)->outgoing;
	struct liveupdate_flb_op_args args = { .flb = flb };

	guard(mutex)(&state->lock);

	if (!refcount_dec_and_test(&state->count))
		return;

	args.data = state->data;
	args.obj = state->obj;
	flb->ops->unpreserve(&args);
	state->data = 0;
	state->obj = NULL;
	module_put(flb->ops->owner);
}
EXPORT_SYMBOL_GPL(liveupdate_flb_put_outgoing);

/**
 * luo_fast_flb_is_preserved - Will it be handed over?
 * @flb: The FLB.
 *
 * Return: true if some file uses it, or somebody has got it.
 */
bool luo_fast_flb_is_preserved(struct liveupdate_flb *flb)
{
	return refcount_read(&luo_flb_priv(flb)->outgoing.count);
}

/* Find out what was handed over, the first time. */
static int luo_flb_read_record(struct liveupdate_flb *flb,
			       struct luo_flb_private_state *state)
{
	const struct luo_flb_ser *ser;

	if (state->finished)
		return -ENODATA;
	if (refcount_read(&state->count))
		return 0;

	ser = luo_fast_flb_find_record(flb->compatible);
	if (IS_ERR(ser))
		return PTR_ERR(ser);

	state->data = ser->data;
	refcount_set(&state->count, ser->count);
	return 0;
}

static int luo_flb_retrieve(struct liveupdate_flb *flb,
			    struct luo_flb_private_state *state)
{
	struct liveupdate_flb_op_args args = { .flb = flb };
	int err;

	if (state->retrieve_status)
		return min(state->retrieve_status, 0);
	if (!try_module_get(flb->ops->owner))
		return -ENODEV;

	args.data = state->data;
	err = flb->ops->retrieve(&args);
	if (err) {
		module_put(flb->ops->owner);
		state->retrieve_status = err < 0 ? err : -EIO;
		return state->retrieve_status;
	}

	state->obj = args.obj;
	state->retrieve_status = 1;
	return 0;
}

/**
 * liveupdate_flb_get_incoming - Get an object of the previous kernel.
 * @flb:  The FLB.
 * @objp: Where to store what .retrieve() made, the first time. It stays until
 *        liveupdate_flb_put_incoming().
 *
 * Context: process context, may sleep; from core_initcall on.
 * Return: 0; -EOPNOTSUPP when live update is off; -ENODATA when nothing was handed
 * over, or all its files are finished; -ENOENT when other FLBs were, but not this
 * one; -EIO when the handover was refused; -ENODEV when the module is being
 * unloaded; or what .retrieve() returned, the first time.
 */
int liveupdate_flb_get_incoming(struct liveupdate_flb *flb, void **objp)
{
	struct luo_flb_private_state *state = &luo_flb_priv(flb)->incoming;
	int err;

	if (!liveupdate_enabled())
		return -EOPNOTSUPP;

	guard(mutex)(&state->lock);

	err = luo_flb_read_record(flb, state);
	if (!err)
		err = luo_flb_retrieve(flb, state);
	if (err)
		return err;

	refcount_inc(&state->count);
	*objp = state->obj;
	return 0;
}
EXPORT_SYMBOL_GPL(liveupdate_flb_get_incoming);

static void luo_flb_finish(struct liveupdate_flb *flb,
			   struct luo_flb_private_state *state)
{
	struct liveupdate_flb_op_args args = { .flb = flb };
	int err;

	state->finished = true;
	/* To be freed it must be there. */
	err = luo_flb_retrieve(flb, state);
	if (err) {
		pr_err("FLB '%s' cannot be retrieved to be freed, it stays held: %pe\n",
		       flb->compatible, ERR_PTR(err));
		return;
	}

	args.obj = state->obj;
	flb->ops->finish(&args);
	state->data = 0;
	state->obj = NULL;
	module_put(flb->ops->owner);
}

/**
 * liveupdate_flb_put_incoming - Undo liveupdate_flb_get_incoming().
 * @flb: The FLB; it is finished with the last reference.
 *
 * Context: process context, may sleep.
 */
void liveupdate_flb_put_incoming(struct liveupdate_flb *flb)
{
	struct luo_flb_private_state *state = &luo_flb_priv(flb)->incoming;

	guard(mutex)(&state->lock);

	if (!luo_flb_read_record(flb, state) &&
	    refcount_dec_and_test(&state->count))
		luo_flb_finish(flb, state);
}
EXPORT_SYMBOL_GPL(liveupdate_flb_put_incoming);

/**
 * luo_fast_flb_preserve - A file is going to be preserved.
 * @fh: Its handler.
 *
 * Context: process context, may sleep.
 * Return: 0, with all FLBs of @fh preserved, or what the first returned that was
 * not, with none of them used by this file; -ENODEV when its module is being
 * unloaded.
 */
int luo_fast_flb_preserve(struct liveupdate_file_handler *fh)
{
	struct list_head *uses = &ACCESS_PRIVATE(fh, flb_list);
	struct luo_flb_use *use;
	int err;

	guard(rwsem_read)(&luo_fast_registry_rwsem);

	list_for_each_entry(use, uses, list) {
		err = luo_flb_get_or_preserve(use->flb);
		if (err)
			break;
	}
	if (list_entry_is_head(use, uses, list))
		return 0;

	list_for_each_entry_continue_reverse(use, uses, list)
		liveupdate_flb_put_outgoing(use->flb);
	return err;
}

/**
 * luo_fast_flb_unpreserve - Undo luo_fast_flb_preserve().
 * @fh: The handler.
 */
void luo_fast_flb_unpreserve(struct liveupdate_file_handler *fh)
{
	struct luo_flb_use *use;

	guard(rwsem_read)(&luo_fast_registry_rwsem);
	list_for_each_entry_reverse(use, &ACCESS_PRIVATE(fh, flb_list), list)
		liveupdate_flb_put_outgoing(use->flb);
}

/**
 * luo_fast_flb_finish - A file of the previous kernel was finished.
 * @fh: Its handler.
 */
void luo_fast_flb_finish(struct liveupdate_file_handler *fh)
{
	struct luo_flb_use *use;

	guard(rwsem_read)(&luo_fast_registry_rwsem);
	list_for_each_entry_reverse(use, &ACCESS_PRIVATE(fh, flb_list), list)
		liveupdate_flb_put_incoming(use->flb);
}

static struct luo_flb_use *luo_flb_find_use(struct liveupdate_file_handler *fh,
					    const struct liveupdate_flb *flb)
{
	struct luo_flb_use *use;

	list_for_each_entry(use, &ACCESS_PRIVATE(fh, flb_list), list) {
		if (use->flb == flb)
			return use;
	}

	return NULL;
}

/* The first handler that uses it makes it known. */
static int luo_flb_register(struct liveupdate_flb *flb)
{
	struct liveupdate_flb *other;

	if (luo_nr_flbs == LUO_FAST_MAX_FLBS)
		return -ENOSPC;

	list_private_for_each_entry(other, &luo_fast_flbs, private.list) {
		if (!strcmp(other->compatible, flb->compatible))
			return -EEXIST;
	}

	list_add_tail(&luo_flb_priv(flb)->list, &luo_fast_flbs);
	luo_nr_flbs++;
	return 0;
}

static int luo_flb_add_use(struct liveupdate_file_handler *fh,
			   struct luo_flb_use *use)
{
	struct luo_flb_private *private = luo_flb_priv(use->flb);
	int err;

	guard(rwsem_write)(&luo_fast_registry_rwsem);

	if (luo_flb_find_use(fh, use->flb))
		return -EEXIST;

	err = private->users ? 0 : luo_flb_register(use->flb);
	if (err)
		return err;

	private->users++;
	list_add_tail(&use->list, &ACCESS_PRIVATE(fh, flb_list));
	return 0;
}

static void luo_flb_del_use(struct luo_flb_use *use)
{
	struct luo_flb_private *private = luo_flb_priv(use->flb);

	if (!--private->users) {
		list_del_init(&private->list);
		luo_nr_flbs--;
	}
	list_del(&use->list);
	kfree(use);
}

/**
 * liveupdate_register_flb - Say that all files of a handler use an FLB.
 * @fh:  The handler, registered.
 * @flb: The FLB, with @ops and @compatible.
 *
 * Context: process context, may sleep.
 * Return: 0; -EOPNOTSUPP when live update is off; -EINVAL when a callback is
 * missing or @fh is not registered; -EEXIST when @fh has it, or another FLB has
 * its name; -ENOSPC when there are as many as can be handed over; -ENOMEM.
 */
int liveupdate_register_flb(struct liveupdate_file_handler *fh,
			    struct liveupdate_flb *flb)
{
	const struct liveupdate_flb_ops *ops = flb->ops;
	struct luo_flb_use *use;
	int err;

	if (!liveupdate_enabled())
		return -EOPNOTSUPP;
	if (WARN_ON(!ops->preserve || !ops->unpreserve || !ops->retrieve ||
		    !ops->finish || !ACCESS_PRIVATE(fh, flb_list).next))
		return -EINVAL;

	use = kmalloc_obj(*use);
	if (!use)
		return -ENOMEM;

	use->flb = flb;
	err = luo_flb_add_use(fh, use);
	if (err)
		kfree(use);
	return err;
}
EXPORT_SYMBOL_GPL(liveupdate_register_flb);

/**
 * liveupdate_unregister_flb - Undo liveupdate_register_flb().
 * @fh:  The handler.
 * @flb: The FLB.
 *
 * Context: process context, may sleep; no file of @fh is preserved.
 */
void liveupdate_unregister_flb(struct liveupdate_file_handler *fh,
			       struct liveupdate_flb *flb)
{
	struct luo_flb_use *use;

	if (!liveupdate_enabled())
		return;

	guard(rwsem_write)(&luo_fast_registry_rwsem);

	use = luo_flb_find_use(fh, flb);
	if (use)
		luo_flb_del_use(use);
	else
		pr_warn("FLB '%s' is not used by '%s'\n", flb->compatible,
			fh->compatible);
}
EXPORT_SYMBOL_GPL(liveupdate_unregister_flb);

/**
 * luo_fast_flb_unregister_all - A handler goes.
 * @fh: The handler.
 *
 * Context: luo_fast_registry_rwsem is held for writing.
 */
void luo_fast_flb_unregister_all(struct liveupdate_file_handler *fh)
{
	struct luo_flb_use *use, *next;

	lockdep_assert_held_write(&luo_fast_registry_rwsem);

	list_for_each_entry_safe(use, next, &ACCESS_PRIVATE(fh, flb_list), list)
		luo_flb_del_use(use);
}
