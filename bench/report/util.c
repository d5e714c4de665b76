// SPDX-License-Identifier: GPL-2.0-only
/* Memory, files. */
#include <limits.h>
#include <stdlib.h>

#include "samples.h"

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

FILE *file_open(const char *path, const char *mode)
{
	FILE *f = fopen(path, mode);

	if (!f)
		err(EXIT_INPUT, "%s", path);
	return f;
}

FILE *output_open(const char *dir, const char *name, const char *suffix)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s.%s", dir, name, suffix);
	return file_open(path, "w");
}

void output_close(FILE *out, const char *name)
{
	bool bad = ferror(out);

	if (fclose(out) || bad)
		err(EXIT_INPUT, "%s: cannot be written", name);
}
