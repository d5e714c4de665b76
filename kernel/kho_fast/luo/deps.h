/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dependencies between files.
 */
#ifndef _KERNEL_KHO_FAST_LUO_DEPS_H
#define _KERNEL_KHO_FAST_LUO_DEPS_H

#include <linux/list.h>

#include "file_set.h"

int luo_fast_dep_add(struct luo_fast_file *lf, struct luo_fast_file *on);
void luo_fast_deps_free(struct luo_fast_file *lf);
const struct luo_fast_file *
luo_fast_dependent(const struct luo_fast_file_set *file_set,
		   const struct luo_fast_file *lf);
void luo_fast_report_dependent(const char *session,
			       const struct luo_fast_file_set *file_set,
			       const struct luo_fast_file *lf);
void luo_fast_freeze_order(struct luo_fast_file_set *file_set,
			   struct list_head *order);

#endif /* _KERNEL_KHO_FAST_LUO_DEPS_H */
