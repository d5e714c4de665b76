/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KHO in debugfs.
 */
#ifndef _KERNEL_KHO_FAST_DEBUGFS_H
#define _KERNEL_KHO_FAST_DEBUGFS_H

#include <linux/types.h>

#ifdef CONFIG_KEXEC_HANDOVER_DEBUGFS
void kho_fast_debugfs_init(void);
void kho_fast_debugfs_incoming(const void *fdt);
void kho_fast_debugfs_out(const void *fdt, size_t size);
void kho_fast_debugfs_add(const char *name, const void *blob, size_t size);
void kho_fast_debugfs_remove(const void *blob);
#else
static inline void kho_fast_debugfs_init(void) { }
static inline void kho_fast_debugfs_incoming(const void *fdt) { }
static inline void kho_fast_debugfs_out(const void *fdt, size_t size) { }
static inline void kho_fast_debugfs_add(const char *name, const void *blob,
					size_t size) { }
static inline void kho_fast_debugfs_remove(const void *blob) { }
#endif

#endif /* _KERNEL_KHO_FAST_DEBUGFS_H */
