/* SPDX-License-Identifier: GPL-2.0-only */
/* Commands of report, from the samples of the benchmarks to tables, charts and a page */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "output.h"

#define MAX_ARGS	64

struct options {
	const char	*args[MAX_ARGS];
	int		nr_args;
	const char	*run, *dir, *targets, *only_case, *base_case, *trace;
	double		limit;
	enum format	format;
	bool		json, no_chart;
};

/* add.c */
int report_add(const struct options *o);

/* blackout.c */
int report_blackout(const struct options *o);
int report_table(const struct options *o);
int report_where(const struct options *o);

/* coefficients.c */
int report_coefficients(const struct options *o);

/* native.c */
int report_native(const struct options *o);
int report_compare(const struct options *o);
int report_ratio(const struct options *o);
int report_charts(const struct options *o);

/* guests.c */
int report_guest(const struct options *o);
int report_luo(const struct options *o);
int report_scaling(const struct options *o);
int report_preserve_scaling(const struct options *o);

#endif /* BENCH_REPORT_H */
