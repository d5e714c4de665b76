/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of the inspected system: this one, or a copy of another one's below a root folder.
 * Paths begin with a slash.
 */
#ifndef FILE_H
#define FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

void file_root(const char *dir);
bool file_is_local(void);
const char *file_path(const char *path);
bool file_exists(const char *path);
FILE *file_open(const char *path);
bool file_line(const char *path, char *line, size_t size);
bool file_number(const char *path, uint64_t *n);
char *file_text(FILE *f, size_t *len);

/* An open file of a process; false ends the iteration. */
typedef bool (*open_file_fn)(void *data, pid_t pid, int fd, const char *target);

size_t for_each_open_file(open_file_fn fn, void *data);

#endif /* FILE_H */
