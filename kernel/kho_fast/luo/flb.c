// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: File-lifecycle-bound objects
 *
 * State that files share, such as that of an IOMMU, is preserved with the first
 * file whose handler uses it and unpreserved with the last one. In the next
 * kernel it is retrieved on demand and finished with the last file.
 *
 * Lifecycle: &luo_flb_private.outgoing counts the files of this kernel;
 * .incoming those of the previous kernel that are not finished, starting with
 * the count in the record. Both include the references that
 * liveupdate_flb_get_outgoing() and liveupdate_flb_get_incoming() return.
 *
 * Lock order: luo_fast_registry_rwsem, then the lock of an FLB. Callbacks run
 * with both, except retrieve(), with the latter.
 *
 * Failure: a failed retrieval is not repeated. The record does not count files
 * whose handler did not use the FLB in the previous kernel; finishing such a
 * file has no effect here. (In stock the count wraps, with a warning, if the
 * FLB was not requested before.)
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

/* Number of FLBs on luo_fast_flbs; under luo_fast_registry_rwsem */
static unsigned int luo_nr_flbs;

/**
 * struct luo_flb_use - Use of an FLB by a handler.
 * @list: Entry in the list of the handler.
 * @flb:  The FLB.
 */
struct luo_flb_use {
	struct list_head	list;
	struct liveupdate_flb	*flb;
};

/* Owners do not initialise the private part of their FLBs. */
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
	/* Publishes the fields above. */
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
 * liveupdate_flb_get_outgoing - Get a preserved object.
 * @flb:  The FLB.
 * @objp: Receives the object of .preserve(), valid until
 *        liveupdate_flb_put_outgoing().
 *
 * Context: process context, may sleep.
 * Return: 0; -EOPNOTSUPP if live update is disabled; -ENOENT if no file uses
 * the FLB.
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
 * liveupdate_flb_put_outgoing - Put a preserved object.
 * @flb: The FLB; unpreserved with the last reference.
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
 * luo_fast_flb_is_preserved - Check whether an FLB is preserved.
 * @flb: The FLB.
 *
 * Return: true if a file uses it, or if it has other references.
 */
bool luo_fast_flb_is_preserved(struct liveupdate_flb *flb)
{
	return refcount_read(&luo_flb_priv(flb)->outgoing.count);
}

/* Read the record of the previous kernel, the first time. */
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
 * @objp: Receives the object of .retrieve(), valid until
 *        liveupdate_flb_put_incoming().
 *
 * .retrieve() is called the first time only.
 *
 * Context: process context, may sleep; from core_initcall on.
 * Return: 0; -EOPNOTSUPP if live update is disabled; -ENODATA if the handover
 * has no FLBs, or if all files of this FLB are finished; -ENOENT if the
 * handover has other FLBs only; -EIO if it was refused; -ENODEV if the module
 * is being unloaded; or the error of the first call of .retrieve().
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
	/* finish() frees an object that is retrieved. */
	err = luo_flb_retrieve(flb, state);
	if (err) {
		pr_err("FLB '%s' is leaked, as it cannot be retrieved: %pe\n",
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
 * liveupdate_flb_put_incoming - Put an object of the previous kernel.
 * @flb: The FLB; finished with the last reference.
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
 * luo_fast_flb_preserve - Preserve the FLBs of a handler for a file.
 * @fh: The handler.
 *
 * Context: process context, may sleep.
 * Return: 0; or the error of the first FLB that cannot be preserved, and then
 * the file uses none; -ENODEV if the module of that FLB is being unloaded.
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
 * luo_fast_flb_finish - Put the FLBs of a handler for a finished file.
 * @fh: The handler.
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
 * liveupdate_register_flb - Register an FLB with a handler.
 * @fh:  The handler, registered.
 * @flb: The FLB, with @ops and @compatible.
 *
 * All files of @fh use @flb from now on.
 *
 * Context: process context, may sleep.
 * Return: 0; -EOPNOTSUPP if live update is disabled; -EINVAL if a callback is
 * missing or @fh is not registered; -EEXIST if @fh uses @flb already, or if
 * another FLB has its name; -ENOSPC if the record has no room for it; -ENOMEM.
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
 * Context: process context, may sleep. No file of @fh is preserved.
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
 * luo_fast_flb_unregister_all - Unregister all FLBs of a handler.
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
