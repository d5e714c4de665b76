// SPDX-License-Identifier: GPL-2.0-only
/*
 * Figures: min, median and max of a series, ratios of two, and how they print.
 *
 * A repetition that ran into its limit counts as longer than any other, so a
 * median is never made better by leaving it out. A series with one repetition
 * that failed has no figure at all. There is no mean: one outlier owns it.
 */
#include <stdlib.h>
#include <string.h>

#include "report.h"

#define BEYOND	UINT64_MAX

static uint64_t value(const struct sample *s, enum quantity q)
{
	if (s->status == LIMIT)
		return BEYOND;
	return q == BLACKOUT ? s->blackout_ns : q == RETRIEVE ? s->retrieve_ns : s->total_ns;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t median(const uint64_t *v, size_t nr)
{
	uint64_t lo = v[(nr - 1) / 2], hi = v[nr / 2];

	return hi == BEYOND ? BEYOND : lo + (hi - lo) / 2;
}

static void summarise(struct figure *f, uint64_t *v)
{
	qsort(v, f->nr, sizeof(*v), compare);
	f->min = v[0] == BEYOND ? 0 : v[0];
	f->med = median(v, f->nr);
	f->max = v[f->nr - 1];
	if (f->med == BEYOND)
		f->status = LIMIT;
}

/**
 * figure_of() - Sum a series up.
 * @sc: The scenario.
 * @k: Which kernel.
 * @q: What of it. Nothing is known of a restore that a limit cut off, so those
 *     repetitions are no part of %RETRIEVE.
 * Return: The figure; nr is 0 if there is nothing to sum up.
 */
struct figure figure_of(const struct scenario *sc, enum kernel k, enum quantity q)
{
	const struct series *series = &sc->series[k];
	uint64_t *v = calloc(series->nr + 1, sizeof(*v));
	struct figure f = { .status = OK };

	if (!v)
		die("out of memory");
	for (size_t i = 0; i < series->nr; i++) {
		const struct sample *s = &series->samples[i];

		if (s->status == FAILED)
			f.status = FAILED;
		if (s->limit_s > f.limit_s)
			f.limit_s = s->limit_s;
		if (q == RETRIEVE && (s->status == LIMIT || !sc->n))
			continue;
		v[f.nr++] = value(s, q);
	}
	if (f.status == OK && f.nr)
		summarise(&f, v);
	free(v);
	return f;
}

/**
 * ratio_of() - How many times lower ours is.
 * @stock: Figure of the stock kernel; beyond its limit makes a lower bound.
 * @fast: Figure of ours.
 * Return: The ratio of the medians, known only if both are.
 */
struct ratio ratio_of(const struct figure *stock, const struct figure *fast)
{
	bool known = stock->nr && fast->nr && stock->status != FAILED &&
		     fast->status == OK && fast->med;
	uint64_t ns = stock->status == LIMIT ? stock->limit_s * NS_PER_S : stock->med;

	return (struct ratio) {
		.known = known,
		.at_least = stock->status == LIMIT,
		.times = known ? (double)ns / fast->med : 0,
	};
}

/* The median of a part, of the samples that have it. */
static uint64_t part_median(const struct series *series, enum breakdown b, const char *name)
{
	uint64_t *v = calloc(series->nr, sizeof(*v)), med;
	size_t nr = 0;

	if (!v)
		die("out of memory");
	for (size_t i = 0; i < series->nr; i++) {
		const struct parts *parts = &series->samples[i].parts[b];

		for (size_t j = 0; j < parts->nr; j++)
			if (!strcmp(parts->v[j].name, name))
				v[nr++] = parts->v[j].ns;
	}
	qsort(v, nr, sizeof(*v), compare);
	med = median(v, nr);
	free(v);
	return med;
}

/**
 * parts_of() - Sum up where the blackouts of a series went.
 * @sc: The scenario.
 * @k: Which kernel.
 * @b: By which parts.
 * Return: The median of each part, in the order of the first sample that has them; none
 * if no sample has, or one failed.
 */
struct parts parts_of(const struct scenario *sc, enum kernel k, enum breakdown b)
{
	const struct series *series = &sc->series[k];
	struct parts parts = { .nr = 0 };

	if (figure_of(sc, k, BLACKOUT).status == FAILED)
		return parts;
	for (size_t i = 0; i < series->nr && !parts.nr; i++)
		parts = series->samples[i].parts[b];
	for (size_t j = 0; j < parts.nr; j++)
		parts.v[j].ns = part_median(series, b, parts.v[j].name);
	return parts;
}

/**
 * parts_sum() - All parts together.
 * @parts: The parts.
 * Return: Their sum, which for medians is not quite the median of the blackout.
 */
uint64_t parts_sum(const struct parts *parts)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < parts->nr; i++)
		sum += parts->v[i].ns;
	return sum;
}

/**
 * parts_largest() - Where most of the time went.
 * @parts: The parts.
 * Return: The part, the first of equals; NULL if there are none.
 */
const struct part *parts_largest(const struct parts *parts)
{
	const struct part *largest = NULL;

	for (size_t i = 0; i < parts->nr; i++)
		if (!largest || parts->v[i].ns > largest->ns)
			largest = &parts->v[i];
	return largest;
}

/**
 * text_ms() - Milliseconds.
 * @ns: Nanoseconds.
 * Return: The text, without the unit.
 */
struct text text_ms(uint64_t ns)
{
	struct text t;

	snprintf(t.s, sizeof(t.s), "%.2f", ns / 1e6);
	return t;
}

/**
 * text_percent() - A share.
 * @part: Of this,
 * @whole: in this.
 * Return: The text.
 */
struct text text_percent(uint64_t part, uint64_t whole)
{
	struct text t;

	snprintf(t.s, sizeof(t.s), "%.1f%%", whole ? 100.0 * part / whole : 0);
	return t;
}

/**
 * text_seconds() - Seconds with three significant digits.
 * @ns: Nanoseconds.
 * Return: The text, without the unit.
 */
struct text text_seconds(uint64_t ns)
{
	double s = (double)ns / NS_PER_S;
	int digits = s < 0.0995 ? 3 : s < 9.995 ? 2 : s < 99.95 ? 1 : 0;
	struct text t;

	snprintf(t.s, sizeof(t.s), "%.*f", digits, s);
	return t;
}

/**
 * text_count() - A number with its thousands apart.
 * @n: The number.
 * Return: The text.
 */
struct text text_count(uint64_t n)
{
	struct text t;

	if (n >= 1000000)
		snprintf(t.s, sizeof(t.s), "%llu,%03llu,%03llu", (unsigned long long)n / 1000000,
			 (unsigned long long)n / 1000 % 1000, (unsigned long long)n % 1000);
	else if (n >= 1000)
		snprintf(t.s, sizeof(t.s), "%llu,%03llu", (unsigned long long)n / 1000,
			 (unsigned long long)n % 1000);
	else
		snprintf(t.s, sizeof(t.s), "%llu", (unsigned long long)n);
	return t;
}

/**
 * text_size() - The size of a folio.
 * @order: Its order; pages are of 4 KiB.
 * Return: The text.
 */
struct text text_size(uint64_t order)
{
	unsigned int kib = 4U << order;
	struct text t;

	if (kib >= 1024)
		snprintf(t.s, sizeof(t.s), "%u MiB", kib / 1024);
	else
		snprintf(t.s, sizeof(t.s), "%u KiB", kib);
	return t;
}

/**
 * text_label() - What a scenario preserves.
 * @sc: The scenario.
 * Return: The text, at most 26 characters up to 9,999,999 folios.
 */
struct text text_label(const struct scenario *sc)
{
	struct text t;

	if (!sc->n)
		snprintf(t.s, sizeof(t.s), "nothing");
	else
		snprintf(t.s, sizeof(t.s), "%.16s %.10s %s", text_count(sc->n).s,
			 text_size(sc->order).s, sc->stride > 1 ? "scattered" : "contiguous");
	return t;
}

/* What stands where a figure is not a plain number; false if it is one. */
static bool text_special(struct text *t, const struct figure *f)
{
	if (f->nr && f->status == OK)
		return false;
	if (!f->nr && f->status != FAILED)
		snprintf(t->s, sizeof(t->s), "-");
	else if (f->status == FAILED)
		snprintf(t->s, sizeof(t->s), "FAILED");
	else
		snprintf(t->s, sizeof(t->s), "> %llu", (unsigned long long)f->limit_s);
	return true;
}

/**
 * text_min() - The shortest repetition, in seconds.
 * @f: The figure.
 * Return: The text.
 */
struct text text_min(const struct figure *f)
{
	struct text t;

	/* Some repetitions may have ended even if the median is beyond the limit. */
	if (f->nr && f->status == LIMIT && f->min)
		return text_seconds(f->min);
	return text_special(&t, f) ? t : text_seconds(f->min);
}

/**
 * text_med() - The median, in seconds.
 * @f: The figure.
 * Return: The text: also "> 240", "FAILED", or "-" if not measured.
 */
struct text text_med(const struct figure *f)
{
	struct text t;

	return text_special(&t, f) ? t : text_seconds(f->med);
}

/**
 * text_spread() - (max - min) / median, in percent.
 * @f: The figure.
 * Return: The text; "-" below two repetitions or if one has no end.
 */
struct text text_spread(const struct figure *f)
{
	struct text t = { "-" };

	if (f->nr > 1 && f->status == OK && f->max != BEYOND)
		snprintf(t.s, sizeof(t.s), "%.0f%%", 100.0 * (f->max - f->min) / f->med);
	return t;
}

/**
 * text_ratio() - A ratio.
 * @r: The ratio.
 * Return: The text, as "23.3x", "> 140.2x", or "-" if not known.
 */
struct text text_ratio(const struct ratio *r)
{
	struct text t = { "-" };

	if (r->known)
		snprintf(t.s, sizeof(t.s), "%s%.1fx", r->at_least ? "> " : "", r->times);
	return t;
}
