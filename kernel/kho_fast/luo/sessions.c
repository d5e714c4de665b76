// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Sessions of the previous kernel
 *
 * The memory of their records is restored early. When the device is first
 * opened they are deserialized, each session by itself, in two steps:
 *
 * - Its records are read and checked. What cannot be read never can.
 * - Its files are created from the records (session_load.c). That may fail, and
 *   is repeated when the session is retrieved.
 *
 * A session that cannot be read stays in the table with the reason, and its
 * memory stays reserved. So do two sessions of one name, and two that share
 * records: either could get the memory of the other one. By its checksum a
 * record is known to be right or wrong: the name is that of the surer one.
 *
 * Lock order: see core.c.
 *
 * Failure: one message per session. For want of memory the device is not
 * opened, and the next open goes on where this one has ended.
 */
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/minmax.h>
#include <linux/mutex.h>

#include "checksum.h"
#include "enable.h"
#include "flb.h"
#include "gate.h"
#include "records.h"
#include "session.h"
#include "session_load.h"
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

/*
 * State of reading the records, under the lock of the incoming table; kept
 * while memory is wanting: the session that is being read, and the block of its
 * records that cannot be restored, or 0.
 */
static struct luo_fast_session *luo_reading;
static u64 luo_reading_bad_pa;

static int luo_session_begin(struct luo_fast_reader *reader,
			     const struct luo_session_ser *ser)
{
	if (!luo_reading)
		luo_reading = luo_fast_session_alloc(ser->name, GFP_KERNEL);
	if (!luo_reading)
		return -ENOMEM;

	reader->files = &luo_reading->file_set.blocks;
	/* Before its first block is restored, if memory was wanting */
	if (!reader->files->nblocks)
		luo_reading->trust = luo_fast_session_verify(ser);
	return min(luo_reading->trust, 0);
}

/* Files are created later. */
static int luo_session_skip_file(struct luo_fast_reader *reader,
				 const struct luo_file_ser *ser)
{
	return 0;
}

static int luo_session_restore_blocks(struct kho_block_set *bs, u64 head_pa)
{
	u64 bad_pa;
	int err;

	/* Its blocks are leaked: a second try would blame the first one. */
	if (luo_reading_bad_pa)
		return -EINVAL;

	/* No other session is to blame for a checksum that differs. */
	err = luo_fast_files_verify(bs, head_pa);
	if (err)
		return err;

	err = luo_fast_blocks_restore(bs, head_pa, &bad_pa);
	if (err && err != -ENOMEM)
		luo_reading_bad_pa = bad_pa;
	return err;
}

static bool luo_session_has_block(const struct luo_fast_session *session,
				  u64 pa)
{
	const struct kho_block *block;

	list_for_each_entry(block, &session->file_set.blocks.blocks, list) {
		if (virt_to_phys(block->ser) == pa)
			return true;
	}

	return false;
}

/* A block that cannot be restored may be that of another session already. */
static void luo_session_spoil_owner(u64 pa)
{
	struct luo_fast_session *session;

	list_for_each_entry(session, &luo_fast_incoming.list, list) {
		if (luo_session_has_block(session, pa))
			luo_fast_session_spoil(session,
					       "another session has its records");
	}
}

/* Either of two sessions with one name could be meant, if neither is surer. */
static void luo_session_add_namesake(struct luo_fast_session *session)
{
	static const char fault[] = "its name is not unique";
	struct luo_fast_session *other =
		luo_fast_table_find(&luo_fast_incoming, session->name);

	if (other->trust <= session->trust)
		luo_fast_session_spoil(other, fault);
	if (session->trust <= other->trust)
		luo_fast_session_spoil(session, fault);

	if (session->trust > other->trust)
		luo_fast_table_displace(&luo_fast_incoming, other, session);
	else
		luo_fast_table_add_hidden(&luo_fast_incoming, session);
}

/* Add the session that was read; without a name to the list. */
static int luo_session_add(struct luo_fast_session *session)
{
	int err;

	if (!session->name[0]) {
		luo_fast_table_add_hidden(&luo_fast_incoming, session);
		return 0;
	}

	err = luo_fast_table_add(&luo_fast_incoming, session);
	if (err != -EEXIST)
		return err;

	luo_session_add_namesake(session);
	return 0;
}

static int luo_session_end(struct luo_fast_reader *reader,
			   const struct luo_session_ser *ser, const char *fault)
{
	int err;

	/* Without a name it was not begun. */
	if (!luo_reading)
		luo_reading = luo_fast_session_alloc("", GFP_KERNEL);
	if (!luo_reading)
		return -ENOMEM;

	if (fault)
		luo_fast_session_spoil(luo_reading, fault);
	err = luo_session_add(luo_reading);
	if (err)
		return err;

	if (luo_reading_bad_pa)
		luo_session_spoil_owner(luo_reading_bad_pa);
	luo_reading = NULL;
	luo_reading_bad_pa = 0;
	return 0;
}

/* The first attempt, once all records are read */
static void luo_sessions_load(void)
{
	struct luo_fast_session *session;

	list_for_each_entry(session, &luo_fast_incoming.list, list) {
		if (!session->err)
			luo_fast_session_create_files(session, false);
		if (session->err)
			luo_fast_flb_add_unknown();
	}
}

static bool luo_sessions_are_readable(void)
{
	const struct luo_fast_session *session;

	list_for_each_entry(session, &luo_fast_incoming.list, list) {
		if (session->err == -EBADMSG)
			return false;
	}

	return true;
}

static int luo_sessions_deserialize(void)
{
	struct luo_fast_reader reader = {
		.session = luo_session_begin,
		.file = luo_session_skip_file,
		.blocks = luo_session_restore_blocks,
		.end = luo_session_end,
	};
	int err = luo_fast_incoming_error();

	if (err)
		return err;

	guard(mutex)(&luo_fast_incoming.lock);

	reader.skip = luo_fast_incoming.count;
	err = luo_fast_parse_sessions(&luo_fast_incoming.blocks, &reader);
	if (err)
		return err;

	luo_sessions_load();
	if (luo_sessions_are_readable())
		kho_block_set_destroy(&luo_fast_incoming.blocks);
	else
		luo_fast_blocks_leak(&luo_fast_incoming.blocks);
	luo_fast_flb_set_files_known();
	return 0;
}

/**
 * luo_fast_sessions_deserialize - Deserialize all incoming sessions.
 *
 * Calls after the first one return its result, but for -ENOMEM and -EINTR.
 *
 * Context: process context, may sleep. One caller at a time.
 * Return: 0; the error of the handover; -ENOMEM; or -EINTR if the task is
 * killed while it waits for a freeze.
 */
int luo_fast_sessions_deserialize(void)
{
	struct luo_fast_gate_op op;
	static bool is_deserialized;
	int err;

	if (is_deserialized)
		return 0;

	err = luo_fast_gate_enter(&op, "");
	if (err)
		return err;

	err = luo_sessions_deserialize();
	is_deserialized = !err;
	luo_fast_gate_leave(&op);
	return err;
}
