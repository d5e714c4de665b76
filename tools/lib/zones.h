/* SPDX-License-Identifier: GPL-2.0-only */
/* Zones of memory, from /proc/zoneinfo */
#ifndef ZONES_H
#define ZONES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct zone {
	uint64_t	pfn, end;
	uint64_t	present;	/* pages */
	int		node;
};

/* The next zone of @f that spans memory; false: none */
bool zone_next(FILE *f, struct zone *zone);

#endif /* ZONES_H */
