/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sessions and their tables, incoming and outgoing.
 */
#ifndef _KERNEL_KHO_FAST_LUO_SESSION_TABLE_H
#define _KERNEL_KHO_FAST_LUO_SESSION_TABLE_H

#include <linux/kho_block.h>
#include <linux/list.h>
#include <linux/liveupdate.h>
#include <linux/mutex.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>

#include "file_set.h"
#include "records.h"

/**
 * struct luo_fast_session - A named set of files with a file of its own.
 * @name:      Unique in its table; padded with zeroes, as it is hashed.
 * @node:      Entry in the table, by name.
 * @list:      Entry in the table, in order of creation.
 * @retrieved: An incoming session with a file. Set before the file exists.
 * @err:       Why an incoming session cannot be retrieved: 0, it can; -EBADMSG,
 *             for good; another error, yet.
 * @fault:     @err in words.
 * @trust:     Of an incoming session: 1, its record is as it was written; 0,
 *             nothing is known; -EBADMSG, it is not.
 * @file_set:  Its files; under @mutex.
 * @mutex:     Held over all operations on files of the session.
 * @ser:       Its record; in the freeze only.
 * @index:     Its place in order of creation; in the freeze only.
 * @rcu:       For kfree_rcu().
 */
struct luo_fast_session {
	char			name[LIVEUPDATE_SESSION_NAME_LENGTH];
	struct rhash_head	node;
	struct list_head	list;
	bool			retrieved;
	int			err;
	char			fault[LUO_FAST_FAULT_SIZE];
	int			trust;
	struct luo_fast_file_set file_set;
	struct mutex		mutex;	/* see above */
	struct luo_session_ser	*ser;
	unsigned long		index;
	struct rcu_head		rcu;
};

/**
 * struct luo_fast_table - Incoming or outgoing sessions.
 * @lock:    Held over lookups and changes.
 * @by_name: The sessions by name.
 * @list:    The sessions in order of creation, as their records.
 * @count:   Number of sessions.
 * @blocks:  Room for their records; incoming: the records until they are
 *           parsed.
 */
struct luo_fast_table {
	struct mutex		lock;	/* see above */
	struct rhashtable	by_name;
	struct list_head	list;
	unsigned long		count;
	struct kho_block_set	blocks;
};

extern struct luo_fast_table luo_fast_incoming, luo_fast_outgoing;

/* As many as have room in the records */
#define LUO_FAST_MAX_SESSIONS	LUO_FAST_MAX_RECORDS(struct luo_session_ser)
#define LUO_FAST_MAX_FILES	LUO_FAST_MAX_RECORDS(struct luo_file_ser)

extern unsigned int luo_fast_max_sessions, luo_fast_max_files;

int luo_fast_sessions_init(void);
int luo_fast_check_room(const struct luo_fast_session *session);
int luo_fast_table_add(struct luo_fast_table *table,
		       struct luo_fast_session *session);
void luo_fast_table_add_hidden(struct luo_fast_table *table,
			       struct luo_fast_session *session);
void luo_fast_table_displace(struct luo_fast_table *table,
			     struct luo_fast_session *old,
			     struct luo_fast_session *session);
void luo_fast_table_del(struct luo_fast_table *table,
			struct luo_fast_session *session);
struct luo_fast_session *luo_fast_table_find(struct luo_fast_table *table,
					     const char *name);

#endif /* _KERNEL_KHO_FAST_LUO_SESSION_TABLE_H */
