// SPDX-License-Identifier: GPL-2.0-only
/* Files below the root folder. Those of /proc and /sys have no meaningful length. */
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Far above any file that is read as a whole */
#define MAX_BYTES	(64U << 20)

static const char *root = "";

void file_root(const char *dir)
{
	root = dir;
}

bool file_is_local(void)
{
	return !*root;
}

const char *file_path(const char *path)
{
	static _Thread_local char paths[2][4096];
	static _Thread_local int turn;

	turn = !turn;
	snprintf(paths[turn], sizeof(paths[turn]), "%s%s", root, path);
	return paths[turn];
}

bool file_exists(const char *path)
{
	return !access(file_path(path), F_OK);
}

FILE *file_open(const char *path)
{
	return fopen(file_path(path), "re");
}

bool file_line(const char *path, char *line, size_t size)
{
	FILE *f = file_open(path);
	bool ok = f && fgets(line, size, f);

	if (f)
		fclose(f);
	if (ok)
		line[strcspn(line, "\n")] = 0;
	return ok;
}

bool file_number(const char *path, uint64_t *n)
{
	char line[64], *end = line;

	if (file_line(path, line, sizeof(line)))
		*n = strtoull(line, &end, 0);
	return end != line;
}

char *file_text(FILE *f, size_t *len)
{
	size_t size = 1 << 14, nr = 0;
	char *text = NULL, *more;
	int err = f ? 0 : errno;

	while (!err && !feof(f)) {
		more = size <= MAX_BYTES ? realloc(text, size + 1) : NULL;
		if (!more) {
			err = size <= MAX_BYTES ? ENOMEM : EFBIG;
			break;
		}
		text = more;
		nr += fread(text + nr, 1, size - nr, f);
		text[nr] = 0;
		err = ferror(f) ? errno : 0;
		size *= 2;
	}
	if (f && f != stdin)
		fclose(f);
	if (len)
		*len = nr;
	if (!err)
		return text;
	free(text);
	errno = err;
	return NULL;
}

size_t for_each_open_file(open_file_fn fn, void *data)
{
	DIR *proc = opendir(file_path("/proc")), *fds;
	struct dirent *process, *fd;
	char path[64], target[256];
	size_t denied = 0;
	bool more = true;
	ssize_t len;

	while (proc && more && (process = readdir(proc))) {
		if (atoi(process->d_name) <= 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/fd", atoi(process->d_name));
		fds = opendir(file_path(path));
		denied += !fds && (errno == EACCES || errno == EPERM);
		while (fds && more && (fd = readdir(fds))) {
			len = readlinkat(dirfd(fds), fd->d_name, target, sizeof(target) - 1);
			if (len < 0)
				continue;
			target[len] = 0;
			more = fn(data, atoi(process->d_name), atoi(fd->d_name), target);
		}
		if (fds)
			closedir(fds);
	}
	if (proc)
		closedir(proc);
	return denied;
}
