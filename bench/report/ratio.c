// SPDX-License-Identifier: GPL-2.0-only
/*
 * ratio: is a variant of a native benchmark within a limit, in each case?
 *
 * The time of one operation is held against the largest of those of the variants that are
 * given as bases, all on one thread, in the same case or in one that is named. Each time is
 * the minimum: what else the machine does only ever adds. Prints "within" or "above" and
 * the figures, a line per case.
 *
 * Exit status: 0 all are within the limit; 1 not; 2 bad input.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "series.h"

#define EXIT_TROUBLE	2

struct options {
	double		limit;
	const char	*path, *bench, *variant;
	const char	*only_case, *base_case;		/* NULL: each, and the same */
	char		**bases;
	int		nr_bases;
};

const char *argp_program_bug_address = "the project's issues";

/* The one of the bases that takes longest. */
static const struct series *slowest(const struct samples *s, const struct options *o,
				    const struct series *ours)
{
	const struct series *found = NULL;

	for (int i = 0; i < o->nr_bases; i++) {
		struct series like = *ours;
		const struct series *base;

		like.variant = o->bases[i];
		if (o->base_case)
			like.case_name = o->base_case;
		base = samples_find(s, &like);
		if (!base)
			die("%s: %s, %s: no samples of %s: run the benchmark to its end", s->path,
			    o->bench, like.case_name, o->bases[i]);
		if (!found || series_min(base) > series_min(found))
			found = base;
	}
	return found;
}

/* Returns false when it is above the limit. */
static bool judge(const struct samples *s, const struct options *o, const struct series *ours)
{
	const struct series *base = slowest(s, o, ours);
	double ratio = series_min(ours) / series_min(base);
	bool within = ratio <= o->limit;

	printf("%s %s, %s: %s takes %.2f times as long as %s%s%s (%s, %s), limit %.2f\n",
	       within ? "within" : "above", o->bench, ours->case_name, o->variant, ratio,
	       base->variant, o->base_case ? " of " : "", o->base_case ?: "",
	       time_text(series_min(ours)).s, time_text(series_min(base)).s, o->limit);
	return within;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;
	char *end;

	switch (key) {
	case 'l':
		o->limit = strtod(arg, &end);
		if (end == arg || *end || o->limit <= 0)
			argp_error(state, "%s: not a number above 0", arg);
		return 0;
	case 'c':
		o->only_case = arg;
		return 0;
	case 'b':
		o->base_case = arg;
		return 0;
	case ARGP_KEY_ARGS:
		if (state->argc - state->next < 4)
			argp_usage(state);
		o->path = state->argv[state->next];
		o->bench = state->argv[state->next + 1];
		o->variant = state->argv[state->next + 2];
		o->bases = state->argv + state->next + 3;
		o->nr_bases = state->argc - state->next - 3;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int main(int argc, char **argv)
{
	static const struct argp_option argp_options[] = {
		{ "limit", 'l', "RATIO", 0, "how many times as long it may take (1.5)", 0 },
		{ "case", 'c', "CASE", 0, "of this case only", 0 },
		{ "base-case", 'b', "CASE", 0, "the bases are of this case (the same)", 0 },
		{ 0 }
	};
	static const struct argp argp = {
		argp_options, parse, "FILE BENCHMARK VARIANT BASE...",
		"Hold a variant of a native benchmark against others of the same run.",
		NULL, NULL, NULL
	};
	struct options o = { .limit = 1.5 };
	struct samples s;
	unsigned int nr = 0;
	bool within = true;

	argp_err_exit_status = EXIT_TROUBLE;
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	samples_load(&s, o.path);
	for (size_t i = 0; i < s.nr; i++) {
		const struct series *ours = &s.v[i];

		if (ours->threads != 1 || strcmp(ours->bench, o.bench) ||
		    strcmp(ours->variant, o.variant) ||
		    (o.only_case && strcmp(ours->case_name, o.only_case)))
			continue;
		within &= judge(&s, &o, ours);
		nr++;
	}
	if (!nr)
		die("%s: no samples of %s, %s%s%s, on one thread: run the benchmark first",
		    o.path, o.bench, o.variant, o.only_case ? ", " : "", o.only_case ?: "");
	if (fflush(stdout) || ferror(stdout))
		die("the verdict cannot be written");
	return within ? 0 : 1;
}
