// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: The tables of sessions
 *
 * Those to hand over, and those that were handed over. Found by name in constant
 * time, kept in the order of their creation, which is the order of their records.
 *
 * Lifecycle: a session is in one table from its creation, or from the first time
 * the device is opened, until its file is closed.
 *
 * Lock order: see core.c.
 */
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/lockdep.h>
#include <linux/rhashtable.h>
#include <linux/string.h>

#include "session_table.h"

DECLARE_RWSEM(luo_fast_serialize_rwsem);

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
 * luo_fast_sessions_init - Make the tables.
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
 * @name:  A name of LIVEUPDATE_SESSION_NAME_LENGTH bytes at most, with or
 *         without its end.
 *
 * Return: the session or NULL.
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
 * luo_fast_table_add - Add a session, and room for its record.
 * @table:   The table, locked.
 * @session: The session.
 *
 * Return: 0; -EEXIST when the name is in use; -ENOMEM; -ENOSPC.
 */
int luo_fast_table_add(struct luo_fast_table *table,
		       struct luo_fast_session *session)
{
	int err = 0;

	lockdep_assert_held(&table->lock);

	if (table == &luo_fast_outgoing)
		err = kho_block_set_grow(&table->blocks, table->count + 1);
	if (err)
		return err;

	err = rhashtable_lookup_insert_fast(&table->by_name, &session->node,
					    luo_session_params);
	if (err) {
		if (table == &luo_fast_outgoing)
			kho_block_set_shrink(&table->blocks, table->count);
		return err;
	}

	list_add_tail(&session->list, &table->list);
	table->count++;
	return 0;
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
