// SPDX-License-Identifier: GPL-2.0-only
/*
 * timeline-parts: compare a timeline with the clock of userspace.
 *
 * usage: timeline-parts TIMELINE T0 T1 KHZ
 *
 * T0 is the TSC right before reboot(2), T1 that of the first instruction of /init, KHZ
 * its rate measured by userspace. Prints "NAME NS" per part of the blackout: "before"
 * the first stamp, each phase, "return" after the last stamp; their sum is T1 - T0.
 *
 * Exit status: 0; 1 the phases are not those of this blackout, 2 bad input.
 */
#include <err.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "timeline.h"

#define EXIT_REFUSED	1
#define EXIT_TROUBLE	2

/* Part of the blackout that the phases may miss */
#define MAX_UNEXPLAINED	0.01

struct outer {
	uint64_t	t0, t1, khz;
};

static uint64_t number(const char *name, const char *s)
{
	char *end;
	uint64_t n = strtoull(s, &end, 10);

	if (end == s || *end || !n)
		errx(EXIT_TROUBLE, "%s is '%s', not a number above 0: does the plan kexec?",
		     name, s);
	return n;
}

/* ns after T0 by the clock of userspace; the kernel's rate differs by some ppm */
static double after_t0(const struct timeline *t, const struct outer *outer, uint64_t ns)
{
	double ticks = (double)(int64_t)(t->origin - outer->t0) + (double)ns * t->khz / 1e6;

	return ticks * 1e6 / outer->khz;
}

static void check(const struct timeline *t, const struct outer *outer)
{
	const struct timeline_item *first = &t->phases[0], *last = &t->phases[t->nr_phases - 1];
	double total = (outer->t1 - outer->t0) * 1e6 / outer->khz;
	double begin = after_t0(t, outer, first->begin_ns), end = after_t0(t, outer, last->end_ns);
	double off = fabs(end - begin - total) / total;

	if (!t->previous || !first->old)
		errx(EXIT_REFUSED, "the old kernel's phases are missing, the first is '%s'",
		     first->name);
	/* A nanosecond less is a rounding error. */
	if (begin < -1)
		errx(EXIT_REFUSED, "'%s' begins %.0f ns before reboot(2)", first->name, -begin);
	if (end > total + 1)
		errx(EXIT_REFUSED, "'%s' ends %.0f ns after the first instruction of /init",
		     last->name, end - total);
	if (off > MAX_UNEXPLAINED)
		errx(EXIT_REFUSED, "the phases take %.3f ms of %.3f ms from reboot(2) to /init: "
		     "%.2f %% are not accounted for, at most %g %%", (end - begin) / 1e6,
		     total / 1e6, 100 * off, 100 * MAX_UNEXPLAINED);
}

/* Print the part from *@at to @end, in ns. */
static void part(const char *name, int64_t *at, double end)
{
	int64_t ns = llround(end);

	if (ns < *at)
		ns = *at;
	printf("%s %" PRId64 "\n", name, ns - *at);
	*at = ns;
}

int main(int argc, char **argv)
{
	struct timeline *t;
	struct outer outer;
	int64_t at = 0;

	if (argc != 5)
		errx(EXIT_TROUBLE, "usage: timeline-parts TIMELINE T0 T1 KHZ");
	outer = (struct outer) {
		.t0 = number("T0", argv[2]), .t1 = number("T1", argv[3]),
		.khz = number("KHZ", argv[4]),
	};
	if (outer.t1 <= outer.t0)
		errx(EXIT_TROUBLE, "T1 is not after T0");
	t = timeline_load(argv[1]);
	if (!t)
		errx(EXIT_TROUBLE, "%s", timeline_error());
	check(t, &outer);
	part("before", &at, after_t0(t, &outer, t->phases[0].begin_ns));
	for (size_t i = 0; i < t->nr_phases; i++)
		part(t->phases[i].name, &at, after_t0(t, &outer, t->phases[i].end_ns));
	part("return", &at, (outer.t1 - outer.t0) * 1e6 / outer.khz);
	timeline_free(t);
	return 0;
}
