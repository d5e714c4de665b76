/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timeline across kexec.
 */
#ifndef _KERNEL_KHO_FAST_TIMELINE_HANDOVER_H
#define _KERNEL_KHO_FAST_TIMELINE_HANDOVER_H

#include <linux/init.h>
#include <linux/kho_timeline.h>
#include <linux/types.h>

#ifdef CONFIG_KHO_FAST_TIMELINE
extern struct kho_timeline_ser *kho_fast_timeline_in;
const char *kho_fast_timeline_fault(const struct kho_timeline_ser *ser,
				    size_t size);
int kho_fast_timeline_init(void);
#else
static inline int kho_fast_timeline_init(void) { return 0; }
#endif

#endif /* _KERNEL_KHO_FAST_TIMELINE_HANDOVER_H */
