// SPDX-License-Identifier: GPL-2.0-only
/*
 * One case: warm-up and check, then the variants in turns, so that whatever else
 * the machine does hits all of them alike.
 */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define MAX_VARIANTS	16
#define MIN_REPS	3
#define NS_PER_S	1000000000ull

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static uint64_t time_once(const struct bench_variant *variant)
{
	uint64_t start;

	if (variant->reset)
		variant->reset();
	start = now_ns();
	variant->run(variant->threads);
	return now_ns() - start;
}

/* More threads than CPUs would measure the scheduler. */
static bool can_run(const struct bench_variant *variant)
{
	return variant->threads <= sysconf(_SC_NPROCESSORS_ONLN);
}

static bool warm_up(const struct bench *bench, unsigned int index)
{
	unsigned int v;

	for (v = 0; v < bench->nr_variants; v++) {
		const struct bench_variant *variant = &bench->variants[v];

		if (!can_run(variant)) {
			fprintf(stderr, "native: %s: %s: left out, it wants %u CPUs\n",
				bench->name, variant->name, variant->threads);
			continue;
		}
		if (variant->spoil)
			variant->spoil();
		time_once(variant);
		if (variant->verify && !variant->verify()) {
			fprintf(stderr, "native: %s: %s: %s on %u CPUs: the result is wrong\n",
				bench->name, bench->case_name(index), variant->name,
				variant->threads);
			return false;
		}
	}

	return true;
}

static void measure(const struct bench *bench, struct bench_times *times)
{
	const uint64_t limit = now_ns() + bench_options.limit_s * NS_PER_S;
	unsigned int rep, v;

	for (rep = 0; rep < bench_options.reps; rep++) {
		if (rep >= MIN_REPS && now_ns() > limit)
			break;
		for (v = 0; v < bench->nr_variants; v++) {
			if (can_run(&bench->variants[v]))
				times[v].ns[times[v].nr++] = time_once(&bench->variants[v]);
		}
	}
}

/* Returns what the process shall exit with: 0, 1 wrong result, 2 trouble. */
int bench_run_case(const struct bench *bench, unsigned int index)
{
	static struct bench_times times[MAX_VARIANTS];
	struct bench_work work = bench->setup(index);
	unsigned int v;

	if (!warm_up(bench, index))
		return 1;

	measure(bench, times);
	for (v = 0; v < bench->nr_variants; v++) {
		if (!record_times(bench, index, &bench->variants[v], &work, &times[v]))
			return 2;
	}
	table_case(bench, index, &work, times);
	return 0;
}
