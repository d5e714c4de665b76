/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * LUO's interface to KHO and to handlers of this directory.
 */
#ifndef _KERNEL_KHO_FAST_LUO_LUO_H
#define _KERNEL_KHO_FAST_LUO_LUO_H

#include <linux/init.h>
#include <linux/list.h>
#include <linux/types.h>

struct kho_fast_fault;
struct liveupdate_file_handler;
struct liveupdate_file_op_args;

#ifdef CONFIG_LIVEUPDATE
int luo_fast_deserialize(void);
#else
static inline int luo_fast_deserialize(void)
{
	return 0;
}
#endif

/**
 * struct luo_fast_check - Check of a handler's files before the kexec.
 * @fh:   The handler.
 * @run:  Called for each of its files when all files are frozen and nothing is
 *        preserved any more. Returns 0; or an error, and then it fills in
 *        @fault. Files of different sessions are checked at the same time.
 * @list: Private to LUO.
 */
struct luo_fast_check {
	const struct liveupdate_file_handler *fh;
	int (*run)(struct liveupdate_file_op_args *args,
		   struct kho_fast_fault *fault);
	struct list_head list;
};

/* gate.c */
bool luo_fast_freeze_is_late(void);

/* check.c */
void luo_fast_add_check(struct luo_fast_check *check);

/* file.c */
void luo_fast_retrieve_again(struct liveupdate_file_op_args *args);

#endif /* _KERNEL_KHO_FAST_LUO_LUO_H */
