// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Checks of files by their handlers
 *
 * LUO knows its own records (preflight.c), but not the data of handlers. A
 * handler of this directory can add a check of what it hands over, which runs
 * when all files are frozen. The interface of stock has no such callback, so
 * files of other handlers are not checked.
 *
 * Lock order: the mutex of the session is held; see core.c.
 *
 * Failure: reboot(2) fails, with one message.
 */
#define pr_fmt(fmt) "luo: " fmt

#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "../outgoing/preflight.h"
#include "file.h"
#include "file_set.h"
#include "luo.h"
#include "preflight.h"
#include "session_table.h"

/* Constant after boot. */
static LIST_HEAD(luo_checks);

/**
 * luo_fast_add_check - Add a check of the files of a handler.
 * @check: The check; never removed.
 *
 * Context: initcalls.
 */
void luo_fast_add_check(struct luo_fast_check *check)
{
	list_add_tail(&check->list, &luo_checks);
}

static int luo_check_file(const struct luo_fast_session *session,
			  struct luo_fast_file *lf)
{
	struct luo_fast_op op = luo_fast_file_op(lf);
	const struct luo_fast_check *check;
	struct kho_fast_fault fault;
	int err;

	list_for_each_entry(check, &luo_checks, list) {
		if (check->fh != lf->fh)
			continue;

		err = check->run(&op.args, &fault);
		if (err) {
			pr_err("live update refused: session '%*pE', token %#llx: %s\n",
			       (int)strlen(session->name), session->name,
			       lf->key.token, fault.reason);
			return err;
		}
	}

	return 0;
}

/**
 * luo_fast_check_files - Let handlers check the files of a session.
 * @session: The session, frozen.
 *
 * Context: process context, may sleep.
 * Return: 0; the error of the first check that fails, with a message.
 */
int luo_fast_check_files(struct luo_fast_session *session)
{
	struct luo_fast_file *lf;
	int err;

	guard(mutex)(&session->mutex);

	list_for_each_entry(lf, &session->file_set.files, list) {
		err = luo_check_file(session, lf);
		if (err)
			return err;
	}

	return 0;
}
