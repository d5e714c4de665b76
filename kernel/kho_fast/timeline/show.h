/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timeline in debugfs.
 */
#ifndef _KERNEL_KHO_FAST_TIMELINE_SHOW_H
#define _KERNEL_KHO_FAST_TIMELINE_SHOW_H

#include <linux/init.h>

struct dentry;

#ifdef CONFIG_KHO_FAST_TIMELINE
void kho_fast_timeline_debugfs(struct dentry *dir);
#else
static inline void kho_fast_timeline_debugfs(struct dentry *dir) { }
#endif

#endif /* _KERNEL_KHO_FAST_TIMELINE_SHOW_H */
