/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * State of LUO in debugfs.
 */
#ifndef _KERNEL_KHO_FAST_LUO_DEBUGFS_H
#define _KERNEL_KHO_FAST_LUO_DEBUGFS_H

#include <linux/init.h>

#ifdef CONFIG_DEBUG_FS
void luo_fast_debugfs_init(void);
#else
static inline void luo_fast_debugfs_init(void) { }
#endif

#endif /* _KERNEL_KHO_FAST_LUO_DEBUGFS_H */
