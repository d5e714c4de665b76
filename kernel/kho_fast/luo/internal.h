/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared by the files of kernel/kho_fast/luo/; nobody else includes it.
 */
#ifndef _KERNEL_KHO_FAST_LUO_INTERNAL_H
#define _KERNEL_KHO_FAST_LUO_INTERNAL_H

#include <linux/kho/abi/luo.h>
#include <linux/kho_block.h>
#include <linux/list.h>
#include <linux/liveupdate.h>
#include <linux/mutex.h>
#include <linux/rhashtable-types.h>
#include <linux/rwsem.h>
#include <linux/types.h>

#include "records.h"

struct file;
struct seq_file;

/**
 * struct luo_fast_set - The files of a session.
 * @files:  In the order of their preservation.
 * @blocks: Room for their records; what was handed over, while it is read.
 * @count:  How many.
 * @frozen: Those that are frozen, in the order in which they were.
 */
struct luo_fast_set {
	struct list_head	files;
	struct kho_block_set	blocks;
	u64			count;
	struct list_head	frozen;
};

/**
 * struct luo_fast_session - A named set of files, with a file of its own.
 * @name:      Unique in its table; filled up with zeroes, since it is hashed.
 * @node:      In the table, by name.
 * @list:      In the table, in the order of creation.
 * @retrieved: It was handed over, and userspace has it. Settled before the
 *             session has a file.
 * @set:       Its files; under @mutex.
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
	struct luo_fast_set	set;
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

/* Whether a callback of the handler is running that may ask for other files. */
enum luo_fast_phase {
	LUO_FAST_IDLE,
	LUO_FAST_PRESERVING,
	LUO_FAST_RETRIEVING,
};

/* The longest chain of files each of which needs the next: retrievals nest. */
#define LUO_FAST_MAX_DEPTH	8

/**
 * struct luo_fast_file - A file that is preserved, or was.
 * @key:        What userspace knows it by.
 * @key.set:    Its set.
 * @key.token:  Unique in the set.
 * @id:         What get_id() of the handler says; unique in the system.
 * @has_id:     It is in the table by @id.
 * @by_key:     In the table by @key.
 * @by_id:      In the table by @id.
 * @list:       In &luo_fast_set.files.
 * @order:      In &luo_fast_set.frozen.
 * @fh:         Its handler; the module is referenced.
 * @file:       The file, referenced; NULL until it is retrieved.
 * @data:       The handler's word to the next kernel.
 * @private:    The handler's word to itself.
 * @status:     Of the retrieval: 0 not tried, 1 done, or an error for good.
 * @phase:      enum luo_fast_phase
 * @depth:      Files that it needs one after the other; when it is retrieved,
 *              files whose retrieval waits for it.
 * @needs:      What it needs, struct luo_fast_need.
 * @dependents: How many need it.
 * @waits:      How many of those are not frozen yet.
 * @rcu:        To free it.
 *
 * All under the mutex of the session, but @key and @id, which do not change.
 */
struct luo_fast_file {
	struct {
		struct luo_fast_set	*set;
		u64			token;
	} key;
	unsigned long			id;
	struct rhash_head		by_key;
	struct rhash_head		by_id;
	struct list_head		list;
	struct list_head		order;
	struct liveupdate_file_handler	*fh;
	struct file			*file;
	u64				data;
	void				*private;
	struct list_head		needs;
	unsigned int			dependents;
	unsigned int			waits;
	int				status;
	u8				phase;
	u8				depth;
	bool				has_id;
	struct rcu_head			rcu;
};
static_assert(sizeof(((struct luo_fast_file *)0)->key) ==
	      sizeof(void *) + sizeof(u64));

/**
 * struct luo_fast_op - What a callback of a handler gets, and who asked.
 * @args: All that the handler is meant to see.
 * @file: The file.
 */
struct luo_fast_op {
	struct liveupdate_file_op_args	args;
	struct luo_fast_file		*file;
};

/* core.c */
extern struct rw_semaphore luo_fast_update;
int luo_fast_incoming_error(void);

/* device.c */
int luo_fast_device_init(void);

/* sessions.c */
extern struct luo_fast_table luo_fast_incoming, luo_fast_outgoing;
int luo_fast_sessions_init(void);
int luo_fast_sessions_restore(u64 sessions_pa);
int luo_fast_sessions_take_over(void);
int luo_fast_table_add(struct luo_fast_table *table,
		       struct luo_fast_session *session);
void luo_fast_table_del(struct luo_fast_table *table,
			struct luo_fast_session *session);
struct luo_fast_session *luo_fast_table_find(struct luo_fast_table *table,
					     const char *name);

/* session.c */
struct luo_fast_session *luo_fast_session_alloc(const char *name);
void luo_fast_session_free(struct luo_fast_session *session);
struct file *luo_fast_session_create(const char *name);
struct file *luo_fast_session_retrieve(const char *name);
void luo_fast_session_put_back(struct file *file);

/* serialize.c */
int luo_fast_serialize(u64 *sessions_pa);

/* freeze.c */
int luo_fast_set_freeze(struct luo_fast_set *set);
void luo_fast_set_unfreeze(struct luo_fast_set *set);
void luo_fast_set_write(struct luo_fast_set *set, struct luo_file_set_ser *ser);

/* file.c */
void luo_fast_set_init(struct luo_fast_set *set);
struct luo_fast_op luo_fast_file_op(struct luo_fast_file *lf);
int luo_fast_file_preserve(struct luo_fast_set *set, u64 token, int fd);
void luo_fast_set_unpreserve(struct luo_fast_set *set);
void luo_fast_set_forget(struct luo_fast_set *set);
int luo_fast_file_adopt(struct luo_fast_set *set,
			const struct luo_file_ser *ser);
int luo_fast_file_retrieve(struct luo_fast_file *lf, struct file **filep);
int luo_fast_set_finish(struct luo_fast_set *set);

/* lookup.c */
int luo_fast_lookup_init(void);
struct luo_fast_file *luo_fast_find(struct luo_fast_set *set, u64 token);
struct luo_fast_file *luo_fast_find_id(struct luo_fast_set *set,
				       unsigned long id);
int luo_fast_lookup_add(struct luo_fast_file *lf);
void luo_fast_lookup_del(struct luo_fast_file *lf);
int luo_fast_lookup_add_id(struct luo_fast_file *lf);
void luo_fast_lookup_del_id(struct luo_fast_file *lf);

/* handlers.c */
extern struct rw_semaphore luo_fast_registry;
extern struct list_head luo_fast_handlers;
struct liveupdate_file_handler *luo_fast_handler_get(struct file *file);
struct liveupdate_file_handler *luo_fast_handler_find(const char *compatible);
void luo_fast_handler_put(struct liveupdate_file_handler *fh);

/* What the file is known by to its handler. */
static inline unsigned long
luo_fast_id(const struct liveupdate_file_handler *fh, struct file *file)
{
	return fh->ops->get_id ? fh->ops->get_id(file) : (unsigned long)file;
}

/* flb.c */
extern struct list_head luo_fast_flbs;
int luo_fast_flb_init(u64 *flbs_pa);
void luo_fast_flb_exit(void);
int luo_fast_flb_restore(u64 flbs_pa);
int luo_fast_flb_preserve(struct liveupdate_file_handler *fh);
void luo_fast_flb_unpreserve(struct liveupdate_file_handler *fh);
void luo_fast_flb_finish(struct liveupdate_file_handler *fh);
void luo_fast_flb_forget(struct liveupdate_file_handler *fh);
void luo_fast_flb_serialize(void);
bool luo_fast_flb_is_preserved(struct liveupdate_flb *flb);

/* depend.c */
void luo_fast_needs_drop(struct luo_fast_file *lf);
void luo_fast_freeze_order(struct luo_fast_set *set, struct list_head *order);

/* query.c */
int luo_fast_query_init(void);
int luo_fast_query_allows(struct luo_fast_table *table);
int luo_fast_next_set(const char *text, size_t len);

/* debugfs.c */
#ifdef CONFIG_DEBUG_FS
void luo_fast_debugfs_init(void);
#else
static inline void luo_fast_debugfs_init(void) { }
#endif

#ifdef CONFIG_LIVEUPDATE_TEST
void liveupdate_test_register(struct liveupdate_file_handler *fh);
#else
static inline void liveupdate_test_register(struct liveupdate_file_handler *fh)
{
}
#endif

#endif /* _KERNEL_KHO_FAST_LUO_INTERNAL_H */
