// SPDX-License-Identifier: GPL-2.0-only
/* Numbers as text, JSON, and memory. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "khoctl.h"

void *checked(void *memory)
{
	if (!memory)
		errx(EXIT_INPUT, "no memory");
	return memory;
}

struct text text_count(uint64_t n)
{
	char digits[24];
	struct text t;
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n), i, at = 0;

	for (i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			t.s[at++] = ',';
		t.s[at++] = digits[i];
	}
	t.s[at] = 0;
	return t;
}

struct text text_bytes(uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
	double v = bytes;
	struct text t;
	int unit = 0;

	while (v >= 1024 && unit < 5) {
		v /= 1024;
		unit++;
	}
	snprintf(t.s, sizeof(t.s), unit ? "%.1f %s" : "%.0f %s", v, units[unit]);
	return t;
}

struct text text_ms(uint64_t ns)
{
	uint64_t us = ns / 1000 + (ns % 1000 >= 500);
	struct text t;

	snprintf(t.s, sizeof(t.s), "%" PRIu64 ".%03" PRIu64, us / 1000, us % 1000);
	return t;
}

struct text text_percent(uint64_t part, uint64_t whole)
{
	struct text t;

	snprintf(t.s, sizeof(t.s), "%.1f", whole ? 100.0 * part / whole : 0.0);
	return t;
}

void json_add(struct json_object *to, const char *key, uint64_t v)
{
	json_object_object_add(to, key, json_object_new_uint64(v));
}

void json_add_text(struct json_object *to, const char *key, const char *text)
{
	json_object_object_add(to, key, json_object_new_string(text));
}

void json_add_bool(struct json_object *to, const char *key, bool v)
{
	json_object_object_add(to, key, json_object_new_boolean(v));
}

struct json_object *json_load(const char *path)
{
	char *text = file_text(fopen(path, "re"), NULL);
	struct json_object *v;

	if (!text)
		err(EXIT_INPUT, "%s", path);
	v = json_tokener_parse(text);
	free(text);
	return v;
}

void json_print(struct json_object *v)
{
	puts(json_object_to_json_string_ext(v, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(v);
}

char *text_vformat(const char *fmt, va_list args)
{
	char *text;

	return checked(vasprintf(&text, fmt, args) < 0 ? NULL : text);
}

char *text_format(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = text_vformat(fmt, args);
	va_end(args);
	return text;
}

char *text_dup(const char *text)
{
	return text ? checked(strdup(text)) : NULL;
}

/* Doubles whenever @nr is a power of two. */
void *array_grow(void *v, size_t nr, size_t size)
{
	return nr & (nr - 1) ? v : checked(reallocarray(v, nr ? 2 * nr : 1, size));
}
