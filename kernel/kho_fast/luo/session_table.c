// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Tables of sessions
 *
 * Outgoing sessions, and incoming sessions, those of the previous kernel. They
 * are found by name in constant time and kept in order of creation, which is
 * the order of their records.
 *
 * Lifecycle: an outgoing session is in its table from its creation, an incoming
 * one from the first open of the device, until its file is closed.
 *
 * Lock order: see core.c.
 */
#define pr_fmt(fmt) "luo: " fmt

#include <linux/errno.h>
#include <linux/init.h>
#include <linux/lockdep.h>
#include <linux/printk.h>
#include <linux/rhashtable.h>
#include <linux/string.h>

#include "lookup.h"
#include "session_table.h"

/* Outgoing sessions at most, and files of each; up to LUO_FAST_MAX_* */
unsigned int luo_fast_max_sessions = LUO_FAST_MAX_SESSIONS;
unsigned int luo_fast_max_files = LUO_FAST_MAX_FILES;

#define LUO_SESSION_TABLE_INIT(name) {					\
	.lock = __MUTEX_INITIALIZER(name.lock),				\
	.list = LIST_HEAD_INIT(name.list),				\
	.blocks = KHO_BLOCK_SET_INIT(name.blocks,			\
				     sizeof(struct luo_session_ser)),	\
}

struct luo_fast_table luo_fast_incoming =
	LUO_SESSION_TABLE_INIT(luo_fast_incoming);
struct luo_fast_table luo_fast_outgoing =
	LUO_SESSION_TABLE_INIT(luo_fast_outgoing);

static const struct rhashtable_params luo_session_params = {
	.head_offset = offsetof(struct luo_fast_session, node),
	.key_offset = offsetof(struct luo_fast_session, name),
	.key_len = sizeof_field(struct luo_fast_session, name),
	.automatic_shrinking = true,
};

/**
 * luo_fast_sessions_init - Initialise the tables.
 *
 * Return: 0 or -ENOMEM.
 */
int __init luo_fast_sessions_init(void)
{
	int err = rhashtable_init(&luo_fast_incoming.by_name,
				  &luo_session_params);

	if (!err)
		err = rhashtable_init(&luo_fast_outgoing.by_name,
				      &luo_session_params);
	return err;
}

/**
 * luo_fast_table_find - Find a session.
 * @table: The table, locked.
 * @name:  The name, at most LIVEUPDATE_SESSION_NAME_LENGTH bytes, terminated or
 *         not.
 *
 * Return: The session or NULL.
 */
struct luo_fast_session *luo_fast_table_find(struct luo_fast_table *table,
					     const char *name)
{
	char key[LIVEUPDATE_SESSION_NAME_LENGTH] = "";

	lockdep_assert_held(&table->lock);

	memcpy(key, name, strnlen(name, sizeof(key)));
	return rhashtable_lookup_fast(&table->by_name, key, luo_session_params);
}

/**
 * luo_fast_check_room - Check that a session may have another file.
 * @session: The session, locked.
 *
 * Return: 0; -ENOSPC, with a message, if it has luo_fast_max_files.
 */
int luo_fast_check_room(const struct luo_fast_session *session)
{
	if (session->file_set.count < READ_ONCE(luo_fast_max_files))
		return 0;

	pr_notice_ratelimited("session '%*pE' has %llu files: see /sys/kernel/liveupdate/max_files\n",
			      (int)strlen(session->name), session->name,
			      session->file_set.count);
	return -ENOSPC;
}

static int luo_outgoing_grow(struct luo_fast_table *table)
{
	if (table->count >= READ_ONCE(luo_fast_max_sessions)) {
		pr_notice_ratelimited("there are %lu sessions: see /sys/kernel/liveupdate/max_sessions\n",
				      table->count);
		return -ENOSPC;
	}

	return kho_block_set_grow(&table->blocks, table->count + 1);
}

/**
 * luo_fast_table_add - Add a session.
 * @table:   The table, locked.
 * @session: The session.
 *
 * An outgoing session gets room for its record.
 *
 * Return: 0; -EEXIST if the name is in use; -ENOMEM; -ENOSPC, with a message,
 * if there are luo_fast_max_sessions.
 */
int luo_fast_table_add(struct luo_fast_table *table,
		       struct luo_fast_session *session)
{
	int err = 0;

	lockdep_assert_held(&table->lock);

	if (table == &luo_fast_outgoing)
		err = luo_outgoing_grow(table);
	if (err)
		return err;

	luo_fast_wait_for_growth(&table->by_name);
	err = rhashtable_lookup_insert_fast(&table->by_name, &session->node,
					    luo_session_params);
	if (err) {
		if (table == &luo_fast_outgoing)
			kho_block_set_shrink(&table->blocks, table->count);
		return luo_fast_insert_error(err);
	}

	list_add_tail(&session->list, &table->list);
	table->count++;
	return 0;
}

/**
 * luo_fast_table_add_hidden - Add a session that cannot be found.
 * @table:   The incoming table, locked.
 * @session: The session, without a name or with that of another one.
 */
void luo_fast_table_add_hidden(struct luo_fast_table *table,
			       struct luo_fast_session *session)
{
	lockdep_assert_held(&table->lock);

	list_add_tail(&session->list, &table->list);
	table->count++;
}

/**
 * luo_fast_table_displace - Add a session that is found instead of another one.
 * @table:   The incoming table, locked.
 * @old:     The session of its name, which cannot be found any more.
 * @session: The session.
 */
void luo_fast_table_displace(struct luo_fast_table *table,
			     struct luo_fast_session *old,
			     struct luo_fast_session *session)
{
	lockdep_assert_held(&table->lock);

	WARN_ON_ONCE(rhashtable_replace_fast(&table->by_name, &old->node,
					     &session->node,
					     luo_session_params));
	luo_fast_table_add_hidden(table, session);
}

/**
 * luo_fast_table_del - Undo luo_fast_table_add().
 * @table:   The table, locked.
 * @session: The session.
 */
void luo_fast_table_del(struct luo_fast_table *table,
			struct luo_fast_session *session)
{
	lockdep_assert_held(&table->lock);

	rhashtable_remove_fast(&table->by_name, &session->node,
			       luo_session_params);
	list_del(&session->list);
	table->count--;
	if (table == &luo_fast_outgoing)
		kho_block_set_shrink(&table->blocks, table->count);
}
