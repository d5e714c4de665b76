// SPDX-License-Identifier: GPL-2.0-only
/* Files of samples: reading, and choosing a run. */
#include <errno.h>
#include <string.h>

#include "samples.h"

static struct run *find_run(const struct log *log, const char *id)
{
	for (size_t i = 0; i < log->nr; i++)
		if (!strcmp(log->v[i].id, id))
			return &log->v[i];
	return NULL;
}

/* Native benchmarks measure again until noise is gone: all runs of a file are one. */
static void merge_env(struct log *log, const struct place *at, struct json_object *env)
{
	struct run *run = log->v;
	const char *where = string_of(env, "where");

	if (strcmp(run->where, where))
		die_at(at, "measured in %s, the lines before in %s: a file must be of one of them",
		       where, run->where);
	run->env = env;
}

static void add_env(struct log *log, const struct place *at, struct json_object *env,
		    enum kind kind)
{
	const char *id = string_of(env, "run");

	if (kind == NATIVE && log->nr) {
		merge_env(log, at, env);
		return;
	}
	if (find_run(log, id))
		die_at(at, "run '%s' has a second env record; delete one", id);
	log->v = grow(log->v, log->nr, sizeof(*log->v));
	log->v[log->nr++] = (struct run) {
		.id = id, .where = string_of(env, "where"), .env = env,
	};
}

const struct series *run_find(const struct run *run, const struct series *like)
{
	for (size_t i = 0; i < run->nr; i++) {
		const struct series *s = &run->v[i];

		if (s->threads == like->threads && !strcmp(s->bench, like->bench) &&
		    !strcmp(s->name, like->name) && !strcmp(s->variant, like->variant))
			return s;
	}
	return NULL;
}

/* The first series of a case, NULL if it was not measured */
const struct series *run_case(const struct run *run, const char *name, const char *variant)
{
	for (size_t i = 0; i < run->nr; i++)
		if (!strcmp(run->v[i].name, name) && !strcmp(run->v[i].variant, variant))
			return &run->v[i];
	return NULL;
}

static struct series *get_series(struct run *run, struct json_object *record)
{
	const struct series like = {
		.bench = string_of(record, "bench"),
		.name = string_of(record, "case"),
		.variant = string_of(record, "variant"),
		.threads = uint_of(record, "threads"),
	};
	const struct series *known = run_find(run, &like);

	if (known)
		return (struct series *)known;
	run->v = grow(run->v, run->nr, sizeof(*run->v));
	run->v[run->nr] = like;
	return &run->v[run->nr++];
}

static enum status status_of(struct json_object *record)
{
	const char *status = string_of(record, "status") ?: "ok";
	struct json_object *verified;

	if (!strcmp(status, "limit"))
		return LIMIT;
	if (!strcmp(status, "failed"))
		return FAILED;
	return json_object_object_get_ex(record, "verified", &verified) &&
	       !json_object_get_boolean(verified) ? FAILED : OK;
}

static void add_sample(struct log *log, const struct place *at, struct json_object *record,
		       enum kind kind)
{
	const char *id = string_of(record, "run");
	struct run *run = kind == NATIVE && log->nr ? log->v : find_run(log, id);
	struct series *s;

	if (!run)
		die_at(at, "run '%s' has no env record above; delete the line, or move the file away",
		       id);
	s = get_series(run, record);
	s->v = grow(s->v, s->nr, sizeof(*s->v));
	s->v[s->nr++] = (struct sample) { record, status_of(record), *at };
}

/* A NUL, which a crash of the machine leaves in a file, is not blank. */
static bool is_blank(const char *s, size_t len)
{
	return strspn(s, " \t\n\v\f\r") == len;
}

/* One whole object per line, nothing after it */
static struct json_object *parse(const struct place *at, const char *s, size_t len)
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
		die_at(at, "not JSON: %s at column %zu; delete the line (a run that was interrupted "
		       "leaves one)", err == json_tokener_continue ? "the line is cut off" :
		       json_tokener_error_desc(err), end + 1);
	if (!json_object_is_type(obj, json_type_object) || !is_blank(s + end, len - end))
		die_at(at, "not one JSON object; delete the line");
	return obj;
}

static void add_line(struct log *log, const struct place *at, const char *s, size_t len,
		     enum kind expected)
{
	struct json_object *record = parse(at, s, len);
	enum kind kind;

	if (!schema_is_env(at, record))
		schema_update(record, expected);
	kind = schema_check(at, record);
	if (kind == NR_KINDS) {
		add_env(log, at, record, expected);
		return;
	}
	if (kind != expected)
		die_at(at, "a sample of '%s', not of '%s'", kind_command(kind),
		       kind_command(expected));
	add_sample(log, at, record, kind);
}

/* Read a file of samples of one kind, or exit with a message. */
void log_load(struct log *log, const char *path, enum kind kind)
{
	struct place at = { .path = path };
	FILE *in = fopen(path, "r");
	char *buf = NULL;
	size_t size = 0;
	ssize_t len;

	*log = (struct log) { .path = path };
	if (!in)
		die("%s: %s; '%s' writes it", path, strerror(errno), kind_command(kind));
	while ((len = getline(&buf, &size, in)) >= 0) {
		at.line++;
		if (!is_blank(buf, len))
			add_line(log, &at, buf, len, kind);
	}
	if (ferror(in))
		err(EXIT_INPUT, "%s", path);
	fclose(in);
	for (size_t i = 0; i < log->nr; i++)
		if (log->v[i].nr)
			return;
	die("%s: no samples in it; '%s' adds some", path, kind_command(kind));
}

static bool is_superseded(const struct log *log, size_t i)
{
	for (size_t j = i + 1; j < log->nr; j++)
		if (log->v[j].nr && !strcmp(log->v[j].where, log->v[i].where))
			return true;
	return false;
}

/*
 * Choose the run @id or, if that is NULL, the latest run of each 'where' that has samples. Runs of
 * guests are never merged: they may be of different sources. @chosen has room for all; returns
 * their number, at least one.
 */
size_t log_choose(const struct log *log, const char *id, const struct run **chosen)
{
	size_t nr = 0;

	for (size_t i = 0; i < log->nr; i++) {
		const struct run *run = &log->v[i];

		if (run->nr && (id ? !strcmp(run->id, id) : !is_superseded(log, i)))
			chosen[nr++] = run;
	}
	if (!nr)
		die("%s: no samples of the run '%s'; 'grep env' lists the runs", log->path, id);
	return nr;
}

/* Read a file of samples of one kind for the run @id or, if that is NULL, the last one. */
const struct run *run_load(const char *path, enum kind kind, const char *id)
{
	const struct run **v;
	struct log log;

	log_load(&log, path, kind);
	v = xcalloc(log.nr, sizeof(*v));
	return v[log_choose(&log, id, v) - 1];
}

/* How to measure it again, when, what, with what and where it was measured */
void run_put_source(const struct run *run, bool markdown)
{
	const char *tick = markdown ? "`" : "";

	printf("%s%s%s, %.10s, revision %s, %s, Linux %s,\n%s,\n%s, %llu CPUs of %s\n", tick,
	       string_of(run->env, "command"), tick, string_of(run->env, "date"),
	       string_of(run->env, "rev"), run->where, string_of(run->env, "kernel"),
	       string_of(run->env, "cc"), string_of(run->env, "qemu") ?: "no emulator",
	       (unsigned long long)uint_of(run->env, "nproc"), string_of(run->env, "cpu"));
}
