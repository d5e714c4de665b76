// SPDX-License-Identifier: GPL-2.0-only
/*
 * One case: warm-up and check, then the variants in turns, so that whatever else
 * the machine does hits all of them alike.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define MAX_VARIANTS	32
#define MIN_REPS	3
#define NS_PER_S	1000000000ull

/* Result of one run; in shared memory if it has a process of its own. */
struct outcome {
	struct bench_sample	sample;
	unsigned long		size;
	struct bench_estimate	estimate;
	bool			ok, known;
};

uint64_t bench_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

/* NULL past the last one. */
const char *bench_case_name(const struct bench *bench, unsigned int index)
{
	if (bench->case_name)
		return bench->case_name(index);
	return index < bench->nr_cases ?
	       *(const char *const *)((const char *)bench->cases + index * bench->case_size) : NULL;
}

static void run_variant(const struct bench_variant *variant, struct outcome *outcome)
{
	uint64_t start;

	if (variant->estimate) {
		outcome->known = variant->estimate(&outcome->estimate);
		outcome->sample.ns = outcome->estimate.ns;
		return;
	}
	counters_open();
	if (variant->reset)
		variant->reset(variant);
	counters_start();
	start = bench_now_ns();
	variant->run(variant);
	outcome->sample.ns = bench_now_ns() - start;
	counters_stop(outcome->sample.counted);
	outcome->known = true;
	if (variant->size)
		outcome->size = variant->size();
}

static void run_and_check(const struct bench_variant *variant, bool check,
			  struct outcome *outcome)
{
	if (check && variant->spoil)
		variant->spoil();
	run_variant(variant, outcome);
	outcome->ok = !check || !variant->verify || variant->verify();
}

static struct outcome run_in_child(const struct bench_variant *variant, bool check)
{
	static struct outcome *shared;
	int status;
	pid_t pid;

	if (!shared)
		shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		err(2, "no memory to share");
	*shared = (struct outcome){ 0 };

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		err(2, "cannot start a process");
	if (!pid) {
		run_and_check(variant, check, shared);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status) {
		warnx("%s: its process died", variant->name);
		shared->ok = false;
	}
	return *shared;
}

static struct outcome run_once(const struct bench *bench,
			       const struct bench_variant *variant, bool check)
{
	struct outcome outcome = { 0 };

	if (bench->fresh)
		return run_in_child(variant, check);
	run_and_check(variant, check, &outcome);
	return outcome;
}

/* More threads than CPUs would measure the scheduler. */
static bool can_run(const struct bench_variant *variant)
{
	return variant->threads <= sysconf(_SC_NPROCESSORS_ONLN);
}

static void keep(struct bench_times *times, const struct outcome *outcome)
{
	if (!outcome->known)
		return;
	times->samples[times->nr++] = outcome->sample;
	times->size = outcome->size;
	times->estimate = outcome->estimate;
}

/* The only run of what is run once, an estimate is kept; others are not counted. */
static bool warm_up(const struct bench *bench, unsigned int index, struct bench_times *times)
{
	unsigned int v;

	for (v = 0; v < bench->nr_variants; v++) {
		const struct bench_variant *variant = &bench->variants[v];
		struct outcome outcome;

		if (!can_run(variant))
			continue;
		outcome = run_once(bench, variant, true);
		if (!outcome.ok) {
			fprintf(stderr, "native: %s: %s: %s on %u CPUs: the result is wrong\n",
				bench->name, bench_case_name(bench, index), variant->name,
				variant->threads);
			return false;
		}
		if (bench->once || variant->estimate)
			keep(&times[v], &outcome);
	}

	return true;
}

static void measure(const struct bench *bench, struct bench_times *times)
{
	const uint64_t limit = bench_now_ns() + bench_options.limit_s * NS_PER_S;
	unsigned int rep, v;

	for (rep = 0; rep < bench_options.reps; rep++) {
		if (rep >= MIN_REPS && bench_now_ns() > limit)
			break;
		for (v = 0; v < bench->nr_variants; v++) {
			const struct bench_variant *variant = &bench->variants[v];
			struct outcome outcome;

			if (!can_run(variant) || variant->estimate)
				continue;
			outcome = run_once(bench, variant, false);
			if (!outcome.ok)
				errx(2, "%s: %s failed", bench->name, variant->name);
			keep(&times[v], &outcome);
		}
	}
}

/* Returns what the process shall exit with: 0, 1 wrong result, 2 trouble. */
int bench_run_case(const struct bench *bench, unsigned int index)
{
	static struct bench_times times[MAX_VARIANTS];
	struct bench_work work = bench->setup(index);
	unsigned int v;

	if (bench->nr_variants > MAX_VARIANTS)
		errx(2, "%s: %u variants, at most %u", bench->name, bench->nr_variants,
		     MAX_VARIANTS);
	if (!warm_up(bench, index, times))
		return 1;
	if (!bench->once)
		measure(bench, times);

	for (v = 0; v < bench->nr_variants; v++) {
		if (!record_times(bench, index, &bench->variants[v], &work, &times[v]))
			return 2;
	}
	return 0;
}
