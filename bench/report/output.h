/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables, and charts that gnuplot draws. */
#ifndef BENCH_OUTPUT_H
#define BENCH_OUTPUT_H

#include "samples.h"

/* table.c */
enum format { TEXT, MARKDOWN, HTML };

#define MAX_COLUMNS	16

struct table {
	struct column {
		char	*title, *group, *class;
		bool	left;
	} columns[MAX_COLUMNS];
	size_t	nr_columns;
	char	**cells;		/* by row */
	size_t	nr;
};

struct table table_new(const char *columns);
void table_cell(struct table *t, const char *s);
void table_add(struct table *t, ...);
void table_put(FILE *out, struct table *t, enum format format);
void html_text(FILE *out, const char *s);

/* plot.c */
struct point {
	double		x, y, lo, hi;
	struct text	label;
};

#define STYLE_STOCK	"lc rgb '#c8501e' lw 2 "
#define STYLE_OURS	"lc rgb '#2a6fc9' lw 2 "
#define STYLE_OTHER	"lc rgb '#808080' lw 2 "

struct curve {
	struct text	title;
	const char	*with, *style;	/* of gnuplot */
	double		constant;	/* not 0: a line at this height, without points */
	bool		labels;
	struct point	*v;
	size_t		nr;
};

struct plot {
	const char	*name;		/* of the files */
	const char	*title, *xlabel, *ylabel;
	const char	*setup;		/* more of the script */
	bool		ticks_at_points;
	bool		png;		/* beside the SVG */
	struct curve	*v;
	size_t		nr;
};

struct curve *plot_curve(struct plot *p, const char *title, const char *with, const char *style);
void plot_point(struct curve *c, struct point point);
bool plot_draw(const struct plot *p, const char *dir);
void gnuplot_run(const char *dir, const char *name);

#endif /* BENCH_OUTPUT_H */
