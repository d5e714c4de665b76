// SPDX-License-Identifier: GPL-2.0-only
/*
 * Extrapolation of runs that take too long.
 */
#include <math.h>

#include "bench.h"

#define FIRST_N	1024ul

/* From @times[0] for n / 4 to @times[2] for n. */
static double power_of(const uint64_t *times)
{
	double power = log2((double)times[2] / times[0]) / 2;

	return fmin(fmax(power, 1), 2);
}

void extrapolate(uint64_t (*time_n)(unsigned long n), unsigned long n, uint64_t limit_ns,
		    struct bench_estimate *estimate)
{
	uint64_t times[3] = { 0 };
	unsigned long m = FIRST_N / 2;

	do {
		m = m * 2 < n ? m * 2 : n;
		times[0] = times[1];
		times[1] = times[2];
		times[2] = time_n(m);
	} while (m < n && (!times[0] || 4 * times[2] < limit_ns));

	*estimate = (struct bench_estimate){ .ns = times[2] };
	if (m == n)
		return;
	estimate->measured_n = m;
	estimate->power = power_of(times);
	estimate->ns = fmin(times[2] * pow((double)n / m, estimate->power), 9e18);
}
