// SPDX-License-Identifier: GPL-2.0-only
/* The status as JSON, and back: khoctl plan works on another host's, or an invented one. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "status.h"

#define VERSION 1

static void add_bool(struct json_object *to, const char *key, bool v)
{
	json_object_object_add(to, key, json_object_new_boolean(v));
}

static struct json_object *orders(const struct tree *t)
{
	struct json_object *all = json_object_new_array(), *v;
	unsigned int node, order;

	for (node = 0; node < MAX_NODES; node++) {
		for (order = 0; order < NR_ORDERS; order++) {
			if (!t->folios[node][order])
				continue;
			v = json_object_new_object();
			json_add(v, "node", node);
			json_add(v, "order", order);
			json_add(v, "folios", t->folios[node][order]);
			json_object_array_add(all, v);
		}
	}
	return all;
}

static struct json_object *records(const struct handover *h)
{
	struct json_object *all = json_object_new_array();
	size_t i;

	for (i = 0; i < h->nr; i++)
		json_object_array_add(all, json_object_new_string(h->records[i].name));
	return all;
}

static struct json_object *outgoing(const struct status *st)
{
	struct json_object *v = json_object_new_object();
	const struct tree *t = st->tree;

	json_add(v, "folios", t->keys);
	json_add(v, "pages", t->pages);
	json_add(v, "ranges", t->ranges);
	json_add(v, "tables", t->tables);
	json_add(v, "faults", t->faults);
	json_object_object_add(v, "orders", orders(t));
	json_object_object_add(v, "records", records(&st->out));
	return v;
}

static struct json_object *incoming(const struct status *st)
{
	struct json_object *v = json_object_new_object();

	if (*st->previous) {
		json_object_object_add(v, "previous", json_object_new_string(st->previous));
		json_add(v, "kexecs", st->kexecs);
	}
	if (st->held_known)
		json_add(v, "unclaimed", st->held);
	json_object_object_add(v, "records", records(&st->in));
	return v;
}

struct json_object *status_to_json(const struct status *st)
{
	struct json_object *v = json_object_new_object(), *areas = json_object_new_array(), *area;
	size_t i;

	json_add(v, "version", VERSION);
	json_object_object_add(v, "kernel", json_object_new_string(st->host.release));
	add_bool(v, "accelerated", st->host.fast);
	add_bool(v, "kho", st->host.kho);
	add_bool(v, "luo", st->host.luo);
	json_add(v, "memory_bytes", st->host.memory);
	for (i = 0; i < st->host.nr_scratch; i++) {
		area = json_object_new_object();
		json_add(area, "addr", st->host.scratch[i].addr);
		json_add(area, "bytes", st->host.scratch[i].size);
		json_object_array_add(areas, area);
	}
	json_object_object_add(v, "scratch", areas);
	json_add(v, "sessions", st->sessions);
	json_add(v, "files", st->files);
	/* null: not known; not there: nothing */
	json_object_object_add(v, "outgoing", st->tree ? outgoing(st) : NULL);
	if (st->came_in)
		json_object_object_add(v, "incoming", incoming(st));
	return v;
}

/* A number of @v, 0 if it is not there. */
static uint64_t number(struct json_object *v, const char *key, const char *path)
{
	struct json_object *n;

	if (!json_object_object_get_ex(v, key, &n))
		return 0;
	if (!json_object_is_type(n, json_type_int) || json_object_get_int64(n) < 0)
		errx(EXIT_INPUT, "%s: '%s' is no number from 0 on", path, key);
	return json_object_get_uint64(n);
}

/* Entry @i of the array @key of @v, NULL behind the last. */
static struct json_object *entry(struct json_object *v, const char *key, size_t i, const char *path)
{
	struct json_object *all, *e;

	if (!json_object_object_get_ex(v, key, &all))
		return NULL;
	if (!json_object_is_type(all, json_type_array))
		errx(EXIT_INPUT, "%s: '%s' is no array", path, key);
	if (i >= json_object_array_length(all))
		return NULL;
	e = json_object_array_get_idx(all, i);
	if (!json_object_is_type(e, json_type_object))
		errx(EXIT_INPUT, "%s: '%s' has an entry that is no object", path, key);
	return e;
}

static void load_tree(struct status *st, struct json_object *out, const char *path)
{
	struct json_object *e;
	size_t i;

	st->tree = calloc(1, sizeof(*st->tree));
	if (!st->tree)
		errx(EXIT_INPUT, "no memory");
	st->tree->ranges = number(out, "ranges", path);
	for (i = 0; (e = entry(out, "orders", i, path)); i++) {
		uint64_t node = number(e, "node", path), order = number(e, "order", path);
		uint64_t nr = number(e, "folios", path);

		if (node >= MAX_NODES || order > MAX_ORDER || nr > 1ULL << 40)
			errx(EXIT_INPUT, "%s: 'orders' has an entry of an impossible node, order "
			     "or number", path);
		st->tree->folios[node][order] += nr;
		st->tree->keys += nr;
		st->tree->pages += nr << order;
	}
	if (!st->tree->ranges || st->tree->ranges > st->tree->keys)
		st->tree->ranges = st->tree->keys;
}

static void load_scratch(struct status *st, struct json_object *v, const char *path)
{
	struct json_object *e;
	size_t i;

	for (i = 0; (e = entry(v, "scratch", i, path)); i++) {
		struct area area = { number(e, "addr", path), number(e, "bytes", path) };

		st->host.scratch = array_grow(st->host.scratch, i, sizeof(area));
		st->host.scratch[st->host.nr_scratch++] = area;
	}
}

void status_load(struct status *st, const char *path)
{
	struct json_object *v, *out;
	char *text = file_text(fopen(path, "re"), NULL);

	memset(st, 0, sizeof(*st));
	if (!text)
		err(EXIT_INPUT, "%s", path);
	v = json_tokener_parse(text);
	if (!json_object_is_type(v, json_type_object) || number(v, "version", path) != VERSION)
		errx(EXIT_INPUT, "%s: is not what khoctl status -j prints (JSON, version %d)", path,
		     VERSION);
	st->host.memory = number(v, "memory_bytes", path);
	st->sessions = number(v, "sessions", path);
	st->files = number(v, "files", path);
	load_scratch(st, v, path);
	if (json_object_object_get_ex(v, "outgoing", &out) &&
	    json_object_is_type(out, json_type_object))
		load_tree(st, out, path);
	else
		st->no_out = text_dup("the status does not say");
	json_object_put(v);
	free(text);
}
