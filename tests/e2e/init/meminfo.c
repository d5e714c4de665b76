// SPDX-License-Identifier: GPL-2.0-only
/* MemTotal: what was given to the page allocator, so what a leak would miss. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "steps.h"
#include "verdict.h"

static unsigned long seen;

/* Handed from boot to boot on the command line, so in the environment. */
unsigned long memtotal_kb(void)
{
	const char *s = getenv("kho_memtotal");

	if (!seen && s)
		seen = strtoul(s, NULL, 10);
	return seen;
}

static unsigned long memtotal_now(void)
{
	unsigned long kb = 0;
	FILE *f = fopen("/proc/meminfo", "re");

	if (f) {
		if (fscanf(f, "MemTotal: %lu kB", &kb) != 1)
			kb = 0;
		fclose(f);
	}
	return kb;
}

const char *step_memtotal(const struct step *step)
{
	(void)step;
	seen = memtotal_now();
	verdict_kv("memtotal_kb", seen);
	return seen ? NULL : "cannot read /proc/meminfo";
}

/* Memory may come back late (freed by a worker), so try for 10 s. */
const char *step_expect_memtotal(const struct step *step)
{
	long limit, diff = 0, now = 0, was = memtotal_kb();
	int tries;

	if (step->argc != 2)
		return "usage: expect-memtotal KB";
	if (!was)
		return "no earlier 'memtotal' to compare with";
	limit = atol(step->argv[1]);
	for (tries = 0; tries < 100; tries++) {
		now = memtotal_now();
		diff = labs(now - was);
		if (diff <= limit)
			break;
		usleep(100000);
	}
	verdict_kv("memtotal_kb", now);
	verdict_kv("memtotal_diff_kb", diff);
	if (diff > limit)
		return why("MemTotal is %ld kB and was %ld kB", now, was);
	return NULL;
}
