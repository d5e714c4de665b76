/* SPDX-License-Identifier: GPL-2.0-only */
/* Contents of memfds: a pattern of its own in each page */
#ifndef MEMFD_H
#define MEMFD_H

#include <stdint.h>

/* Fill @pages pages of @fd with the patterns of @name. */
const char *memfd_fill(int fd, const char *name, uint64_t pages);
/* Compare size and contents of @fd; returns a reason if they differ. */
const char *memfd_check(int fd, const char *name, uint64_t pages);

#endif /* MEMFD_H */
