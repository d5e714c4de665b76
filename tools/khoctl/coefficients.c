// SPDX-License-Identifier: GPL-2.0-only
/* Measured coefficients: coefficients.json, or a file with those of another machine. */
#include <json-c/json.h>

#include "khoctl.h"

#define VERSION		1

/* coefficients.json of the sources, and a 0 */
__asm__(".section .rodata\n"
	"coefficients_json:\n"
	".incbin \"coefficients.json\"\n"
	".byte 0\n"
	".previous");
extern const char coefficients_json[];

static struct json_object *coefficients;
static const char *file = "the built-in coefficients";

const char *coefficients_load(const char *path)
{
	struct json_object *version, *where;

	if (path)
		file = path;
	coefficients = path ? json_load(path) : json_tokener_parse(coefficients_json);
	if (!json_object_object_get_ex(coefficients, "version", &version) ||
	    json_object_get_int(version) != VERSION)
		errx(EXIT_INPUT, "%s: not coefficients (JSON, version %d)", file, VERSION);
	if (!json_object_object_get_ex(coefficients, "where", &where) ||
	    !json_object_is_type(where, json_type_string))
		errx(EXIT_INPUT, "%s: 'where' is missing, the machine of the measurement", file);
	return json_object_get_string(where);
}

double coefficient(const char *name)
{
	struct json_object *value = NULL;

	json_pointer_getf(coefficients, &value, "/coefficients/%s/value", name);
	if ((!json_object_is_type(value, json_type_double) &&
	     !json_object_is_type(value, json_type_int)) || json_object_get_double(value) < 0)
		errx(EXIT_INPUT, "%s: '%s' has no value from 0 on", file, name);
	return json_object_get_double(value);
}
