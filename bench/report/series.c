// SPDX-License-Identifier: GPL-2.0-only
/*
 * See series.h. A file may have been cut or edited: each field is checked, and what is
 * wrong is said with its line.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "series.h"

#define EXIT_TROUBLE	2

/* The line being read, for messages. */
struct line {
	const char		*path;
	size_t			nr;
	struct json_object	*obj;
};

void die(const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(EXIT_TROUBLE);
}

static struct json_object *field(const struct line *line, const char *key,
				 enum json_type type)
{
	struct json_object *val;

	if (!json_object_object_get_ex(line->obj, key, &val) ||
	    !json_object_is_type(val, type))
		die("%s:%zu: no field '%s' of type %s: not a file of 'make bench', or edited; "
		    "delete the line, or measure again", line->path, line->nr, key,
		    json_type_to_name(type));
	return val;
}

static const char *string_field(const struct line *line, const char *key)
{
	return json_object_get_string(field(line, key, json_type_string));
}

static uint64_t count_field(const struct line *line, const char *key)
{
	int64_t n = json_object_get_int64(field(line, key, json_type_int));

	if (n < 0)
		die("%s:%zu: field '%s' is negative; delete the line", line->path, line->nr, key);
	return n;
}

/* Room for one more than @nr; capacities are powers of two. */
static void *grow(void *v, size_t nr, size_t size)
{
	if (nr & (nr - 1))
		return v;
	v = reallocarray(v, nr ? 2 * nr : 1, size);
	if (!v)
		die("out of memory");
	return v;
}

static void add_env(struct samples *s, const struct line *line)
{
	uint64_t schema = count_field(line, "schema");
	const char *where = string_field(line, "where");

	if (schema != SERIES_SCHEMA)
		die("%s:%zu: schema %llu, this program reads %d: measure again, or use that of "
		    "the checkout that measured it", line->path, line->nr,
		    (unsigned long long)schema, SERIES_SCHEMA);
	if (s->where && strcmp(s->where, where))
		die("%s:%zu: measured in %s, what is before it in %s: a file must be of one of "
		    "them", line->path, line->nr, where, s->where);
	s->where = where;
	s->rev = string_field(line, "rev");
	s->cpu = string_field(line, "cpu");
}

const struct series *samples_find(const struct samples *s, const struct series *like)
{
	for (size_t i = 0; i < s->nr; i++) {
		const struct series *v = &s->v[i];

		if (v->threads == like->threads && !strcmp(v->bench, like->bench) &&
		    !strcmp(v->case_name, like->case_name) && !strcmp(v->variant, like->variant))
			return v;
	}
	return NULL;
}

static struct series *series_of(struct samples *s, const struct line *line)
{
	const struct series like = {
		.bench = string_field(line, "bench"),
		.case_name = string_field(line, "case"),
		.variant = string_field(line, "variant"),
		.unit = string_field(line, "unit"),
		.threads = count_field(line, "threads"),
	};
	const struct series *known = samples_find(s, &like);

	if (known)
		return (struct series *)known;
	s->v = grow(s->v, s->nr, sizeof(*s->v));
	s->v[s->nr] = like;
	return &s->v[s->nr++];
}

static void add_sample(struct samples *s, const struct line *line)
{
	struct series *series = series_of(s, line);
	uint64_t n = count_field(line, "n");

	if (!s->where)
		die("%s:%zu: a sample before any env record: the start of the file is missing",
		    line->path, line->nr);
	if (!n)
		die("%s:%zu: field 'n' is 0; delete the line", line->path, line->nr);
	series->ns = grow(series->ns, series->nr, sizeof(*series->ns));
	series->ns[series->nr++] = (double)count_field(line, "ns") / n;
	if (json_object_object_get_ex(line->obj, "size", NULL))
		series->size = count_field(line, "size");
	if (json_object_object_get_ex(line->obj, "extrapolated", NULL))
		series->measured_n = count_field(line, "measured_n");
}

static void add_line(struct samples *s, const struct line *line)
{
	const char *type;

	s->lines = grow(s->lines, s->nr_lines, sizeof(*s->lines));
	s->lines[s->nr_lines++] = line->obj;
	type = string_field(line, "type");
	if (!strcmp(type, "env"))
		add_env(s, line);
	else if (!strcmp(type, "sample"))
		add_sample(s, line);
	else
		die("%s:%zu: a record of type '%s' is none of 'make bench'; delete the line",
		    line->path, line->nr, type);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void samples_load(struct samples *s, const char *path)
{
	struct line line = { .path = path };
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	*s = (struct samples){ .path = path };
	if (!f)
		die("%s: %s: 'make bench' writes such a file", path, strerror(errno));
	while (getline(&text, &size, f) > 0) {
		line.nr++;
		line.obj = json_tokener_parse(text);
		if (!json_object_is_type(line.obj, json_type_object))
			die("%s:%zu: not a JSON object: was the file cut? delete the line",
			    path, line.nr);
		add_line(s, &line);
	}
	if (ferror(f))
		die("%s: %s", path, strerror(errno));
	fclose(f);
	free(text);
	if (!s->nr)
		die("%s: no sample in it: run 'make bench' to its end", path);
	for (size_t i = 0; i < s->nr; i++)
		qsort(s->v[i].ns, s->v[i].nr, sizeof(*s->v[i].ns), by_value);
}

/* The value below which @part of the samples are, 0 the least and 1 the largest. */
static double quantile(const struct series *s, double part)
{
	double at = part * (s->nr - 1);
	size_t below = at;

	if (below + 1 == s->nr)
		return s->ns[below];
	return s->ns[below] + (at - below) * (s->ns[below + 1] - s->ns[below]);
}

double series_median(const struct series *s)
{
	return quantile(s, 0.5);
}

double series_min(const struct series *s)
{
	return s->ns[0];
}

double series_max(const struct series *s)
{
	return s->ns[s->nr - 1];
}

double series_iqr(const struct series *s)
{
	return quantile(s, 0.75) - quantile(s, 0.25);
}
