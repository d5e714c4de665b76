/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dependencies of a file on other files of its session, for file handlers; see
 * kernel/kho_fast/luo/deps_api.c.
 */
#ifndef _LINUX_LIVEUPDATE_DEPS_H
#define _LINUX_LIVEUPDATE_DEPS_H

#include <linux/errno.h>
#include <linux/liveupdate.h>
#include <linux/types.h>

struct file;

#if defined(CONFIG_KHO_FAST) && defined(CONFIG_LIVEUPDATE)

int liveupdate_get_token_outgoing(struct liveupdate_file_op_args *args,
				  struct file *file, u64 *token);
int liveupdate_get_file_incoming(struct liveupdate_file_op_args *args,
				 u64 token, struct file **filep);

#else

static inline int
liveupdate_get_token_outgoing(struct liveupdate_file_op_args *args,
			      struct file *file, u64 *token)
{
	return -EOPNOTSUPP;
}

static inline int
liveupdate_get_file_incoming(struct liveupdate_file_op_args *args, u64 token,
			     struct file **filep)
{
	return -EOPNOTSUPP;
}

#endif

#endif /* _LINUX_LIVEUPDATE_DEPS_H */
