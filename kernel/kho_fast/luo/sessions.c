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
 *
 * Failure: the sessions of the previous kernel are taken over whole or not at
 * all. If not, they are forgotten, and what they preserved is neither freed nor
 * found again: opening the device fails with the same error for ever.
 */
#define pr_fmt(fmt) "luo: " fmt

#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/printk.h>
#include <linux/rhashtable.h>
#include <linux/string.h>

#include "internal.h"

#define TABLE_INIT(name) {						\
	.lock = __MUTEX_INITIALIZER(name.lock),				\
	.list = LIST_HEAD_INIT(name.list),				\
	.blocks = KHO_BLOCK_SET_INIT(name.blocks,			\
				     sizeof(struct luo_session_ser)),	\
}

struct luo_fast_table luo_fast_incoming = TABLE_INIT(luo_fast_incoming);
struct luo_fast_table luo_fast_outgoing = TABLE_INIT(luo_fast_outgoing);

static const struct rhashtable_params by_name = {
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
	int err = rhashtable_init(&luo_fast_incoming.by_name, &by_name);

	if (!err)
		err = rhashtable_init(&luo_fast_outgoing.by_name, &by_name);
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
	return rhashtable_lookup_fast(&table->by_name, key, by_name);
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
					    by_name);
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

	rhashtable_remove_fast(&table->by_name, &session->node, by_name);
	list_del(&session->list);
	table->count--;
	if (table == &luo_fast_outgoing)
		kho_block_set_shrink(&table->blocks, table->count);
}

/**
 * luo_fast_sessions_restore - Take the records of sessions over, unread.
 * @sessions_pa: Where they are, or 0.
 *
 * Return: 0, or what kho_block_set_restore() returned.
 */
int __init luo_fast_sessions_restore(u64 sessions_pa)
{
	return kho_block_set_restore(&luo_fast_incoming.blocks, sessions_pa);
}

/**
 * struct take_over - All that is being read.
 * @reader:  Our side of luo_fast_read_sessions().
 * @session: The one whose files are being read.
 */
struct take_over {
	struct luo_fast_reader	reader;
	struct luo_fast_session	*session;
};

static int take_session_over(struct luo_fast_reader *reader,
			     const struct luo_session_ser *ser)
{
	struct take_over *job = container_of(reader, struct take_over, reader);
	struct luo_fast_session *session = luo_fast_session_alloc(ser->name);
	int err;

	if (!session)
		return -ENOMEM;

	err = luo_fast_table_add(&luo_fast_incoming, session);
	if (err) {
		luo_fast_session_free(session);
		return err;
	}

	job->session = session;
	reader->files = &session->set.blocks;
	return 0;
}

static int take_file_over(struct luo_fast_reader *reader,
			  const struct luo_file_ser *ser)
{
	struct take_over *job = container_of(reader, struct take_over, reader);

	return luo_fast_file_adopt(&job->session->set, ser);
}

/* The handlers were not called yet, so there is nothing that they must undo. */
static void forget_all(void)
{
	struct luo_fast_session *session, *next;

	list_for_each_entry_safe(session, next, &luo_fast_incoming.list, list) {
		luo_fast_table_del(&luo_fast_incoming, session);
		luo_fast_set_forget(&session->set);
		luo_fast_session_free(session);
	}
	luo_fast_blocks_abandon(&luo_fast_incoming.blocks);
}

/* Everything was read: now it is known that these were records. */
static void free_records(void)
{
	struct luo_fast_session *session;

	list_for_each_entry(session, &luo_fast_incoming.list, list)
		kho_block_set_destroy(&session->set.blocks);
	kho_block_set_destroy(&luo_fast_incoming.blocks);
}

static int take_over(void)
{
	struct take_over job = {
		.reader.session = take_session_over,
		.reader.file = take_file_over,
	};
	int err = luo_fast_incoming_error();

	if (err)
		return err;

	guard(mutex)(&luo_fast_incoming.lock);
	err = luo_fast_read_sessions(&luo_fast_incoming.blocks, &job.reader);
	if (!err) {
		free_records();
		return 0;
	}

	pr_err("handover refused: what was preserved stays held\n");
	forget_all();
	return err;
}

/**
 * luo_fast_sessions_take_over - Read the sessions of the previous kernel, once.
 *
 * Context: process context, may sleep; one caller at a time.
 * Return: 0, or what was wrong with the handover the first time.
 */
int luo_fast_sessions_take_over(void)
{
	static bool done;
	static int err;

	if (!done) {
		guard(rwsem_read)(&luo_fast_update);
		err = take_over();
		done = true;
	}

	return err;
}
