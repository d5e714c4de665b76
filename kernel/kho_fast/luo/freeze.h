/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Freezing and serializing a file set.
 */
#ifndef _KERNEL_KHO_FAST_LUO_FREEZE_H
#define _KERNEL_KHO_FAST_LUO_FREEZE_H

#include <linux/kho/abi/luo.h>

#include "file_set.h"

int luo_fast_set_freeze(struct luo_fast_set *set);
void luo_fast_set_unfreeze(struct luo_fast_set *set);
void luo_fast_set_write(struct luo_fast_set *set, struct luo_file_set_ser *ser);

#endif /* _KERNEL_KHO_FAST_LUO_FREEZE_H */
