// SPDX-License-Identifier: GPL-2.0-only
#include "nodes.h"

#include <stdio.h>

/*
 * Of each zone, "Node N," comes first and start_pfn last:
 *
 *	Node 0, zone   Normal
 *	        spanned  1310720
 *	  start_pfn:           1048576
 */
void nodes_read(struct node_range *ranges, size_t max)
{
	unsigned long long spanned = 0, start;
	FILE *f = fopen("/proc/zoneinfo", "re");
	char line[256];
	size_t nr = 0;
	int nid = -1;

	while (f && nr < max && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "Node %d,", &nid) == 1 ||
		    sscanf(line, " spanned %llu", &spanned) == 1 ||
		    sscanf(line, " start_pfn: %llu", &start) != 1 || !spanned)
			continue;
		ranges[nr++] = (struct node_range){ start, start + spanned, nid };
	}
	if (f)
		fclose(f);
}
