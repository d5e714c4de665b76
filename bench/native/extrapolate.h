/* SPDX-License-Identifier: GPL-2.0-only */
/* What takes too long to be measured. */
#ifndef EXTRAPOLATE_H
#define EXTRAPOLATE_H

#include "bench.h"

/**
 * extrapolate - Measure as much as fits in a time, and extend it.
 * @time_n:   Nanoseconds that the first @n operations take.
 * @n:        How many there are.
 * @limit_ns: No measurement is begun that is likely to take longer.
 * @estimate: Filled in; @measured_n is 0 when all was measured.
 *
 * The time is taken for a power of the number, fitted to the last measurements but at
 * least the first and at most the second: what is extended is quadratic at worst, and more
 * than that is what caches do to short runs.
 */
void extrapolate(uint64_t (*time_n)(unsigned long n), unsigned long n, uint64_t limit_ns,
		    struct bench_estimate *estimate);

#endif /* EXTRAPOLATE_H */
