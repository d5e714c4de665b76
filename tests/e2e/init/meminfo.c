// SPDX-License-Identifier: GPL-2.0-only
/* MemTotal, the memory of the page allocator, so without leaks; and MemFree */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "file.h"
#include "steps.h"
#include "verdict.h"

static unsigned long seen;

/* Passed from boot to boot on the command line, so in the environment */
unsigned long memtotal_kb(void)
{
	const char *s = getenv("kho_memtotal");

	if (!seen && s)
		seen = strtoul(s, NULL, 10);
	return seen;
}

struct meminfo {
	unsigned long total, free;	/* kB, 0 if unknown */
};

static struct meminfo meminfo_now(void)
{
	struct meminfo now = { 0, 0 };
	FILE *f = fopen("/proc/meminfo", "re");

	if (f) {
		if (fscanf(f, "MemTotal: %lu kB MemFree: %lu kB", &now.total, &now.free) != 2)
			now = (struct meminfo){ 0, 0 };
		fclose(f);
	}
	return now;
}

const char *step_memtotal(const struct step *step)
{
	(void)step;
	seen = meminfo_now().total;
	verdict_kv("memtotal_kb", seen);
	return seen ? NULL : "cannot read /proc/meminfo";
}

/* Managed pages of all zones; their sum must be MemTotal. */
static unsigned long managed_pages(void)
{
	unsigned long sum = 0, n;
	FILE *f = fopen("/proc/zoneinfo", "re");
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, " managed %lu", &n) == 1)
			sum += n;
	}
	if (f)
		fclose(f);
	return sum;
}

/* A worker may free memory later, so try for 10 s. */
const char *step_expect_memtotal(const struct step *step)
{
	long limit, diff = 0, now = 0, was = memtotal_kb();
	int tries;

	if (step->argc < 2)
		return "usage: expect-memtotal KB [more=BYTES]";
	if (!was)
		return "no earlier 'memtotal' to compare with";
	was += step_num(step, "more", 0) >> 10;
	limit = atol(step->argv[1]);
	for (tries = 0; tries < 100; tries++) {
		now = meminfo_now().total;
		diff = labs(now - was);
		if (diff <= limit)
			break;
		usleep(100000);
	}
	verdict_kv("memtotal_kb", now);
	verdict_kv("memtotal_diff_kb", diff);
	if (diff > limit)
		return why("MemTotal is %ld kB, not %ld kB", now, was);
	if (labs((long)managed_pages() * (getpagesize() >> 10) - now) > limit)
		return why("MemTotal is %ld kB, but the zones manage %lu pages", now,
			   managed_pages());
	return NULL;
}

static unsigned long free_then;

/*
 * The lists of the CPUs grow with what is freed, by tens of MiB, and that is not in MemFree.
 * The fraction keeps them at their smallest.
 */
const char *step_memfree(const struct step *step)
{
	const char *reason = file_write("/proc/sys/vm/percpu_pagelist_high_fraction", "100000");

	(void)step;
	if (reason)
		return reason;
	free_then = meminfo_now().free;
	verdict_kv("memfree_kb", free_then);
	return free_then ? NULL : "cannot read /proc/meminfo";
}

/* As above, some may be freed later. */
const char *step_expect_freed(const struct step *step)
{
	long want, freed = 0;
	int tries;

	if (step->argc != 2 || !free_then)
		return "usage: expect-freed KB, after memfree";
	want = atol(step->argv[1]);
	for (tries = 0; tries < 100; tries++) {
		freed = meminfo_now().free - free_then;
		if (freed >= want)
			break;
		usleep(100000);
	}
	verdict_kv("freed_kb", freed < 0 ? 0 : freed);
	return freed < want ? why("MemFree rose by %ld kB only", freed) : NULL;
}
