// SPDX-License-Identifier: GPL-2.0-only
/*
 * charts: pictures of a run of 'make bench', drawn by gnuplot. DIR/NAME.gp has points and
 * script in one, so that "gnuplot NAME.gp" redraws NAME.svg.
 *
 *   insert   time of a folio against threads
 *   batch    time of a folio against the size of a batch
 *   ingest   time against the size of the host; what was extended is dashed
 *
 * Exit status: 0 all that the run has is drawn; 2 trouble.
 */
#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gnuplot.h"
#include "series.h"

#define EXIT_TROUBLE	2

/* A line of a chart: the points of one variant, where @x knows where. */
struct plot {
	const char	*variant;
	const char	*title;
	const char	*style;
};

/* The points of one chart. */
struct chart {
	const char		*name;
	const char		*bench;
	const char		*title, *xlabel, *ylabel;
	double			(*x)(const struct series *s);	/* 0: not in this chart */
	const struct plot	*plots;
};

struct options {
	const char	*path, *dir;
};

#define STOCK	"lc rgb '#c8501e' lw 2"
#define OURS	"lc rgb '#2a6fc9' lw 2"
#define LIMIT	"lc rgb '#808080' lw 2"

static double x_threads(const struct series *s)
{
	return strcmp(s->case_name, "order 0") ? 0 : s->threads;
}

static double x_batch(const struct series *s)
{
	unsigned int batch, order;

	if (sscanf(s->case_name, "%u of order %u", &batch, &order) != 2 || order)
		return 0;
	return batch;
}

/* In GiB, "1T checker". */
static double x_host(const struct series *s)
{
	unsigned int size;
	char unit, kind[32];

	if (sscanf(s->case_name, "%u%c %31[^\n]", &size, &unit, kind) != 3 ||
	    strcmp(kind, "checker"))
		return 0;
	return unit == 'T' ? size * 1024.0 : size;
}

static const struct plot insert_plots[] = {
	{ "stock", "stock, each thread in memory of its own", STOCK " pt 7" },
	{ "kho_fast", "ours", OURS " pt 7" },
	{ "stock mix", "stock, all in the same memory", STOCK " pt 6 dt 3" },
	{ "fast mix", "ours, all in the same memory", OURS " pt 6 dt 3" },
	{ 0 }
};

static const struct plot batch_plots[] = {
	{ "stock", "stock, one by one", STOCK " pt 7" },
	{ "one by one", "ours, one by one", OURS " pt 6 dt 3" },
	{ "batch", "ours, kho_preserve_folios()", OURS " pt 7" },
	{ "range", "ours, kho_preserve_folio_range()", OURS " pt 9 dt 2" },
	{ 0 }
};

static const struct plot ingest_plots[] = {
	{ "stock", "stock", STOCK " pt 7" },
	{ "kho_fast", "ours", OURS " pt 7" },
	{ "stream", "a streaming read of the tree", LIMIT " pt 6" },
	{ 0 }
};

static const struct chart charts[] = {
	{ "insert", "insert", "Preserving folios of order 0, one by one", "threads",
	  "ns per folio", x_threads, insert_plots },
	{ "batch", "batch", "Preserving folios of order 0 in batches",
	  "folios that follow one another in a batch", "ns per folio", x_batch, batch_plots },
	{ "ingest", "ingest", "Taking over a host with every other 4 KiB page preserved",
	  "GiB of the host", "seconds", x_host, ingest_plots },
};

#define NR_CHARTS	(sizeof(charts) / sizeof(*charts))

static double y_of(const struct chart *chart, double ns)
{
	return strcmp(chart->ylabel, "seconds") ? ns : ns / 1e9;
}

/* Measured or extended points of one variant: x, median, min, max. */
static size_t write_points(FILE *out, const struct chart *chart, const struct plot *plot,
			   const struct samples *s, bool extended)
{
	size_t nr = 0;

	for (size_t i = 0; i < s->nr; i++) {
		const struct series *v = &s->v[i];

		if (strcmp(v->bench, chart->bench) || strcmp(v->variant, plot->variant) ||
		    !v->measured_n == extended || !chart->x(v))
			continue;
		nr++;
		if (out)
			fprintf(out, "%g %.9g %.9g %.9g\n", chart->x(v),
				y_of(chart, series_median(v)), y_of(chart, series_min(v)),
				y_of(chart, series_max(v)));
	}
	return nr;
}

static size_t nr_points(const struct chart *chart, const struct samples *s)
{
	size_t nr = 0;

	for (const struct plot *plot = chart->plots; plot->variant; plot++)
		nr += write_points(NULL, chart, plot, s, false) +
		      write_points(NULL, chart, plot, s, true);
	return nr;
}

static void write_head(FILE *out, const struct chart *chart, const struct samples *s)
{
	fprintf(out,
		"set terminal svg size 800,500 dynamic noenhanced font 'sans-serif,14' background '#ffffff'\n"
		"set output '%s.svg'\nset logscale xy\nset logscale x 2\n"
		"set key outside below reverse Left\n"
		"set grid lc rgb '#808080' lw 0.5 dt 3\nset border lw 0.8\nset tics nomirror\n"
		"set format y '%%.0s %%c'\n"
		"set bars 0.6\nset offsets graph 0.05, graph 0.05, graph 0.1, graph 0.1\n"
		"set title \"%s (%s)\"\nset xlabel '%s'\nset ylabel '%s'\n",
		chart->name, chart->title, s->where, chart->xlabel, chart->ylabel);
}

static void write_ranges(FILE *out, const struct chart *chart, const struct samples *s)
{
	struct extent x = NO_EXTENT, y = NO_EXTENT;

	for (const struct plot *plot = chart->plots; plot->variant; plot++) {
		for (size_t i = 0; i < s->nr; i++) {
			const struct series *v = &s->v[i];

			if (strcmp(v->bench, chart->bench) || strcmp(v->variant, plot->variant) ||
			    !chart->x(v))
				continue;
			extent_add(&x, chart->x(v));
			extent_add(&y, y_of(chart, series_min(v)));
			extent_add(&y, y_of(chart, series_max(v)));
		}
	}
	extent_write(out, "x", &x);
	extent_write(out, "y", &y);
}

static void write_data(FILE *out, const struct chart *chart, const struct samples *s)
{
	unsigned int nr = 0;

	for (const struct plot *plot = chart->plots; plot->variant; plot++) {
		for (int extended = 0; extended < 2; extended++) {
			fprintf(out, "$d%u << END\n", nr++);
			write_points(out, chart, plot, s, extended);
			fputs("END\n", out);
		}
	}
}

static void write_plots(FILE *out, const struct chart *chart, const struct samples *s)
{
	const char *sep = "plot ";
	unsigned int nr = 0;

	for (const struct plot *plot = chart->plots; plot->variant; plot++, nr += 2) {
		if (write_points(NULL, chart, plot, s, false)) {
			fprintf(out, "%s$d%u with yerrorlines %s title \"%s\"", sep, nr,
				plot->style, plot->title);
			sep = ", \\\n\t";
		}
		if (write_points(NULL, chart, plot, s, true)) {
			fprintf(out, "%s$d%u with linespoints %s dt 2 title \"%s, extrapolated\"",
				sep, nr + 1, plot->style, plot->title);
			sep = ", \\\n\t";
		}
	}
	fputc('\n', out);
}

static void draw(const struct chart *chart, const struct samples *s, const char *dir)
{
	char path[PATH_MAX];
	const char *reason;
	FILE *out;
	bool bad;

	snprintf(path, sizeof(path), "%s/%s.svg", dir, chart->name);
	unlink(path);
	if (!nr_points(chart, s))
		return;
	snprintf(path, sizeof(path), "%s/%s.gp", dir, chart->name);
	out = fopen(path, "w");
	if (!out)
		die("%s: %s", path, strerror(errno));
	write_head(out, chart, s);
	write_ranges(out, chart, s);
	write_data(out, chart, s);
	write_plots(out, chart, s);
	bad = ferror(out);
	if (fclose(out) || bad)
		die("%s: could not be written: %s", path, strerror(errno));
	reason = gnuplot_run(dir, chart->name);
	if (reason)
		die("gnuplot %s on %s: install gnuplot-nox ('make setup' does)", reason, path);
	printf("%s/%s.svg\n", dir, chart->name);
}

static error_t parse_opt(int key, char *arg, struct argp_state *state)
{
	struct options *opt = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (opt->dir)
			argp_error(state, "more than a file and a folder");
		*(opt->path ? &opt->dir : &opt->path) = arg;
		return 0;
	case ARGP_KEY_END:
		if (!opt->dir)
			argp_error(state, "which samples, and a folder for the charts?");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		NULL, parse_opt, "FILE DIR", "Draw the samples of 'make bench' into a folder.",
		NULL, NULL, NULL
	};
	struct options opt = { 0 };
	struct samples s;

	argp_err_exit_status = EXIT_TROUBLE;
	argp_parse(&argp, argc, argv, 0, NULL, &opt);
	samples_load(&s, opt.path);
	if (mkdir(opt.dir, 0777) && errno != EEXIST)
		die("%s: %s", opt.dir, strerror(errno));
	for (size_t i = 0; i < NR_CHARTS; i++)
		draw(&charts[i], &s, opt.dir);
	return 0;
}
