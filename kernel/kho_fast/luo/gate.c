// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Gate between operations on sessions and the freeze
 *
 * An operation, that is an ioctl or a close, enters the gate and leaves it. The
 * freeze closes the gate and waits until all operations have left it; then no
 * session changes. It is not a rwsem, since neither side may wait for ever:
 *
 * - A task that waits for a closed gate can be killed, except in a close.
 * - The freeze waits for at most luo_fast_gate_timeout seconds, and can be
 *   killed. When it gives up it names a session and a task that is in the gate,
 *   and opens the gate again.
 *
 * A freeze has as long again from there on, in handlers that ask for it.
 *
 * Callbacks of handlers run inside the gate, as they change what is frozen, and
 * may sleep for long. Memory of userspace is accessed outside of it only
 * (ioctl.c), as userspace decides how long a page fault takes.
 *
 * Lifecycle: open at boot; closed in the freeze, and for good if that succeeds.
 *
 * Lock order: see core.c. luo_gate_lock is a leaf.
 */
#define pr_fmt(fmt) "luo: " fmt

#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/wait.h>

#include "gate.h"
#include "luo.h"

/* Seconds that a freeze waits; at most LUO_FAST_GATE_MAX_TIMEOUT */
unsigned int luo_fast_gate_timeout = LUO_FAST_GATE_TIMEOUT;

static DEFINE_SPINLOCK(luo_gate_lock);
static LIST_HEAD(luo_gate_ops); /* in progress, the oldest one first */
static bool luo_gate_is_closed;
static unsigned long luo_gate_deadline; /* of the freeze */
static DECLARE_WAIT_QUEUE_HEAD(luo_gate_opened);
static DECLARE_WAIT_QUEUE_HEAD(luo_gate_emptied);

static bool luo_gate_try_enter(struct luo_fast_gate_op *op)
{
	guard(spinlock)(&luo_gate_lock);

	if (luo_gate_is_closed)
		return false;

	list_add_tail(&op->list, &luo_gate_ops);
	return true;
}

static void luo_gate_init_op(struct luo_fast_gate_op *op, const char *session)
{
	op->task = current;
	strscpy(op->session, session);
}

/**
 * luo_fast_gate_enter - Begin an operation.
 * @op:      Describes it until luo_fast_gate_leave().
 * @session: Name of the session; "" for the device.
 *
 * Context: process context, may sleep.
 * Return: 0; -EINTR if the task is being killed.
 */
int luo_fast_gate_enter(struct luo_fast_gate_op *op, const char *session)
{
	luo_gate_init_op(op, session);
	return wait_event_killable(luo_gate_opened, luo_gate_try_enter(op)) ?
	       -EINTR : 0;
}

/**
 * luo_fast_gate_enter_unkillable - Begin an operation that must not fail.
 * @op:      Describes it until luo_fast_gate_leave().
 * @session: Name of the session.
 *
 * For closing a session, also that of a task that is being killed.
 *
 * Context: process context, may sleep.
 */
void luo_fast_gate_enter_unkillable(struct luo_fast_gate_op *op,
				    const char *session)
{
	luo_gate_init_op(op, session);
	wait_event(luo_gate_opened, luo_gate_try_enter(op));
}

/**
 * luo_fast_gate_leave - End an operation.
 * @op: The operation.
 */
void luo_fast_gate_leave(struct luo_fast_gate_op *op)
{
	bool is_last;

	scoped_guard(spinlock, &luo_gate_lock) {
		list_del(&op->list);
		is_last = luo_gate_is_closed && list_empty(&luo_gate_ops);
	}
	if (is_last)
		wake_up(&luo_gate_emptied);
}

static bool luo_gate_is_empty(void)
{
	guard(spinlock)(&luo_gate_lock);
	return list_empty(&luo_gate_ops);
}

/*
 * Name the oldest operation: the others may wait for it. Returns false if the
 * last one has ended meanwhile.
 */
static bool luo_gate_report(unsigned int seconds)
{
	const struct luo_fast_gate_op *op;
	char comm[sizeof(op->task->comm)];

	guard(spinlock)(&luo_gate_lock);

	op = list_first_entry_or_null(&luo_gate_ops, struct luo_fast_gate_op,
				      list);
	if (!op)
		return false;

	/* The task may change its name meanwhile. */
	strscpy(comm, op->task->comm);
	if (op->session[0])
		pr_err("live update refused: session '%*pE' is in use by %*pE[%d] for more than %u s: kill it, or try again\n",
		       (int)strlen(op->session), op->session,
		       (int)strlen(comm), comm, op->task->pid, seconds);
	else
		pr_err("live update refused: /dev/liveupdate is in use by %*pE[%d] for more than %u s: kill it, or try again\n",
		       (int)strlen(comm), comm, op->task->pid, seconds);
	return true;
}

/**
 * luo_fast_gate_close - Keep out new operations, and wait for the others.
 *
 * Context: process context, may sleep. One caller at a time.
 * Return: 0, and no operation is in progress until luo_fast_gate_open();
 * -ETIMEDOUT, with a message, if one is in progress for too long; -EINTR if the
 * task is being killed. After an error the gate is open.
 */
int luo_fast_gate_close(void)
{
	unsigned int seconds = READ_ONCE(luo_fast_gate_timeout);
	long left;

	scoped_guard(spinlock, &luo_gate_lock)
		luo_gate_is_closed = true;
	left = wait_event_killable_timeout(luo_gate_emptied,
					   luo_gate_is_empty(),
					   (long)seconds * HZ);
	if (left > 0 || (!left && !luo_gate_report(seconds))) {
		WRITE_ONCE(luo_gate_deadline, jiffies + max(seconds, 1U) * HZ);
		return 0;
	}

	luo_fast_gate_open();
	return left ? -EINTR : -ETIMEDOUT;
}

/**
 * luo_fast_freeze_is_late - Does the freeze take too long?
 *
 * For a handler whose files' owners decide how long .freeze() takes. It should
 * fail then, with a message.
 *
 * Context: within the freeze.
 * Return: true when luo_fast_gate_timeout seconds, at least one, have passed
 * since all operations had ended.
 */
bool luo_fast_freeze_is_late(void)
{
	return time_after(jiffies, READ_ONCE(luo_gate_deadline));
}

/**
 * luo_fast_gate_open - Undo luo_fast_gate_close().
 */
void luo_fast_gate_open(void)
{
	scoped_guard(spinlock, &luo_gate_lock)
		luo_gate_is_closed = false;
	wake_up_all(&luo_gate_opened);
}
