// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Sessions of the previous kernel
 *
 * The memory of their records is restored early, and they are deserialized when
 * the device is first opened.
 *
 * Lock order: see core.c.
 *
 * Failure: sessions are deserialized as a whole or refused as a whole. What a
 * refused handover preserved is leaked, and every later open of the device
 * fails with the same error.
 */
#define pr_fmt(fmt) "luo: " fmt

#include <linux/cleanup.h>
#include <linux/container_of.h>
#include <linux/errno.h>
#include <linux/printk.h>

#include "enable.h"
#include "file.h"
#include "flb.h"
#include "gate.h"
#include "records.h"
#include "session.h"
#include "session_table.h"
#include "sessions.h"

/**
 * luo_fast_sessions_restore - Restore the records of sessions.
 * @sessions_pa: Address of the first block, or 0.
 *
 * Return: 0, or the error of kho_block_set_restore().
 */
int __init luo_fast_sessions_restore(u64 sessions_pa)
{
	return kho_block_set_restore(&luo_fast_incoming.blocks, sessions_pa);
}

/**
 * struct luo_session_reader - State of deserializing sessions.
 * @reader:  Callbacks of luo_fast_parse_sessions().
 * @session: The session whose files are being parsed.
 */
struct luo_session_reader {
	struct luo_fast_reader	reader;
	struct luo_fast_session	*session;
};

static int luo_session_deserialize(struct luo_fast_reader *reader,
				   const struct luo_session_ser *ser)
{
	struct luo_session_reader *job =
		container_of(reader, struct luo_session_reader, reader);
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
	reader->files = &session->file_set.blocks;
	return 0;
}

static int luo_file_deserialize(struct luo_fast_reader *reader,
				const struct luo_file_ser *ser)
{
	struct luo_session_reader *job =
		container_of(reader, struct luo_session_reader, reader);

	return luo_fast_file_deserialize(&job->session->file_set, ser);
}

/* No handler was called yet, so none has anything to undo. */
static void luo_sessions_leak(void)
{
	struct luo_fast_session *session, *next;

	list_for_each_entry_safe(session, next, &luo_fast_incoming.list, list) {
		luo_fast_table_del(&luo_fast_incoming, session);
		luo_fast_file_set_leak(&session->file_set);
		luo_fast_session_free(session);
	}
	luo_fast_blocks_leak(&luo_fast_incoming.blocks);
}

/* The handover is valid as a whole, so this memory has records only. */
static void luo_sessions_free_records(void)
{
	struct luo_fast_session *session;

	list_for_each_entry(session, &luo_fast_incoming.list, list)
		kho_block_set_destroy(&session->file_set.blocks);
	kho_block_set_destroy(&luo_fast_incoming.blocks);
}

static int luo_sessions_deserialize(void)
{
	struct luo_session_reader job = {
		.reader.session = luo_session_deserialize,
		.reader.file = luo_file_deserialize,
		.reader.blocks = kho_block_set_restore,
	};
	int err = luo_fast_incoming_error();

	if (err)
		return err;

	guard(mutex)(&luo_fast_incoming.lock);
	err = luo_fast_parse_sessions(&luo_fast_incoming.blocks, &job.reader);
	if (!err) {
		luo_sessions_free_records();
		luo_fast_flb_set_files_known();
		return 0;
	}

	pr_err("handover refused: preserved memory stays reserved until the next boot\n");
	luo_sessions_leak();
	return err;
}

/**
 * luo_fast_sessions_deserialize - Deserialize all incoming sessions.
 *
 * Calls after the first one return its result.
 *
 * Context: process context, may sleep. One caller at a time.
 * Return: 0; the error of the handover; or -EINTR if the task is killed while
 * it waits for a freeze, and then nothing was done.
 */
int luo_fast_sessions_deserialize(void)
{
	struct luo_fast_gate_op op;
	static bool is_deserialized;
	static int result;
	int err;

	if (is_deserialized)
		return result;

	err = luo_fast_gate_enter(&op, "");
	if (err)
		return err;

	result = luo_sessions_deserialize();
	is_deserialized = true;
	luo_fast_gate_leave(&op);
	return result;
}
