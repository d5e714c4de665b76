/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sessions of the previous kernel.
 */
#ifndef _KERNEL_KHO_FAST_LUO_SESSIONS_H
#define _KERNEL_KHO_FAST_LUO_SESSIONS_H

#include <linux/types.h>

int luo_fast_sessions_restore(u64 sessions_pa);
int luo_fast_sessions_deserialize(void);

#endif /* _KERNEL_KHO_FAST_LUO_SESSIONS_H */
