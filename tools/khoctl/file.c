// SPDX-License-Identifier: GPL-2.0-only
/* Small files. Those of the kernel do not say how long they are. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "khoctl.h"

static const char *sysroot = "";

void set_sysroot(const char *dir)
{
	sysroot = dir;
	obstacle_root(dir);
}

const char *sys_path(const char *path)
{
	static char room[2][4096];
	static int turn;

	turn = !turn;
	snprintf(room[turn], sizeof(room[turn]), "%s%s", sysroot, path);
	return room[turn];
}

bool sys_is_here(void)
{
	return !*sysroot;
}

bool sys_exists(const char *path)
{
	return !access(sys_path(path), F_OK);
}

static char *read_all(FILE *f, size_t *len)
{
	size_t room = 1 << 14;
	char *text = NULL;

	for (*len = 0;; room *= 2) {
		text = realloc(text, room + 1);
		if (!text)
			die(EXIT_INPUT, "no memory for a file");
		*len += fread(text + *len, 1, room - *len, f);
		text[*len] = 0;
		if (*len < room)
			return text;
	}
}

char *slurp(const char *path, size_t *len)
{
	FILE *f = fopen(path, "re");
	size_t ignored;
	char *text;
	int err;

	if (!f)
		return NULL;
	text = read_all(f, len ? len : &ignored);
	err = ferror(f) ? errno : 0;
	fclose(f);
	if (!err)
		return text;
	free(text);
	errno = err;
	return NULL;
}

char *sys_slurp(const char *path, size_t *len)
{
	return slurp(sys_path(path), len);
}

bool sys_number(const char *path, uint64_t *n)
{
	char *text = sys_slurp(path, NULL), *end;
	bool ok;

	if (!text)
		return false;
	*n = strtoull(text, &end, 0);
	ok = end != text;
	free(text);
	return ok;
}
