// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands over the samples of make blackout. Everything is derived from them alone, so it may be
 * done again at any time.
 */
#include <libgen.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "scenario.h"

static int put_run(FILE *out, const struct section *s, const struct targets *targets)
{
	int rc = EXIT_MET;

	fprintf(out, "Blackout in seconds, %s, run %s\n\n", s->run->where, s->run->id);
	blackout_table(out, &s->all, TEXT);
	fputs("\nRestore, and total = blackout + restore: medians in seconds\n\n", out);
	total_table(out, &s->all, TEXT);
	if (where_known(&s->all)) {
		fputc('\n', out);
		where_put(out, s->run, &s->all, TEXT);
	}
	if (targets->nr) {
		fputs("\nTargets\n\n", out);
		rc = targets_put(out, &s->all, targets);
	}
	if (any_failed(&s->all)) {
		fputc('\n', out);
		put_failures(out, &s->all);
		rc = EXIT_NOT_MET;
	}
	return rc;
}

static int put_runs(FILE *out, const struct section *v, size_t nr, const struct targets *targets)
{
	int rc = EXIT_MET;

	for (size_t i = 0; i < nr; i++) {
		fputs(i ? "\n\n" : "", out);
		rc = worse_of(rc, put_run(out, &v[i], targets));
	}
	return rc;
}

/* Scattered pages; a repetition without end has no top: the whisker stops at the median. */
static void add_points(struct curve *c, const struct scenarios *all, enum kernel k,
		       enum status status)
{
	c->labels = true;
	for (const struct scenario *sc = all->v; sc < all->v + all->nr; sc++) {
		struct figure f = scenario_figure(sc, k, "blackout_ns");
		double y = (status == LIMIT ? f.limit_s : f.med / NS_PER_S);

		if (!sc->n || sc->order || sc->stride < 2 || !f.nr || f.status != status)
			continue;
		plot_point(c, (struct point) {
			sc->n, y, status == LIMIT ? y : f.min / NS_PER_S,
			isinf(f.max) ? y : f.max / NS_PER_S, text_of("%s s", text_figure(&f, f.med).s) });
	}
}

/* Our blackout if preserving cost nothing */
static void add_baseline(struct plot *p, const struct scenarios *all)
{
	for (const struct scenario *sc = all->v; sc < all->v + all->nr; sc++) {
		struct figure f = scenario_figure(sc, FAST, "blackout_ns");

		if (sc->n || !f.nr || f.status != OK)
			continue;
		plot_curve(p, text_of("ours, nothing preserved, %s", sc->memory).s, "lines",
			   "lc rgb '#808080' lw 1.5 dt 2")->constant = f.med / NS_PER_S;
		return;
	}
}

/* Blackout against the number of scattered pages */
static bool draw_chart(const struct run *run, const struct scenarios *all, const char *dir,
		       const char *name)
{
	struct text title = text_of("Blackout of a live update (%s)", run->where);
	struct plot p = {
		.name = name, .title = title.s, .xlabel = "scattered 4 KiB pages preserved",
		.ylabel = "blackout, seconds", .ticks_at_points = true, .png = true,
		.setup = "set key top left reverse Left\n"
			 "set offsets graph 0.08, graph 0.08, graph 0.35, graph 0.15\n",
	};

	add_baseline(&p, all);
	add_points(plot_curve(&p, "stock", "yerrorlines", STYLE_STOCK "pt 7"), all, STOCK, OK);
	add_points(plot_curve(&p, "ours", "yerrorlines", STYLE_OURS "pt 7"), all, FAST, OK);
	add_points(plot_curve(&p, "stock, not finished at its limit", "yerrorbars",
			      STYLE_STOCK "pt 8 ps 1.5"), all, STOCK, LIMIT);
	add_points(plot_curve(&p, "ours, not finished at its limit", "yerrorbars",
			      STYLE_OURS "pt 8 ps 1.5"), all, FAST, LIMIT);
	return plot_draw(&p, dir);
}

/* The latest run has blackout.svg; that of another 'where' has it in the name. */
static void draw(struct section *s, const char *dir, bool last)
{
	struct text suffix = last ? text_of("%s", "") : text_of("-%.40s", s->run->where);
	struct text chart = text_of("blackout%.41s", suffix.s);
	struct text where = text_of("blackout-where%.41s", suffix.s);

	if (draw_chart(s->run, &s->all, dir, chart.s))
		s->chart = chart;
	if (where_draw(&s->all, dir, where.s))
		s->where = where;
}

/* FILE: tables to the terminal and to blackout.txt, blackout.html with charts beside it */
int report_blackout(const struct options *o)
{
	struct targets targets = { 0 };
	const struct run **runs;
	struct section *v;
	const char *dir;
	struct log log;
	size_t nr;
	FILE *out;
	int rc;

	log_load(&log, o->args[0], BLACKOUT);
	if (o->targets)
		targets_load(&targets, o->targets);
	dir = o->dir ?: dirname(strdup(o->args[0]));
	runs = xcalloc(log.nr, sizeof(*runs));
	nr = log_choose(&log, o->run, runs);
	v = xcalloc(nr, sizeof(*v));
	for (size_t i = 0; i < nr; i++)
		v[i] = (struct section) { .run = runs[i], .all = scenarios_of(runs[i]) };
	rc = put_runs(stdout, v, nr, &targets);
	out = output_open(dir, "blackout", "txt");
	put_runs(out, v, nr, &targets);
	output_close(out, "blackout.txt");
	for (size_t i = 0; i < nr && !o->no_chart; i++)
		draw(&v[i], dir, i == nr - 1);
	out = output_open(dir, "blackout", "html");
	page_put(out, dir, v, nr, &targets);
	output_close(out, "blackout.html");
	return rc;
}

static struct section load_last(const struct options *o)
{
	const struct run *run = run_load(o->args[0], BLACKOUT, o->run);

	return (struct section) { .run = run, .all = scenarios_of(run) };
}

/* The summary, and where it is from */
int report_table(const struct options *o)
{
	struct section s = load_last(o);

	summary_table(stdout, &s.all, o->format);
	putchar('\n');
	run_put_source(s.run, o->format == MARKDOWN);
	return any_failed(&s.all) ? EXIT_NOT_MET : EXIT_MET;
}

/* The breakdown of the last run: tables, or a trace */
int report_where(const struct options *o)
{
	struct section s = load_last(o);
	FILE *out;

	if (!where_known(&s.all))
		die("run %s was measured without landmarks and phases; 'make blackout' measures them",
		    s.run->id);
	if (!o->trace) {
		where_put(stdout, s.run, &s.all, o->format);
	} else {
		out = strcmp(o->trace, "-") ? file_open(o->trace, "w") : stdout;
		where_trace(out, &s.all);
		if (out != stdout)
			output_close(out, o->trace);
	}
	return any_failed(&s.all) ? EXIT_NOT_MET : EXIT_MET;
}
