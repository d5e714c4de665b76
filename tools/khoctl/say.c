// SPDX-License-Identifier: GPL-2.0-only
/* What khoctl says: messages, numbers in words, JSON. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "khoctl.h"

static void say(const char *fmt, va_list args)
{
	fflush(stdout);
	fputs("khoctl: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
}

void die(int status, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(fmt, args);
	va_end(args);
	exit(status);
}

void warn(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(fmt, args);
	va_end(args);
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

void json_say(struct json_object *v)
{
	puts(json_object_to_json_string_ext(v, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(v);
}

char *keep(const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		die(EXIT_INPUT, "no memory");
	return copy;
}

/* It doubles whenever @nr is a power of two. */
void *grow(void *v, size_t nr, size_t size)
{
	if (nr & (nr - 1))
		return v;
	v = reallocarray(v, nr ? 2 * nr : 1, size);
	if (!v)
		die(EXIT_INPUT, "no memory");
	return v;
}
