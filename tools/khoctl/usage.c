// SPDX-License-Identifier: GPL-2.0-only
/* Input of a plan: counts in the JSON of khoctl status, of this host or from a file. */
#include <json-c/json.h>

#include "khoctl.h"

#define HUGE_ORDER	9

static const char *file = "status";

/* A number of @v, 0 if it is missing. */
static uint64_t number(struct json_object *v, const char *key)
{
	struct json_object *n;

	if (!json_object_object_get_ex(v, key, &n))
		return 0;
	if (!json_object_is_type(n, json_type_int) || json_object_get_int64(n) < 0)
		errx(EXIT_INPUT, "%s: '%s' is not a number from 0 on", file, key);
	return json_object_get_uint64(n);
}

/* Entry @i of the array @key of @v, NULL behind the last. */
static struct json_object *entry(struct json_object *v, const char *key, size_t i)
{
	struct json_object *all, *e;

	if (!json_object_object_get_ex(v, key, &all))
		return NULL;
	if (!json_object_is_type(all, json_type_array))
		errx(EXIT_INPUT, "%s: '%s' is not an array", file, key);
	if (i >= json_object_array_length(all))
		return NULL;
	e = json_object_array_get_idx(all, i);
	if (!json_object_is_type(e, json_type_object))
		errx(EXIT_INPUT, "%s: '%s' has an entry that is not an object", file, key);
	return e;
}

static void read_out(struct usage *u, struct json_object *out)
{
	struct json_object *e;
	size_t i;

	for (i = 0; (e = entry(out, "orders", i)); i++) {
		uint64_t order = number(e, "order"), nr = number(e, "folios");

		if (number(e, "node") >= MAX_NODES || order > MAX_ORDER || nr > 1ULL << 40)
			errx(EXIT_INPUT, "%s: 'orders' has an entry of an impossible node, order "
			     "or number", file);
		*(order < HUGE_ORDER ? &u->small : &u->huge) += nr;
		u->pages += nr << order;
	}
	u->ranges = number(out, "ranges");
	if (!u->ranges || u->ranges > u->small + u->huge)
		u->ranges = u->small + u->huge;
	u->bad = number(out, "faults");
}

struct usage usage_read(const char *path)
{
	const char *no_out = "the status does not say";
	struct json_object *v, *out, *fast, *e;
	struct usage u = { 0 };
	size_t i;

	if (path)
		file = path;
	v = path ? json_load(path) : status_of_host(&no_out);
	if (!json_object_is_type(v, json_type_object) || number(v, "version") != STATUS_VERSION)
		errx(EXIT_INPUT, "%s: not the output of khoctl status -j (JSON, version %d)", file,
		     STATUS_VERSION);
	if (!json_object_object_get_ex(v, "outgoing", &out) ||
	    !json_object_is_type(out, json_type_object))
		errx(EXIT_INPUT, "preserved memory is not known: %s", no_out);
	read_out(&u, out);
	for (i = 0; (e = entry(v, "scratch", i)); i++)
		u.scratch += number(e, "bytes");
	u.memory = number(v, "memory_bytes");
	u.sessions = number(v, "sessions");
	u.files = number(v, "files");
	u.fast = json_object_object_get_ex(v, "accelerated", &fast) &&
		 json_object_get_boolean(fast);
	json_object_put(v);
	return u;
}
