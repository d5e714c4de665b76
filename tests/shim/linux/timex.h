/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: each look at a clock costs a tick, a nanosecond; a test may set that of the TSC. */
#ifndef SHIM_TIMEX_H
#define SHIM_TIMEX_H

#include <linux/math64.h>
#include <linux/time64.h>

typedef unsigned long cycles_t;

extern cycles_t shim_cycles;

static inline cycles_t get_cycles(void)
{
	return __atomic_add_fetch(&shim_cycles, 1, __ATOMIC_RELAXED);
}

#define tsc_khz		1000000U
#define rdtsc()		get_cycles()

static inline u64 sched_clock(void)
{
	static u64 now;

	return __atomic_add_fetch(&now, 1, __ATOMIC_RELAXED);
}

#define local_clock()	sched_clock()

static inline u64 div_u64_rem(u64 a, u32 b, u32 *rest)
{
	*rest = a % b;
	return a / b;
}

#endif /* SHIM_TIMEX_H */
