/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Last check of a live update.
 */
#ifndef _KERNEL_KHO_FAST_LUO_PREFLIGHT_H
#define _KERNEL_KHO_FAST_LUO_PREFLIGHT_H

#include <linux/types.h>

struct kimage;
struct luo_fast_session;

/* check.c */
int luo_fast_check_files(struct luo_fast_session *session);

/* preflight.c */
int luo_fast_check_sessions(u64 sessions_pa);
int luo_fast_preflight(const struct kimage *image);

#endif /* _KERNEL_KHO_FAST_LUO_PREFLIGHT_H */
