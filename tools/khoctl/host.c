// SPDX-License-Identifier: GPL-2.0-only
/* State of this kernel and its memory: /proc, and the files of KHO in debugfs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "khoctl.h"

static char *read_release(void)
{
	char *release = file_text(file_open("/proc/sys/kernel/osrelease"), NULL);

	if (release)
		release[strcspn(release, "\n")] = 0;
	return release ? release : strdup("unknown");
}

/* Two files with a line per area, addresses and lengths. */
static void read_scratch(struct host *host)
{
	char *addrs = file_text(file_open(KHO_DIR "/out/scratch_phys"), NULL);
	char *sizes = file_text(file_open(KHO_DIR "/out/scratch_len"), NULL);
	char *a = addrs, *s = sizes;

	while (a && s && *a && *s) {
		char *a_end, *s_end;
		struct area area = { strtoull(a, &a_end, 0), strtoull(s, &s_end, 0) };

		if (a_end == a || s_end == s)
			break;
		host->scratch = array_grow(host->scratch, host->nr_scratch, sizeof(area));
		host->scratch[host->nr_scratch++] = area;
		a = a_end + strspn(a_end, "\n");
		s = s_end + strspn(s_end, "\n");
	}
	free(addrs);
	free(sizes);
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
		.release = read_release(),
		.no_kho = text_dup(why_no_kho_files()),
		.no_luo = text_dup(why_no_luo()),
	};
	host->kho = !host->no_kho;
	host->luo = !host->no_luo;
	host->fast = file_exists(KHO_DIR "/timeline.json") ||
		     file_exists(KHO_DIR "/in/preserved") ||
		     file_exists(DEBUGFS "/liveupdate/state");
	read_scratch(host);
	read_zones(host);
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
