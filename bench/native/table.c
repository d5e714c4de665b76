// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table: time per operation; bytes per second, or how large the result is; and how
 * many times as long as what it is compared with it takes, both of the minimum: what else
 * the machine does only ever adds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../duration.h"
#include "bench.h"

static int compare(const void *a, const void *b)
{
	const struct bench_sample *x = a, *y = b;

	return (x->ns > y->ns) - (x->ns < y->ns);
}

static uint64_t median(const struct bench_times *times)
{
	const struct bench_sample *s = times->samples;
	unsigned int half = times->nr / 2;

	return times->nr % 2 ? s[half].ns : (s[half - 1].ns + s[half].ns) / 2;
}

static bool is_base(const struct bench_variant *base, const struct bench_variant *variant)
{
	return base->threads == variant->threads &&
	       (!variant->base || !strcmp(base->name, variant->base));
}

/* Variant @v itself if there is nothing else. */
static unsigned int base_of(const struct bench *bench, unsigned int v)
{
	unsigned int b = 0;

	while (b < v && !is_base(&bench->variants[b], &bench->variants[v]))
		b++;
	return b;
}

void table_head(const struct bench *bench)
{
	printf("\n%s: time per %s\n", bench->name, bench->unit);
	printf("%-18s %-10s %4s %9s %9s %9s %6s %7s\n", "CASE", "VARIANT", "CPUS",
	       "MIN", "MEDIAN", "MAX", "GB/s", "TIMES");
}

/* In 9 columns. */
static void put_time(double ns, const char *mark)
{
	char text[40];

	snprintf(text, sizeof(text), "%s%s", mark, time_text(ns).s);
	printf(" %9s", text);
}

/* In 6 columns. */
static void put_size(unsigned long bytes)
{
	if (bytes < 100000ul << 10)
		printf(" %5luK", bytes >> 10);
	else
		printf(" %5luM", bytes >> 20);
}

static void put_estimate(const struct bench_estimate *estimate)
{
	printf(" from n=%lu, n^%.2f", estimate->measured_n, estimate->power);
}

static void put_times(const struct bench_times *times, double n)
{
	const struct bench_sample *s = times->samples;

	put_time(s[0].ns / n, "");
	put_time(median(times) / n, "");
	put_time(s[times->nr - 1].ns / n, "");
}

/* In 7 columns. */
static void put_ratio(double ratio)
{
	printf(ratio < 0.1 ? " %7.2g\n" : ratio < 1e4 ? " %7.2f\n" : " %7.1e\n", ratio);
}

static void row(const struct bench *bench, unsigned int index,
		const struct bench_work *work, const struct bench_times *times,
		unsigned int v)
{
	const struct bench_variant *variant = &bench->variants[v];
	const struct bench_times *t = &times[v], *base = &times[base_of(bench, v)];
	double ratio = base->nr ? (double)t->samples[0].ns / base->samples[0].ns : 0;

	printf("%-18s %-10s %4u", bench->case_name(index), variant->name, variant->threads);
	if (t->estimate.measured_n) {
		put_time((double)t->samples[0].ns / work->n, "~");
		put_estimate(&t->estimate);
		put_ratio(ratio);
		return;
	}
	put_times(t, work->n);
	if (t->size)
		put_size(t->size);
	else if (work->bytes)
		printf(" %6.1f", (double)work->bytes / t->samples[0].ns);
	else
		printf(" %6s", "-");
	put_ratio(ratio);
}

void table_case(const struct bench *bench, unsigned int index,
		const struct bench_work *work, struct bench_times *times)
{
	unsigned int v;

	for (v = 0; v < bench->nr_variants; v++)
		qsort(times[v].samples, times[v].nr, sizeof(*times[v].samples), compare);
	for (v = 0; v < bench->nr_variants; v++) {
		if (times[v].nr)
			row(bench, index, work, times, v);
	}
}
