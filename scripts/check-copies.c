// SPDX-License-Identifier: GPL-2.0-only
/*
 * Find text that our files share with a source tree: RUN or more non-trivial lines in
 * a row, white space aside.  A line is trivial if it has no letter or digit, includes
 * a header or is the licence tag.
 *
 * usage: check-copies OUR-FILE... -- TREE-FOLDER...
 * Exit status: 0 nothing shared, 1 something is (printed), 2 trouble.
 */
#define _XOPEN_SOURCE 700
#include <ctype.h>
#include <err.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUN	8

struct line {
	uint64_t hash;
	int nr;
};

/* The last RUN non-trivial lines of the file that is being read */
struct window {
	struct line line[RUN];
	unsigned int seen;
};

/* Where a run of ours starts.  Two runs with one 64 bit hash are taken for equal. */
struct run {
	uint64_t hash;
	const char *path;
	int nr;
};

static struct run *runs;
static size_t nr_runs;
static unsigned long nr_shared, nr_files;

static bool is_trivial(const char *s)
{
	const char *c = s;

	while (*c && !isalnum((unsigned char)*c))
		c++;
	return !*c || !strncmp(s, "#include", 8) || strstr(s, "SPDX-License-Identifier");
}

/* Squeeze white space, drop it at both ends */
static void normalise(char *s)
{
	char *to = s;

	for (char *from = s; *from; from++) {
		if (!isspace((unsigned char)*from))
			*to++ = *from;
		else if (to > s && to[-1] != ' ')
			*to++ = ' ';
	}
	if (to > s && to[-1] == ' ')
		to--;
	*to = '\0';
}

/* FNV-1a */
static uint64_t mix(uint64_t hash, const void *data, size_t len)
{
	const unsigned char *p = data;

	while (len--)
		hash = (hash ^ *p++) * 0x100000001b3ull;
	return hash;
}

static uint64_t window_hash(const struct window *w)
{
	uint64_t hash = 0xcbf29ce484222325ull;

	for (unsigned int i = w->seen - RUN; i != w->seen; i++)
		hash = mix(hash, &w->line[i % RUN].hash, sizeof(uint64_t));
	return hash;
}

/* Call @run with each full window of the file */
static void for_each_run(const char *path, void (*run)(const char *path, const struct window *w))
{
	struct window w = { .seen = 0 };
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (!f)
		err(2, "%s", path);
	for (int nr = 1; getline(&text, &size, f) >= 0; nr++) {
		normalise(text);
		if (is_trivial(text))
			continue;
		w.line[w.seen++ % RUN] = (struct line){
			.hash = mix(0xcbf29ce484222325ull, text, strlen(text)), .nr = nr,
		};
		if (w.seen >= RUN)
			run(path, &w);
	}
	if (ferror(f))
		err(2, "%s", path);
	free(text);
	fclose(f);
}

static void remember(const char *path, const struct window *w)
{
	if (!(nr_runs & (nr_runs + 1))) {
		runs = realloc(runs, (2 * nr_runs + 2) * sizeof(*runs));
		if (!runs)
			err(2, "%zu runs", nr_runs);
	}
	runs[nr_runs++] = (struct run){
		.hash = window_hash(w), .path = path, .nr = w->line[w->seen % RUN].nr,
	};
}

static int by_hash(const void *a, const void *b)
{
	const struct run *x = a, *y = b;

	return (x->hash > y->hash) - (x->hash < y->hash);
}

static void compare(const char *path, const struct window *w)
{
	struct run key = { .hash = window_hash(w) };
	struct run *ours = bsearch(&key, runs, nr_runs, sizeof(*runs), by_hash);

	if (!ours)
		return;
	nr_shared++;
	printf("%s:%d: %d lines as in %s:%d\n", ours->path, ours->nr, RUN, path,
	       w->line[w->seen % RUN].nr);
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *at)
{
	const char *dot = strrchr(path, '.');

	(void)st;
	(void)at;
	if (type == FTW_DNR || type == FTW_NS)
		errx(2, "%s: cannot be read", path);
	if (type != FTW_F || !dot || (strcmp(dot, ".c") && strcmp(dot, ".h")))
		return 0;
	nr_files++;
	for_each_run(path, compare);
	return 0;
}

int main(int argc, char **argv)
{
	int i = 1;

	for (; i < argc && strcmp(argv[i], "--"); i++)
		for_each_run(argv[i], remember);
	if (i == 1 || i + 1 >= argc)
		errx(2, "usage: check-copies OUR-FILE... -- TREE-FOLDER...");
	qsort(runs, nr_runs, sizeof(*runs), by_hash);
	while (++i < argc)
		if (nftw(argv[i], visit, 32, FTW_PHYS))
			err(2, "%s", argv[i]);
	printf("%zu runs of ours, %lu files of the tree, %lu shared\n", nr_runs, nr_files, nr_shared);
	return nr_shared ? 1 : 0;
}
