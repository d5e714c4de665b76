/* SPDX-License-Identifier: GPL-2.0-only */
/* Contents of memfds: a pattern of its own in each page; and their properties */
#ifndef MEMFD_H
#define MEMFD_H

#include <stdint.h>

#include "steps.h"

/*
 * Fill @fd with the patterns of @name: one in @step of @pages pages. The others stay holes if
 * they are.
 */
const char *memfd_fill(int fd, const char *name, uint64_t pages, uint64_t step);
/* Compare size and contents of @fd; returns a reason if they differ. */
const char *memfd_check(int fd, const char *name, uint64_t pages, uint64_t step);
/* The same, with what @step says: pages=, step= and holes= */
const char *memfd_check_step(int fd, const char *name, const struct step *step);
/* A page of @fd gets a memory error. */
const char *memfd_poison(int fd, uint64_t page);
/* Compare the properties that @step names, see the README; returns a reason if one differs. */
const char *memfd_is(int fd, const struct step *step);

#endif /* MEMFD_H */
