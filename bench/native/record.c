// SPDX-License-Identifier: GPL-2.0-only
/*
 * JSON Lines: an env record per run of the program, a sample per repetition. Their fields:
 * bench/report/schema.c.
 */
#include <errno.h>
#include <json-c/json.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define SCHEMA	3

/* Of the run; its samples are written by other processes */
static char date[32];

/* The first line of what a command says; empty if there is none. */
static struct json_object *line_of(const char *command)
{
	FILE *f = popen(command, "r");
	char line[256] = "";

	if (f && !fgets(line, sizeof(line), f))
		line[0] = '\0';
	if (f)
		pclose(f);
	return json_object_new_string_len(line, strcspn(line, "\n"));
}

/* The revision of the tree that the program lies in. */
static struct json_object *revision(const char *program)
{
	char dir[4096], command[8192];

	snprintf(dir, sizeof(dir), "%s", program);
	snprintf(command, sizeof(command),
		 "git -C '%s' describe --always --abbrev=12 --dirty 2>/dev/null || echo unknown",
		 dirname(dir));
	return line_of(command);
}

static void add(struct json_object *to, const char *name, struct json_object *value)
{
	json_object_object_add(to, name, value);
}

static void add_text(struct json_object *to, const char *name, const char *value)
{
	add(to, name, json_object_new_string(value));
}

static void add_number(struct json_object *to, const char *name, uint64_t value)
{
	add(to, name, json_object_new_uint64(value));
}

/* A line, and the end of @obj. */
static void put(FILE *f, struct json_object *obj)
{
	fprintf(f, "%s\n", json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PLAIN |
							  JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(obj);
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
	struct json_object *env = json_object_new_object(), *rev = revision(program);
	const char *text = json_object_get_string(rev), *dirty = strstr(text, "-dirty");
	time_t now = time(NULL);
	FILE *f = open_output();

	if (!f)
		return false;
	strftime(date, sizeof(date), "%FT%TZ", gmtime(&now));
	add_text(env, "type", "env");
	add_number(env, "schema", SCHEMA);
	add(env, "dirty", json_object_new_boolean(dirty != NULL));
	add_text(env, "run", date);
	add_text(env, "date", date);
	add_text(env, "command", program_invocation_short_name);
	add_text(env, "where", "shim");
	add(env, "rev", json_object_new_string_len(text, dirty ? dirty - text : (int)strlen(text)));
	add_text(env, "kernel", BENCH_KERNEL);
	add_text(env, "cc", BENCH_CC);
	add(env, "cpu", line_of("sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | grep . || "
				"echo unknown"));
	add(env, "governor", line_of("cat /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor "
				     "2>/dev/null || echo none"));
	add_number(env, "nproc", sysconf(_SC_NPROCESSORS_ONLN));
	add_number(env, "two_threads_percent", two_threads_percent);
	add_number(env, "nodes", json_object_get_int64(line_of(
			"ls -d /sys/devices/system/node/node[0-9]* 2>/dev/null | grep -c . || echo 1")));
	add_number(env, "seed", bench_options.seed);
	add_number(env, "memory_gib", bench_options.memory_gib);
	json_object_put(rev);
	put(f, env);
	return close_output(f);
}

static void add_estimate(struct json_object *to, const struct bench_estimate *estimate)
{
	char power[16];

	snprintf(power, sizeof(power), "%.2f", estimate->power);
	add(to, "extrapolated", json_object_new_boolean(true));
	add_number(to, "measured_n", estimate->measured_n);
	add(to, "power", json_object_new_double_s(estimate->power, power));
}

static void add_measured(struct json_object *to, const struct bench_work *work,
			 const struct bench_times *times, unsigned int rep)
{
	const struct bench_sample *sample = &times->samples[rep];
	unsigned int i;

	add_number(to, "n", work->n);
	add_number(to, "rep", rep);
	add_number(to, "ns", sample->ns);
	add_number(to, "bytes", work->bytes);
	if (times->size)
		add_number(to, "size", times->size);
	if (times->estimate.measured_n) {
		add_estimate(to, &times->estimate);
		return;
	}
	for (i = 0; i < NR_COUNTERS; i++) {
		if (sample->counted[i] != NOT_COUNTED)
			add_number(to, counters_name(i), sample->counted[i]);
	}
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
		struct json_object *sample = json_object_new_object();

		add_text(sample, "type", "sample");
		add_text(sample, "run", date);
		add_text(sample, "bench", bench->name);
		add_text(sample, "unit", bench->unit);
		add_text(sample, "case", bench_case_name(bench, index));
		add_text(sample, "variant", variant->name);
		if (variant->base)
			add_text(sample, "base", variant->base);
		add_number(sample, "threads", variant->threads);
		add_measured(sample, work, times, rep);
		put(f, sample);
	}
	return close_output(f);
}
