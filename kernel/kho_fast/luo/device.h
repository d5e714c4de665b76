/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /dev/liveupdate.
 */
#ifndef _KERNEL_KHO_FAST_LUO_DEVICE_H
#define _KERNEL_KHO_FAST_LUO_DEVICE_H

#include <linux/init.h>

int luo_fast_device_init(void);

#endif /* _KERNEL_KHO_FAST_LUO_DEVICE_H */
