/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Emitting trace events.
 */
#ifndef _KERNEL_KHO_FAST_TRACE_H
#define _KERNEL_KHO_FAST_TRACE_H

#include <linux/instruction_pointer.h>
#include <linux/mm.h>
#include <linux/sched/clock.h>

#include <trace/events/kho.h>

#include "timeline/clock.h"

/* Without a trusted TSC local_clock() stands still between ticks. */
#ifdef CONFIG_X86
#define kho_fast_trace_clock()	kho_fast_clock_ns(kho_fast_clock())
#else
#define kho_fast_trace_clock()	local_clock()
#endif

/*
 * Emit kho_preserve, kho_unpreserve or kho_restore. The arguments, such as
 * _RET_IP_, are evaluated only while the event is enabled.
 */
#define kho_fast_trace_range(event, pfn, nr_pages, order, caller) do {	\
	if (trace_##event##_enabled()) {				\
		const unsigned long __pfn = (pfn);			\
									\
		trace_##event(__pfn, nr_pages, order,			\
			      pfn_to_nid(__pfn), caller);		\
	}								\
} while (0)

/*
 * Begin of a duration for trace_<event>(); 0 while the event is disabled, and
 * then it must not be emitted.
 */
#define kho_fast_trace_begin(event)					\
	(trace_##event##_enabled() ? kho_fast_trace_clock() : 0)

static inline u64 kho_fast_trace_ns(u64 began)
{
	return kho_fast_trace_clock() - began;
}

/* @folios and @pages are evaluated only if @began is not 0. */
#define kho_fast_trace_memfd(began, op, folios, pages, err) do {	\
	const u64 __began = (began);					\
									\
	if (__began)							\
		trace_kho_memfd(op, folios, pages,			\
				kho_fast_trace_ns(__began), err);	\
} while (0)

#endif /* _KERNEL_KHO_FAST_TRACE_H */
