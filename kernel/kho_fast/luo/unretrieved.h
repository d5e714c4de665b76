/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sessions of the previous kernel that are not retrieved.
 */
#ifndef _KERNEL_KHO_FAST_LUO_UNRETRIEVED_H
#define _KERNEL_KHO_FAST_LUO_UNRETRIEVED_H

#include <linux/types.h>

u64 luo_fast_count_unretrieved(void);
int luo_fast_check_unretrieved(void);
bool luo_fast_drops_unretrieved(void);
void luo_fast_set_drop_unretrieved(bool drop);

#endif /* _KERNEL_KHO_FAST_LUO_UNRETRIEVED_H */
