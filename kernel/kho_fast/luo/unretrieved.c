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
 * The message names a session that can be retrieved, if there is one: then that
 * is the way out that loses nothing.
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

#include "enable.h"
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

/**
 * struct luo_unretrieved - The sessions that are not retrieved.
 * @nr:    Their number; 0: the fields below are not set.
 * @name:  Name of one, perhaps unterminated.
 * @fault: Why none of them can be retrieved; NULL if the named one can be.
 */
struct luo_unretrieved {
	u64		nr;
	const char	*name;
	const char	*fault;
};

static void luo_add_unretrieved(struct luo_unretrieved *found,
				const struct luo_fast_session *session)
{
	/* It may be retrieved meanwhile, unless the gate is closed. */
	const bool is_unreadable = READ_ONCE(session->err) == -EBADMSG;

	if (!found->nr++ || (found->fault && !is_unreadable)) {
		found->name = session->name;
		found->fault = is_unreadable ? session->fault : NULL;
	}
}

static struct luo_unretrieved luo_find_unretrieved(struct luo_fast_table *table)
{
	const struct luo_session_ser *ser;
	struct luo_unretrieved found = {};
	struct luo_fast_session *session;
	struct kho_block_set_it it;

	lockdep_assert_held(&table->lock);

	kho_block_set_it_init(&it, &table->blocks);
	ser = kho_block_set_it_read_entry(&it);
	if (ser) {
		found.nr = luo_count_records(&table->blocks);
		found.name = ser->name;
		if (luo_fast_incoming_error())
			found.fault = "the handover was refused";
		return found;
	}

	list_for_each_entry(session, &table->list, list) {
		if (!session->retrieved)
			luo_add_unretrieved(&found, session);
	}

	return found;
}

/**
 * luo_fast_count_unretrieved - Count the sessions that are not retrieved.
 *
 * Context: process context, may sleep.
 * Return: the number of sessions of the previous kernel that are not retrieved.
 */
u64 luo_fast_count_unretrieved(void)
{
	guard(mutex)(&luo_fast_incoming.lock);
	return luo_find_unretrieved(&luo_fast_incoming).nr;
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

static void luo_refuse_unretrieved(const struct luo_unretrieved *found, int len)
{
	if (found->fault)
		pr_err("live update refused: session '%*pE' of the last one cannot be retrieved (%s) and would be lost (%llu in all): write 1 to /sys/kernel/liveupdate/drop_unretrieved\n",
		       len, found->name, found->fault, found->nr);
	else
		pr_err("live update refused: session '%*pE' of the last one is not retrieved and would be lost (%llu in all): retrieve it, or write 1 to /sys/kernel/liveupdate/drop_unretrieved\n",
		       len, found->name, found->nr);
}

/**
 * luo_fast_check_unretrieved - Refuse a live update that would lose sessions.
 *
 * What luo_fast_set_drop_unretrieved() allows is allowed once: to the first
 * live update that would be refused here.
 *
 * Context: process context, may sleep; with the gate closed.
 * Return: 0; -EBUSY, with a message, if a session is not retrieved.
 */
int luo_fast_check_unretrieved(void)
{
	struct luo_unretrieved found;
	int len;

	guard(mutex)(&luo_fast_incoming.lock);

	found = luo_find_unretrieved(&luo_fast_incoming);
	if (!found.nr)
		return 0;

	len = strnlen(found.name, LIVEUPDATE_SESSION_NAME_LENGTH);
	if (!luo_fast_drops_unretrieved()) {
		luo_refuse_unretrieved(&found, len);
		return -EBUSY;
	}

	luo_fast_set_drop_unretrieved(false);
	pr_warn("session '%*pE' of the last live update is lost, as it was not retrieved (%llu in all)\n",
		len, found.name, found.nr);
	return 0;
}
