/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_DURATION_H
#define BENCH_DURATION_H

/* Room for a time: "16.9 ns", three digits. */
struct time_text {
	char	s[24];
};

struct time_text time_text(double ns);

/* The same figure without its unit, in the unit of @like. */
struct time_text time_text_like(double ns, double like);

#endif /* BENCH_DURATION_H */
