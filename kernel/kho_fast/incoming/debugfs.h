/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Incoming handover in debugfs.
 */
#ifndef _KERNEL_KHO_FAST_INCOMING_DEBUGFS_H
#define _KERNEL_KHO_FAST_INCOMING_DEBUGFS_H

#include <linux/init.h>

struct dentry;

#ifdef CONFIG_KEXEC_HANDOVER_DEBUGFS
void kho_fast_debugfs_copy(void);
void kho_fast_debugfs_incoming(struct dentry *root);
#else
static inline void kho_fast_debugfs_copy(void) { }
static inline void kho_fast_debugfs_incoming(struct dentry *root) { }
#endif

#endif /* _KERNEL_KHO_FAST_INCOMING_DEBUGFS_H */
