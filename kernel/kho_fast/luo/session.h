/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A session and its file.
 */
#ifndef _KERNEL_KHO_FAST_LUO_SESSION_H
#define _KERNEL_KHO_FAST_LUO_SESSION_H

#include <linux/types.h>

struct file;
struct luo_fast_session;

struct luo_fast_session *luo_fast_session_alloc(const char *name, gfp_t gfp);
void luo_fast_session_free(struct luo_fast_session *session);
struct file *luo_fast_session_create(const char *name);
struct file *luo_fast_session_retrieve(const char *name);
void luo_fast_session_undo_retrieve(struct file *file);

#endif /* _KERNEL_KHO_FAST_LUO_SESSION_H */
