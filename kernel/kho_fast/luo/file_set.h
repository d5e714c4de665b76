/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Preserved files of a session.
 */
#ifndef _KERNEL_KHO_FAST_LUO_FILE_SET_H
#define _KERNEL_KHO_FAST_LUO_FILE_SET_H

#include <linux/kho/abi/luo.h>
#include <linux/kho_block.h>
#include <linux/list.h>
#include <linux/liveupdate.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>

struct file;

/**
 * struct luo_fast_file_set - The files of a session.
 * @files:  In the order of their preservation.
 * @blocks: Room for their records; what was handed over, while it is read.
 * @count:  How many.
 * @frozen: Those that are frozen, in the order in which they were.
 */
struct luo_fast_file_set {
	struct list_head	files;
	struct kho_block_set	blocks;
	u64			count;
	struct list_head	frozen;
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
 * @key.file_set: Its set.
 * @key.token:  Unique in the set.
 * @id:         What get_id() of the handler says; unique in the system.
 * @has_id:     It is in the table by @id.
 * @by_key:     In the table by @key.
 * @by_id:      In the table by @id.
 * @list:       In &luo_fast_file_set.files.
 * @order:      In &luo_fast_file_set.frozen.
 * @fh:         Its handler; the module is referenced.
 * @file:       The file, referenced; NULL until it is retrieved.
 * @data:       The handler's word to the next kernel.
 * @private:    The handler's word to itself.
 * @status:     Of the retrieval: 0 not tried, 1 done, or an error for good.
 * @phase:      enum luo_fast_phase
 * @depth:      Files that it needs one after the other; when it is retrieved,
 *              files whose retrieval waits for it.
 * @deps:       What it needs, struct luo_fast_dep.
 * @dependents: How many need it.
 * @waits:      How many of those are not frozen yet.
 * @rcu:        To free it.
 *
 * All under the mutex of the session, but @key and @id, which do not change.
 */
struct luo_fast_file {
	struct {
		struct luo_fast_file_set *file_set;
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
	struct list_head		deps;
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

/* What the file is known by to its handler. */
static inline unsigned long
luo_fast_file_id(const struct liveupdate_file_handler *fh, struct file *file)
{
	return fh->ops->get_id ? fh->ops->get_id(file) : (unsigned long)file;
}

#endif /* _KERNEL_KHO_FAST_LUO_FILE_SET_H */
