/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compatible strings of this kernel and of the next one.
 */
#ifndef _KERNEL_KHO_FAST_LUO_QUERY_H
#define _KERNEL_KHO_FAST_LUO_QUERY_H

#include <linux/types.h>

struct luo_fast_table;

int luo_fast_query_init(u64 number);
int luo_fast_query_allows(struct luo_fast_table *table);
int luo_fast_set_next_list(const char *text, size_t len);

#endif /* _KERNEL_KHO_FAST_LUO_QUERY_H */
