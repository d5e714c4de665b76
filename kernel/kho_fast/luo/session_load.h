/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of the sessions of the previous kernel.
 */
#ifndef _KERNEL_KHO_FAST_LUO_SESSION_LOAD_H
#define _KERNEL_KHO_FAST_LUO_SESSION_LOAD_H

#include <linux/types.h>

struct luo_fast_session;

void luo_fast_session_spoil(struct luo_fast_session *session,
			    const char *fault);
int luo_fast_session_create_files(struct luo_fast_session *session,
				  bool request);
int luo_fast_session_load(struct luo_fast_session *session);

#endif /* _KERNEL_KHO_FAST_LUO_SESSION_LOAD_H */
