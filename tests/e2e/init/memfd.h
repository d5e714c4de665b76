/* SPDX-License-Identifier: GPL-2.0-only */
/* Contents of memfds, a pattern of its own in each page. */
#ifndef MEMFD_H
#define MEMFD_H

#include <stdint.h>

/* Fills @pages pages of @fd with what @name stands for. */
const char *memfd_fill(int fd, const char *name, uint64_t pages);
/* Is that what @fd holds, no more and no less?  A reason if not. */
const char *memfd_check(int fd, const char *name, uint64_t pages);

#endif /* MEMFD_H */
