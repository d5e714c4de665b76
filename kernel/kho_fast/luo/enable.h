/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Enabling LUO.
 */
#ifndef _KERNEL_KHO_FAST_LUO_ENABLE_H
#define _KERNEL_KHO_FAST_LUO_ENABLE_H

#include <linux/init.h>

void luo_fast_disable(void);
int luo_fast_incoming_error(void);
void luo_fast_set_incoming_error(int err);

#endif /* _KERNEL_KHO_FAST_LUO_ENABLE_H */
