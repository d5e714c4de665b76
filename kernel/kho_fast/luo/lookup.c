// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Lookup of preserved files
 *
 * Files are found in constant time by session and token, for userspace, and by
 * the identifier of their handler, which shows that a file is preserved
 * already.
 *
 * The tables grow in the background, where memory can be waited for. An
 * insertion waits for that rather than let the table grow itself, without
 * sleeping: it would fail if there is no memory at that moment.
 *
 * Lifecycle: a file is in the first table while it is in a set, and in the
 * second one while it has a struct file.
 *
 * Lock order: only the locks of the tables. The mutex of the session keeps
 * files of its set; of other files only the key may be read.
 */
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/irq_work.h>
#include <linux/rcupdate.h>
#include <linux/rhashtable.h>
#include <linux/workqueue.h>

#include "file_set.h"
#include "lookup.h"

static const struct rhashtable_params luo_key_params = {
	.head_offset = offsetof(struct luo_fast_file, by_key),
	.key_offset = offsetof(struct luo_fast_file, key),
	.key_len = sizeof_field(struct luo_fast_file, key),
	.automatic_shrinking = true,
};

static const struct rhashtable_params luo_id_params = {
	.head_offset = offsetof(struct luo_fast_file, by_id),
	.key_offset = offsetof(struct luo_fast_file, id),
	.key_len = sizeof_field(struct luo_fast_file, id),
	.automatic_shrinking = true,
};

static struct rhashtable luo_files_by_key, luo_files_by_id;

/**
 * luo_fast_lookup_init - Initialise the tables.
 *
 * Return: 0 or -ENOMEM.
 */
int __init luo_fast_lookup_init(void)
{
	int err = rhashtable_init(&luo_files_by_key, &luo_key_params);

	if (!err)
		err = rhashtable_init(&luo_files_by_id, &luo_id_params);
	return err;
}

/* It begins to grow when it is 75 % full. */
static bool luo_table_is_full(struct rhashtable *ht)
{
	guard(rcu)();
	return rht_grow_above_100(ht, rht_dereference_rcu(ht->tbl, ht));
}

/**
 * luo_fast_wait_for_growth - Wait until a table has room for another entry.
 * @ht: The table; insertions make it grow in the background.
 *
 * Context: process context, may sleep.
 */
void luo_fast_wait_for_growth(struct rhashtable *ht)
{
	if (luo_table_is_full(ht)) {
		irq_work_sync(&ht->run_irq_work);
		flush_work(&ht->run_work);
	}
}

/**
 * luo_fast_file_find - Find a file by its token.
 * @file_set: Its file set.
 * @token:    The token.
 *
 * Context: The session of @file_set is locked.
 * Return: The file or NULL.
 */
struct luo_fast_file *luo_fast_file_find(struct luo_fast_file_set *file_set,
					 u64 token)
{
	const typeof_member(struct luo_fast_file, key) key = {
		.file_set = file_set,
		.token = token,
	};

	return rhashtable_lookup_fast(&luo_files_by_key, &key, luo_key_params);
}

/**
 * luo_fast_file_find_by_id - Find a file by the identifier of its handler.
 * @file_set: Its file set.
 * @id:       The identifier.
 *
 * Context: The session of @file_set is locked.
 * Return: The file; NULL if there is none, or if it is in another set.
 */
struct luo_fast_file *
luo_fast_file_find_by_id(struct luo_fast_file_set *file_set, unsigned long id)
{
	struct luo_fast_file *lf;

	guard(rcu)();

	lf = rhashtable_lookup_fast(&luo_files_by_id, &id, luo_id_params);
	return lf && lf->key.file_set == file_set ? lf : NULL;
}

/**
 * luo_fast_lookup_add - Add a file to the table by token.
 * @lf: The file.
 *
 * Return: 0; -EEXIST if the set has the token; -ENOMEM.
 */
int luo_fast_lookup_add(struct luo_fast_file *lf)
{
	int err;

	luo_fast_wait_for_growth(&luo_files_by_key);
	err = rhashtable_lookup_insert_fast(&luo_files_by_key, &lf->by_key,
					    luo_key_params);
	return luo_fast_insert_error(err);
}

/**
 * luo_fast_lookup_del - Undo luo_fast_lookup_add().
 * @lf: The file.
 */
void luo_fast_lookup_del(struct luo_fast_file *lf)
{
	rhashtable_remove_fast(&luo_files_by_key, &lf->by_key, luo_key_params);
}

/**
 * luo_fast_lookup_add_id - Add a file to the table by identifier.
 * @lf: The file, with @id set.
 *
 * Return: 0; -EBUSY if it is preserved or retrieved already; -ENOMEM.
 */
int luo_fast_lookup_add_id(struct luo_fast_file *lf)
{
	int err;

	luo_fast_wait_for_growth(&luo_files_by_id);
	err = rhashtable_lookup_insert_fast(&luo_files_by_id, &lf->by_id,
					    luo_id_params);
	lf->has_id = !err;
	return err == -EEXIST ? -EBUSY : luo_fast_insert_error(err);
}

/**
 * luo_fast_lookup_del_id - Undo luo_fast_lookup_add_id(), if it succeeded.
 * @lf: The file.
 */
void luo_fast_lookup_del_id(struct luo_fast_file *lf)
{
	if (lf->has_id)
		rhashtable_remove_fast(&luo_files_by_id, &lf->by_id,
				       luo_id_params);
	lf->has_id = false;
}
