// SPDX-License-Identifier: GPL-2.0-only
/* What things cost, as measured: coefficients.json, or a file of the user's own machine. */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "khoctl.h"

#define VERSION		1
#define BUILT_IN	"the built-in coefficients"

/* The file as it is in the sources, and a 0. */
__asm__(".section .rodata\n"
	"coefficients_json:\n"
	".incbin \"coefficients.json\"\n"
	".byte 0\n"
	".previous");
extern const char coefficients_json[];

struct coefficients {
	struct json_object	*v, *all;
	const char		*path, *where;
};

struct coefficients *coefficients_load(const char *path)
{
	struct coefficients *c = calloc(1, sizeof(*c));
	struct json_object *version, *where;
	char *text = path ? file_text(fopen(path, "re"), NULL) : NULL;

	if (!c)
		errx(EXIT_INPUT, "no memory");
	if (path && !text)
		err(EXIT_INPUT, "%s", path);
	c->path = path ? path : BUILT_IN;
	c->v = json_tokener_parse(text ? text : coefficients_json);
	free(text);
	if (!json_object_object_get_ex(c->v, "version", &version) ||
	    json_object_get_int(version) != VERSION)
		errx(EXIT_INPUT, "%s: is no file of coefficients (JSON, version %d)", c->path,
		     VERSION);
	if (!json_object_object_get_ex(c->v, "where", &where) ||
	    !json_object_is_type(where, json_type_string))
		errx(EXIT_INPUT, "%s: 'where' does not say on what machine they were measured",
		     c->path);
	c->where = json_object_get_string(where);
	json_object_object_get_ex(c->v, "coefficients", &c->all);
	return c;
}

double coefficient(const struct coefficients *c, const char *name)
{
	struct json_object *entry, *value;

	if (!json_object_object_get_ex(c->all, name, &entry) ||
	    !json_object_object_get_ex(entry, "value", &value))
		errx(EXIT_INPUT, "%s: '%s' has no value", c->path, name);
	if ((!json_object_is_type(value, json_type_double) &&
	     !json_object_is_type(value, json_type_int)) || json_object_get_double(value) < 0)
		errx(EXIT_INPUT, "%s: '%s' is no number from 0 on", c->path, name);
	return json_object_get_double(value);
}

const char *coefficients_where(const struct coefficients *c)
{
	return c->where;
}

void coefficients_free(struct coefficients *c)
{
	json_object_put(c->v);
	free(c);
}
