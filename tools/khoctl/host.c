// SPDX-License-Identifier: GPL-2.0-only
/* State of this kernel and its memory: /proc, and the files of KHO in debugfs. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "khoctl.h"

/* Two files with a line per area, addresses and lengths */
static void read_scratch(struct host *host)
{
	FILE *addrs = file_open(KHO_DIR "/out/scratch_phys");
	FILE *sizes = file_open(KHO_DIR "/out/scratch_len");
	struct area area;

	while (addrs && sizes && fscanf(addrs, "%" SCNi64, &area.addr) == 1 &&
	       fscanf(sizes, "%" SCNi64, &area.size) == 1) {
		host->scratch = array_grow(host->scratch, host->nr_scratch, sizeof(area));
		host->scratch[host->nr_scratch++] = area;
	}
	if (addrs)
		fclose(addrs);
	if (sizes)
		fclose(sizes);
	if (host->kho && !host->nr_scratch)
		warnx(KHO_DIR "/out/scratch_phys, scratch_len: cannot be read: scratch areas are "
		      "not known");
}

static void read_zones(struct host *host)
{
	FILE *f = file_open("/proc/zoneinfo");
	struct zone zone;

	while (f && zone_next(f, &zone)) {
		if (zone.node >= MAX_NODES)
			continue;
		host->zones = array_grow(host->zones, host->nr_zones, sizeof(zone));
		host->zones[host->nr_zones++] = zone;
		host->memory += zone.present * PAGE_BYTES;
	}
	if (f)
		fclose(f);
	if (!host->nr_zones)
		errx(EXIT_INPUT, "%s: %s: nodes and the size of memory are not known",
		     file_path("/proc/zoneinfo"), f ? "has no zones" : strerror(errno));
}

void host_read(struct host *host)
{
	const char *why = why_no_debugfs();

	if (why)
		errx(EXIT_INPUT, "%s", why);
	*host = (struct host){
		.no_kho = text_dup(why_no_kho_files()),
		.no_luo = text_dup(why_no_luo()),
	};
	if (!file_line("/proc/sys/kernel/osrelease", host->release, sizeof(host->release)))
		strcpy(host->release, "unknown");
	host->kho = !host->no_kho;
	host->luo = !host->no_luo;
	host->fast = file_exists(KHO_DIR "/timeline.json") ||
		     file_exists(KHO_DIR "/in/preserved") ||
		     file_exists(DEBUGFS "/liveupdate/state");
	read_scratch(host);
	read_zones(host);
}

const char *host_preflight(char *line, size_t size)
{
	static const char refused[] = "refused: ";

	*line = 0;
	file_line(KHO_DIR "/out/preflight", line, size);
	return strncmp(line, refused, strlen(refused)) ? NULL : line + strlen(refused);
}

int host_node(const struct host *host, uint64_t pfn)
{
	size_t i;

	for (i = 0; i < host->nr_zones; i++) {
		if (pfn >= host->zones[i].pfn && pfn < host->zones[i].end)
			return host->zones[i].node;
	}
	return -1;
}
