// SPDX-License-Identifier: GPL-2.0-only
/* Messages, memory, output files. */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"

void die_at(const struct place *at, const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fputs("report: ", stderr);
	if (at)
		fprintf(stderr, "%s:%zu: ", at->path, at->line);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(EXIT_INPUT);
}

/* Room for one more than @nr; capacities are powers of two. Nothing is freed before the end. */
void *grow(void *v, size_t nr, size_t size)
{
	if (nr & (nr - 1) && nr)
		return v;
	v = reallocarray(v, nr ? 2 * nr : 1, size);
	if (!v)
		die("out of memory");
	return v;
}

void *xcalloc(size_t nr, size_t size)
{
	void *v = calloc(nr + 1, size);

	if (!v)
		die("out of memory");
	return v;
}

FILE *output_open(const char *dir, const char *name, const char *suffix)
{
	char path[PATH_MAX];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s.%s", dir, name, suffix);
	out = fopen(path, "w");
	if (!out)
		die("%s: %s", path, strerror(errno));
	return out;
}

void output_close(FILE *out, const char *name)
{
	bool bad = ferror(out);

	if (fclose(out) || bad)
		die("%s: cannot be written: %s", name, strerror(errno));
}
