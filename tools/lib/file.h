/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of the inspected system: this one, or a copy of another one's below a root folder.
 * Paths begin with a slash and are relative to that folder.
 */
#ifndef FILE_H
#define FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

void file_root(const char *dir);		/* must stay valid; "": this system */
bool file_is_local(void);			/* this system is inspected */
const char *file_path(const char *path);	/* valid until the thread's next call but one */
bool file_exists(const char *path);
FILE *file_open(const char *path);
bool file_line(const char *path, char *line, size_t size);	/* the first, without newline */
bool file_number(const char *path, uint64_t *n);
/* All of @f and a 0, to be freed, and closes @f. NULL: errno, of opening it if @f is NULL. */
char *file_text(FILE *f, size_t *len);

/* @target: what the descriptor links to, possibly truncated; false ends the iteration */
typedef bool (*open_file_fn)(void *data, pid_t pid, int fd, const char *target);
/* Of all processes. Returns the number of those that are not accessible. */
size_t for_each_open_file(open_file_fn fn, void *data);

#endif /* FILE_H */
