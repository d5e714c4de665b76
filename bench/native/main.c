// SPDX-License-Identifier: GPL-2.0-only
/*
 * Native benchmarks: the project's kernel sources in userspace, beside stock's.
 *
 * Exit status: 0 all was measured, 1 a result was wrong, 2 trouble.
 */
#include <argp.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

/* In the order of a live update, after what limits them all. */
static const struct bench *const benches[] = {
	&bench_limit, &bench_insert, &bench_preserve, &bench_preserve_pages, &bench_batch,
	&bench_node_jobs, &bench_walk, &bench_tree, &bench_ingest, &bench_regions, &bench_finish,
	&bench_claim,
};

#define NR_BENCHES	(sizeof(benches) / sizeof(benches[0]))

static bool wanted[NR_BENCHES];
static bool some_wanted;
static const char *wanted_case;		/* NULL: all */

static const struct argp_option options[] = {
	{ "memory", 'm', "GIB", 0, "how much is preserved (64; the memmap is 1/64 of it)", 0 },
	{ "repeat", 'r', "N", 0, "repetitions, at most 100 (5)", 0 },
	{ "limit", 't', "S", 0, "no new repetition of a case after that, but 3 (3)", 0 },
	{ "seed", 's', "N", 0, "of what is random (1)", 0 },
	{ "output", 'o', "FILE", 0, "add the samples to it (PROGRAM.jsonl)", 0 },
	{ "smoke", 'S', NULL, 0, "do not measure: check results, of small cases, 1 GiB, once", 0 },
	{ "case", 'c', "CASE", 0, "cases of that name only", 0 },
	{ "list", 'l', NULL, 0, "list the benchmarks and their cases", 0 },
	{ 0 }
};

static unsigned long number(const char *arg, unsigned long max, struct argp_state *state)
{
	char *end;
	unsigned long n = strtoul(arg, &end, 10);

	if (end == arg || *end || !n || n > max)
		argp_error(state, "%s: not a number from 1 to %lu", arg, max);
	return n;
}

static void list(void)
{
	const char *name;
	unsigned int i, c;

	for (i = 0; i < NR_BENCHES; i++) {
		for (c = 0; (name = bench_case_name(benches[i], c)); c++)
			printf("%s %s\n", benches[i]->name, name);
	}
}

static void want(const char *name, struct argp_state *state)
{
	unsigned int i;

	for (i = 0; i < NR_BENCHES; i++) {
		if (!strcmp(benches[i]->name, name)) {
			wanted[i] = some_wanted = true;
			return;
		}
	}
	argp_error(state, "%s: no such benchmark, see --list", name);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'm':
		bench_options.memory_gib = number(arg, 1024, state);
		return 0;
	case 'r':
		bench_options.reps = number(arg, BENCH_MAX_REPS, state);
		return 0;
	case 't':
		bench_options.limit_s = number(arg, 100000, state);
		return 0;
	case 's':
		bench_options.seed = number(arg, -1ul, state);
		return 0;
	case 'o':
		bench_options.output = arg;
		return 0;
	case 'S':
		bench_options.smoke = true;
		bench_options.memory_gib = bench_options.reps = 1;
		return 0;
	case 'c':
		wanted_case = arg;
		return 0;
	case 'l':
		list();
		exit(0);
	case ARGP_KEY_ARG:
		want(arg, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static bool wants_case(const struct bench *bench, unsigned int index)
{
	if (wanted_case && strcmp(wanted_case, bench_case_name(bench, index)))
		return false;
	return !bench_options.smoke || !bench->is_small || bench->is_small(index);
}

static int run_case(const struct bench *bench, unsigned int index)
{
	int status, rc;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		err(2, "cannot start a process");
	if (!pid) {
		rc = bench_run_case(bench, index);
		exit(fflush(stdout) ? 2 : rc);
	}

	if (waitpid(pid, &status, 0) != pid)
		err(2, "waitpid");
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	warnx("%s: %s: died of signal %d", bench->name, bench_case_name(bench, index),
	      WTERMSIG(status));
	return 1;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		options, parse, "[BENCHMARK...]",
		"Measure parts of the kernel in userspace.", NULL, NULL, NULL
	};
	char output[4096];
	unsigned int i, c, percent;
	int rc, worst = 0;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	snprintf(output, sizeof(output), "%s.jsonl", argv[0]);
	if (!bench_options.output)
		bench_options.output = output;
	percent = parallel_percent();
	if (!record_env(argv[0], percent))
		return 2;
	counters_check();

	for (i = 0; i < NR_BENCHES; i++) {
		if (some_wanted && !wanted[i])
			continue;
		for (c = 0; bench_case_name(benches[i], c); c++) {
			if (!wants_case(benches[i], c))
				continue;
			fprintf(stderr, "native: %s, %s\n", benches[i]->name,
				bench_case_name(benches[i], c));
			rc = run_case(benches[i], c);
			worst = rc > worst ? rc : worst;
		}
	}

	return worst;
}
