// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: A session and its file
 *
 * A named set of files that are preserved and retrieved together, and an
 * anonymous file that represents it.
 *
 * Lifecycle: a session is created and filled; then it is serialized, or
 * unpreserved when its file is closed. A session of the previous kernel is
 * retrieved by its name, and finished at the latest when its file is closed. If
 * it cannot be retrieved, or not be finished, it stays, and can be retrieved
 * again.
 *
 * Lock order: see core.c.
 */
#define pr_fmt(fmt) "luo: " fmt

#include <linux/anon_inodes.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/lockdep.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <uapi/linux/liveupdate_fast.h>

#include "../account.h"
#include "../timeline/clock.h"
#include "../timeline/record.h"
#include "../trace.h"
#include "deps.h"
#include "file.h"
#include "file_set.h"
#include "gate.h"
#include "ioctl.h"
#include "lookup.h"
#include "session.h"
#include "session_load.h"
#include "session_table.h"
#include "trace.h"

/**
 * luo_fast_session_alloc - Allocate a session.
 * @name: Its name, at most LIVEUPDATE_SESSION_NAME_LENGTH - 1 characters.
 * @gfp:  Flags of the allocation.
 *
 * Return: The session, in no table, or NULL.
 */
struct luo_fast_session *luo_fast_session_alloc(const char *name, gfp_t gfp)
{
	struct luo_fast_session *session = kzalloc_obj(*session, gfp);

	if (!session)
		return NULL;

	strscpy_pad(session->name, name);
	luo_fast_file_set_init(&session->file_set);
	mutex_init(&session->mutex);
	return session;
}

/**
 * luo_fast_session_free - Free a session.
 * @session: The session, without files and in no table.
 */
void luo_fast_session_free(struct luo_fast_session *session)
{
	WARN_ON(session->file_set.count);
	mutex_destroy(&session->mutex);
	kfree_rcu(session, rcu);
}

/* Record a span in the timeline. */
static void luo_session_span(const struct luo_fast_session *session,
			     enum kho_phase span, u64 began)
{
	kho_fast_span(span, began, kho_fast_clock(), NUMA_NO_NODE,
		      session->name);
}

static int luo_session_finish_files(struct luo_fast_session *session)
{
	const u64 began = kho_fast_clock();
	bool empty;
	int err;

	lockdep_assert_held(&session->mutex);

	/* The ioctl has finished it, and now it is closed. */
	empty = !session->file_set.count;
	err = luo_fast_file_set_finish(&session->file_set);
	if (!err && !empty)
		luo_session_span(session, KHO_SPAN_FINISH, began);
	return err;
}

/* @session is locked. */
static int luo_session_finish(struct luo_fast_session *session)
{
	const u64 began = kho_fast_trace_begin(kho_session);
	int err = luo_session_finish_files(session);

	luo_fast_trace_session(session->name, "finish", began, err);
	return err;
}

/* For ioctls; a callback of another one may take long. */
static int luo_session_lock(struct luo_fast_session *session)
{
	return mutex_lock_killable(&session->mutex) ? -EINTR : 0;
}

static void luo_session_unpreserve(struct luo_fast_session *session)
{
	guard(mutex)(&session->mutex);
	luo_fast_file_set_unpreserve(&session->file_set);
}

static void luo_session_remove(struct luo_fast_table *table,
			       struct luo_fast_session *session)
{
	scoped_guard(mutex, &table->lock)
		luo_fast_table_del(table, session);
	luo_fast_session_free(session);
}

static void luo_session_undo_retrieve(struct luo_fast_session *session)
{
	guard(mutex)(&luo_fast_incoming.lock);
	session->retrieved = false;
}

/* Must be called while the session is valid. */
static void luo_session_trace_close(const struct luo_fast_session *session,
				    u64 began, int err)
{
	luo_fast_trace_session(session->name, "close", began, err);
}

static int luo_session_close(struct luo_fast_session *session)
{
	const u64 began = kho_fast_trace_begin(kho_session);
	int err;

	if (!session->retrieved) {
		luo_session_unpreserve(session);
		luo_session_trace_close(session, began, 0);
		luo_session_remove(&luo_fast_outgoing, session);
		return 0;
	}

	scoped_guard(mutex, &session->mutex)
		err = luo_session_finish(session);
	luo_session_trace_close(session, began, err);
	if (err) {
		pr_warn("session '%*pE' was closed but cannot be finished, it may be retrieved again: %pe\n",
			(int)strlen(session->name), session->name,
			ERR_PTR(err));
		luo_session_undo_retrieve(session);
		return err;
	}

	luo_session_remove(&luo_fast_incoming, session);
	return 0;
}

static int luo_session_release(struct inode *inode, struct file *file)
{
	struct luo_fast_session *session = file->private_data;
	struct luo_fast_gate_op op;
	int err;

	/* luo_fast_session_undo_retrieve() has closed the file. */
	if (!session)
		return 0;

	luo_fast_gate_enter_unkillable(&op, session->name);
	err = luo_session_close(session);
	luo_fast_gate_leave(&op);
	return err;
}

static bool luo_session_is_incoming(const void *object)
{
	const struct luo_fast_session *session = object;

	return session->retrieved;
}

static bool luo_session_is_outgoing(const void *object)
{
	return !luo_session_is_incoming(object);
}

/* The response has no data; without it the file is still preserved. */
static int luo_session_ioctl_preserve_fd(void *object,
					 struct luo_fast_call *call)
{
	const struct liveupdate_session_preserve_fd *arg =
		&call->arg.preserve_fd;
	struct luo_fast_session *session = object;
	int err = luo_session_lock(session);

	if (err)
		return err;

	err = luo_fast_check_room(session);
	if (!err)
		err = luo_fast_file_preserve(&session->file_set, arg->token,
					     arg->fd);
	mutex_unlock(&session->mutex);
	return err;
}

static int luo_session_unpreserve_file(struct luo_fast_session *session,
				       u64 token)
{
	struct luo_fast_file *lf;
	int err;

	lockdep_assert_held(&session->mutex);

	lf = luo_fast_file_find(&session->file_set, token);
	if (!lf)
		return -ENOENT;

	err = luo_fast_file_unpreserve(&session->file_set, lf);
	if (err)
		luo_fast_report_dependent(session->name, &session->file_set,
					  lf);
	return err;
}

static int luo_session_ioctl_unpreserve_fd(void *object,
					   struct luo_fast_call *call)
{
	struct luo_fast_session *session = object;
	int err;

	if (call->arg.unpreserve_fd.reserved)
		return -EINVAL;

	err = luo_session_lock(session);
	if (err)
		return err;

	err = luo_session_unpreserve_file(session,
					  call->arg.unpreserve_fd.token);
	mutex_unlock(&session->mutex);
	return err;
}

static int luo_session_retrieve_file(struct luo_fast_session *session,
				     u64 token, struct file **filep)
{
	const u64 began = kho_fast_clock();
	struct luo_fast_file *lf;
	int err = -ENOENT;

	lockdep_assert_held(&session->mutex);

	lf = luo_fast_file_find(&session->file_set, token);
	if (lf)
		err = luo_fast_file_retrieve(lf, filep);
	if (!err)
		luo_session_span(session, KHO_SPAN_RETRIEVE, began);
	return err;
}

static int luo_session_ioctl_retrieve_fd(void *object,
					 struct luo_fast_call *call)
{
	struct luo_fast_session *session = object;
	int err = luo_session_lock(session);

	if (err)
		return err;

	err = luo_session_retrieve_file(session, call->arg.retrieve_fd.token,
					&call->file);
	mutex_unlock(&session->mutex);
	return err;
}

static int luo_session_ioctl_finish(void *object, struct luo_fast_call *call)
{
	struct luo_fast_session *session = object;
	int err;

	if (call->arg.finish.reserved)
		return -EINVAL;

	err = luo_session_lock(session);
	if (err)
		return err;

	err = luo_session_finish(session);
	mutex_unlock(&session->mutex);
	return err;
}

static int luo_session_ioctl_get_name(void *object, struct luo_fast_call *call)
{
	struct liveupdate_session_get_name *arg = &call->arg.get_name;
	const struct luo_fast_session *session = object;

	if (arg->reserved)
		return -EINVAL;

	static_assert(sizeof(arg->name) == sizeof(session->name));
	memcpy(arg->name, session->name, sizeof(arg->name));
	return 0;
}

static const struct luo_fast_ioctl luo_session_ioctl_table[] = {
	LUO_FAST_IOCTL(LIVEUPDATE_SESSION_PRESERVE_FD,
		       struct liveupdate_session_preserve_fd, token,
		       luo_session_is_outgoing, luo_session_ioctl_preserve_fd,
		       NULL),
	LUO_FAST_IOCTL(LIVEUPDATE_SESSION_RETRIEVE_FD,
		       struct liveupdate_session_retrieve_fd, token,
		       luo_session_is_incoming, luo_session_ioctl_retrieve_fd,
		       fput),
	LUO_FAST_IOCTL(LIVEUPDATE_SESSION_FINISH,
		       struct liveupdate_session_finish, reserved,
		       luo_session_is_incoming, luo_session_ioctl_finish, NULL),
	LUO_FAST_IOCTL(LIVEUPDATE_SESSION_GET_NAME,
		       struct liveupdate_session_get_name, name, NULL,
		       luo_session_ioctl_get_name, NULL),
};

static const struct luo_fast_ioctl luo_session_extensions[] = {
	LUO_FAST_IOCTL(LIVEUPDATE_FAST_SESSION_UNPRESERVE_FD,
		       struct liveupdate_fast_session_unpreserve_fd, token,
		       luo_session_is_outgoing, luo_session_ioctl_unpreserve_fd,
		       NULL),
};

static const char *luo_session_name(const void *object)
{
	const struct luo_fast_session *session = object;

	return session->name;
}

static const struct luo_fast_ioctls luo_session_ioctls = {
	.session = luo_session_name,
	.first = LIVEUPDATE_CMD_SESSION_BASE,
	.nr = ARRAY_SIZE(luo_session_ioctl_table),
	.table = luo_session_ioctl_table,
	.nr_extensions = ARRAY_SIZE(luo_session_extensions),
	.extensions = luo_session_extensions,
};

static long luo_session_ioctl(struct file *file, unsigned int cmd,
			      unsigned long arg)
{
	return luo_fast_ioctl(&luo_session_ioctls, file->private_data, cmd,
			      arg);
}

static const struct file_operations luo_session_fops = {
	.owner		= THIS_MODULE,
	.release	= luo_session_release,
	.unlocked_ioctl	= luo_session_ioctl,
};

static struct file *luo_session_open(struct luo_fast_session *session)
{
	/* Shown in /proc; has room for the longest name. */
	char text[sizeof("[luo_session] ") + LIVEUPDATE_SESSION_NAME_LENGTH];

	snprintf(text, sizeof(text), "[luo_session] %s", session->name);
	return anon_inode_getfile(text, &luo_session_fops, session, O_RDWR);
}

static struct file *luo_session_do_create(const char *name)
{
	size_t len = strnlen(name, LIVEUPDATE_SESSION_NAME_LENGTH);
	struct luo_fast_session *session;
	struct file *file;
	int err;

	if (!len || len == LIVEUPDATE_SESSION_NAME_LENGTH)
		return ERR_PTR(-EINVAL);

	session = luo_fast_session_alloc(name, KHO_FAST_GFP_ACCOUNT);
	if (!session)
		return ERR_PTR(-ENOMEM);

	scoped_guard(mutex, &luo_fast_outgoing.lock)
		err = luo_fast_table_add(&luo_fast_outgoing, session);
	if (err) {
		luo_fast_session_free(session);
		return ERR_PTR(err);
	}

	file = luo_session_open(session);
	if (IS_ERR(file))
		luo_session_remove(&luo_fast_outgoing, session);
	return file;
}

/**
 * luo_fast_session_create - Create a session and its file.
 * @name: The name, LIVEUPDATE_SESSION_NAME_LENGTH bytes.
 *
 * Context: inside the gate.
 * Return: The file; ERR_PTR(-EINVAL) if @name is empty or not terminated,
 * -EEXIST if an outgoing session has that name, -ENOMEM, -ENOSPC.
 */
struct file *luo_fast_session_create(const char *name)
{
	const u64 began = kho_fast_trace_begin(kho_session);
	struct file *file = luo_session_do_create(name);

	luo_fast_trace_session(name, "create", began, PTR_ERR_OR_ZERO(file));
	return file;
}

/* Mark a session as retrieved; later callers get an error. */
static struct luo_fast_session *luo_session_begin_retrieve(const char *name)
{
	struct luo_fast_session *session;

	guard(mutex)(&luo_fast_incoming.lock);

	session = luo_fast_table_find(&luo_fast_incoming, name);
	if (!session)
		return ERR_PTR(-ENOENT);
	if (session->err == -EBADMSG)
		return ERR_PTR(-EBADMSG);
	if (session->retrieved)
		return ERR_PTR(-EINVAL);

	session->retrieved = true;
	return session;
}

static struct file *luo_session_do_retrieve(const char *name)
{
	struct luo_fast_session *session = luo_session_begin_retrieve(name);
	struct file *file;
	int err;

	if (IS_ERR(session))
		return ERR_CAST(session);

	err = luo_fast_session_load(session);
	file = err ? ERR_PTR(err) : luo_session_open(session);
	if (IS_ERR(file))
		luo_session_undo_retrieve(session);
	return file;
}

/**
 * luo_fast_session_retrieve - Retrieve a session of the previous kernel.
 * @name: The name, LIVEUPDATE_SESSION_NAME_LENGTH bytes.
 *
 * Context: inside the gate.
 * Return: The file of the session; ERR_PTR(-ENOENT) if there is no such
 * session, -EINVAL if it is retrieved already, -EBADMSG if it cannot be read,
 * -ENOPKG if the handler of a file is missing, -ENOMEM, -EINTR if the task is
 * being killed.
 */
struct file *luo_fast_session_retrieve(const char *name)
{
	const u64 began = kho_fast_trace_begin(kho_session);
	struct file *file = luo_session_do_retrieve(name);

	luo_fast_trace_session(name, "retrieve", began, PTR_ERR_OR_ZERO(file));
	return file;
}

/**
 * luo_fast_session_undo_retrieve - Undo luo_fast_session_retrieve().
 * @file: The file that it returned, with no other user.
 *
 * Context: process context, outside the gate.
 */
void luo_fast_session_undo_retrieve(struct file *file)
{
	struct luo_fast_session *session = file->private_data;

	file->private_data = NULL;
	luo_session_undo_retrieve(session);
	fput(file);
}
