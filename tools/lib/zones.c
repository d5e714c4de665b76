// SPDX-License-Identifier: GPL-2.0-only
/*
 * Zones of memory in /proc/zoneinfo. "Node N, zone" is the first line of each, start_pfn the last:
 *
 *	Node 0, zone   Normal
 *	        spanned  1310720
 *	        present  1310720
 *	  start_pfn:           1048576
 */
#include "zones.h"

#include <inttypes.h>

bool zone_next(FILE *f, struct zone *zone)
{
	uint64_t spanned = 0;
	char line[256];

	*zone = (struct zone){ .node = -1 };
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "Node %d, zone", &zone->node) == 1)
			spanned = zone->present = 0;
		if (sscanf(line, " spanned %" SCNu64, &spanned) == 1 ||
		    sscanf(line, " present %" SCNu64, &zone->present) == 1 ||
		    sscanf(line, " start_pfn: %" SCNu64, &zone->pfn) != 1)
			continue;
		zone->end = zone->pfn + spanned;
		if (spanned && zone->node >= 0)
			return true;
	}
	return false;
}
