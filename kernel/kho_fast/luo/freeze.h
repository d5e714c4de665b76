/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Freezing and serializing a file set.
 */
#ifndef _KERNEL_KHO_FAST_LUO_FREEZE_H
#define _KERNEL_KHO_FAST_LUO_FREEZE_H

#include <linux/kho/abi/luo.h>

#include "file_set.h"

int luo_fast_file_set_freeze(struct luo_fast_file_set *file_set);
void luo_fast_file_set_unfreeze(struct luo_fast_file_set *file_set);
void luo_fast_file_set_write(struct luo_fast_file_set *file_set,
			     struct luo_file_set_ser *ser);

#endif /* _KERNEL_KHO_FAST_LUO_FREEZE_H */
