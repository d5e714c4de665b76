/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the time of a live update goes: what the path to the jump, and the boot
 * after it, call. With CONFIG_KHO_FAST_TIMELINE off every call is a constant and
 * the callers compile to what they were.
 */
#ifndef _LINUX_KHO_TIMELINE_H
#define _LINUX_KHO_TIMELINE_H

#include <linux/kho/abi/kho_timeline.h>

#ifdef CONFIG_KHO_FAST_TIMELINE

void kho_phase_begin(enum kho_phase phase);
int kho_phase_exec(int err);

#else /* !CONFIG_KHO_FAST_TIMELINE */

static inline void kho_phase_begin(enum kho_phase phase) { }

static inline int kho_phase_exec(int err)
{
	return err;
}

#endif /* CONFIG_KHO_FAST_TIMELINE */

#endif /* _LINUX_KHO_TIMELINE_H */
