/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KHO in debugfs.
 */
#ifndef _KERNEL_KHO_FAST_DEBUGFS_H
#define _KERNEL_KHO_FAST_DEBUGFS_H

#include <linux/stddef.h>
#include <linux/types.h>

struct dentry;

#ifdef CONFIG_KEXEC_HANDOVER_DEBUGFS
struct dentry *kho_fast_debugfs_init(void);
bool kho_fast_debugfs_blob(struct dentry *dir, const char *name,
			   const void *data, size_t size);
void kho_fast_debugfs_out(const void *fdt, size_t size);
void kho_fast_debugfs_add(const char *name, const void *blob, size_t size);
void kho_fast_debugfs_remove(const void *blob);
#else
static inline struct dentry *kho_fast_debugfs_init(void) { return NULL; }
static inline void kho_fast_debugfs_out(const void *fdt, size_t size) { }
static inline void kho_fast_debugfs_add(const char *name, const void *blob,
					size_t size) { }
static inline void kho_fast_debugfs_remove(const void *blob) { }
#endif

#endif /* _KERNEL_KHO_FAST_DEBUGFS_H */
