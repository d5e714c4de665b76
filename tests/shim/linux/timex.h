/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CUSTOM: each look at a clock costs a tick, a nanosecond; a test may set that of the TSC,
 * the frequency that the kernel takes it to have, and the clocksource. A CPU has one feature.
 */
#ifndef SHIM_TIMEX_H
#define SHIM_TIMEX_H

#include <linux/clocksource_ids.h>
#include <linux/math64.h>
#include <linux/time64.h>

typedef unsigned long cycles_t;

extern cycles_t shim_cycles;

static inline cycles_t get_cycles(void)
{
	return __atomic_add_fetch(&shim_cycles, 1, __ATOMIC_RELAXED);
}

extern unsigned int shim_tsc_khz;	/* 1000000, unless a test sets it */
#define tsc_khz		shim_tsc_khz
#define rdtsc()		get_cycles()

static inline u64 sched_clock(void)
{
	static u64 now;

	return __atomic_add_fetch(&now, 1, __ATOMIC_RELAXED);
}

#define local_clock()	sched_clock()

struct system_time_snapshot {
	enum clocksource_ids	cs_id;
};

extern enum clocksource_ids shim_clocksource;
#define ktime_get_snapshot_id(clock, snapshot) ((void)((snapshot)->cs_id = shim_clocksource))

extern bool shim_tsc_known_freq;
#define X86_FEATURE_TSC_KNOWN_FREQ	shim_tsc_known_freq
#define boot_cpu_has(feature)		(feature)
#define setup_force_cpu_cap(feature)	((feature) = true)

static inline u64 div_u64_rem(u64 a, u32 b, u32 *rest)
{
	*rest = a % b;
	return a / b;
}

#endif /* SHIM_TIMEX_H */
