/* SPDX-License-Identifier: GPL-2.0-only */
/* Physical memory and its map, for both implementations. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stddef.h>

struct memory {
	char		*arena;		/* address space: touched on demand */
	void		*memmap;
	unsigned long	nr_pages;
};

extern struct memory memory;

/* @huge: the map in huge pages, as the kernel maps it; what is touched is then resident. */
void memory_make(unsigned long nr_pages, bool huge);

/* Address space, aligned like a huge page; ends the program if there is none. */
void *memory_reserve(size_t size);

#endif /* MEMORY_H */
