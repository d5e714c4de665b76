/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files that make up timeline.h. */
#ifndef TIMELINE_READ_H
#define TIMELINE_READ_H

#include <stdbool.h>

struct json_object;

/* Sets the error, of the file that was opened last; returns false. */
bool timeline_refuse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A file, to be freed; NULL and the error */
char *timeline_text(const char *path);
/* Checks it, and takes it over; NULL and the error */
struct timeline *timeline_read(struct json_object *json);

#endif /* TIMELINE_READ_H */
