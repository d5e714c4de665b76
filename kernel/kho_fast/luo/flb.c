// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: File-lifecycle-bound objects
 *
 * State that files share, such as that of an IOMMU, is preserved with the first
 * file whose handler uses it and unpreserved with the last one. In the next
 * kernel it is retrieved on demand and finished with the last file.
 *
 * Lifecycle: &luo_flb_private.outgoing counts the files of this kernel and the
 * references of liveupdate_flb_get_outgoing(). .incoming counts the references
 * of liveupdate_flb_get_incoming(), and one for the record, until the FLB is
 * finished. Files of the previous kernel are counted by flb_users.c. The count
 * in the record is not used: it is that of the files whose handler used the FLB
 * in the previous kernel.
 *
 * Lock order: luo_fast_registry_rwsem, then the lock of an FLB, then
 * luo_flb_users_lock. Callbacks run with the lock of the FLB.
 *
 * Failure: a failed retrieval is not repeated.
 */
#define pr_fmt(fmt) "luo: " fmt

#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "flb.h"
#include "flb_records.h"

/**
 * luo_fast_flb_priv - Private part of an FLB.
 * @flb: The FLB. Its owner does not initialise that part.
 *
 * Context: any but interrupts.
 * Return: The private part, initialised.
 */
struct luo_flb_private *luo_fast_flb_priv(struct liveupdate_flb *flb)
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

/* The caller has a reference of the module; the object gets one of its own. */
static int luo_flb_preserve_first(struct liveupdate_flb *flb,
				  struct luo_flb_private_state *state)
{
	struct liveupdate_flb_op_args args = { .flb = flb };
	int err = flb->ops->preserve(&args);

	if (err)
		return err;

	__module_get(flb->ops->owner);
	state->data = args.data;
	state->obj = args.obj;
	refcount_set(&state->count, 1);
	return 0;
}

static int luo_flb_do_get(struct liveupdate_flb *flb,
			  struct luo_flb_private_state *state)
{
	guard(mutex)(&state->lock);

	if (!refcount_read(&state->count))
		return luo_flb_preserve_first(flb, state);

	refcount_inc(&state->count);
	return 0;
}

/**
 * luo_fast_flb_refuse - Refuse to register an FLB.
 * @flb: The FLB.
 * @why: What is wrong with it.
 *
 * Return: -EINVAL, with a message.
 */
int luo_fast_flb_refuse(const struct liveupdate_flb *flb, const char *why)
{
	pr_err("cannot register FLB '%s': %s\n", flb->compatible, why);
	return -EINVAL;
}

/**
 * luo_fast_flb_get_or_preserve - Use an FLB for a file.
 * @flb: The FLB; preserved for its first file.
 *
 * Context: process context, may sleep; luo_fast_registry_rwsem is held.
 * Return: 0; -ENODEV if its module is being unloaded; or the error of the FLB.
 */
int luo_fast_flb_get_or_preserve(struct liveupdate_flb *flb)
{
	struct luo_flb_private_state *state = &luo_fast_flb_priv(flb)->outgoing;
	struct module *owner = flb->ops->owner;
	int err;

	if (!try_module_get(owner))
		return -ENODEV;

	err = luo_flb_do_get(flb, state);
	module_put(owner);
	return err;
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
	struct luo_flb_private_state *state = &luo_fast_flb_priv(flb)->outgoing;

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

static void luo_flb_unpreserve(struct liveupdate_flb *flb,
			       struct luo_flb_private_state *state)
{
	struct liveupdate_flb_op_args args = {
		.flb = flb,
		.data = state->data,
		.obj = state->obj,
	};

	flb->ops->unpreserve(&args);
	state->data = 0;
	state->obj = NULL;
}

/* A client that puts once too often takes the reference of a file. */
static void luo_flb_report_put(const struct liveupdate_flb *flb)
{
	pr_err_ratelimited("FLB '%s' was put more often than it was got\n",
			   flb->compatible);
}

/**
 * liveupdate_flb_put_outgoing - Put a preserved object.
 * @flb: The FLB; unpreserved with the last reference. A message if it has none.
 *
 * Context: process context, may sleep.
 */
void liveupdate_flb_put_outgoing(struct liveupdate_flb *flb)
{
	struct luo_flb_private_state *state = &luo_fast_flb_priv(flb)->outgoing;
	struct module *owner = flb->ops->owner;
	bool is_last = false;

	scoped_guard(mutex, &state->lock) {
		if (!refcount_read(&state->count))
			luo_flb_report_put(flb);
		else
			is_last = refcount_dec_and_test(&state->count);
		if (is_last)
			luo_flb_unpreserve(flb, state);
	}
	/* The lock may be in memory of the module. */
	if (is_last)
		module_put(owner);
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
	return refcount_read(&luo_fast_flb_priv(flb)->outgoing.count);
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
	refcount_set(&state->count, 1);
	return 0;
}

/* The caller has a reference of the module; the object gets one of its own. */
static int luo_flb_retrieve(struct liveupdate_flb *flb,
			    struct luo_flb_private_state *state)
{
	struct liveupdate_flb_op_args args = { .flb = flb };
	int err;

	if (state->retrieve_status)
		return min(state->retrieve_status, 0);

	args.data = state->data;
	err = flb->ops->retrieve(&args);
	if (err) {
		state->retrieve_status = err < 0 ? err : -EIO;
		return state->retrieve_status;
	}

	__module_get(flb->ops->owner);
	state->obj = args.obj;
	state->retrieve_status = 1;
	return 0;
}

static int luo_flb_get_retrieved(struct liveupdate_flb *flb,
				 struct luo_flb_private_state *state,
				 void **objp)
{
	int err;

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
	struct luo_flb_private_state *state = &luo_fast_flb_priv(flb)->incoming;
	struct module *owner = flb->ops->owner;
	int err;

	if (!liveupdate_enabled())
		return -EOPNOTSUPP;
	if (!try_module_get(owner))
		return -ENODEV;

	err = luo_flb_get_retrieved(flb, state, objp);
	module_put(owner);
	return err;
}
EXPORT_SYMBOL_GPL(liveupdate_flb_get_incoming);

/* @is_live: The caller has a reference of the module, beside the object's. */
static void luo_flb_finish(struct liveupdate_flb *flb,
			   struct luo_flb_private_state *state, bool is_live)
{
	struct liveupdate_flb_op_args args = { .flb = flb };
	int err;

	state->finished = true;
	/* finish() frees an object that is retrieved. */
	err = is_live ? luo_flb_retrieve(flb, state) : -ENODEV;
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

/*
 * Put @nr references, and finish the FLB if nothing uses it any more. In one
 * step: otherwise another task may finish it between them, and the module go.
 */
static void luo_flb_put_incoming(struct liveupdate_flb *flb,
				 struct luo_flb_private_state *state,
				 unsigned int nr, bool is_live)
{
	guard(mutex)(&state->lock);

	if (luo_flb_read_record(flb, state))
		return;
	if (refcount_read(&state->count) <= nr) {
		luo_flb_report_put(flb);
		return;
	}

	if (nr)
		refcount_dec(&state->count);
	if (refcount_read(&state->count) == 1 && !luo_fast_flb_in_use(flb))
		luo_flb_finish(flb, state, is_live);
}

/* The lock may be in memory of the module, which must not go before it. */
static void luo_flb_put(struct liveupdate_flb *flb, unsigned int nr)
{
	struct luo_flb_private_state *state = &luo_fast_flb_priv(flb)->incoming;
	struct module *owner = flb->ops->owner;
	const bool is_live = try_module_get(owner);

	luo_flb_put_incoming(flb, state, nr, is_live);
	if (is_live)
		module_put(owner);
}

/**
 * luo_fast_flb_finish_unused - Finish an FLB that nothing uses any more.
 * @flb: The FLB, of the previous kernel or not.
 *
 * Context: process context, may sleep; luo_fast_registry_rwsem is held.
 */
void luo_fast_flb_finish_unused(struct liveupdate_flb *flb)
{
	luo_flb_put(flb, 0);
}

/**
 * liveupdate_flb_put_incoming - Put an object of the previous kernel.
 * @flb: The FLB; finished if no file of the previous kernel uses it any more.
 *
 * Context: process context, may sleep.
 */
void liveupdate_flb_put_incoming(struct liveupdate_flb *flb)
{
	luo_flb_put(flb, 1);
}
EXPORT_SYMBOL_GPL(liveupdate_flb_put_incoming);
