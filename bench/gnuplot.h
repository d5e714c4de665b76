/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_GNUPLOT_H
#define BENCH_GNUPLOT_H

/* Runs @dir/@name.gp in @dir. Returns NULL, or why it did not draw. */
const char *gnuplot_run(const char *dir, const char *name);

#endif /* BENCH_GNUPLOT_H */
