/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The report over build/report/blackout.jsonl: one noun per file.
 *
 *   samples.c  the log: runs, their scenarios, their samples (owns all of it)
 *   figures.c  min, median, max and ratios out of samples, and how they print
 *   table.c    the terminal tables
 *   where.c    where the time went: parts of the blackout, in the terminal and the page
 *   bars.c     the same as a picture
 *   targets.c  the wanted ratios, met or not
 *   chart.c    gnuplot data, script, .svg and .png
 *   html.c     the page
 *   report.c   the command line
 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SCHEMA		1
#define NS_PER_S	1000000000ULL
#define MAX_PARTS	24

/* The exit status of the report. */
enum {
	EXIT_MET	= 0,	/* a table, and every target asked for is met */
	EXIT_NOT_MET	= 1,	/* a sample failed, or a target is not met */
	EXIT_INPUT	= 2,	/* bad input, or the output could not be written */
	EXIT_NO_FIGURE	= 4,	/* nothing failed, but a target has no figure */
};

enum kernel { STOCK, FAST, NR_KERNELS };
enum status { OK, LIMIT, FAILED };

/*
 * What a blackout is divided by: what the kernel said on the console, or its own stamps
 * (ours only).
 */
enum breakdown { LANDMARKS, PHASES, NR_BREAKDOWNS };

struct part {
	const char	*name;
	uint64_t	ns;
};

/* One after the other, together the blackout; in the log an object of them. */
struct parts {
	struct part	v[MAX_PARTS];
	size_t		nr;		/* 0: not recorded */
};

struct sample {
	enum status	status;
	uint64_t	blackout_ns;
	uint64_t	retrieve_ns;
	uint64_t	total_ns;
	uint64_t	limit_s;
	uint64_t	rep;
	const char	*reason;	/* of a failure, may be empty */
	struct parts	parts[NR_BREAKDOWNS];
};

struct series {
	struct sample	*samples;
	size_t		nr;
};

struct scenario {
	const char	*name;
	uint64_t	n;
	uint64_t	order;
	uint64_t	stride;
	const char	*memory;
	uint64_t	nodes;
	uint64_t	cpus;
	struct series	series[NR_KERNELS];
};

struct json_object;

/* One "make blackout": an env record and the samples that name it. */
struct run {
	const char		*id;
	const char		*where;
	struct json_object	*env;
	struct scenario		*scenarios;
	size_t			nr;
	bool			shown;
};

struct log {
	const char		*path;
	struct run		*runs;
	size_t			nr;
	struct json_object	**records;	/* every string above lives in here */
	size_t			nr_records;
};

/* What a series says about one quantity. */
struct figure {
	enum status	status;		/* LIMIT: the median is beyond limit_s */
	size_t		nr;		/* 0: not measured */
	uint64_t	min, med, max;	/* ns; only min is set with LIMIT, 0 if none */
	uint64_t	limit_s;
};

enum quantity { BLACKOUT, RETRIEVE, TOTAL };

struct ratio {
	bool	known;
	bool	at_least;		/* stock was beyond its limit */
	double	times;
};

/* Room for a number in words: "1,234,567", "> 240", "23.3x". */
struct text {
	char	s[64];
};

struct target;
struct targets {
	struct target	*v;
	size_t		nr;
};

/* samples.c */
void log_load(struct log *log, const char *path);
void log_free(struct log *log);
void log_show_latest(struct log *log);
void log_show(struct log *log, const char *id);
const struct scenario *run_find(const struct run *run, const char *name);

/* figures.c */
struct figure figure_of(const struct scenario *sc, enum kernel k, enum quantity q);
struct ratio ratio_of(const struct figure *stock, const struct figure *fast);
struct parts parts_of(const struct scenario *sc, enum kernel k, enum breakdown b);
uint64_t parts_sum(const struct parts *parts);
const struct part *parts_largest(const struct parts *parts);
struct text text_seconds(uint64_t ns);
struct text text_ms(uint64_t ns);
struct text text_percent(uint64_t part, uint64_t whole);
struct text text_count(uint64_t n);
struct text text_size(uint64_t order);
struct text text_label(const struct scenario *sc);
struct text text_min(const struct figure *f);
struct text text_med(const struct figure *f);
struct text text_spread(const struct figure *f);
struct text text_ratio(const struct ratio *r);

/* table.c */
void table_print(FILE *out, const struct run *run);
void table_print_failures(FILE *out, const struct run *run);
bool run_failed(const struct run *run);

/* where.c */
bool where_known(const struct run *run);
void where_print(FILE *out, const struct run *run);
void where_html(FILE *out, const struct run *run);

/* bars.c */
void bars_draw(FILE *out, const struct scenario *sc);

/* targets.c */
void targets_load(struct targets *t, const char *path);
void targets_free(struct targets *t);
int targets_print(FILE *out, const struct run *run, const struct targets *t);

/* chart.c */
bool chart_draw(const struct run *run, const char *dir, const char *name);

/* html.c */
void html_begin(FILE *out);
void html_run(FILE *out, const struct run *run, const struct targets *t, const char *svg);
void html_end(FILE *out);
void html_text(FILE *out, const char *s);

/* report.c */
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *fmt, ...);
__attribute__((noreturn, format(printf, 3, 4)))
void die_at(const char *path, unsigned int line, const char *fmt, ...);
FILE *output_create(const char *dir, const char *name, const char *suffix);
void output_finish(FILE *out, const char *name);
void *grow(void *v, size_t nr, size_t size);

#endif /* BENCH_REPORT_H */
