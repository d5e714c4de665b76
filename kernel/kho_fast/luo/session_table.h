/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sessions, and the tables of those handed over and to hand over.
 */
#ifndef _KERNEL_KHO_FAST_LUO_SESSION_TABLE_H
#define _KERNEL_KHO_FAST_LUO_SESSION_TABLE_H

#include <linux/kho_block.h>
#include <linux/list.h>
#include <linux/liveupdate.h>
#include <linux/mutex.h>
#include <linux/rhashtable-types.h>
#include <linux/rwsem.h>
#include <linux/types.h>

#include "file_set.h"

/**
 * struct luo_fast_session - A named set of files, with a file of its own.
 * @name:      Unique in its table; filled up with zeroes, since it is hashed.
 * @node:      In the table, by name.
 * @list:      In the table, in the order of creation.
 * @retrieved: It was handed over, and userspace has it. Settled before the
 *             session has a file.
 * @file_set:  Its files; under @mutex.
 * @mutex:     Held while anything is done to a file of the session.
 * @ser:       Where its record goes; for the freeze only.
 * @index:     Its place in the order of creation; for the freeze only.
 * @rcu:       To free it.
 */
struct luo_fast_session {
	char			name[LIVEUPDATE_SESSION_NAME_LENGTH];
	struct rhash_head	node;
	struct list_head	list;
	bool			retrieved;
	struct luo_fast_file_set file_set;
	struct mutex		mutex;	/* see above */
	struct luo_session_ser	*ser;
	unsigned long		index;
	struct rcu_head		rcu;
};

/**
 * struct luo_fast_table - The sessions to hand over, or those handed over.
 * @lock:    Taken for every change and every look.
 * @by_name: Them by name.
 * @list:    Them in the order of creation, which is that of the records.
 * @count:   How many.
 * @blocks:  Room for their records; what was handed over, until it is read.
 */
struct luo_fast_table {
	struct mutex		lock;	/* see above */
	struct rhashtable	by_name;
	struct list_head	list;
	unsigned long		count;
	struct kho_block_set	blocks;
};

extern struct rw_semaphore luo_fast_serialize_rwsem;
extern struct luo_fast_table luo_fast_incoming, luo_fast_outgoing;

int luo_fast_sessions_init(void);
int luo_fast_table_add(struct luo_fast_table *table,
		       struct luo_fast_session *session);
void luo_fast_table_del(struct luo_fast_table *table,
			struct luo_fast_session *session);
struct luo_fast_session *luo_fast_table_find(struct luo_fast_table *table,
					     const char *name);

#endif /* _KERNEL_KHO_FAST_LUO_SESSION_TABLE_H */
