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
struct luo_flb_set;

/**
 * struct luo_fast_file_set - Files of a session.
 * @files:  In order of preservation.
 * @blocks: Room for their records; incoming: the records until they are parsed.
 * @count:  Number of files.
 * @frozen: Frozen files, in order of the freeze.
 */
struct luo_fast_file_set {
	struct list_head	files;
	struct kho_block_set	blocks;
	u64			count;
	struct list_head	frozen;
};

/* Callback in progress that may ask for other files */
enum luo_fast_phase {
	LUO_FAST_IDLE,
	LUO_FAST_PRESERVING,
	LUO_FAST_RETRIEVING,
};

/* Files in the longest chain of dependencies; retrievals nest */
#define LUO_FAST_MAX_DEPTH	8

/**
 * struct luo_fast_file - A file that is or was preserved.
 * @key:          Identifies the file to userspace.
 * @key.file_set: Its file set.
 * @key.token:    Unique in the set.
 * @id:           Identifies the file to its handler (get_id()); unique in the
 *                system.
 * @has_id:       Is the file in the table by @id?
 * @by_key:       Entry in the table by @key.
 * @by_id:        Entry in the table by @id.
 * @list:         Entry in &luo_fast_file_set.files.
 * @order:        Entry in &luo_fast_file_set.frozen.
 * @fh:           Its handler, with a reference of the module.
 * @flbs:         FLBs that it was preserved with; NULL for none.
 * @file:         The file, with a reference; NULL until it is retrieved.
 * @data:         Opaque handler data, preserved.
 * @private:      Opaque handler data, private to this kernel.
 * @status:       Status of the retrieval: 0 not tried, or failed and can be
 *                repeated; 1 done; or an error.
 * @phase:        enum luo_fast_phase
 * @depth:        Length of the longest chain of dependencies; during retrieval,
 *                number of files that wait for this one.
 * @deps:         Its dependencies, struct luo_fast_dep.
 * @dependents:   Number of files that depend on it.
 * @waits:        Number of dependents that are not frozen yet.
 * @rcu:          For kfree_rcu().
 *
 * The mutex of the session protects all fields but @key and @id, which do not
 * change.
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
	struct luo_flb_set		*flbs;
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
 * struct luo_fast_op - Argument of a callback, with its file.
 * @args:  The argument.
 * @file:  The file.
 * @again: Can the callback be called again if it fails?
 */
struct luo_fast_op {
	struct liveupdate_file_op_args	args;
	struct luo_fast_file		*file;
	bool				again;
};

/* Identifier of a file for its handler */
static inline unsigned long
luo_fast_file_id(const struct liveupdate_file_handler *fh, struct file *file)
{
	return fh->ops->get_id ? fh->ops->get_id(file) : (unsigned long)file;
}

#endif /* _KERNEL_KHO_FAST_LUO_FILE_SET_H */
