/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Samples of make blackout. Each file uses those above it:
 *
 *   scenario.c  scenarios and their tables
 *   targets.c   ratios that are wanted
 *   where.c     breakdown of the blackout: table, picture, trace
 *   page.c      the page
 */
#ifndef BENCH_SCENARIO_H
#define BENCH_SCENARIO_H

#include "output.h"

/* scenario.c */
enum kernel { STOCK, FAST, NR_KERNELS };

struct scenario {
	const char		*name;
	uint64_t		n, order, stride;
	const char		*memory;
	const struct series	*series[NR_KERNELS];	/* NULL: not measured */
};

struct scenarios {
	struct scenario	*v;
	size_t		nr;
};

/* A run, and the names of its pictures; empty: none */
struct section {
	const struct run	*run;
	struct scenarios	all;
	struct text		chart, where;
};

struct scenarios scenarios_of(const struct run *run);
const struct scenario *scenario_find(const struct scenarios *all, const char *name);
struct figure scenario_figure(const struct scenario *sc, enum kernel k, const char *quantity);
struct text scenario_label(const struct scenario *sc);
void blackout_table(FILE *out, const struct scenarios *all, enum format format);
void total_table(FILE *out, const struct scenarios *all, enum format format);
void summary_table(FILE *out, const struct scenarios *all, enum format format);
void put_failures(FILE *out, const struct scenarios *all);
bool any_failed(const struct scenarios *all);

/* targets.c */
struct target;

struct targets {
	struct target	*v;
	size_t		nr;
};

void targets_load(struct targets *t, const char *path);
int worse_of(int a, int b);
int targets_put(FILE *out, const struct scenarios *all, const struct targets *t);

/* where.c */
bool where_known(const struct scenarios *all);
void where_put(FILE *out, const struct run *run, const struct scenarios *all, enum format format);
bool where_draw(const struct scenarios *all, const char *dir, const char *name);
void where_trace(FILE *out, const struct scenarios *all);

/* page.c */
void page_put(FILE *out, const char *dir, const struct section *v, size_t nr,
	      const struct targets *t);

#endif /* BENCH_SCENARIO_H */
