// SPDX-License-Identifier: GPL-2.0-only
/* Appends a record to a file of samples. */
#include <string.h>

#include "report.h"

static void add_field(struct json_object *record, const struct place *at, const char *arg)
{
	const char *value = strchr(arg, '=');
	struct json_object *val;
	char key[64];

	if (!value || value - arg >= (int)sizeof(key))
		die_at(at, "'%s' is not KEY=VALUE", arg);
	snprintf(key, sizeof(key), "%.*s", (int)(value - arg), arg);
	val = schema_value(at, key, value + 1);
	if (val)
		json_object_object_add(record, key, val);
}

/* Whether the last line was cut off: a run was interrupted, or the disk was full. */
static bool is_cut_off(FILE *f)
{
	bool cut = !fseek(f, -1, SEEK_END) && fgetc(f) != '\n';

	fseek(f, 0, SEEK_END);	/* from reading to writing */
	return cut;
}

/* Arguments: FILE TYPE KEY=VALUE... */
int report_add(const struct options *o)
{
	struct place at = { .path = "new record" };
	struct json_object *record = json_object_new_object();
	FILE *out;

	json_object_object_add(record, "type", json_object_new_string(o->args[1]));
	if (!strcmp(o->args[1], "env"))
		json_object_object_add(record, "schema", json_object_new_int(SCHEMA));
	for (int i = 2; i < o->nr_args; i++)
		add_field(record, &at, o->args[i]);
	schema_check(&at, record);
	out = file_open(o->args[0], "a+");
	if (is_cut_off(out))
		fputc('\n', out);
	fprintf(out, "%s\n", json_object_to_json_string_ext(record, JSON_C_TO_STRING_PLAIN |
							    JSON_C_TO_STRING_NOSLASHESCAPE));
	output_close(out, o->args[0]);
	return EXIT_MET;
}
