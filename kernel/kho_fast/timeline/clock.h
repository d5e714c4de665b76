/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Clock of the timeline.
 */
#ifndef _KERNEL_KHO_FAST_TIMELINE_CLOCK_H
#define _KERNEL_KHO_FAST_TIMELINE_CLOCK_H

#include <linux/math64.h>
#include <linux/timex.h>
#include <linux/types.h>

#ifdef CONFIG_X86
#include <asm/tsc.h>
#define KHO_FAST_CLOCK_NAME	"tsc"
#define kho_fast_clock_khz()	tsc_khz
/* get_cycles() is 0 in start_kernel(). */
#define kho_fast_read_clock()	rdtsc()
#else
#define KHO_FAST_CLOCK_NAME	"cycles"
#define kho_fast_clock_khz()	0	/* unknown */
#define kho_fast_read_clock()	get_cycles()
#endif

/* A clock that continues across kexec, from start_kernel() on. */
static inline u64 kho_fast_clock(void)
{
	return kho_fast_read_clock();
}

/* Ticks in nanoseconds; 0 when the frequency is unknown. */
static inline u64 kho_fast_clock_ns(u64 ticks)
{
	u64 khz = kho_fast_clock_khz();

	return khz ? mul_u64_u64_div_u64(ticks, USEC_PER_SEC, khz) : 0;
}

#endif /* _KERNEL_KHO_FAST_TIMELINE_CLOCK_H */
