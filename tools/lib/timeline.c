// SPDX-License-Identifier: GPL-2.0-only
/* The one reader of timeline.json.  What it refuses it names, and says why. */
#include "timeline.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"

static _Thread_local char error[512];

static bool __attribute__((format(printf, 1, 2))) refuse(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(error, sizeof(error), fmt, args);
	va_end(args);
	return false;
}

/* A value and where it is: "phases[3]", or "" for all of it. */
struct at {
	struct json_object	*v;
	char			where[40];
};

static bool refuse_at(const struct at *at, const char *key, const char *what)
{
	return refuse("%s%s%s: %s", at->where, *at->where ? "." : "", key, what);
}

/* Its value of @key, which must be there and of @type; NULL if not. */
static struct json_object *need(const struct at *at, const char *key, enum json_type type)
{
	struct json_object *v;
	char what[64];

	if (!json_object_object_get_ex(at->v, key, &v)) {
		refuse_at(at, key, "is missing");
		return NULL;
	}
	if (json_object_is_type(v, type))
		return v;
	snprintf(what, sizeof(what), "is of type %s, not %s",
		 json_type_to_name(json_object_get_type(v)), json_type_to_name(type));
	refuse_at(at, key, what);
	return NULL;
}

static bool get_number(const struct at *at, const char *key, uint64_t *to)
{
	struct json_object *v = need(at, key, json_type_int);

	if (!v)
		return false;
	if (json_object_get_int64(v) < 0)
		return refuse_at(at, key, "is negative");
	*to = json_object_get_uint64(v);
	return true;
}

static bool get_bool(const struct at *at, const char *key, bool *to)
{
	struct json_object *v = need(at, key, json_type_boolean);

	if (v)
		*to = json_object_get_boolean(v);
	return v;
}

static bool get_text(const struct at *at, const char *key, const char **to)
{
	struct json_object *v = need(at, key, json_type_string);

	if (!v)
		return false;
	*to = json_object_get_string(v);
	return **to || refuse_at(at, key, "is empty");
}

static bool get_kernel(const struct at *at, bool *old)
{
	const char *kernel;

	if (!get_text(at, "kernel", &kernel))
		return false;
	*old = !strcmp(kernel, "old");
	return *old || !strcmp(kernel, "new") ||
	       refuse_at(at, "kernel", "is neither 'old' nor 'new'");
}

static bool has(const struct at *at, const char *key)
{
	return json_object_object_get_ex(at->v, key, NULL);
}

static bool get_node(const struct at *at, int *node)
{
	uint64_t nr = 0;

	*node = -1;
	if (!has(at, "node"))
		return true;
	if (!get_number(at, "node", &nr))
		return false;
	if (nr >= 1 << 16)
		return refuse_at(at, "node", "is no number of a node");
	*node = nr;
	return true;
}

static bool get_item(const struct at *at, struct timeline_item *item)
{
	item->label = NULL;
	if (!get_text(at, "name", &item->name) || !get_kernel(at, &item->old) ||
	    !get_number(at, "begin_ns", &item->begin_ns) ||
	    !get_number(at, "end_ns", &item->end_ns) || !get_node(at, &item->node))
		return false;
	if (has(at, "label") && !get_text(at, "label", &item->label))
		return false;
	return item->begin_ns <= item->end_ns || refuse_at(at, "end_ns", "is before begin_ns");
}

static bool get_total(const struct at *at, struct timeline_total *total)
{
	return get_text(at, "name", &total->name) && get_kernel(at, &total->old) &&
	       get_number(at, "nr", &total->nr) && get_number(at, "sum_ns", &total->sum_ns) &&
	       get_number(at, "max_ns", &total->max_ns);
}

/* Room for the array @key, which must be there. */
static bool get_array(const struct at *at, const char *key, size_t size, void *items, size_t *nr)
{
	struct json_object *v = need(at, key, json_type_array);
	void *room;

	if (!v)
		return false;
	*nr = json_object_array_length(v);
	room = calloc(*nr + 1, size);
	if (!room)
		return refuse_at(at, key, "is too long for this machine's memory");
	memcpy(items, &room, sizeof(room));
	return true;
}

static bool get_entry(const struct at *at, const char *key, size_t i, struct at *entry)
{
	entry->v = json_object_array_get_idx(json_object_object_get(at->v, key), i);
	snprintf(entry->where, sizeof(entry->where), "%s[%zu]", key, i);
	return json_object_is_type(entry->v, json_type_object) ||
	       refuse("%s: is not an object", entry->where);
}

static bool get_items(const struct at *at, const char *key, struct timeline_item **items,
		      size_t *nr)
{
	struct at entry;
	size_t i;

	if (!get_array(at, key, sizeof(**items), items, nr))
		return false;
	for (i = 0; i < *nr; i++) {
		if (!get_entry(at, key, i, &entry) || !get_item(&entry, &(*items)[i]))
			return false;
	}
	return true;
}

static bool get_totals(const struct at *at, struct timeline *t)
{
	struct at entry;
	size_t i;

	if (!get_array(at, "totals", sizeof(*t->totals), &t->totals, &t->nr_totals))
		return false;
	for (i = 0; i < t->nr_totals; i++) {
		if (!get_entry(at, "totals", i, &entry) || !get_total(&entry, &t->totals[i]))
			return false;
	}
	return true;
}

static bool phases_tile(const struct timeline *t)
{
	const struct timeline_item *p = t->phases;
	size_t i;

	if (!t->nr_phases)
		return refuse("phases: there is none");
	if (p[0].old && !t->previous)
		return refuse("phases[0]: is of the old kernel, but previous is false");
	for (i = 1; i < t->nr_phases; i++) {
		if (p[i].begin_ns != p[i - 1].end_ns)
			return refuse("phases[%zu] '%s': begins at %" PRIu64
				      " ns, but '%s' before it ends at %" PRIu64 " ns", i,
				      p[i].name,
				      p[i].begin_ns, p[i - 1].name, p[i - 1].end_ns);
		if (p[i].old && !p[i - 1].old)
			return refuse("phases[%zu] '%s': the old kernel's, after one of the new",
				      i, p[i].name);
	}
	return true;
}

static bool fill(struct timeline *t)
{
	const struct at root = { .v = t->json };
	uint64_t version;

	if (!json_object_is_type(t->json, json_type_object))
		return refuse("is not an object");
	if (!get_number(&root, "version", &version))
		return false;
	if (version != TIMELINE_VERSION)
		return refuse("version %" PRIu64 ", only %d is known", version, TIMELINE_VERSION);
	if (!get_text(&root, "clock", &t->clock) || !get_number(&root, "khz", &t->khz) ||
	    !get_number(&root, "origin", &t->origin) ||
	    !get_bool(&root, "previous", &t->previous) || !get_number(&root, "lost", &t->lost))
		return false;
	if (!t->khz)
		return refuse("khz: is 0, the kernel does not know the rate of its clock");
	return get_items(&root, "phases", &t->phases, &t->nr_phases) &&
	       get_items(&root, "spans", &t->spans, &t->nr_spans) &&
	       get_totals(&root, t) && phases_tile(t);
}

/* All of @text, which must be one value, or NULL. */
static struct json_object *parse(const char *text)
{
	struct json_tokener *tok = json_tokener_new();
	struct json_object *v;
	enum json_tokener_error err;

	if (!tok) {
		refuse("no memory");
		return NULL;
	}
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	/* with the 0, which tells that this is the end */
	v = json_tokener_parse_ex(tok, text, strlen(text) + 1);
	err = json_tokener_get_error(tok);
	if (!v && err == json_tokener_success)
		refuse("is null");
	else if (err == json_tokener_continue || err == json_tokener_error_parse_eof)
		refuse("is cut off");
	else if (!v)
		refuse("is no JSON: %s at byte %zu", json_tokener_error_desc(err),
		       json_tokener_get_parse_end(tok));
	json_tokener_free(tok);
	return v;
}

/**
 * timeline_parse() - check a timeline and take it apart
 * @text: all of it, as JSON
 *
 * Return: the timeline, for timeline_free(); or NULL, and timeline_error() says why.
 */
struct timeline *timeline_parse(const char *text)
{
	struct timeline *t = calloc(1, sizeof(*t));

	if (!t) {
		refuse("no memory");
		return NULL;
	}
	t->json = parse(text);
	if (t->json && fill(t))
		return t;
	timeline_free(t);
	return NULL;
}

/**
 * timeline_load() - read a timeline from a file
 * @path: the file, "-" for the standard input
 *
 * Return: as timeline_parse(); the error begins with @path.
 */
struct timeline *timeline_load(const char *path)
{
	char *text = file_text(strcmp(path, "-") ? fopen(path, "re") : stdin, NULL);
	struct timeline *t = text ? timeline_parse(text) : NULL;
	char reason[sizeof(error)];

	if (!text)
		refuse("%s", strerror(errno));
	free(text);
	if (t)
		return t;
	memcpy(reason, error, sizeof(reason));
	refuse("%s: %.*s", path, 400, reason);
	return NULL;
}

/**
 * timeline_error() - why this thread's last timeline was refused
 *
 * Return: one line, what and why; valid until the next is refused.
 */
const char *timeline_error(void)
{
	return error;
}

/**
 * timeline_free() - give up a timeline and all its strings
 * @t: the timeline, or NULL
 */
void timeline_free(struct timeline *t)
{
	if (!t)
		return;
	json_object_put(t->json);
	free(t->phases);
	free(t->spans);
	free(t->totals);
	free(t);
}

/**
 * timeline_ns() - how long all phases took
 * @t: the timeline
 *
 * Return: from the begin of the first to the end of the last.
 */
uint64_t timeline_ns(const struct timeline *t)
{
	return t->phases[t->nr_phases - 1].end_ns - t->phases[0].begin_ns;
}

/**
 * timeline_largest() - the phase that took longest
 * @t: the timeline
 *
 * Return: it; the first of equals.
 */
const struct timeline_item *timeline_largest(const struct timeline *t)
{
	const struct timeline_item *p, *largest = t->phases;

	for (p = t->phases; p < t->phases + t->nr_phases; p++) {
		if (p->end_ns - p->begin_ns > largest->end_ns - largest->begin_ns)
			largest = p;
	}
	return largest;
}
