/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sessions of the previous kernel.
 */
#ifndef _KERNEL_KHO_FAST_LUO_SESSIONS_H
#define _KERNEL_KHO_FAST_LUO_SESSIONS_H

#include <linux/types.h>

struct luo_fast_session;

int luo_fast_sessions_restore(u64 sessions_pa);
int luo_fast_sessions_deserialize(void);
int luo_fast_session_load(struct luo_fast_session *session);

#endif /* _KERNEL_KHO_FAST_LUO_SESSIONS_H */
