/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_GNUPLOT_H
#define BENCH_GNUPLOT_H

#include <math.h>
#include <stdio.h>

/* The smallest and the largest coordinate on an axis. */
struct extent {
	double	lo;
	double	hi;
};

#define NO_EXTENT	((struct extent){ HUGE_VAL, -HUGE_VAL })

void extent_add(struct extent *e, double v);

/*
 * Sets the range of @axis, logarithmic, where all points have one coordinate: of that
 * gnuplot can make no range, and says so. Else it makes a better one itself.
 */
void extent_write(FILE *out, const char *axis, const struct extent *e);

/* Runs @dir/@name.gp in @dir. Returns NULL, or why it did not draw. */
const char *gnuplot_run(const char *dir, const char *name);

#endif /* BENCH_GNUPLOT_H */
