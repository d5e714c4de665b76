// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Files of the sessions of the previous kernel
 *
 * Once the records of a session are read, its files are created from them,
 * which frees the records. That takes memory and the handlers of the files. If
 * it fails the records stay, and it is repeated when the session is retrieved;
 * then missing handlers are requested as modules.
 *
 * Lock order: &luo_fast_session.mutex; see core.c.
 *
 * Failure: one message with the reason, which the session keeps. No file is
 * created then.
 */
#define pr_fmt(fmt) "luo: " fmt

#include <linux/errno.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/sprintf.h>
#include <linux/string.h>

#include "file.h"
#include "flb.h"
#include "handlers.h"
#include "records.h"
#include "session_load.h"
#include "session_table.h"

/**
 * luo_fast_session_spoil - Note that a session can never be retrieved.
 * @session: The session of the previous kernel.
 * @fault:   Why it cannot be read.
 */
void luo_fast_session_spoil(struct luo_fast_session *session, const char *fault)
{
	if (session->err == -EBADMSG)
		return;

	session->err = -EBADMSG;
	strscpy(session->fault, fault);
	pr_err("session '%*pE' cannot be retrieved: %s; its memory stays reserved until the next boot\n",
	       (int)strlen(session->name), session->name, fault);
}

static int luo_session_explain(struct luo_fast_session *session,
			       const struct luo_file_ser *ser, int err)
{
	char fault[LUO_FAST_FAULT_SIZE];

	if (err == -EEXIST) {
		snprintf(fault, sizeof(fault), "token %#llx is not unique",
			 ser->token);
		luo_fast_session_spoil(session, fault);
		return -EBADMSG;
	}

	session->err = err;
	if (err == -ENOPKG)
		snprintf(session->fault, sizeof(session->fault),
			 "token %#llx needs the handler %*pE", ser->token,
			 (int)strlen(ser->compatible), ser->compatible);
	else
		snprintf(session->fault, sizeof(session->fault), "error %d",
			 err);
	pr_warn_ratelimited("session '%*pE' cannot be retrieved yet: %s\n",
			    (int)strlen(session->name), session->name,
			    session->fault);
	return err;
}

/**
 * luo_fast_session_create_files - Create the files of a session.
 * @session: The session of the previous kernel, without files.
 * @request: Request missing handlers as modules.
 *
 * Context: process context, may sleep; nothing else uses @session.
 * Return: 0; -EBADMSG, -ENOPKG or -ENOMEM as luo_fast_session_load().
 */
int luo_fast_session_create_files(struct luo_fast_session *session,
				  bool request)
{
	const struct luo_file_ser *ser;
	struct kho_block_set_it it;
	int err;

	kho_block_set_it_init(&it, &session->file_set.blocks);
	while ((ser = kho_block_set_it_read_entry(&it))) {
		err = luo_fast_file_deserialize(&session->file_set, ser);
		if (err == -ENOPKG && request &&
		    luo_fast_handler_request(ser->compatible))
			err = luo_fast_file_deserialize(&session->file_set,
							ser);
		if (err) {
			luo_fast_file_set_drop(&session->file_set);
			return luo_session_explain(session, ser, err);
		}
	}

	/* They are valid, so this memory has records only. */
	kho_block_set_destroy(&session->file_set.blocks);
	return 0;
}

static int luo_session_load(struct luo_fast_session *session)
{
	int err;

	if (!session->err || session->err == -EBADMSG)
		return session->err;

	err = luo_fast_session_create_files(session, true);
	if (err)
		return err;

	session->err = 0;
	luo_fast_flb_del_unknown();
	return 0;
}

/**
 * luo_fast_session_load - Create files that could not be created yet.
 * @session: The session of the previous kernel.
 *
 * Handlers that are missing are requested as modules.
 *
 * Context: process context, may sleep.
 * Return: 0; -EBADMSG if the session cannot be read; -ENOPKG if a handler is
 * missing; -ENOMEM; -EINTR if the task is being killed. After the last three
 * the call can be repeated.
 */
int luo_fast_session_load(struct luo_fast_session *session)
{
	int err;

	if (mutex_lock_killable(&session->mutex))
		return -EINTR;

	err = luo_session_load(session);
	mutex_unlock(&session->mutex);
	return err;
}
