// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table: nanoseconds per operation; and bytes per second, and how many times as
 * long it takes as the first variant with as many threads, both of the minimum: what
 * else the machine does only ever adds.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t median(const struct bench_times *times)
{
	unsigned int half = times->nr / 2;

	return times->nr % 2 ? times->ns[half] : (times->ns[half - 1] + times->ns[half]) / 2;
}

/* Of the first variant with as many threads as @v has. */
static unsigned int baseline_of(const struct bench *bench, unsigned int v)
{
	unsigned int b = 0;

	while (bench->variants[b].threads != bench->variants[v].threads)
		b++;
	return b;
}

void table_head(const struct bench *bench)
{
	printf("\n%s: ns per %s\n", bench->name, bench->unit);
	printf("%-18s %-10s %4s %9s %9s %9s %6s %7s\n", "CASE", "VARIANT", "CPUS",
	       "MIN", "MEDIAN", "MAX", "GB/s", "TIMES");
}

/* In 9 columns. */
static void put_ns(double ns)
{
	printf(ns < 1e5 ? " %9.2f" : " %9.0f", ns);
}

static void row(const struct bench *bench, unsigned int index,
		const struct bench_work *work, const struct bench_times *times,
		unsigned int v)
{
	const struct bench_variant *variant = &bench->variants[v];
	const uint64_t *ns = times[v].ns;
	double n = work->n, ratio = (double)ns[0] / times[baseline_of(bench, v)].ns[0];

	printf("%-18s %-10s %4u", bench->case_name(index), variant->name, variant->threads);
	put_ns(ns[0] / n);
	put_ns(median(&times[v]) / n);
	put_ns(ns[times[v].nr - 1] / n);
	if (work->bytes)
		printf(" %6.1f", (double)work->bytes / ns[0]);
	else
		printf(" %6s", "-");
	printf(ratio < 0.1 ? " %7.2g\n" : " %7.2f\n", ratio);
}

void table_case(const struct bench *bench, unsigned int index,
		const struct bench_work *work, struct bench_times *times)
{
	unsigned int v;

	for (v = 0; v < bench->nr_variants; v++)
		qsort(times[v].ns, times[v].nr, sizeof(*times[v].ns), compare);
	for (v = 0; v < bench->nr_variants; v++) {
		if (times[v].nr)
			row(bench, index, work, times, v);
	}
}
