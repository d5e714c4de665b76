// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: State in debugfs
 *
 * /sys/kernel/debug/liveupdate/state, one line per session and per file::
 *
 *   outgoing sessions=1 files=1
 *   outgoing session 'vm0' files=1
 *   outgoing session 'vm0' token=0x1 handler=memfd-v2 preserved deps=0
 *   incoming sessions=0 files=0
 *
 * Names of sessions are escaped: they may have newlines.
 *
 * A locked session shows "busy" instead of its files, so that reading does not
 * wait for a handler. One that cannot be retrieved shows the reason.
 *
 * Lock order: inside the gate the lock of the table, and, with trylock, that of
 * a session; see core.c.
 */
#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "debugfs.h"
#include "file_set.h"
#include "gate.h"
#include "session_table.h"

static const char *luo_file_state(const struct luo_fast_file *lf)
{
	if (lf->phase == LUO_FAST_RETRIEVING)
		return "being-retrieved";
	if (lf->status < 0)
		return "failed";
	if (lf->status)
		return "retrieved";
	return lf->file ? "preserved" : "handed-over";
}

static void luo_show_files(struct seq_file *m, const char *table,
			   const struct luo_fast_session *session)
{
	const struct luo_fast_file *lf;

	list_for_each_entry(lf, &session->file_set.files, list)
		seq_printf(m, "%s session '%*pE' token=%#llx handler=%s %s deps=%zu\n",
			   table, (int)strlen(session->name), session->name,
			   lf->key.token, lf->fh->compatible,
			   luo_file_state(lf),
			   list_count_nodes((struct list_head *)&lf->deps));
}

static void luo_show_fault(struct seq_file *m, const char *table,
			   const struct luo_fast_session *session)
{
	seq_printf(m, "%s session '%*pE' %s: %s\n", table,
		   (int)strlen(session->name), session->name,
		   session->err == -EBADMSG ? "unreadable" : "not-loaded",
		   session->fault);
}

static void luo_show_session(struct seq_file *m, const char *table,
			     struct luo_fast_session *session)
{
	const char *state = session->retrieved ? " retrieved" : "";

	if (!mutex_trylock(&session->mutex)) {
		seq_printf(m, "%s session '%*pE' busy%s\n", table,
			   (int)strlen(session->name), session->name, state);
		return;
	}

	if (session->err)
		luo_show_fault(m, table, session);
	else
		seq_printf(m, "%s session '%*pE' files=%llu%s\n", table,
			   (int)strlen(session->name), session->name,
			   session->file_set.count, state);
	luo_show_files(m, table, session);
	mutex_unlock(&session->mutex);
}

static u64 luo_count_files(const struct luo_fast_table *table)
{
	const struct luo_fast_session *session;
	u64 nr = 0;

	list_for_each_entry(session, &table->list, list)
		nr += READ_ONCE(session->file_set.count);
	return nr;
}

static void luo_show_table(struct seq_file *m, const char *name,
			   struct luo_fast_table *table)
{
	struct luo_fast_session *session;

	guard(mutex)(&table->lock);

	seq_printf(m, "%s sessions=%lu files=%llu\n", name, table->count,
		   luo_count_files(table));
	list_for_each_entry(session, &table->list, list)
		luo_show_session(m, name, session);
}

/* seq_file calls this again with a larger buffer until the output fits. */
static int luo_state_show(struct seq_file *m, void *v)
{
	struct luo_fast_gate_op op;
	int err = luo_fast_gate_enter(&op, "");

	if (err)
		return err;

	luo_show_table(m, "outgoing", &luo_fast_outgoing);
	luo_show_table(m, "incoming", &luo_fast_incoming);
	luo_fast_gate_leave(&op);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(luo_state);

/**
 * luo_fast_debugfs_init - Create the debugfs file.
 */
void __init luo_fast_debugfs_init(void)
{
	struct dentry *dir = debugfs_create_dir("liveupdate", NULL);

	debugfs_create_file("state", 0400, dir, NULL, &luo_state_fops);
}
