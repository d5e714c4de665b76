// SPDX-License-Identifier: GPL-2.0-only
/*
 * The log: JSON Lines, one env record per run, one sample record per repetition.
 *
 * A sample names its run, so runs may be interrupted and the file may hold any
 * number of them. The log outlives this program's version and may have been cut
 * or edited by hand: each field is checked, and what is wrong is said with its
 * line.
 */
#include <ctype.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

/* The line being read, for messages. */
struct line {
	const char		*path;
	unsigned int		nr;
	struct json_object	*obj;
};

static const char *const env_strings[] = {
	"run", "rev", "kernel", "cc", "cpu", "where", "qemu", "date", "command",
};

static struct json_object *field(const struct line *ln, const char *key,
				 enum json_type type)
{
	struct json_object *val;

	if (!json_object_object_get_ex(ln->obj, key, &val))
		die_at(ln->path, ln->nr, "field '%s' is missing; %s", key,
		       "delete the line, or move the file away and measure again");
	if (!json_object_is_type(val, type))
		die_at(ln->path, ln->nr, "field '%s' is %s, not %s; %s", key,
		       json_type_to_name(json_object_get_type(val)),
		       json_type_to_name(type), "correct or delete the line");
	return val;
}

static const char *string_field(const struct line *ln, const char *key)
{
	return json_object_get_string(field(ln, key, json_type_string));
}

/* Names become file names and table cells: nothing but [a-z0-9-]. */
static const char *check_name(const struct line *ln, const char *key, const char *name)
{
	if (!*name || name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")])
		die_at(ln->path, ln->nr, "field '%s' is '%s': only a-z, 0-9 and - are allowed",
		       key, name);
	return name;
}

static const char *name_field(const struct line *ln, const char *key)
{
	return check_name(ln, key, string_field(ln, key));
}

static uint64_t uint_field(const struct line *ln, const char *key)
{
	/* Thirty years in ns: more is a mistake, and sums stay far from overflow. */
	const int64_t max = 1000000000000000000LL;
	int64_t v = json_object_get_int64(field(ln, key, json_type_int));

	if (v < 0 || v > max)
		die_at(ln->path, ln->nr, "field '%s' is %lld, not in 0..%lld", key,
		       (long long)v, (long long)max);
	return v;
}

static struct run *find_run(const struct log *log, const char *id)
{
	for (size_t i = 0; i < log->nr; i++)
		if (!strcmp(log->runs[i].id, id))
			return &log->runs[i];
	return NULL;
}

static void add_env(struct log *log, const struct line *ln)
{
	uint64_t schema = uint_field(ln, "schema");
	struct run *run;

	if (schema != SCHEMA)
		die_at(ln->path, ln->nr, "schema %llu, this report reads schema %d; %s",
		       (unsigned long long)schema, SCHEMA,
		       "use the report of the checkout that measured it");
	for (size_t i = 0; i < sizeof(env_strings) / sizeof(*env_strings); i++)
		string_field(ln, env_strings[i]);
	field(ln, "dirty", json_type_boolean);
	uint_field(ln, "nproc");
	if (find_run(log, string_field(ln, "run")))
		die_at(ln->path, ln->nr, "run '%s' has a second env record; delete one",
		       string_field(ln, "run"));

	log->runs = grow(log->runs, log->nr, sizeof(*log->runs));
	run = &log->runs[log->nr++];
	*run = (struct run) {
		.id = string_field(ln, "run"),
		.where = name_field(ln, "where"),
		.env = ln->obj,
	};
}

/* The scenario of a sample; one name means one thing within a run. */
static struct scenario *get_scenario(struct run *run, const struct line *ln)
{
	struct scenario now = {
		.name = name_field(ln, "scenario"),
		.n = uint_field(ln, "n"),
		.order = uint_field(ln, "order"),
		.stride = uint_field(ln, "stride"),
		.memory = string_field(ln, "memory"),
		.nodes = uint_field(ln, "nodes"),
		.cpus = uint_field(ln, "cpus"),
	};
	struct scenario *sc = (struct scenario *)run_find(run, now.name);

	if (now.order > 18)
		die_at(ln->path, ln->nr, "field 'order' is %llu: no folio is larger than 1 GiB",
		       (unsigned long long)now.order);
	if (!sc) {
		run->scenarios = grow(run->scenarios, run->nr, sizeof(*run->scenarios));
		sc = &run->scenarios[run->nr++];
		*sc = now;
	} else if (sc->n != now.n || sc->order != now.order || sc->stride != now.stride ||
		   sc->nodes != now.nodes || sc->cpus != now.cpus ||
		   strcmp(sc->memory, now.memory)) {
		die_at(ln->path, ln->nr, "scenario '%s' differs from itself earlier in run '%s'; %s",
		       sc->name, run->id, "delete the run, or rename the scenario");
	}
	return sc;
}

static enum kernel kernel_field(const struct line *ln)
{
	const char *kernel = string_field(ln, "kernel");

	if (!strcmp(kernel, "stock"))
		return STOCK;
	if (!strcmp(kernel, "fast"))
		return FAST;
	die_at(ln->path, ln->nr, "field 'kernel' is '%s', not stock or fast", kernel);
}

static enum status status_field(const struct line *ln)
{
	bool verified = json_object_get_boolean(field(ln, "verified", json_type_boolean));
	const char *status = string_field(ln, "status");

	if (!strcmp(status, "ok"))
		return verified ? OK : FAILED;
	if (!strcmp(status, "limit"))
		return LIMIT;
	if (!strcmp(status, "failed"))
		return FAILED;
	die_at(ln->path, ln->nr, "field 'status' is '%s', not ok, limit or failed", status);
}

static void check_sum(const struct line *ln, const char *key, const struct sample *s,
		      const struct parts *parts)
{
	uint64_t sum = parts_sum(parts);
	uint64_t off = sum > s->blackout_ns ? sum - s->blackout_ns : s->blackout_ns - sum;

	if (off > s->blackout_ns / 100)
		die_at(ln->path, ln->nr, "%s: the sum is %llu ns, the blackout %llu ns, more "
		       "than 1 %% apart; delete the line", key, (unsigned long long)sum,
		       (unsigned long long)s->blackout_ns);
}

/* Optional: stock has no phases, an older log neither. */
static void read_parts(const struct line *ln, const char *key, struct sample *s,
		       struct parts *parts)
{
	struct json_object *obj;

	if (!json_object_object_get_ex(ln->obj, key, NULL))
		return;
	obj = field(ln, key, json_type_object);
	json_object_object_foreach(obj, name, val) {
		struct line inner = { .path = ln->path, .nr = ln->nr, .obj = obj };

		(void)val;
		if (parts->nr == MAX_PARTS)
			die_at(ln->path, ln->nr, "%s: more than %d parts; delete the line", key,
			       MAX_PARTS);
		parts->v[parts->nr++] = (struct part) {
			check_name(ln, key, name), uint_field(&inner, name),
		};
	}
	check_sum(ln, key, s, parts);
}

static struct sample read_sample(const struct line *ln)
{
	struct sample s = {
		.status = status_field(ln),
		.limit_s = uint_field(ln, "limit_s"),
		.rep = uint_field(ln, "rep"),
		.reason = string_field(ln, "reason"),
	};

	if (s.status != OK)
		return s;

	s.blackout_ns = uint_field(ln, "blackout_ns");
	s.retrieve_ns = uint_field(ln, "retrieve_ns");
	s.total_ns = uint_field(ln, "total_ns");
	if (!s.blackout_ns)
		die_at(ln->path, ln->nr, "a blackout of 0 ns was never measured; delete the line");
	if (s.total_ns != s.blackout_ns + s.retrieve_ns)
		die_at(ln->path, ln->nr, "total_ns is not blackout_ns + retrieve_ns; delete the line");
	read_parts(ln, "landmarks", &s, &s.parts[LANDMARKS]);
	read_parts(ln, "phases", &s, &s.parts[PHASES]);
	return s;
}

static void add_sample(struct log *log, const struct line *ln)
{
	const char *id = string_field(ln, "run");
	struct run *run = find_run(log, id);
	struct series *series;

	if (!run)
		die_at(ln->path, ln->nr, "run '%s' has no env record above; delete the line", id);
	series = &get_scenario(run, ln)->series[kernel_field(ln)];
	series->samples = grow(series->samples, series->nr, sizeof(*series->samples));
	series->samples[series->nr++] = read_sample(ln);
}

static bool is_blank(const char *s, size_t len)
{
	while (len && isspace((unsigned char)s[len - 1]))
		len--;
	return !len;
}

/* One whole object per line, nothing after it. */
static struct json_object *parse(const char *path, unsigned int nr, const char *s, size_t len)
{
	struct json_tokener *tok = json_tokener_new();
	enum json_tokener_error err;
	struct json_object *obj;
	size_t end;

	if (!tok)
		die("out of memory");
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	obj = json_tokener_parse_ex(tok, s, len);
	err = json_tokener_get_error(tok);
	end = json_tokener_get_parse_end(tok);
	json_tokener_free(tok);

	if (err != json_tokener_success)
		die_at(path, nr, "not JSON: %s at column %zu; %s",
		       err == json_tokener_continue ? "the line is cut off" :
		       json_tokener_error_desc(err), end + 1,
		       "delete the line (a run that was interrupted leaves one)");
	if (!json_object_is_type(obj, json_type_object) || !is_blank(s + end, len - end))
		die_at(path, nr, "not one JSON object; delete the line");
	return obj;
}

static void add_line(struct log *log, unsigned int nr, const char *s, size_t len)
{
	struct line ln = { .path = log->path, .nr = nr, .obj = parse(log->path, nr, s, len) };
	const char *type;

	log->records = grow(log->records, log->nr_records, sizeof(*log->records));
	log->records[log->nr_records++] = ln.obj;

	type = string_field(&ln, "type");
	if (!strcmp(type, "env"))
		add_env(log, &ln);
	else if (!strcmp(type, "sample"))
		add_sample(log, &ln);
	else
		die_at(log->path, nr, "record of unknown type '%s', not env or sample", type);
}

/**
 * log_load() - Read a whole log, or say what is wrong with it and exit.
 * @log: Filled in; free with log_free().
 * @path: File name.
 */
void log_load(struct log *log, const char *path)
{
	FILE *in = fopen(path, "r");
	unsigned int nr = 0;
	char *buf = NULL;
	size_t size = 0;
	ssize_t len;

	*log = (struct log) { .path = path };
	if (!in)
		die("%s: %s; 'make blackout' writes it", path, strerror(errno));
	while ((len = getline(&buf, &size, in)) >= 0) {
		nr++;
		if (!is_blank(buf, len))
			add_line(log, nr, buf, len);
	}
	if (ferror(in))
		die("%s: %s", path, strerror(errno));
	free(buf);
	fclose(in);
	if (!log->nr)
		die("%s: empty; 'make blackout' fills it", path);
}

/**
 * log_free() - Undo log_load().
 * @log: The log.
 */
void log_free(struct log *log)
{
	for (size_t i = 0; i < log->nr; i++) {
		for (size_t j = 0; j < log->runs[i].nr; j++)
			for (int k = 0; k < NR_KERNELS; k++)
				free(log->runs[i].scenarios[j].series[k].samples);
		free(log->runs[i].scenarios);
	}
	free(log->runs);
	for (size_t i = 0; i < log->nr_records; i++)
		json_object_put(log->records[i]);
	free(log->records);
}

/**
 * run_find() - Find a scenario of a run.
 * @run: The run.
 * @name: Its name.
 * Return: The scenario, NULL if the run has none of that name.
 */
const struct scenario *run_find(const struct run *run, const char *name)
{
	for (size_t i = 0; i < run->nr; i++)
		if (!strcmp(run->scenarios[i].name, name))
			return &run->scenarios[i];
	return NULL;
}

static bool is_superseded(const struct log *log, size_t i)
{
	for (size_t j = i + 1; j < log->nr; j++)
		if (log->runs[j].nr && !strcmp(log->runs[j].where, log->runs[i].where))
			return true;
	return false;
}

/**
 * log_show_latest() - Choose the latest run of each 'where' that has samples.
 * @log: The log.
 *
 * Runs are never merged: they may be of different sources.
 */
void log_show_latest(struct log *log)
{
	bool any = false;

	for (size_t i = 0; i < log->nr; i++) {
		log->runs[i].shown = log->runs[i].nr && !is_superseded(log, i);
		any |= log->runs[i].shown;
	}
	if (!any)
		die("%s: no samples yet; 'make blackout' adds some", log->path);
}

/**
 * log_show() - Choose one run.
 * @log: The log.
 * @id: Its name.
 */
void log_show(struct log *log, const char *id)
{
	struct run *run = find_run(log, id);

	if (!run || !run->nr)
		die("%s: no samples of a run '%s'; 'grep env' lists the runs", log->path, id);
	run->shown = true;
}
