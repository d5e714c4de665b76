// SPDX-License-Identifier: GPL-2.0-only
/*
 * Run files of the corpus. Their names begin with the expected result, "taken"
 * or "refused". Works without libFuzzer.
 *
 * usage: replay FILE...	exit status: 0 as expected, 1 not
 */
#include <stdio.h>

#include "fuzz.h"

/* Returns the size of a file, or 0 if it is missing or too long. */
static size_t load(const char *path, u8 *data, size_t max)
{
	FILE *f = fopen(path, "rb");
	size_t size = 0;

	if (!f)
		perror(path);
	else
		size = fread(data, 1, max, f);
	if (f)
		fclose(f);
	return size < max ? size : 0;
}

static bool is_right(const char *path)
{
	static u8 data[sizeof(struct head) + MAX_OPS * sizeof(struct op) + 1];
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t size = load(path, data, sizeof(data));
	bool taken;

	if (!size || (strncmp(name, "taken", 5) && strncmp(name, "refused", 7))) {
		fprintf(stderr, "replay: %s: empty, too long, or not named as one of the corpus\n",
			path);
		return false;
	}
	taken = run_target(data, size);
	if (taken == !strncmp(name, "taken", 5))
		return true;
	fprintf(stderr, "replay: %s: %s\n", path, taken ? "taken" : "refused");
	return false;
}

int main(int argc, char **argv)
{
	int i, rc = argc < 2;

	if (rc)
		fprintf(stderr, "usage: replay FILE...\n");
	for (i = 1; i < argc; i++)
		rc |= !is_right(argv[i]);
	return rc;
}
