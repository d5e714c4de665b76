// SPDX-License-Identifier: GPL-2.0-only
/* The scenarios of make blackout, and their tables: a ratio stands beside both of its absolutes. */
#include <string.h>

#include "scenario.h"

static const char *const variants[] = { [STOCK] = "stock", [FAST] = "fast" };

/* One name means one thing within a run. */
static void check_same(const struct series *series, const struct series *first)
{
	static const char *const fields[] = { "n", "order", "stride", "memory", "nodes", "cpus" };

	for (const struct sample *s = series->v; s < series->v + series->nr; s++)
		for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
			if (!json_object_equal(json_object_object_get(s->record, fields[i]),
					       json_object_object_get(first->v->record, fields[i])))
				die_at(&s->at, "case '%s' has another '%s' than before in this run; "
				       "delete the run, or rename the case", series->name, fields[i]);
}

/* In the order in which they were measured */
struct scenarios scenarios_of(const struct run *run)
{
	struct scenarios all = { 0 };

	for (const struct series *s = run->v; s < run->v + run->nr; s++) {
		const struct scenario *known = scenario_find(&all, s->name);
		struct json_object *record = s->v->record;
		struct scenario sc = {
			.name = s->name, .n = uint_of(record, "n"), .order = uint_of(record, "order"),
			.stride = uint_of(record, "stride"), .memory = string_of(record, "memory"),
		};

		check_same(s, known ? known->series[STOCK] ?: known->series[FAST] : s);
		if (known)
			continue;
		for (int k = 0; k < NR_KERNELS; k++)
			sc.series[k] = run_case(run, s->name, variants[k]);
		all.v = grow(all.v, all.nr, sizeof(*all.v));
		all.v[all.nr++] = sc;
	}
	return all;
}

const struct scenario *scenario_find(const struct scenarios *all, const char *name)
{
	for (size_t i = 0; i < all->nr; i++)
		if (!strcmp(all->v[i].name, name))
			return &all->v[i];
	return NULL;
}

/* Where nothing is preserved there is no restore. */
struct figure scenario_figure(const struct scenario *sc, enum kernel k, const char *quantity)
{
	if (!sc->n && !strcmp(quantity, "retrieve_ns"))
		return figure_of(NULL, quantity);
	return figure_of(sc->series[k], quantity);
}

/* The preserved memory of a scenario */
struct text scenario_label(const struct scenario *sc)
{
	if (!sc->n)
		return text_of("nothing");
	return text_of("%.16s %.10s %s", text_count(sc->n).s, text_size(sc->order).s,
		       sc->stride > 1 ? "scattered" : "contiguous");
}

static struct text text_runs(const struct scenario *sc)
{
	return text_of("%zu/%zu", sc->series[STOCK] ? sc->series[STOCK]->nr : 0,
		       sc->series[FAST] ? sc->series[FAST]->nr : 0);
}

enum cell { LABEL, MEMORY, MIN, MEDIAN, SPREAD, RATIO, RUNS };

/* Origin of the cells of a column */
struct spec {
	enum cell	cell;
	enum kernel	k;
	const char	*quantity;
};

static struct text text_cell(const struct scenario *sc, const struct spec *spec)
{
	struct figure f = { .nr = 0 }, fast;
	struct ratio ratio;

	if (spec->quantity)
		f = scenario_figure(sc, spec->k, spec->quantity);
	switch (spec->cell) {
	case LABEL:
		return scenario_label(sc);
	case MEMORY:
		return text_of("%s", sc->memory);
	case MIN:
		return text_figure(&f, f.min);
	case MEDIAN:
		return text_figure(&f, f.med);
	case SPREAD:
		return text_spread(&f);
	case RATIO:
		fast = scenario_figure(sc, FAST, spec->quantity);
		ratio = ratio_of(&f, &fast);
		return text_ratio(&ratio);
	default:
		return text_runs(sc);
	}
}

static void put_table(FILE *out, const struct scenarios *all, const char *columns,
		      const struct spec *specs, enum format format)
{
	struct table t = table_new(columns);

	for (const struct scenario *sc = all->v; sc < all->v + all->nr; sc++)
		for (size_t i = 0; i < t.nr_columns; i++)
			table_cell(&t, text_cell(sc, &specs[i]).s);
	table_put(out, &t, format);
}

/* Blackouts in seconds */
void blackout_table(FILE *out, const struct scenarios *all, enum format format)
{
	static const struct spec specs[] = {
		{ LABEL, 0, NULL }, { MEMORY, 0, NULL }, { MIN, STOCK, "blackout_ns" },
		{ MEDIAN, STOCK, "blackout_ns" }, { MIN, FAST, "blackout_ns" },
		{ MEDIAN, FAST, "blackout_ns" }, { RATIO, STOCK, "blackout_ns" },
		{ SPREAD, STOCK, "blackout_ns" }, { SPREAD, FAST, "blackout_ns" },
	};

	put_table(out, all, "<PRESERVED|RAM|STOCK:min|STOCK:median#s|OURS:min|OURS:median#o|"
		  "STOCK /:OURS#r|SPREAD:stock|SPREAD:ours", specs, format);
}

/* Restore, and blackout plus restore: medians in seconds */
void total_table(FILE *out, const struct scenarios *all, enum format format)
{
	static const struct spec specs[] = {
		{ LABEL, 0, NULL }, { MEMORY, 0, NULL }, { MEDIAN, STOCK, "retrieve_ns" },
		{ MEDIAN, FAST, "retrieve_ns" }, { MEDIAN, STOCK, "total_ns" },
		{ MEDIAN, FAST, "total_ns" }, { RATIO, STOCK, "total_ns" }, { RUNS, 0, NULL },
	};

	put_table(out, all, "<PRESERVED|RAM|RESTORE:stock#s|RESTORE:ours#o|TOTAL:stock#s|"
		  "TOTAL:ours#o|STOCK /:OURS#r|RUNS:stock/ours", specs, format);
}

/* The table of the README */
void summary_table(FILE *out, const struct scenarios *all, enum format format)
{
	static const struct spec specs[] = {
		{ LABEL, 0, NULL }, { MEMORY, 0, NULL }, { MEDIAN, STOCK, "blackout_ns" },
		{ MEDIAN, FAST, "blackout_ns" }, { RATIO, STOCK, "blackout_ns" },
		{ MEDIAN, STOCK, "retrieve_ns" }, { MEDIAN, FAST, "retrieve_ns" }, { RUNS, 0, NULL },
	};

	put_table(out, all, "<preserved|guest|blackout:stock|blackout:kho-fast|ratio|restore:stock|"
		  "restore:kho-fast|runs", specs, format);
}

/* Repetitions that gave no number, and why */
void put_failures(FILE *out, const struct scenarios *all)
{
	for (size_t i = 0; i < all->nr; i++)
		for (int k = 0; k < NR_KERNELS; k++) {
			const struct series *series = all->v[i].series[k];

			for (size_t j = 0; series && j < series->nr; j++) {
				struct json_object *record = series->v[j].record;
				const char *reason = string_of(record, "reason");

				if (series->v[j].status == FAILED)
					fprintf(out, "FAILED %s, %s kernel, repetition %llu: %s\n",
						series->name, series->variant,
						(unsigned long long)uint_of(record, "rep"),
						*reason ? reason : "not verified");
			}
		}
}

bool any_failed(const struct scenarios *all)
{
	for (size_t i = 0; i < all->nr; i++)
		for (int k = 0; k < NR_KERNELS; k++)
			if (figure_of(all->v[i].series[k], "blackout_ns").status == FAILED)
				return true;
	return false;
}
