// SPDX-License-Identifier: GPL-2.0-only
/* Write a file of the corpus. */
#include <stdio.h>

#include "fuzz.h"

bool save(const char *folder, const char *what, const char *name,
	  const struct head *head, const struct op *ops, size_t nr)
{
	char path[4096];
	bool ok;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s-%s.golden", folder, what, name);
	f = fopen(path, "wb");
	ok = f && fwrite(head, sizeof(*head), 1, f) == 1 &&
	     fwrite(ops, sizeof(*ops), nr, f) == nr;
	if (f && fclose(f))
		ok = false;
	if (!ok)
		perror(path);
	return ok;
}
