// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Sessions that are not retrieved
 *
 * A live update hands over the sessions of this kernel. A session of the
 * previous kernel that is not retrieved would be lost with its memory, so the
 * live update is refused before the freeze, unless it was allowed once in
 * /sys/kernel/liveupdate/drop_unretrieved. A retrieved session has an owner,
 * who decides what becomes of it.
 *
 * Lock order: &luo_fast_table.lock of the incoming table.
 */
#define pr_fmt(fmt) "luo: " fmt

#include <linux/cleanup.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/liveupdate.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "session_table.h"
#include "unretrieved.h"

static bool luo_drop_unretrieved;

/* Records are in the table until they are deserialized. */
static u64 luo_count_records(const struct kho_block_set *bs)
{
	const struct kho_block *block;
	u64 nr = 0;

	list_for_each_entry(block, &bs->blocks, list)
		nr += block->ser->count;
	return nr;
}

/* Returns the number; @first: name of the first one, perhaps unterminated. */
static u64 luo_find_unretrieved(struct luo_fast_table *table,
				const char **first)
{
	const struct luo_session_ser *ser;
	struct luo_fast_session *session;
	struct kho_block_set_it it;
	u64 nr = 0;

	lockdep_assert_held(&table->lock);

	kho_block_set_it_init(&it, &table->blocks);
	ser = kho_block_set_it_read_entry(&it);
	if (ser) {
		*first = ser->name;
		return luo_count_records(&table->blocks);
	}

	list_for_each_entry(session, &table->list, list) {
		if (session->retrieved)
			continue;
		if (!nr++)
			*first = session->name;
	}

	return nr;
}

/**
 * luo_fast_count_unretrieved - Count the sessions that are not retrieved.
 *
 * Context: process context, may sleep.
 * Return: the number of sessions of the previous kernel that are not retrieved.
 */
u64 luo_fast_count_unretrieved(void)
{
	const char *first;

	guard(mutex)(&luo_fast_incoming.lock);
	return luo_find_unretrieved(&luo_fast_incoming, &first);
}

/**
 * luo_fast_drops_unretrieved - May the next live update lose sessions?
 *
 * Return: true if it goes ahead with sessions that are not retrieved.
 */
bool luo_fast_drops_unretrieved(void)
{
	return READ_ONCE(luo_drop_unretrieved);
}

/**
 * luo_fast_set_drop_unretrieved - Allow the next live update to lose sessions.
 * @drop: Whether it goes ahead with sessions that are not retrieved.
 */
void luo_fast_set_drop_unretrieved(bool drop)
{
	WRITE_ONCE(luo_drop_unretrieved, drop);
}

/**
 * luo_fast_check_unretrieved - Refuse a live update that would lose sessions.
 *
 * What luo_fast_set_drop_unretrieved() allows is allowed once.
 *
 * Context: process context, may sleep; with the gate closed.
 * Return: 0; -EBUSY, with a message, if a session is not retrieved.
 */
int luo_fast_check_unretrieved(void)
{
	const bool drop = luo_fast_drops_unretrieved();
	const char *first;
	u64 nr;
	int len;

	luo_fast_set_drop_unretrieved(false);
	guard(mutex)(&luo_fast_incoming.lock);

	nr = luo_find_unretrieved(&luo_fast_incoming, &first);
	if (!nr)
		return 0;

	len = strnlen(first, LIVEUPDATE_SESSION_NAME_LENGTH);
	if (drop) {
		pr_warn("session '%*pE' of the last live update is lost, as it was not retrieved (%llu in all)\n",
			len, first, nr);
		return 0;
	}

	pr_err("live update refused: session '%*pE' of the last one is not retrieved and would be lost (%llu in all): retrieve it, or write 1 to /sys/kernel/liveupdate/drop_unretrieved\n",
	       len, first, nr);
	return -EBUSY;
}
