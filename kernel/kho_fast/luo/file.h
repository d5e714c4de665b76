/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Life of a preserved file.
 */
#ifndef _KERNEL_KHO_FAST_LUO_FILE_H
#define _KERNEL_KHO_FAST_LUO_FILE_H

#include <linux/kho/abi/luo.h>
#include <linux/types.h>

#include "file_set.h"

struct file;

void luo_fast_file_set_init(struct luo_fast_file_set *file_set);
struct luo_fast_op luo_fast_file_op(struct luo_fast_file *lf);
int luo_fast_file_preserve(struct luo_fast_file_set *file_set, u64 token,
			   int fd);
int luo_fast_file_unpreserve(struct luo_fast_file_set *file_set,
			     struct luo_fast_file *lf);
void luo_fast_file_set_unpreserve(struct luo_fast_file_set *file_set);
void luo_fast_file_set_drop(struct luo_fast_file_set *file_set);
int luo_fast_file_deserialize(struct luo_fast_file_set *file_set,
			      const struct luo_file_ser *ser);
int luo_fast_file_retrieve(struct luo_fast_file *lf, struct file **filep);
int luo_fast_file_set_finish(struct luo_fast_file_set *file_set);

#endif /* _KERNEL_KHO_FAST_LUO_FILE_H */
