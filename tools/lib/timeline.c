// SPDX-License-Identifier: GPL-2.0-only
/* Strict reader of timeline.json: errors name the place and the reason. */
#include "timeline.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "timeline_read.h"

static _Thread_local const char *file;
static _Thread_local char error[512];

bool timeline_refuse(const char *fmt, ...)
{
	va_list args;
	int len = snprintf(error, sizeof(error), "%.200s: ", file);

	va_start(args, fmt);
	vsnprintf(error + len, sizeof(error) - len, fmt, args);
	va_end(args);
	return false;
}

enum kind { NUMBER, NODE, BOOL, TEXT, KERNEL };

/* A key of an object, and the member of a structure that takes its value. */
struct field {
	const char	*key;
	enum kind	kind;
	size_t		offset;
	bool		optional;
};

#define FIELD(type, kind, member)	{ #member, kind, offsetof(struct type, member), false }
#define OPTIONAL(type, kind, member)	{ #member, kind, offsetof(struct type, member), true }

static const struct field version_field[] = { FIELD(timeline, NUMBER, version), { 0 } };

static const struct field head_fields[] = {
	FIELD(timeline, TEXT, clock), FIELD(timeline, NUMBER, khz),
	FIELD(timeline, NUMBER, origin), FIELD(timeline, BOOL, previous),
	FIELD(timeline, NUMBER, lost), { 0 }
};

static const struct field item_fields[] = {
	FIELD(timeline_item, TEXT, name),
	{ "kernel", KERNEL, offsetof(struct timeline_item, old), false },
	FIELD(timeline_item, NUMBER, begin_ns), FIELD(timeline_item, NUMBER, end_ns),
	OPTIONAL(timeline_item, NODE, node), OPTIONAL(timeline_item, TEXT, label),
	OPTIONAL(timeline_item, BOOL, vmm), { 0 }
};

static const struct field total_fields[] = {
	FIELD(timeline_total, TEXT, name),
	{ "kernel", KERNEL, offsetof(struct timeline_total, old), false },
	FIELD(timeline_total, NUMBER, nr), FIELD(timeline_total, NUMBER, sum_ns),
	FIELD(timeline_total, NUMBER, max_ns), { 0 }
};

/* Returns what is wrong with the value, or NULL. */
static const char *store(struct json_object *v, enum kind kind, void *to)
{
	const char *text = json_object_get_string(v);
	int64_t n = json_object_get_int64(v);

	switch (kind) {
	case NUMBER:
		*(uint64_t *)to = json_object_get_uint64(v);
		return n < 0 ? "is negative" : NULL;
	case NODE:
		*(int *)to = n;
		return n < 0 || n >= 1 << 16 ? "is not the number of a node" : NULL;
	case BOOL:
		*(bool *)to = json_object_get_boolean(v);
		return NULL;
	case TEXT:
		*(const char **)to = text;
		return *text ? NULL : "is empty";
	case KERNEL:
		*(bool *)to = !strcmp(text, "old");
		return *(bool *)to || !strcmp(text, "new") ? NULL : "is neither 'old' nor 'new'";
	}
	return NULL;
}

/* @where: place of the object, with a dot behind it, or "" */
static bool read_object(struct json_object *object, const char *where, const struct field *f,
			void *to)
{
	static const enum json_type types[] = {
		json_type_int, json_type_int, json_type_boolean, json_type_string, json_type_string,
	};
	struct json_object *v;
	const char *wrong;

	for (; f->key; f++) {
		if (!json_object_object_get_ex(object, f->key, &v)) {
			if (!f->optional)
				return timeline_refuse("%s%s: is missing", where, f->key);
			if (f->kind == NODE)
				*(int *)((char *)to + f->offset) = -1;
			continue;
		}
		if (!json_object_is_type(v, types[f->kind]))
			return timeline_refuse("%s%s: is of type %s, not %s", where, f->key,
					       json_type_to_name(json_object_get_type(v)),
					       json_type_to_name(types[f->kind]));
		wrong = store(v, f->kind, (char *)to + f->offset);
		if (wrong)
			return timeline_refuse("%s%s: %s", where, f->key, wrong);
	}
	return true;
}

/* Sets *@to to an array of @size bytes an element. */
static bool read_array(struct json_object *root, const char *key, const struct field *fields,
		       size_t size, void *to, size_t *nr)
{
	struct json_object *array, *v;
	char where[48], *all;
	size_t i;

	if (!json_object_object_get_ex(root, key, &array))
		return timeline_refuse("%s: is missing", key);
	if (!json_object_is_type(array, json_type_array))
		return timeline_refuse("%s: is of type %s, not array", key,
				       json_type_to_name(json_object_get_type(array)));
	*nr = json_object_array_length(array);
	all = calloc(*nr + 1, size);
	if (!all)
		return timeline_refuse("%s: no memory", key);
	memcpy(to, &all, sizeof(all));
	for (i = 0; i < *nr; i++) {
		v = json_object_array_get_idx(array, i);
		if (!json_object_is_type(v, json_type_object))
			return timeline_refuse("%s[%zu]: is not an object", key, i);
		snprintf(where, sizeof(where), "%s[%zu].", key, i);
		if (!read_object(v, where, fields, all + i * size))
			return false;
	}
	return true;
}

static bool read_items(struct json_object *root, const char *key, struct timeline_item **items,
		       size_t *nr)
{
	size_t i;

	if (!read_array(root, key, item_fields, sizeof(**items), items, nr))
		return false;
	for (i = 0; i < *nr; i++) {
		if ((*items)[i].begin_ns > (*items)[i].end_ns)
			return timeline_refuse("%s[%zu].end_ns: is before begin_ns", key, i);
	}
	return true;
}

static bool phases_tile(const struct timeline *t)
{
	const struct timeline_item *p = t->phases;
	size_t i;

	if (!t->nr_phases)
		return timeline_refuse("phases: there is none");
	if (p[0].old && !p[0].vmm && !t->previous)
		return timeline_refuse("phases[0]: is of the old kernel, but previous is false");
	for (i = 1; i < t->nr_phases; i++) {
		if (p[i].begin_ns != p[i - 1].end_ns)
			return timeline_refuse("phases[%zu] '%s': begins at %" PRIu64 " ns, but "
					       "'%s' before it ends at %" PRIu64 " ns", i,
					       p[i].name, p[i].begin_ns, p[i - 1].name,
					       p[i - 1].end_ns);
		if (p[i].old && !p[i - 1].old)
			return timeline_refuse("phases[%zu] '%s': the old kernel's, after one of "
					       "the new", i, p[i].name);
	}
	return true;
}

static bool read_timeline(struct timeline *t)
{
	if (!json_object_is_type(t->json, json_type_object))
		return timeline_refuse("is not an object");
	if (!read_object(t->json, "", version_field, t))
		return false;
	if (t->version != TIMELINE_VERSION)
		return timeline_refuse("version %" PRIu64 ", only %d is known", t->version,
				       TIMELINE_VERSION);
	if (!read_object(t->json, "", head_fields, t))
		return false;
	if (!t->khz)
		return timeline_refuse("khz: is 0, the kernel does not know the rate of its clock");
	return read_items(t->json, "phases", &t->phases, &t->nr_phases) &&
	       read_items(t->json, "spans", &t->spans, &t->nr_spans) &&
	       read_array(t->json, "totals", total_fields, sizeof(*t->totals), &t->totals,
			  &t->nr_totals) && phases_tile(t);
}

/* @text must be one value; NULL if it is not. */
static struct json_object *parse(const char *text)
{
	struct json_tokener *tok = json_tokener_new();
	enum json_tokener_error reason;
	struct json_object *v;

	if (!tok)
		return timeline_refuse("no memory"), NULL;
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	/* the 0 behind it marks the end */
	v = json_tokener_parse_ex(tok, text, strlen(text) + 1);
	reason = json_tokener_get_error(tok);
	if (!v && reason == json_tokener_success)
		timeline_refuse("is null");
	else if (reason == json_tokener_continue || reason == json_tokener_error_parse_eof)
		timeline_refuse("is truncated");
	else if (!v)
		timeline_refuse("is not JSON: %s at byte %zu", json_tokener_error_desc(reason),
		       json_tokener_get_parse_end(tok));
	json_tokener_free(tok);
	return v;
}

struct timeline *timeline_read(struct json_object *json)
{
	struct timeline *t = calloc(1, sizeof(*t));

	if (!t) {
		timeline_refuse("%s", strerror(errno));
		json_object_put(json);
		return NULL;
	}
	t->json = json;
	if (read_timeline(t))
		return t;
	timeline_free(t);
	return NULL;
}

char *timeline_text(const char *path)
{
	char *text = file_text(strcmp(path, "-") ? fopen(path, "re") : stdin, NULL);

	file = path;
	if (!text)
		timeline_refuse("%s", strerror(errno));
	return text;
}

struct timeline *timeline_load(const char *path)
{
	char *text = timeline_text(path);
	struct json_object *json = text ? parse(text) : NULL;

	free(text);
	return json ? timeline_read(json) : NULL;
}

const char *timeline_error(void)
{
	return error;
}

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

uint64_t timeline_ns(const struct timeline *t)
{
	return t->phases[t->nr_phases - 1].end_ns - t->phases[0].begin_ns;
}

const struct timeline_item *timeline_largest(const struct timeline *t)
{
	const struct timeline_item *p, *largest = t->phases;

	for (p = t->phases; p < t->phases + t->nr_phases; p++) {
		if (p->end_ns - p->begin_ns > largest->end_ns - largest->begin_ns)
			largest = p;
	}
	return largest;
}
