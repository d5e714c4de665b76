/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frequency of the TSC across kexec.
 */
#ifndef _KERNEL_KHO_FAST_TSC_H
#define _KERNEL_KHO_FAST_TSC_H

#include <linux/init.h>
#include <linux/kho/abi/kho_tsc.h>
#include <linux/types.h>

struct dentry;

#ifdef CONFIG_KHO_FAST_TSC
extern bool kho_fast_tsc_is_invalid;
const char *kho_fast_tsc_fault(const struct kho_tsc_ser *ser, size_t size);
int kho_fast_tsc_init(void);
void kho_fast_tsc_debugfs(struct dentry *dir);
#else
static inline int kho_fast_tsc_init(void) { return 0; }
static inline void kho_fast_tsc_debugfs(struct dentry *dir) { }
#endif

#endif /* _KERNEL_KHO_FAST_TSC_H */
