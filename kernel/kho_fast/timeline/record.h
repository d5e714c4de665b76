/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recording the timeline.
 */
#ifndef _KERNEL_KHO_FAST_TIMELINE_RECORD_H
#define _KERNEL_KHO_FAST_TIMELINE_RECORD_H

#include <linux/kho_timeline.h>
#include <linux/numa.h>
#include <linux/types.h>

#include "clock.h"

#ifdef CONFIG_KHO_FAST_TIMELINE
const char *kho_fast_phase_name(enum kho_phase what);
void kho_fast_phase_abort(void);
void kho_fast_span(enum kho_phase what, u64 begin, u64 end, int node,
		   const char *label);
void kho_fast_timeline_clear(struct kho_timeline_ser *record);
void kho_fast_timeline_hand_over(struct kho_timeline_ser *record);
void kho_fast_timeline_copy(struct kho_timeline_ser *to);
u64 kho_fast_timeline_began(void);
#else
static inline void kho_fast_phase_abort(void) { }
static inline void kho_fast_span(enum kho_phase what, u64 begin, u64 end,
				 int node, const char *label) { }
#endif

#endif /* _KERNEL_KHO_FAST_TIMELINE_RECORD_H */
