// SPDX-License-Identifier: GPL-2.0-only
/* Access to files below the root folder. Those of /proc and /sys have no usable length. */
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Far above any file that is read as a whole */
#define MAX_BYTES	(64U << 20)

static const char *root = "";

/**
 * file_root() - Inspect another system
 * @dir: folder with its files, which must stay valid; "" is this system
 */
void file_root(const char *dir)
{
	root = dir;
}

/**
 * file_is_local() - Whether this system is inspected
 */
bool file_is_local(void)
{
	return !*root;
}

/**
 * file_path() - Path below the root folder
 * @path: the path without it
 *
 * Return: the path, until the thread's next call but one.
 */
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

/**
 * file_line() - Read the first line of a file
 * @path: the file
 * @line: buffer for the line, without its newline
 * @size: size of @line
 *
 * Return: false if there is none; errno if the file cannot be opened.
 */
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

/**
 * file_number() - Read the number at the begin of a file
 * @path: the file
 * @n: set to the number
 *
 * Return: false if there is none.
 */
bool file_number(const char *path, uint64_t *n)
{
	char line[64], *end = line;

	if (file_line(path, line, sizeof(line)))
		*n = strtoull(line, &end, 0);
	return end != line;
}

/**
 * file_text() - Read a file to its end and close it
 * @f: the file, or NULL with the errno of opening it
 * @len: set to the length, if not NULL
 *
 * Return: the contents with a 0 behind them, to be freed; NULL and errno on error.
 */
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

/**
 * for_each_open_file() - Call a function for each open file of each process
 * @fn: the function; @target is what the descriptor links to, possibly truncated
 * @data: first argument of @fn
 *
 * Return: the number of processes whose files are not accessible.
 */
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
