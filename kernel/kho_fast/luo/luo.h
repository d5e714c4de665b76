/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Initialisation of LUO by KHO.
 */
#ifndef _KERNEL_KHO_FAST_LUO_LUO_H
#define _KERNEL_KHO_FAST_LUO_LUO_H

#include <linux/init.h>

#ifdef CONFIG_LIVEUPDATE
int luo_fast_deserialize(void);
#else
static inline int luo_fast_deserialize(void)
{
	return 0;
}
#endif

#endif /* _KERNEL_KHO_FAST_LUO_LUO_H */
