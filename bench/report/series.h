/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The samples of 'make bench': JSON Lines with an env record per run of the program and a
 * sample per repetition. Read by compare, ratio and charts.
 */
#ifndef BENCH_SERIES_H
#define BENCH_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../duration.h"

#define SERIES_SCHEMA	2

/**
 * struct series - All that was measured of one variant of one case.
 * @bench:     Of the benchmark, the case and the variant the name.
 * @unit:      What one operation is.
 * @threads:   How many ran.
 * @ns:        Time of one operation in each sample, ascending.
 * @nr:        Samples.
 * @size:      Bytes of the result, 0 if that does not count.
 * @measured_n: Not 0: @ns was extended from so many operations.
 */
struct series {
	const char	*bench, *case_name, *variant, *unit;
	uint64_t	threads;
	double		*ns;
	size_t		nr;
	uint64_t	size;
	uint64_t	measured_n;
};

struct json_object;

struct samples {
	const char		*path;
	const char		*where, *rev, *cpu;	/* of the last run in the file */
	struct series		*v;
	size_t			nr;
	struct json_object	**lines;	/* every string above lives in here */
	size_t			nr_lines;
};

/* Ends the program with one message when the file is not good. */
void samples_load(struct samples *s, const char *path);
const struct series *samples_find(const struct samples *s, const struct series *like);

double series_median(const struct series *s);
double series_min(const struct series *s);
double series_max(const struct series *s);

/* Between the first and the third quartile, interpolated between samples. */
double series_iqr(const struct series *s);

__attribute__((noreturn, format(printf, 1, 2))) void die(const char *fmt, ...);

#endif /* BENCH_SERIES_H */
