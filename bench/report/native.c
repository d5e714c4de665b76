// SPDX-License-Identifier: GPL-2.0-only
/*
 * Samples of make bench: two runs side by side, limits of one variant against others. Of
 * a single run the minimum counts, since whatever else the machine does only adds time.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../duration.h"
#include "report.h"

#define MIN_SAMPLES	3
#define PER_OPERATION	"ns/n"

static uint64_t last_uint(const struct series *s, const char *key)
{
	return uint_of(s->v[s->nr - 1].record, key);
}

static const struct run *load(struct log *log, const char *path)
{
	log_load(log, path, NATIVE);
	return log->v;
}

/* A variant in both files */
struct pair {
	const struct series	*a;
	struct figure		fa, fb;
	double			ratio;
	const char		*verdict;
};

static bool is_noise(const struct figure *a, const struct figure *b)
{
	return (a->min <= b->max && b->min <= a->max) ||
	       fabs(a->med - b->med) < fmax(a->iqr, b->iqr);
}

static const char *verdict_of(const struct series *a, const struct series *b,
			      const struct figure *fa, const struct figure *fb)
{
	uint64_t size = last_uint(a, "size");

	if (last_uint(a, "measured_n") || last_uint(b, "measured_n"))
		return "estimate";
	if (size || last_uint(b, "size"))
		return size == last_uint(b, "size") ? "same size" : "other size";
	if (fa->nr < MIN_SAMPLES || fb->nr < MIN_SAMPLES)
		return "few";
	if (is_noise(fa, fb))
		return "noise";
	return fb->med < fa->med ? "faster" : "slower";
}

static struct pair pair_of(const struct series *a, const struct series *b)
{
	struct pair p = { a, figure_of(a, PER_OPERATION), figure_of(b, PER_OPERATION), 0, NULL };

	p.ratio = p.fa.med ? p.fb.med / p.fa.med : NAN;
	p.verdict = verdict_of(a, b, &p.fa, &p.fb);
	return p;
}

static struct text text_range(const struct figure *f)
{
	return text_of("%s..%s", time_text_like(f->min, f->med).s, time_text_like(f->max, f->med).s);
}

static void put_pair(struct table *t, const struct pair *p)
{
	table_add(t, p->a->name,
		  text_of("%s/%llu", p->a->variant, (unsigned long long)p->a->threads).s,
		  time_text(p->fa.med).s, text_range(&p->fa).s, time_text(p->fb.med).s,
		  text_range(&p->fb).s, text_of("%.2f", p->ratio).s, p->verdict);
}

static struct json_object *json_side(const struct figure *f)
{
	struct json_object *obj = json_object_new_object();

	json_object_object_add(obj, "median_ns", json_object_new_double(f->med));
	json_object_object_add(obj, "min_ns", json_object_new_double(f->min));
	json_object_object_add(obj, "max_ns", json_object_new_double(f->max));
	json_object_object_add(obj, "samples", json_object_new_int64(f->nr));
	return obj;
}

static void put_json(const struct pair *p)
{
	struct json_object *obj = json_object_new_object();

	json_object_object_add(obj, "bench", json_object_new_string(p->a->bench));
	json_object_object_add(obj, "case", json_object_new_string(p->a->name));
	json_object_object_add(obj, "variant", json_object_new_string(p->a->variant));
	json_object_object_add(obj, "threads", json_object_new_int64(p->a->threads));
	json_object_object_add(obj, "a", json_side(&p->fa));
	json_object_object_add(obj, "b", json_side(&p->fb));
	json_object_object_add(obj, "ratio", isnan(p->ratio) ? NULL :
			       json_object_new_double(p->ratio));
	json_object_object_add(obj, "verdict", json_object_new_string(p->verdict));
	puts(json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PLAIN));
	json_object_put(obj);
}

static void put_table(struct table *t, enum format format, const char *bench, const char *unit)
{
	if (!t->nr)
		return;
	printf("\n%s: time per %s\n%s", bench, unit, format == MARKDOWN ? "\n" : "");
	table_put(stdout, t, format);
}

static void put_only(const struct run *in, const struct run *not_in, char name)
{
	for (const struct series *s = in->v; s < in->v + in->nr; s++)
		if (!run_find(not_in, s))
			printf("only in %c: %s, %s, %s/%llu\n", name, s->bench, s->name, s->variant,
			       (unsigned long long)s->threads);
}

/* A table per benchmark, or an object per variant */
static void put_pairs(const struct run *a, const struct run *b, const struct options *o)
{
	struct table t = table_new("<CASE|<VARIANT/CPUS|A|<MIN..MAX|B|<MIN..MAX|B/A|<");
	const struct series *before = NULL;

	for (const struct series *s = a->v; s < a->v + a->nr; s++) {
		const struct series *other = run_find(b, s);
		struct pair pair;

		if (!other)
			continue;
		pair = pair_of(s, other);
		if (o->json) {
			put_json(&pair);
			continue;
		}
		if (before && strcmp(before->bench, s->bench))
			put_table(&t, o->format, before->bench, string_of(before->v->record, "unit"));
		put_pair(&t, &pair);
		before = s;
	}
	if (before)
		put_table(&t, o->format, before->bench, string_of(before->v->record, "unit"));
}

int report_compare(const struct options *o)
{
	struct log logs[2];
	const struct run *a = load(&logs[0], o->args[0]), *b = load(&logs[1], o->args[1]);

	json_c_set_serialization_double_format("%.6g", JSON_C_OPTION_GLOBAL);
	if (strcmp(a->where, b->where))
		die("%s was measured in %s, %s in %s: such times do not compare; measure both in "
		    "the same place", o->args[0], a->where, o->args[1], b->where);
	for (int i = 0; i < 2 && !o->json; i++)
		printf("%c: %s (%s, %s)\n", 'A' + i, o->args[i], string_of(logs[i].v->env, "rev"),
		       string_of(logs[i].v->env, "cpu"));
	put_pairs(a, b, o);
	if (!o->json) {
		put_only(a, b, 'A');
		put_only(b, a, 'B');
	}
	return EXIT_MET;
}

/* The one of the bases that takes longest, on as many threads */
static const struct series *slowest(const struct run *run, const struct options *o,
				    const struct series *ours, double *ns)
{
	const struct series *found = NULL;

	for (int i = 3; i < o->nr_args; i++) {
		struct series like = *ours;
		const struct series *base;
		struct figure f;

		like.variant = o->args[i];
		like.name = o->base_case ?: like.name;
		base = run_find(run, &like);
		if (!base)
			die("%s: %s, %s: no samples of %s: run the benchmark to its end", o->args[0],
			    o->args[1], like.name, o->args[i]);
		f = figure_of(base, PER_OPERATION);
		if (found && f.min <= *ns)
			continue;
		found = base;
		*ns = f.min;
	}
	return found;
}

static bool judge(const struct run *run, const struct options *o, const struct series *ours)
{
	double base_ns = 0, ns = figure_of(ours, PER_OPERATION).min;
	const struct series *base = slowest(run, o, ours, &base_ns);
	double limit = o->limit ?: 1.5;
	bool within = ns / base_ns <= limit;

	printf("%s %s, %s: %s takes %.2f times as long as %s%s%s (%s, %s), limit %.2f\n",
	       within ? "within" : "above", ours->bench, ours->name, ours->variant, ns / base_ns,
	       base->variant, o->base_case ? " of " : "", o->base_case ?: "", time_text(ns).s,
	       time_text(base_ns).s, limit);
	return within;
}

/* Arguments: FILE BENCHMARK VARIANT BASE... */
int report_ratio(const struct options *o)
{
	struct log log;
	const struct run *run = load(&log, o->args[0]);
	bool within = true;
	size_t nr = 0;

	for (const struct series *s = run->v; s < run->v + run->nr; s++) {
		if (s->threads != 1 || strcmp(s->bench, o->args[1]) ||
		    strcmp(s->variant, o->args[2]) || (o->only_case && strcmp(s->name, o->only_case)))
			continue;
		within &= judge(run, o, s);
		nr++;
	}
	if (!nr)
		die("%s: no samples of %s, %s%s%s, on one thread: run the benchmark first",
		    o->args[0], o->args[1], o->args[2], o->only_case ? ", " : "",
		    o->only_case ?: "");
	return within ? EXIT_MET : EXIT_NOT_MET;
}
