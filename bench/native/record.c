// SPDX-License-Identifier: GPL-2.0-only
/*
 * JSON Lines: an env record per run of the program, a sample per repetition. Their fields:
 * bench/report/schema.c.
 */
#include <errno.h>
#include <glob.h>
#include <json-c/json.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define SCHEMA	3

/* Of the run; its samples are written by other processes */
static char date[32];

/* The first line of a file or of what a command says; empty if there is none. */
static void first_line(FILE *f, int (*close)(FILE *f), char *line, size_t size)
{
	line[0] = '\0';
	if (!f)
		return;
	if (!fgets(line, size, f))
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	close(f);
}

static void cpu_model(char *model, size_t size)
{
	static const char key[] = "model name";
	FILE *f = fopen("/proc/cpuinfo", "r");
	char line[256];

	snprintf(model, size, "unknown");
	while (f && fgets(line, sizeof(line), f)) {
		const char *colon = strchr(line, ':');

		if (strncmp(line, key, sizeof(key) - 1) || !colon)
			continue;
		snprintf(model, size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
		break;
	}
	if (f)
		fclose(f);
}

static unsigned long nr_nodes(void)
{
	glob_t found;
	unsigned long nr = 1;

	if (!glob("/sys/devices/system/node/node[0-9]*", 0, NULL, &found)) {
		nr = found.gl_pathc;
		globfree(&found);
	}
	return nr;
}

/* The revision of the tree that the program lies in. */
static void revision(const char *program, char *rev, size_t size)
{
	char dir[4096], command[8192];

	snprintf(dir, sizeof(dir), "%s", program);
	snprintf(command, sizeof(command),
		 "git -C '%s' describe --always --abbrev=12 --dirty 2>/dev/null",
		 dirname(dir));
	first_line(popen(command, "r"), pclose, rev, size);
}

static void put(FILE *f, const char *name, const char *value)
{
	struct json_object *text = json_object_new_string(value);

	fprintf(f, ",\"%s\":%s", name,
		json_object_to_json_string_ext(text, JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(text);
}

static FILE *open_output(void)
{
	FILE *f = fopen(bench_options.output, "a");

	if (!f)
		perror(bench_options.output);
	return f;
}

static bool close_output(FILE *f)
{
	bool failed = ferror(f);

	if (!fclose(f) && !failed)
		return true;
	fprintf(stderr, "native: %s: cannot be written\n", bench_options.output);
	return false;
}

bool record_env(const char *program, unsigned int two_threads_percent)
{
	static const char dirty[] = "-dirty";
	char rev[128], governor[64], model[256];
	time_t now = time(NULL);
	FILE *f = open_output();
	char *tail;

	if (!f)
		return false;
	revision(program, rev, sizeof(rev));
	tail = strstr(rev, dirty);
	if (tail)
		*tail = '\0';
	cpu_model(model, sizeof(model));
	first_line(fopen("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "r"),
		   fclose, governor, sizeof(governor));

	fprintf(f, "{\"type\":\"env\",\"schema\":%d,\"dirty\":%s", SCHEMA,
		tail ? "true" : "false");
	strftime(date, sizeof(date), "%FT%TZ", gmtime(&now));
	put(f, "run", date);
	put(f, "date", date);
	put(f, "command", program_invocation_short_name);
	put(f, "where", "shim");
	put(f, "rev", *rev ? rev : "unknown");
	put(f, "kernel", BENCH_KERNEL);
	put(f, "cc", BENCH_CC);
	put(f, "cpu", model);
	put(f, "governor", *governor ? governor : "none");
	fprintf(f, ",\"nproc\":%ld,\"two_threads_percent\":%u,\"nodes\":%lu",
		sysconf(_SC_NPROCESSORS_ONLN), two_threads_percent, nr_nodes());
	fprintf(f, ",\"seed\":%lu,\"memory_gib\":%lu}\n", bench_options.seed,
		bench_options.memory_gib);
	return close_output(f);
}

/* Only what was counted. */
static void put_counted(FILE *f, const struct bench_sample *sample)
{
	unsigned int i;

	for (i = 0; i < NR_COUNTERS; i++) {
		if (sample->counted[i] != NOT_COUNTED)
			fprintf(f, ",\"%s\":%llu", counters_name(i),
				(unsigned long long)sample->counted[i]);
	}
}

static void put_estimate(FILE *f, const struct bench_estimate *estimate)
{
	fprintf(f, ",\"extrapolated\":true,\"measured_n\":%lu,\"power\":%.2f",
		estimate->measured_n, estimate->power);
}

static void put_sample(FILE *f, const struct bench_work *work,
		       const struct bench_times *times, unsigned int rep)
{
	const struct bench_sample *sample = &times->samples[rep];

	fprintf(f, ",\"n\":%lu,\"rep\":%u,\"ns\":%llu,\"bytes\":%lu", work->n, rep,
		(unsigned long long)sample->ns, work->bytes);
	if (times->size)
		fprintf(f, ",\"size\":%lu", times->size);
	if (times->estimate.measured_n)
		put_estimate(f, &times->estimate);
	else
		put_counted(f, sample);
}

bool record_times(const struct bench *bench, unsigned int index,
		  const struct bench_variant *variant, const struct bench_work *work,
		  const struct bench_times *times)
{
	FILE *f = open_output();
	unsigned int rep;

	if (!f)
		return false;
	for (rep = 0; rep < times->nr; rep++) {
		fputs("{\"type\":\"sample\"", f);
		put(f, "run", date);
		put(f, "bench", bench->name);
		put(f, "unit", bench->unit);
		put(f, "case", bench->case_name(index));
		put(f, "variant", variant->name);
		if (variant->base)
			put(f, "base", variant->base);
		fprintf(f, ",\"threads\":%u", variant->threads);
		put_sample(f, work, times, rep);
		fputs("}\n", f);
	}
	return close_output(f);
}
