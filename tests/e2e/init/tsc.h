/* SPDX-License-Identifier: GPL-2.0-only */
/* The clock that runs on across a kexec. */
#ifndef TSC_H
#define TSC_H

#include <stdint.h>
#include <time.h>
#include <x86intrin.h>

/* Set by start.S, the first thing this userspace does. */
extern const uint64_t first_tsc;

static inline uint64_t tsc_now(void)
{
	return __rdtsc();
}

static inline uint64_t raw_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/*
 * 200 ms: reading both clocks costs under 20 us even when emulated, so the
 * error stays below 1 in 10,000.
 */
static inline uint64_t tsc_khz(void)
{
	const struct timespec wait = { .tv_nsec = 200000000 };
	uint64_t tsc = tsc_now(), ns = raw_ns();

	nanosleep(&wait, NULL);
	tsc = tsc_now() - tsc;
	ns = raw_ns() - ns;
	return tsc * 1000000 / ns;
}

#endif /* TSC_H */
