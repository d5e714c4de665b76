/* SPDX-License-Identifier: GPL-2.0-only */
/* The zones of memory, by /proc/zoneinfo. */
#ifndef ZONES_H
#define ZONES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct zone {
	uint64_t	pfn, end;
	uint64_t	present;	/* pages; the others are holes */
	int		node;
};

/* Read on to the next zone that spans memory; false: there is none. */
bool zone_next(FILE *f, struct zone *zone);

#endif /* ZONES_H */
