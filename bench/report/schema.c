// SPDX-License-Identifier: GPL-2.0-only
/*
 * The schema of all samples: JSON Lines, an env record per run of a benchmark ("type":"env") and
 * a record per repetition ("type":"sample") that names its run, so runs may be interrupted and a
 * file may hold any number of them. Files outlive this program and may have been cut or edited:
 * each field is checked, on reading and on writing.
 *
 * Since schema 3, samples name their benchmark, case and variant. Samples of make blackout with
 * schema 1 are read as well: it called the case "scenario" and the variant "kernel".
 */
#include <stdlib.h>
#include <string.h>

#include "samples.h"

#define SCHEMA_BEFORE	1
#define MAX_PARTS	24

/* Thirty years in ns: more is a mistake, and sums stay far from overflow. */
#define MAX_UINT	1000000000000000000LL

enum type {
	TYPE_NAME,	/* letters, digits, . _ -: goes into file names and scripts of gnuplot */
	TYPE_TEXT,
	TYPE_UINT,
	TYPE_DOUBLE,
	TYPE_BOOL,
	TYPE_PARTS,	/* object of names and ns, one after the other, together blackout_ns */
};

#define IN(kind)	(1U << (kind))
#define BLK		IN(BLACKOUT)
#define NAT		IN(NATIVE)
#define GST		IN(GUEST)
#define SCL		IN(SCALING)
#define PRS		IN(PRESERVE_SCALING)
#define ENV		IN(NR_KINDS)
#define SAMPLE		(IN(NR_KINDS) - 1)
#define ALL		(ENV | SAMPLE)

static const struct field {
	const char	*name;
	enum type	type;
	unsigned int	must, may;	/* kinds of records that have it */
} fields[] = {
	{ "type",	TYPE_NAME, ALL, 0 },		/* env or sample */
	{ "run",	TYPE_TEXT, ALL, 0 },
	/* Environment */
	{ "schema",	TYPE_UINT, ENV, 0 },
	{ "rev",	TYPE_TEXT, ENV, 0 },		/* of this repository */
	{ "dirty",	TYPE_BOOL, ENV, 0 },		/* and changed since */
	{ "where",	TYPE_NAME, ENV, 0 },		/* qemu-tcg, shim, ... */
	{ "kernel",	TYPE_TEXT, ENV, 0 },		/* version of the source */
	{ "cc",		TYPE_TEXT, ENV, 0 },
	{ "cpu",	TYPE_TEXT, ENV, 0 },
	{ "nproc",	TYPE_UINT, ENV, 0 },
	{ "date",	TYPE_TEXT, ENV, 0 },
	{ "command",	TYPE_TEXT, ENV, 0 },		/* to do it again */
	{ "qemu",	TYPE_TEXT, 0, ENV },
	{ "governor",	TYPE_TEXT, 0, ENV },
	{ "two_threads_percent", TYPE_UINT, 0, ENV },	/* work of two in the time of one */
	{ "seed",	TYPE_UINT, 0, ENV },
	{ "memory_gib",	TYPE_UINT, 0, ENV },
	{ "numa",	TYPE_TEXT, 0, ENV },		/* nodes: size, CPUs, distances */
	/* Identity of a sample */
	{ "bench",	TYPE_TEXT, SAMPLE, 0 },		/* blackout, luo, insert, ... */
	{ "case",	TYPE_TEXT, SAMPLE, 0 },
	{ "variant",	TYPE_TEXT, SAMPLE, 0 },		/* in guests: stock or fast */
	{ "threads",	TYPE_UINT, NAT | PRS, 0 },
	{ "rep",	TYPE_UINT, SAMPLE, 0 },
	/* Result. Without a status it is ok; limit: not done within limit_s */
	{ "status",	TYPE_NAME, BLK | IN(LUO) | GST, SAMPLE },
	{ "verified",	TYPE_BOOL, BLK, 0 },
	{ "reason",	TYPE_TEXT, BLK | IN(LUO) | GST, 0 },	/* of a failure, may be empty */
	{ "limit_s",	TYPE_UINT, BLK, 0 },
	/* Workload: @n folios of @order, of @stride ones one; operations of a native benchmark */
	{ "n",		TYPE_UINT, BLK | NAT, 0 },
	{ "order",	TYPE_UINT, BLK, 0 },
	{ "stride",	TYPE_UINT, BLK, 0 },
	{ "memory",	TYPE_NAME, BLK | IN(LUO), 0 },	/* of the guest */
	{ "nodes",	TYPE_UINT, BLK | SCL, ENV },
	{ "cpus",	TYPE_UINT, BLK | SCL, 0 },
	{ "pages",	TYPE_UINT, IN(LUO), 0 },
	{ "sessions",	TYPE_UINT, IN(LUO), 0 },
	{ "files",	TYPE_UINT, IN(LUO), 0 },
	{ "node",	TYPE_UINT, SCL, 0 },
	{ "sections",	TYPE_UINT, SCL, 0 },
	{ "folios",	TYPE_UINT, PRS, 0 },
	{ "unit",	TYPE_TEXT, NAT, 0 },		/* one operation */
	{ "bytes",	TYPE_UINT, NAT, 0 },
	/* Times */
	{ "blackout_ns", TYPE_UINT, BLK, IN(LUO) | GST },	/* reboot(2) to /init */
	{ "retrieve_ns", TYPE_UINT, BLK, IN(LUO) | GST },
	{ "total_ns",	TYPE_UINT, BLK, 0 },		/* both */
	{ "landmarks",	TYPE_PARTS, 0, BLK },		/* by lines of the console */
	{ "phases",	TYPE_PARTS, 0, BLK },		/* by stamps of the kernel */
	{ "restore_instructions", TYPE_UINT, 0, BLK },	/* of the machine, all CPUs */
	{ "restore_cycles", TYPE_UINT, 0, BLK },
	{ "restore_cache_misses", TYPE_UINT, 0, BLK },
	{ "create_ns",	TYPE_UINT, 0, IN(LUO) },
	{ "preserve_ns", TYPE_UINT, 0, IN(LUO) | GST },
	{ "open_ns",	TYPE_UINT, 0, IN(LUO) },
	{ "sessions_ns", TYPE_UINT, 0, IN(LUO) },
	{ "files_ns",	TYPE_UINT, 0, IN(LUO) },
	{ "finish_ns",	TYPE_UINT, 0, IN(LUO) },
	{ "last_ns",	TYPE_UINT, 0, IN(LUO) },	/* reboot(2) to the last file */
	{ "gap_ns",	TYPE_UINT, 0, GST },		/* between two stamps in the guest */
	{ "stop_ns",	TYPE_UINT, 0, GST },		/* its parts, with blackout_ns, */
	{ "save_ns",	TYPE_UINT, 0, GST },		/* preserve_ns and retrieve_ns */
	{ "userspace_ns", TYPE_UINT, 0, GST },
	{ "qemu_ns",	TYPE_UINT, 0, GST },
	{ "load_ns",	TYPE_UINT, 0, GST },
	{ "resume_ns",	TYPE_UINT, 0, GST },
	{ "began_ns",	TYPE_UINT, SCL, 0 },
	{ "ended_ns",	TYPE_UINT, SCL, 0 },
	{ "cpu_ns",	TYPE_UINT, SCL, 0 },
	{ "ns",		TYPE_UINT, NAT | PRS, 0 },
	{ "min_ns",	TYPE_UINT, PRS, 0 },
	{ "max_ns",	TYPE_UINT, PRS, 0 },
	/* Of native benchmarks; hardware counters have their own names */
	{ "size",	TYPE_UINT, 0, NAT },		/* bytes of the result, where that counts */
	{ "extrapolated", TYPE_BOOL, 0, NAT },
	{ "measured_n",	TYPE_UINT, 0, NAT },		/* extrapolated from so many, */
	{ "power",	TYPE_DOUBLE, 0, NAT },		/* as this power of n */
	{ "base",	TYPE_TEXT, 0, NAT },		/* variant to compare with, or the first */
};

#define NR_FIELDS	(sizeof(fields) / sizeof(*fields))

static const struct {
	const char	*bench, *command;
} kinds[] = {
	[BLACKOUT]		= { "blackout", "make blackout" },
	[LUO]			= { "luo", "make luo" },
	[GUEST]			= { "guest", "make guest" },
	[SCALING]		= { "scaling", "make scaling" },
	[PRESERVE_SCALING]	= { "preserve-scaling", "make scaling" },
	[NATIVE]		= { "", "make bench" },
};

const char *kind_command(enum kind kind)
{
	return kinds[kind].command;
}

static enum kind kind_of(const char *bench)
{
	enum kind kind = BLACKOUT;

	while (kind < NATIVE && strcmp(bench, kinds[kind].bench))
		kind++;
	return kind;
}

uint64_t uint_of(struct json_object *record, const char *key)
{
	return json_object_get_int64(json_object_object_get(record, key));
}

/* NULL if there is none */
const char *string_of(struct json_object *record, const char *key)
{
	return json_object_get_string(json_object_object_get(record, key));
}

static void rename_field(struct json_object *record, const char *from, const char *to)
{
	struct json_object *val;

	if (json_object_object_get_ex(record, to, NULL) ||
	    !json_object_object_get_ex(record, from, &val))
		return;
	json_object_object_add(record, to, json_object_get(val));
	json_object_object_del(record, from);
}

/* Bring a sample of the schema before to this one; @kind is that of the file. */
void schema_update(struct json_object *record, enum kind kind)
{
	if (kind == NATIVE || json_object_object_get_ex(record, "bench", NULL))
		return;
	json_object_object_add(record, "bench", json_object_new_string(kinds[kind].bench));
	rename_field(record, "scenario", "case");
	rename_field(record, "kernel", "variant");
}

static void check_name(const struct place *at, const char *key, const char *name)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	if (!*name || name[strspn(name, allowed)])
		die_at(at, "field '%s' is '%s': only letters, digits, '.', '_' and '-' are allowed",
		       key, name);
}

static void check_uint(const struct place *at, const char *key, struct json_object *val)
{
	int64_t v = json_object_get_int64(val);

	if (v < 0 || v > MAX_UINT)
		die_at(at, "field '%s' is %lld, not in 0..%lld", key, (long long)v, MAX_UINT);
}

static void check_type(const struct place *at, const char *key, struct json_object *val,
		       enum json_type type)
{
	if (!json_object_is_type(val, type))
		die_at(at, "field '%s' is %s, not %s; correct or delete the line", key,
		       json_type_to_name(json_object_get_type(val)), json_type_to_name(type));
}

static void check_parts(const struct place *at, const char *key, struct json_object *parts,
			uint64_t blackout)
{
	uint64_t sum = 0, off;
	int nr = 0;

	json_object_object_foreach(parts, name, val) {
		check_name(at, key, name);
		check_type(at, name, val, json_type_int);
		check_uint(at, name, val);
		sum += json_object_get_int64(val);
		if (++nr > MAX_PARTS)
			die_at(at, "%s: more than %d parts; delete the line", key, MAX_PARTS);
	}
	off = sum > blackout ? sum - blackout : blackout - sum;
	if (off > blackout / 100)
		die_at(at, "%s: the sum is %llu ns, the blackout %llu ns, more than 1 %% apart; "
		       "delete the line", key, (unsigned long long)sum,
		       (unsigned long long)blackout);
}

static void check_value(const struct place *at, const struct field *f, struct json_object *record,
			struct json_object *val)
{
	static const enum json_type types[] = {
		[TYPE_NAME] = json_type_string, [TYPE_TEXT] = json_type_string,
		[TYPE_UINT] = json_type_int, [TYPE_DOUBLE] = json_type_double,
		[TYPE_BOOL] = json_type_boolean, [TYPE_PARTS] = json_type_object,
	};

	check_type(at, f->name, val, types[f->type]);
	if (f->type == TYPE_NAME)
		check_name(at, f->name, json_object_get_string(val));
	else if (f->type == TYPE_UINT)
		check_uint(at, f->name, val);
	else if (f->type == TYPE_PARTS)
		check_parts(at, f->name, val, uint_of(record, "blackout_ns"));
}

static void check_blackout(const struct place *at, struct json_object *record)
{
	uint64_t blackout = uint_of(record, "blackout_ns"), retrieve = uint_of(record, "retrieve_ns");

	if (uint_of(record, "order") > 18)
		die_at(at, "field 'order' is above 18: no folio is larger than 1 GiB");
	if (strcmp(string_of(record, "status"), "ok"))
		return;
	if (!blackout)
		die_at(at, "a blackout of 0 ns was never measured; delete the line");
	if (uint_of(record, "total_ns") != blackout + retrieve)
		die_at(at, "total_ns is not blackout_ns + retrieve_ns; delete the line");
}

/* The parts of the gap are measured one by one, in two kernels. */
static void check_guest(const struct place *at, struct json_object *record)
{
	static const char *const parts[] = { "stop_ns", "save_ns", "preserve_ns", "blackout_ns",
					     "userspace_ns", "retrieve_ns", "qemu_ns", "load_ns",
					     "resume_ns" };
	uint64_t gap = uint_of(record, "gap_ns"), sum = 0, off;

	if (strcmp(string_of(record, "status"), "ok"))
		return;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		sum += uint_of(record, parts[i]);
	off = sum > gap ? sum - gap : gap - sum;
	if (!gap || off > gap / 50)
		die_at(at, "the parts of the gap are %llu ns, gap_ns is %llu, more than 2 %% apart; "
		       "delete the line", (unsigned long long)sum, (unsigned long long)gap);
}

static void check_sample(const struct place *at, struct json_object *record, enum kind kind)
{
	const char *variant = string_of(record, "variant"), *status = string_of(record, "status");

	if (status && strcmp(status, "ok") && strcmp(status, "limit") && strcmp(status, "failed"))
		die_at(at, "field 'status' is '%s', not ok, limit or failed", status);
	if (kind != NATIVE && strcmp(variant, "stock") && strcmp(variant, "fast"))
		die_at(at, "field 'variant' is '%s', not stock or fast", variant);
	if (kind == BLACKOUT)
		check_blackout(at, record);
	if (kind == GUEST)
		check_guest(at, record);
	if (kind == NATIVE && !uint_of(record, "n"))
		die_at(at, "field 'n' is 0; delete the line");
}

static void check_fields(const struct place *at, struct json_object *record, unsigned int in)
{
	struct json_object *val;

	for (size_t i = 0; i < NR_FIELDS; i++) {
		const struct field *f = &fields[i];

		if (!((f->must | f->may) & in))
			continue;
		if (json_object_object_get_ex(record, f->name, &val))
			check_value(at, f, record, val);
		else if (f->must & in)
			die_at(at, "field '%s' is missing; delete the line, or move the file away and "
			       "measure again", f->name);
	}
}

/* Whether a record is an env, of a schema that can be read. */
bool schema_is_env(const struct place *at, struct json_object *record)
{
	const char *type = string_of(record, "type");
	uint64_t schema = uint_of(record, "schema");

	if (!type)
		die_at(at, "field 'type' is missing; delete the line");
	if (!strcmp(type, "sample"))
		return false;
	if (strcmp(type, "env"))
		die_at(at, "record of unknown type '%s', not env or sample", type);
	if (schema != SCHEMA && schema != SCHEMA_BEFORE)
		die_at(at, "schema %llu, this program reads %d; use the one of the checkout that "
		       "measured it", (unsigned long long)schema, SCHEMA);
	return true;
}

/* Check a record. Returns the kind of a sample, %NR_KINDS for an env. */
enum kind schema_check(const struct place *at, struct json_object *record)
{
	enum kind kind = NR_KINDS;

	if (!schema_is_env(at, record)) {
		kind = kind_of(string_of(record, "bench") ?: "");
		check_fields(at, record, IN(kind));
		check_sample(at, record, kind);
	} else {
		check_fields(at, record, ENV);
	}
	return kind;
}

/* "PART NS" a line. NULL if there are none. */
static struct json_object *read_parts(const char *path)
{
	struct json_object *parts = NULL;
	FILE *in = fopen(path, "r");
	unsigned long long ns;
	char name[64];

	while (in && fscanf(in, "%63s %llu", name, &ns) == 2) {
		parts = parts ?: json_object_new_object();
		json_object_object_add(parts, name, json_object_new_int64(ns));
	}
	if (in)
		fclose(in);
	return parts;
}

/* A field from the command line; parts are read from a file. NULL if there is no such file. */
struct json_object *schema_value(const struct place *at, const char *key, const char *text)
{
	const struct field *f = fields;
	char *end;

	while (f < fields + NR_FIELDS && strcmp(f->name, key))
		f++;
	if (f == fields + NR_FIELDS)
		die_at(at, "no field is called '%s': it has to be added to bench/report/schema.c", key);
	switch (f->type) {
	case TYPE_PARTS:
		return read_parts(text);
	case TYPE_DOUBLE:
		return json_object_new_double(strtod(text, NULL));
	case TYPE_BOOL:
		return json_object_new_boolean(!strcmp(text, "true"));
	case TYPE_UINT: {
		long long n = strtoll(text, &end, 10);

		if (end == text || *end)
			die_at(at, "field '%s' is '%s', not a number", key, text);
		return json_object_new_int64(n);
	}
	default:
		return json_object_new_string(text);
	}
}
