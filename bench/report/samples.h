/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Samples of all benchmarks. Each file uses those above it:
 *
 *   util.c    memory, files
 *   schema.c  all fields
 *   log.c     a file of samples: runs, series, samples
 *   figure.c  medians and ratios, numbers as text
 */
#ifndef BENCH_SAMPLES_H
#define BENCH_SAMPLES_H

#include <err.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SCHEMA		3
#define NS_PER_S	1000000000ULL

/* Exit status of every command */
enum {
	EXIT_MET	= 0,	/* done, and every target is met */
	EXIT_NOT_MET	= 1,	/* a sample failed, or a target is not met */
	EXIT_INPUT	= 2,	/* bad input, or the output could not be written */
	EXIT_NO_FIGURE	= 4,	/* nothing failed, but a target has no figure */
};

/* util.c */

/* Line of a file, for messages */
struct place {
	const char	*path;
	size_t		line;
};

#define die(...)		errx(EXIT_INPUT, __VA_ARGS__)
#define die_at(at, fmt, ...)	die("%s:%zu: " fmt, (at)->path, (at)->line, ##__VA_ARGS__)
FILE *file_open(const char *path, const char *mode);
void *grow(void *v, size_t nr, size_t size);
void *xcalloc(size_t nr, size_t size);
FILE *output_open(const char *dir, const char *name, const char *suffix);
void output_close(FILE *out, const char *name);

/* schema.c */
enum kind { BLACKOUT, LUO, GUEST, SCALING, PRESERVE_SCALING, NATIVE, NR_KINDS };

const char *kind_command(enum kind kind);
bool schema_is_env(const struct place *at, struct json_object *record);
void schema_update(struct json_object *record, enum kind kind);
enum kind schema_check(const struct place *at, struct json_object *record);
struct json_object *schema_value(const struct place *at, const char *key, const char *text);
uint64_t uint_of(struct json_object *record, const char *key);
const char *string_of(struct json_object *record, const char *key);

/* log.c */
enum status { OK, LIMIT, FAILED };

struct sample {
	struct json_object	*record;
	enum status		status;
	struct place		at;
};

/* Samples of one variant of one case */
struct series {
	const char	*bench, *name, *variant;	/* @name: of the case */
	uint64_t	threads;			/* 0: not said */
	struct sample	*v;				/* at least one */
	size_t		nr;
};

/* An env record, and the samples that name it */
struct run {
	const char		*id, *where;
	struct json_object	*env;
	struct series		*v;
	size_t			nr;
};

struct log {
	const char	*path;
	struct run	*v;
	size_t		nr;
};

void log_load(struct log *log, const char *path, enum kind kind);
size_t log_choose(const struct log *log, const char *id, const struct run **chosen);
const struct run *run_load(const char *path, enum kind kind, const char *id);
const struct series *run_find(const struct run *run, const struct series *like);
const struct series *run_case(const struct run *run, const char *name, const char *variant);
void run_put_source(const struct run *run, bool markdown);

/* figure.c */

/* Statistics of one quantity of a series; infinite where a limit was reached */
struct figure {
	enum status	status;		/* LIMIT: the median is beyond limit_s */
	size_t		nr;		/* 0: not measured */
	double		min, med, max, iqr;
	double		limit_s;
};

struct ratio {
	bool	known;
	bool	at_least;		/* stock was beyond its limit */
	double	times;
};

/* Room for a number as text: "1,234,567", "> 240", "23.3x" */
struct text {
	char	s[96];
};

double median_of(double *v, size_t nr);
struct figure figure_of(const struct series *series, const char *quantity);
struct ratio ratio_of(const struct figure *stock, const struct figure *fast);
struct text text_seconds(double ns);
struct text text_time(double ns);
struct text text_time_like(double ns, double like);
struct text text_count(uint64_t n);
struct text text_size(uint64_t order);
struct text text_figure(const struct figure *f, double ns);
struct text text_spread(const struct figure *f);
struct text text_ratio(const struct ratio *r);
__attribute__((format(printf, 1, 2))) struct text text_of(const char *fmt, ...);

#endif /* BENCH_SAMPLES_H */
