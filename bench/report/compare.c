// SPDX-License-Identifier: GPL-2.0-only
/*
 * compare: two runs of 'make bench' side by side, and whether they differ.
 *
 * Exit status: 0 compared, whatever came out; 2 bad input.
 */
#include <argp.h>
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "series.h"

#define EXIT_TROUBLE	2
#define MIN_SAMPLES	3

struct options {
	const char	*paths[2];
	unsigned int	nr_paths;
	bool		json;
};

const char *argp_program_bug_address = "the project's issues";

/* What is known of a variant in both files. */
struct pair {
	const struct series	*a, *b;
	double			ratio;
	const char		*verdict;
};

static bool is_noise(const struct series *a, const struct series *b)
{
	double apart = fabs(series_median(a) - series_median(b));

	return (series_min(a) <= series_max(b) && series_min(b) <= series_max(a)) ||
	       apart < fmax(series_iqr(a), series_iqr(b));
}

static const char *verdict_of(const struct series *a, const struct series *b)
{
	if (a->measured_n || b->measured_n)
		return "estimate";
	if (a->size || b->size)
		return a->size == b->size ? "same size" : "other size";
	if (a->nr < MIN_SAMPLES || b->nr < MIN_SAMPLES)
		return "few";
	if (is_noise(a, b))
		return "noise";
	return series_median(b) < series_median(a) ? "faster" : "slower";
}

static struct pair pair_of(const struct series *a, const struct series *b)
{
	return (struct pair){
		.a = a, .b = b,
		.ratio = series_median(a) ? series_median(b) / series_median(a) : NAN,
		.verdict = verdict_of(a, b),
	};
}

static void print_side(const struct series *s)
{
	double median = series_median(s);
	char range[64];

	snprintf(range, sizeof(range), "%s..%s", time_text_like(series_min(s), median).s,
		 time_text_like(series_max(s), median).s);
	printf(" %8s %-13s", time_text(median).s, range);
}

static void print_pair(const struct pair *pair)
{
	char variant[64];

	snprintf(variant, sizeof(variant), "%s/%llu", pair->a->variant,
		 (unsigned long long)pair->a->threads);
	printf("%-18s %-12s", pair->a->case_name, variant);
	print_side(pair->a);
	print_side(pair->b);
	printf(" %5.2f %s\n", pair->ratio, pair->verdict);
}

static void print_head(const struct series *s)
{
	printf("\n%s: time per %s\n%-18s %-12s %8s %-13s %8s %-13s %5s\n", s->bench, s->unit,
	       "CASE", "VARIANT/CPUS", "A", "MIN..MAX", "B", "MIN..MAX", "B/A");
}

static void print_only(const struct samples *in, const struct samples *not_in, char name)
{
	for (size_t i = 0; i < in->nr; i++) {
		const struct series *s = &in->v[i];

		if (!samples_find(not_in, s))
			printf("only in %c: %s, %s, %s/%llu\n", name, s->bench, s->case_name,
			       s->variant, (unsigned long long)s->threads);
	}
}

static void print_table(const struct samples *a, const struct samples *b)
{
	const char *bench = "";

	printf("A: %s (%s, %s)\nB: %s (%s, %s)\n", a->path, a->rev, a->cpu, b->path, b->rev,
	       b->cpu);
	for (size_t i = 0; i < a->nr; i++) {
		const struct series *other = samples_find(b, &a->v[i]);
		struct pair pair;

		if (!other)
			continue;
		if (strcmp(bench, a->v[i].bench))
			print_head(&a->v[i]);
		bench = a->v[i].bench;
		pair = pair_of(&a->v[i], other);
		print_pair(&pair);
	}
	print_only(a, b, 'A');
	print_only(b, a, 'B');
}

static struct json_object *json_side(const struct series *s)
{
	struct json_object *obj = json_object_new_object();

	json_object_object_add(obj, "median_ns", json_object_new_double(series_median(s)));
	json_object_object_add(obj, "min_ns", json_object_new_double(series_min(s)));
	json_object_object_add(obj, "max_ns", json_object_new_double(series_max(s)));
	json_object_object_add(obj, "samples", json_object_new_int64(s->nr));
	return obj;
}

static void print_json_pair(const struct pair *pair)
{
	struct json_object *obj = json_object_new_object();
	const struct series *a = pair->a;

	json_object_object_add(obj, "bench", json_object_new_string(a->bench));
	json_object_object_add(obj, "case", json_object_new_string(a->case_name));
	json_object_object_add(obj, "variant", json_object_new_string(a->variant));
	json_object_object_add(obj, "threads", json_object_new_int64(a->threads));
	json_object_object_add(obj, "a", json_side(pair->a));
	json_object_object_add(obj, "b", json_side(pair->b));
	json_object_object_add(obj, "ratio", isnan(pair->ratio) ? NULL :
			       json_object_new_double(pair->ratio));
	json_object_object_add(obj, "verdict", json_object_new_string(pair->verdict));
	puts(json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PLAIN));
	json_object_put(obj);
}

static void print_json(const struct samples *a, const struct samples *b)
{
	json_c_set_serialization_double_format("%.6g", JSON_C_OPTION_GLOBAL);
	for (size_t i = 0; i < a->nr; i++) {
		const struct series *other = samples_find(b, &a->v[i]);
		struct pair pair;

		if (!other)
			continue;
		pair = pair_of(&a->v[i], other);
		print_json_pair(&pair);
	}
}

static error_t parse_opt(int key, char *arg, struct argp_state *state)
{
	struct options *opt = state->input;

	switch (key) {
	case 'j':
		opt->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (opt->nr_paths == 2)
			argp_error(state, "more than two files");
		opt->paths[opt->nr_paths++] = arg;
		return 0;
	case ARGP_KEY_END:
		if (opt->nr_paths < 2)
			argp_error(state, "which two files? 'make bench' writes such");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

int main(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "json", 'j', NULL, 0, "a JSON object per line instead of the table", 0 },
		{ 0 }
	};
	static const struct argp argp = {
		options, parse_opt, "A B",
		"Compare two runs of 'make bench', A and B: medians per operation, their spread, "
		"the ratio B/A, and a word.\v"
		"The word is 'noise' when the ranges of A and B overlap, or when the medians are "
		"less apart than the larger of the two ranges between first and third quartile; "
		"otherwise 'faster' or 'slower', which is said of B. It is 'few' when one of them "
		"has less than 3 samples, 'estimate' when one was extrapolated, and 'same size' or "
		"'other size' where not the time counts.\n\n"
		"Exit status: 0 compared; 2 bad input.", NULL, NULL, NULL
	};
	struct options opt = { 0 };
	struct samples a, b;

	argp_err_exit_status = EXIT_TROUBLE;
	argp_parse(&argp, argc, argv, 0, NULL, &opt);
	samples_load(&a, opt.paths[0]);
	samples_load(&b, opt.paths[1]);
	if (strcmp(a.where, b.where))
		die("%s was measured in %s, %s in %s: such times do not compare; measure both in "
		    "the same place", a.path, a.where, b.path, b.where);
	if (opt.json)
		print_json(&a, &b);
	else
		print_table(&a, &b);
	if (fflush(stdout) || ferror(stdout))
		die("the output cannot be written");
	return 0;
}
