// SPDX-License-Identifier: GPL-2.0-only
/*
 * The chart: blackout against the number of scattered pages, log-log, drawn by
 * gnuplot. NAME.dat holds the points, NAME.gp the script; both stay, so that
 * "gnuplot NAME.gp" redraws NAME.svg and NAME.png.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../gnuplot.h"
#include "report.h"

/* One block of the data file; gnuplot numbers blocks from 0 and skips none. */
struct block {
	enum kernel	k;
	enum status	status;		/* OK: measured; LIMIT: beyond it */
	const char	*title;
	const char	*style;
};

static const struct block blocks[] = {
	{ STOCK, OK,	"stock",
	  "with yerrorlines lc rgb '#c8501e' lw 2 pt 7" },
	{ FAST, OK,	"ours",
	  "with yerrorlines lc rgb '#2a6fc9' lw 2 pt 7" },
	{ STOCK, LIMIT,	"stock, not finished at its limit",
	  "with points lc rgb '#c8501e' lw 2 pt 8 ps 1.5" },
	{ FAST, LIMIT,	"ours, not finished at its limit",
	  "with points lc rgb '#2a6fc9' lw 2 pt 8 ps 1.5" },
};

#define NR_BLOCKS	(sizeof(blocks) / sizeof(*blocks))

static bool in_block(const struct scenario *sc, const struct block *b)
{
	struct figure f = figure_of(sc, b->k, BLACKOUT);

	return sc->n && !sc->order && sc->stride > 1 && f.nr && f.status == b->status;
}

static size_t nr_points(const struct run *run, const struct block *b)
{
	size_t nr = 0;

	for (size_t i = 0; i < run->nr; i++)
		nr += in_block(&run->scenarios[i], b);
	return nr;
}

static double seconds(uint64_t ns)
{
	return (double)ns / NS_PER_S;
}

static void write_point(FILE *out, const struct scenario *sc, const struct block *b)
{
	struct figure f = figure_of(sc, b->k, BLACKOUT);
	double limit = f.limit_s;

	if (f.status == LIMIT)
		fprintf(out, "%llu %g %g %g \"> %g s\"\n", (unsigned long long)sc->n,
			limit, limit, limit, limit);
	else
		/* A repetition without end has no top: the whisker stops at the median. */
		fprintf(out, "%llu %.9f %.9f %.9f \"%s s\"\n", (unsigned long long)sc->n,
			seconds(f.med), seconds(f.min),
			seconds(f.max == UINT64_MAX ? f.med : f.max), text_med(&f).s);
}

static int by_n(const void *a, const void *b)
{
	const struct scenario *x = *(const struct scenario *const *)a;
	const struct scenario *y = *(const struct scenario *const *)b;

	return (x->n > y->n) - (x->n < y->n);
}

/* The scenarios by number of pages: a line through the points must not go back. */
static const struct scenario **sorted(const struct run *run)
{
	const struct scenario **v = calloc(run->nr, sizeof(*v));

	if (!v)
		die("out of memory");
	for (size_t i = 0; i < run->nr; i++)
		v[i] = &run->scenarios[i];
	qsort(v, run->nr, sizeof(*v), by_n);
	return v;
}

static void write_data(FILE *out, const struct run *run)
{
	const struct scenario **v = sorted(run);

	fprintf(out, "# scattered 4 KiB pages, blackout in s: median, min, max, label\n");
	for (size_t b = 0; b < NR_BLOCKS; b++) {
		if (!nr_points(run, &blocks[b]))
			continue;
		fprintf(out, "# %s\n", blocks[b].title);
		for (size_t i = 0; i < run->nr; i++)
			if (in_block(v[i], &blocks[b]))
				write_point(out, v[i], &blocks[b]);
		fprintf(out, "\n\n");
	}
	free(v);
}

/* One tick per number of pages that was measured. */
static void write_ticks(FILE *out, const struct run *run)
{
	const char *sep = "set xtics rotate by -20 (";

	for (size_t i = 0; i < run->nr; i++) {
		const struct scenario *sc = &run->scenarios[i];

		if (!sc->n || sc->order || sc->stride < 2)
			continue;
		fprintf(out, "%s'%s' %llu", sep, text_count(sc->n).s, (unsigned long long)sc->n);
		sep = ", ";
	}
	fprintf(out, ")\n");
}

/* Of all that is drawn: minimum and maximum as in write_point(), and the baseline */
static void write_ranges(FILE *out, const struct run *run)
{
	struct extent x = NO_EXTENT, y = NO_EXTENT;

	for (size_t b = 0; b < NR_BLOCKS; b++) {
		for (size_t i = 0; i < run->nr; i++) {
			const struct scenario *sc = &run->scenarios[i];
			struct figure f = figure_of(sc, blocks[b].k, BLACKOUT);

			if (!in_block(sc, &blocks[b]))
				continue;
			extent_add(&x, sc->n);
			if (f.status == LIMIT) {
				extent_add(&y, f.limit_s);
				continue;
			}
			extent_add(&y, seconds(f.min));
			extent_add(&y, seconds(f.max == UINT64_MAX ? f.med : f.max));
		}
	}
	for (size_t i = 0; i < run->nr; i++) {
		struct figure f = figure_of(&run->scenarios[i], FAST, BLACKOUT);

		if (!run->scenarios[i].n && f.nr && f.status == OK)
			extent_add(&y, seconds(f.med));
	}
	extent_write(out, "x", &x);
	extent_write(out, "y", &y);
}

/* Where our kernel would be if preserving cost nothing. */
static const char *write_baseline(FILE *out, const struct run *run)
{
	for (size_t i = 0; i < run->nr; i++) {
		const struct scenario *sc = &run->scenarios[i];
		struct figure f = figure_of(sc, FAST, BLACKOUT);

		if (sc->n || !f.nr || f.status != OK)
			continue;
		fprintf(out, "base = %.9f\n", seconds(f.med));
		return sc->memory;
	}
	return NULL;
}

static void write_plot(FILE *out, const struct run *run, const char *name, const char *base)
{
	const char *sep = "plot ";
	unsigned int index = 0;

	if (base) {
		fprintf(out, "%sbase with lines lc rgb '#808080' lw 1.5 dt 2 title 'ours, nothing preserved, %s'",
			sep, base);
		sep = ", \\\n\t";
	}
	for (size_t b = 0; b < NR_BLOCKS; b++) {
		if (!nr_points(run, &blocks[b]))
			continue;
		fprintf(out, "%s'%s.dat' index %u using 1:2:3:4 %s title '%s'",
			sep, name, index, blocks[b].style, blocks[b].title);
		sep = ", \\\n\t";
		fprintf(out, "%s'' index %u using 1:2:5 with labels offset 0,1.1 notitle",
			sep, index++);
	}
	fputc('\n', out);
}

static void write_script(FILE *out, const struct run *run, const char *name)
{
	const char *base;

	fprintf(out,
		"set logscale xy\n"
		"set key top left reverse Left\n"
		"set grid lc rgb '#808080' lw 0.5 dt 3\n"
		"set border lw 0.8\n"
		"set tics nomirror\n"
		"set xlabel 'scattered 4 KiB pages preserved'\n"
		"set ylabel 'blackout, seconds'\n"
		"set title 'Blackout of a live update (%s)'\n"
		"set offsets graph 0.08, graph 0.08, graph 0.35, graph 0.15\n"
		"set bars 0.6\n", run->where);
	write_ticks(out, run);
	write_ranges(out, run);
	base = write_baseline(out, run);
	fprintf(out,
		"set terminal pngcairo size 1600,1000 font 'sans,22' linewidth 2\n"
		"set output '%s.png'\n", name);
	write_plot(out, run, name, base);
	fprintf(out,
		"set terminal svg size 800,500 dynamic font 'sans-serif,14' background '#ffffff'\n"
		"set output '%s.svg'\n"
		"replot\n", name);
}

static void remove_old(const char *dir, const char *name)
{
	static const char *const suffixes[] = { "dat", "gp", "svg", "png" };
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		snprintf(path, sizeof(path), "%s/%s.%s", dir, name, suffixes[i]);
		unlink(path);
	}
}

/**
 * chart_draw() - Draw NAME.svg and NAME.png.
 * @run: The run.
 * @dir: Where to.
 * @name: NAME.
 * Return: False if the run has nothing to draw; older charts are removed then.
 */
bool chart_draw(const struct run *run, const char *dir, const char *name)
{
	const char *reason;
	size_t points = 0;
	FILE *out;

	remove_old(dir, name);
	for (size_t b = 0; b < NR_BLOCKS; b++)
		points += nr_points(run, &blocks[b]);
	if (!points)
		return false;

	out = output_create(dir, name, "dat");
	write_data(out, run);
	output_finish(out, name);
	out = output_create(dir, name, "gp");
	write_script(out, run, name);
	output_finish(out, name);
	reason = gnuplot_run(dir, name);
	if (reason)
		die("gnuplot: %s on %s/%s.gp; install gnuplot-nox, or use --no-chart", reason,
		    dir, name);
	return true;
}
