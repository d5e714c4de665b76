// SPDX-License-Identifier: GPL-2.0-only
/*
 * Samples of make bench: tables, two runs side by side, limits of one variant against others,
 * charts. Of a single run the minimum counts, since other load only adds time.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "report.h"

#define MIN_SAMPLES	3
#define PER_OPERATION	"ns/n"

static uint64_t last_uint(const struct series *s, const char *key)
{
	return uint_of(s->v[s->nr - 1].record, key);
}

/* The variant that another one is compared with, of as many threads; itself if there is none */
static const struct series *base_of(const struct run *run, const struct series *s)
{
	const char *name = string_of(s->v->record, "base");
	const struct series *base = run->v;

	while (base < s && (base->threads != s->threads || strcmp(base->bench, s->bench) ||
			    strcmp(base->name, s->name) || (name && strcmp(base->variant, name))))
		base++;
	return base;
}

/* Bytes per second, or the size of the result */
static struct text text_rate(const struct series *s, double ns)
{
	uint64_t bytes = last_uint(s, "bytes"), size = last_uint(s, "size");

	if (size)
		return text_of(size < 100000ull << 10 ? "%lluK" : "%lluM",
			       (unsigned long long)size >> (size < 100000ull << 10 ? 10 : 20));
	return bytes ? text_of("%.1f", bytes / (ns * last_uint(s, "n"))) : text_of("-");
}

/* An extrapolated series has but one time. */
static void add_series(struct table *t, const struct run *run, const struct series *s)
{
	struct json_object *record = s->v[s->nr - 1].record;
	struct figure f = figure_of(s, PER_OPERATION);
	double times = f.min / figure_of(base_of(run, s), PER_OPERATION).min;
	bool extrapolated = last_uint(s, "measured_n");
	struct text threads = text_of("%llu", (unsigned long long)s->threads);
	struct text ratio = text_of(times < 0.1 ? "%.2g" : times < 1e4 ? "%.2f" : "%.1e", times);

	if (extrapolated)
		table_add(t, s->name, s->variant, threads.s, text_of("~%.40s", text_time(f.min).s).s,
			  text_of("n=%llu", (unsigned long long)last_uint(s, "measured_n")).s,
			  text_of("n^%.2f", json_object_get_double(
					  json_object_object_get(record, "power"))).s, "-", ratio.s);
	else
		table_add(t, s->name, s->variant, threads.s, text_time(f.min).s, text_time(f.med).s,
			  text_time(f.max).s, text_rate(s, f.min).s, ratio.s);
}

static void put_table(struct table *t, enum format format, const struct series *s)
{
	printf("\n%s: time per %s\n%s", s->bench, string_of(s->v->record, "unit"),
	       format == MARKDOWN ? "\n" : "");
	table_put(stdout, t, format);
}

/* Time per operation, and how many times as long as that of the base it is */
int report_native(const struct options *o)
{
	struct table t = table_new("<CASE|<VARIANT|CPUS|MIN|MEDIAN|MAX|GB/s|TIMES");
	const struct run *run = run_load(o->args[0], NATIVE, NULL);

	for (const struct series *s = run->v; s < run->v + run->nr; s++) {
		add_series(&t, run, s);
		if (s + 1 == run->v + run->nr || strcmp(s[1].bench, s->bench))
			put_table(&t, o->format, s);
	}
	return EXIT_MET;
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
	return text_of("%s..%s", text_time_like(f->min, f->med).s, text_time_like(f->max, f->med).s);
}

static void put_pair(struct table *t, const struct pair *p)
{
	table_add(t, p->a->name,
		  text_of("%s/%llu", p->a->variant, (unsigned long long)p->a->threads).s,
		  text_time(p->fa.med).s, text_range(&p->fa).s, text_time(p->fb.med).s,
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

	for (const struct series *s = a->v; s < a->v + a->nr; s++) {
		const struct series *other = run_find(b, s);
		struct pair pair;

		if (other) {
			pair = pair_of(s, other);
			if (o->json)
				put_json(&pair);
			else
				put_pair(&t, &pair);
		}
		if (t.nr && (s + 1 == a->v + a->nr || strcmp(s[1].bench, s->bench)))
			put_table(&t, o->format, s);
	}
}

int report_compare(const struct options *o)
{
	const struct run *a = run_load(o->args[0], NATIVE, NULL);
	const struct run *b = run_load(o->args[1], NATIVE, NULL);

	json_c_set_serialization_double_format("%.6g", JSON_C_OPTION_GLOBAL);
	if (strcmp(a->where, b->where))
		die("%s was measured in %s, %s in %s: such times do not compare; measure both in "
		    "the same place", o->args[0], a->where, o->args[1], b->where);
	for (int i = 0; i < 2 && !o->json; i++)
		printf("%c: %s (%s, %s)\n", 'A' + i, o->args[i],
		       string_of((i ? b : a)->env, "rev"), string_of((i ? b : a)->env, "cpu"));
	put_pairs(a, b, o);
	if (!o->json) {
		put_only(a, b, 'A');
		put_only(b, a, 'B');
	}
	return EXIT_MET;
}

/* A variant that others are compared with, and how many times as long as it they may take. */
struct base {
	char	variant[64];
	double	factor;
};

/* NAME or NAME=FACTOR */
static struct base parse_base(const char *arg)
{
	const char *equals = strchr(arg, '=');
	size_t len = equals ? (size_t)(equals - arg) : strlen(arg);
	struct base base = { .factor = 1 };
	char *end;

	if (len >= sizeof(base.variant))
		die("%s: no variant has so long a name", arg);
	memcpy(base.variant, arg, len);
	if (!equals)
		return base;
	base.factor = strtod(equals + 1, &end);
	if (end == equals + 1 || *end || base.factor <= 0)
		die("%s: after = comes how many times as long as %s is allowed, such as 1.5", arg,
		    base.variant);
	return base;
}

static double base_min(const struct run *run, const struct options *o, const struct series *ours,
		       const struct base *base)
{
	struct series like = *ours;
	const struct series *found;

	like.variant = base->variant;
	like.name = o->base_case ?: like.name;
	found = run_find(run, &like);
	if (!found)
		die("%s: %s, %s: no samples of %s: run the benchmark to its end", o->args[0],
		    o->args[1], like.name, base->variant);
	return figure_of(found, PER_OPERATION).min;
}

/* The one of the bases that allows most, on as many threads */
static struct base largest_base(const struct run *run, const struct options *o,
				const struct series *ours, double *ns)
{
	struct base found = { "", 0 };

	for (int i = 3; i < o->nr_args; i++) {
		struct base base = parse_base(o->args[i]);
		double min = base_min(run, o, ours, &base);

		if (found.factor && min * base.factor <= *ns * found.factor)
			continue;
		found = base;
		*ns = min;
	}
	return found;
}

static bool judge(const struct run *run, const struct options *o, const struct series *ours)
{
	double base_ns = 0, ns = figure_of(ours, PER_OPERATION).min;
	struct base base = largest_base(run, o, ours, &base_ns);
	double limit = base.factor * (o->limit ?: 1.5);
	bool within = ns / base_ns <= limit;

	printf("%s %s, %s: %s takes %.2f times as long as %s%s%s (%s, %s), limit %.2f\n",
	       within ? "within" : "above", ours->bench, ours->name, ours->variant, ns / base_ns,
	       base.variant, o->base_case ? " of " : "", o->base_case ?: "", text_time(ns).s,
	       text_time(base_ns).s, limit);
	return within;
}

/* Arguments: FILE BENCHMARK VARIANT BASE[=FACTOR]... */
int report_ratio(const struct options *o)
{
	const struct run *run = run_load(o->args[0], NATIVE, NULL);
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

/* A line of a chart */
struct line {
	const char	*variant, *title, *style;
};

struct chart {
	const char	*name;		/* of the benchmark and of the files */
	const char	*title, *xlabel, *ylabel;
	double		unit_ns;	/* of y */
	double		(*x)(const struct series *s);	/* 0: not in this chart */
	struct line	lines[4];
};

static double x_threads(const struct series *s)
{
	return strcmp(s->name, "order 0") ? 0 : s->threads;
}

static double x_batch(const struct series *s)
{
	unsigned int batch, order;

	return sscanf(s->name, "%u of order %u", &batch, &order) == 2 && !order ? batch : 0;
}

/* In GiB: "1T checker" */
static double x_host(const struct series *s)
{
	unsigned int size;
	char unit, kind[32];

	if (sscanf(s->name, "%u%c %31[^\n]", &size, &unit, kind) != 3 || strcmp(kind, "checker"))
		return 0;
	return unit == 'T' ? size * 1024.0 : size;
}

static const struct chart charts[] = {
	{ "insert", "Preserving folios of order 0, one by one", "threads", "ns per folio", 1,
	  x_threads, {
		{ "stock", "stock, each thread in memory of its own", STYLE_STOCK "pt 7" },
		{ "kho_fast", "ours", STYLE_OURS "pt 7" },
		{ "stock mix", "stock, all in the same memory", STYLE_STOCK "pt 6 dt 3" },
		{ "fast mix", "ours, all in the same memory", STYLE_OURS "pt 6 dt 3" },
	} },
	{ "batch", "Preserving folios of order 0 in batches",
	  "folios that follow one another in a batch", "ns per folio", 1, x_batch, {
		{ "stock", "stock, one by one", STYLE_STOCK "pt 7" },
		{ "one by one", "ours, one by one", STYLE_OURS "pt 6 dt 3" },
		{ "batch", "ours, kho_preserve_folios()", STYLE_OURS "pt 7" },
		{ "range", "ours, kho_preserve_folio_range()", STYLE_OURS "pt 9 dt 2" },
	} },
	{ "ingest", "Reading the tree of a host with every other 4 KiB page preserved",
	  "GiB of the host", "seconds", NS_PER_S, x_host, {
		{ "stock", "stock", STYLE_STOCK "pt 7" },
		{ "stock", "stock, extrapolated", STYLE_STOCK "pt 7 dt 2" },
		{ "kho_fast", "ours", STYLE_OURS "pt 7" },
		{ "stream", "a streaming read of the tree", STYLE_OTHER "pt 6" },
	} },
};

/* Extrapolated points have a line of their own. */
static void add_line(struct plot *p, const struct run *run, const struct chart *chart,
		     const struct line *line)
{
	struct curve *c = plot_curve(p, line->title, "yerrorlines", line->style);
	bool extrapolated = strstr(line->title, "extrapolated");

	for (const struct series *s = run->v; s < run->v + run->nr; s++) {
		struct figure f = figure_of(s, PER_OPERATION);

		if (strcmp(s->bench, chart->name) || strcmp(s->variant, line->variant) ||
		    !last_uint(s, "measured_n") == extrapolated || !chart->x(s))
			continue;
		plot_point(c, (struct point) {
			chart->x(s), f.med / chart->unit_ns, f.min / chart->unit_ns,
			f.max / chart->unit_ns, { "" } });
	}
}

/* Arguments: FILE DIR */
int report_charts(const struct options *o)
{
	const struct run *run = run_load(o->args[0], NATIVE, NULL);

	if (mkdir(o->args[1], 0777) && errno != EEXIST)
		err(EXIT_INPUT, "%s", o->args[1]);
	for (const struct chart *c = charts; c < charts + sizeof(charts) / sizeof(*charts); c++) {
		struct text title = text_of("%s (%s)", c->title, run->where);
		struct plot plot = {
			.name = c->name, .title = title.s, .xlabel = c->xlabel, .ylabel = c->ylabel,
			.setup = "set logscale x 2\nset key outside below reverse Left\n"
				 "set format y '%.0s %c'\n"
				 "set offsets graph 0.05, graph 0.05, graph 0.1, graph 0.1\n",
		};

		for (int i = 0; i < 4; i++)
			add_line(&plot, run, c, &c->lines[i]);
		if (plot_draw(&plot, o->args[1]))
			printf("%s/%s.svg\n", o->args[1], c->name);
	}
	return EXIT_MET;
}
