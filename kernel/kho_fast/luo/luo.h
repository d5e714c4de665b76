/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * LUO's interface to KHO and to handlers of this directory.
 */
#ifndef _KERNEL_KHO_FAST_LUO_LUO_H
#define _KERNEL_KHO_FAST_LUO_LUO_H

#include <linux/init.h>

struct liveupdate_file_op_args;

#ifdef CONFIG_LIVEUPDATE
int luo_fast_deserialize(void);
#else
static inline int luo_fast_deserialize(void)
{
	return 0;
}
#endif

/* file.c */
void luo_fast_retrieve_again(struct liveupdate_file_op_args *args);

#endif /* _KERNEL_KHO_FAST_LUO_LUO_H */
