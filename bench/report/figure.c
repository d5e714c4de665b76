// SPDX-License-Identifier: GPL-2.0-only
/*
 * Statistics of a series, ratios of two, and numbers as text.
 *
 * A repetition that ran into its limit counts as longer than any other, so a median is never made
 * better by leaving it out. A repetition that failed has no figure. There is no mean: one outlier
 * owns it.
 */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"

/* A quantity is a field, or "A+B", "A-B", "A/B"; in a sum one of the fields may be missing. */
static bool value_of(const struct sample *s, const char *quantity, double *v)
{
	char a[32], b[32] = "", op = '+';
	struct json_object *x, *y;
	bool has_x, has_y;
	double right;

	sscanf(quantity, "%31[a-z_]%c%31[a-z_]", a, &op, b);
	has_x = json_object_object_get_ex(s->record, a, &x);
	has_y = *b && json_object_object_get_ex(s->record, b, &y);
	*v = has_x ? json_object_get_int64(x) : 0;
	right = has_y ? json_object_get_int64(y) : 0;
	*v = op == '/' ? *v / right : op == '-' ? *v - right : *v + right;
	return has_x || has_y;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The value below which @part of the samples are, interpolated between two of them */
static double quantile(const double *v, size_t nr, double part)
{
	double at = part * (nr - 1);
	size_t below = at;

	if (below + 1 == nr || isinf(v[below]))
		return v[below];
	return at == below ? v[below] : v[below] + (at - below) * (v[below + 1] - v[below]);
}

/* Sorts @v. */
double median_of(double *v, size_t nr)
{
	qsort(v, nr, sizeof(*v), compare);
	return quantile(v, nr, 0.5);
}

static void summarise(struct figure *f, double *v)
{
	f->med = median_of(v, f->nr);
	f->min = v[0];
	f->max = v[f->nr - 1];
	f->iqr = quantile(v, f->nr, 0.75) - quantile(v, f->nr, 0.25);
	if (isinf(f->med) && f->status == OK)
		f->status = LIMIT;
}

/*
 * Summarise a quantity, see value_of(), of a series, which may be NULL. Nothing is known of a
 * restore that a limit cut off, so those repetitions are no part of "retrieve_ns".
 */
struct figure figure_of(const struct series *series, const char *quantity)
{
	bool limit_counts = strcmp(quantity, "retrieve_ns");
	struct figure f = { .status = OK };
	double *v;

	if (!series)
		return f;
	v = xcalloc(series->nr, sizeof(*v));
	for (size_t i = 0; i < series->nr; i++) {
		const struct sample *s = &series->v[i];

		f.limit_s = fmax(f.limit_s, uint_of(s->record, "limit_s"));
		if (s->status == FAILED)
			f.status = FAILED;
		else if (s->status == LIMIT && limit_counts)
			v[f.nr++] = INFINITY;
		else if (s->status == OK && value_of(s, quantity, &v[f.nr]))
			f.nr++;
	}
	if (f.nr)
		summarise(&f, v);
	free(v);
	return f;
}

/* Ratio of the medians; a stock kernel beyond its limit makes a lower bound. */
struct ratio ratio_of(const struct figure *stock, const struct figure *fast)
{
	bool known = stock->nr && fast->nr && stock->status != FAILED && fast->status == OK &&
		     fast->med;
	double ns = stock->status == LIMIT ? stock->limit_s * NS_PER_S : stock->med;

	return (struct ratio) { known, stock->status == LIMIT, known ? ns / fast->med : 0 };
}

struct text text_of(const char *fmt, ...)
{
	struct text t;
	va_list args;

	va_start(args, fmt);
	vsnprintf(t.s, sizeof(t.s), fmt, args);
	va_end(args);
	return t;
}

/* Three significant digits */
struct text text_seconds(double ns)
{
	double s = ns / NS_PER_S;

	return text_of("%.*f", s < 0.0995 ? 3 : s < 9.995 ? 2 : s < 99.95 ? 1 : 0, s);
}

struct text text_count(uint64_t n)
{
	unsigned int millions = n / 1000000, thousands = n / 1000 % 1000, ones = n % 1000;

	if (millions)
		return text_of("%u,%03u,%03u", millions, thousands, ones);
	return thousands ? text_of("%u,%03u", thousands, ones) : text_of("%u", ones);
}

/* Of a folio; pages are of 4 KiB. */
struct text text_size(uint64_t order)
{
	unsigned int kib = 4U << order;

	return kib >= 1024 ? text_of("%u MiB", kib / 1024) : text_of("%u KiB", kib);
}

static const struct {
	double		ns;
	const char	*name;
} units[] = {
	{ 1, "ns" }, { 1e3, "us" }, { 1e6, "ms" }, { 1e9, "s" }, { 86400e9, "d" },
	{ 31557600e9, "y" },
};

static size_t unit_of(double ns)
{
	size_t u = sizeof(units) / sizeof(*units) - 1;

	while (u && ns < units[u].ns)
		u--;
	return u;
}

/* A time in the unit of another, without it */
struct text text_time_like(double ns, double like)
{
	double value = ns / units[unit_of(like)].ns;

	return text_of("%.*f", value < 10 ? 2 : value < 100 ? 1 : 0, value);
}

/* A time of any size: "16.9 ns" */
struct text text_time(double ns)
{
	return text_of("%.40s %s", text_time_like(ns, ns).s, units[unit_of(ns)].name);
}

/* Its median or its minimum: some may have ended even if the median is beyond the limit. */
struct text text_figure(const struct figure *f, double ns)
{
	if (f->status == FAILED)
		return text_of("FAILED");
	if (!f->nr)
		return text_of("-");
	return isinf(ns) ? text_of("> %.0f", f->limit_s) : text_seconds(ns);
}

/* (max - min) / median; "-" below two repetitions or if one has no end */
struct text text_spread(const struct figure *f)
{
	if (f->nr < 2 || f->status != OK || isinf(f->max))
		return text_of("-");
	return text_of("%.0f%%", 100.0 * (f->max - f->min) / f->med);
}

struct text text_ratio(const struct ratio *r)
{
	return r->known ? text_of("%s%.1fx", r->at_least ? "> " : "", r->times) : text_of("-");
}
