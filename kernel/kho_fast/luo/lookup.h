/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lookup of preserved files by key or identifier.
 */
#ifndef _KERNEL_KHO_FAST_LUO_LOOKUP_H
#define _KERNEL_KHO_FAST_LUO_LOOKUP_H

#include <linux/errno.h>
#include <linux/types.h>

#include "file_set.h"

struct rhashtable;

/*
 * The error of an insertion, -EEXIST or -ENOMEM. While a table grows, too many
 * collisions are -EBUSY, which is a lack of memory, too.
 */
static inline int luo_fast_insert_error(int err)
{
	return err && err != -EEXIST ? -ENOMEM : err;
}

void luo_fast_wait_for_growth(struct rhashtable *ht);
int luo_fast_lookup_init(void);
struct luo_fast_file *luo_fast_file_find(struct luo_fast_file_set *file_set,
					 u64 token);
struct luo_fast_file *
luo_fast_file_find_by_id(struct luo_fast_file_set *file_set, unsigned long id);
int luo_fast_lookup_add(struct luo_fast_file *lf);
void luo_fast_lookup_del(struct luo_fast_file *lf);
int luo_fast_lookup_add_id(struct luo_fast_file *lf);
void luo_fast_lookup_del_id(struct luo_fast_file *lf);

#endif /* _KERNEL_KHO_FAST_LUO_LOOKUP_H */
