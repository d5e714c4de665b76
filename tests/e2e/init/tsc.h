/* SPDX-License-Identifier: GPL-2.0-only */
/* The TSC, which continues across kexec; on arm64 the virtual counter, which does too */
#ifndef TSC_H
#define TSC_H

#include <stdint.h>
#include <time.h>
#ifdef __x86_64__
#include <x86intrin.h>
#endif

/* Set by the first instruction of userspace, in start-*.S */
extern const uint64_t first_tsc;

static inline uint64_t tsc_now(void)
{
#ifdef __x86_64__
	return __rdtsc();
#else
	uint64_t now;

	asm volatile("isb; mrs %0, cntvct_el0" : "=r" (now));
	return now;
#endif
}

static inline uint64_t raw_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/*
 * Both clocks at the same time: the shortest of many attempts. An emulated HPET may take
 * a millisecond on a busy host.
 */
static inline void read_both(uint64_t *tsc, uint64_t *ns)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < 50; i++) {
		uint64_t before = tsc_now(), now = raw_ns(), took = tsc_now() - before;

		if (took >= least)
			continue;
		least = took;
		*tsc = before + took / 2;
		*ns = now;
	}
}

/* 200 ms, with an error of at most 20 us at either end: 2 in 10,000 */
static inline uint64_t tsc_khz(void)
{
	const struct timespec wait = { .tv_nsec = 200000000 };
	uint64_t tsc, ns, tsc_then, ns_then;

	read_both(&tsc_then, &ns_then);
	nanosleep(&wait, NULL);
	read_both(&tsc, &ns);
	return (tsc - tsc_then) * 1000000 / (ns - ns_then);
}

#endif /* TSC_H */
