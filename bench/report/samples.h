/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Samples of all benchmarks. Each file uses those above it:
 *
 *   util.c    messages, memory, output files
 *   schema.c  all fields
 */
#ifndef BENCH_SAMPLES_H
#define BENCH_SAMPLES_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SCHEMA		3
#define NS_PER_S	1000000000ULL

/* Exit status of every command */
enum {
	EXIT_MET	= 0,	/* done, and every target is met */
	EXIT_NOT_MET	= 1,	/* a sample failed, or a target is not met */
	EXIT_INPUT	= 2,	/* bad input, or the output could not be written */
	EXIT_NO_FIGURE	= 4,	/* nothing failed, but a target has no figure */
};

/* util.c */

/* Line of a file, for messages */
struct place {
	const char	*path;
	size_t		line;
};

__attribute__((noreturn, format(printf, 2, 3)))
void die_at(const struct place *at, const char *fmt, ...);
#define die(...) die_at(NULL, __VA_ARGS__)
void *grow(void *v, size_t nr, size_t size);
void *xcalloc(size_t nr, size_t size);
FILE *output_open(const char *dir, const char *name, const char *suffix);
void output_close(FILE *out, const char *name);

/* schema.c */
enum kind { BLACKOUT, LUO, SCALING, PRESERVE_SCALING, NATIVE, NR_KINDS };

const char *kind_command(enum kind kind);
bool schema_is_env(const struct place *at, struct json_object *record);
void schema_update(struct json_object *record, enum kind kind);
enum kind schema_check(const struct place *at, struct json_object *record);
struct json_object *schema_value(const struct place *at, const char *key, const char *text);
uint64_t uint_of(struct json_object *record, const char *key);
const char *string_of(struct json_object *record, const char *key);

#endif /* BENCH_SAMPLES_H */
