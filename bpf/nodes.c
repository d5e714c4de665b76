// SPDX-License-Identifier: GPL-2.0-only
#include "nodes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "main.h"
#include "obstacle.h"
#include "zones.h"

#define SYMBOL	"vmemmap_base"

static const char *const fallbacks[] = { "kho_radix_add_key", "kho_radix_del_key" };

static int read_zones(FILE *f, struct node_range ranges[MAX_NODE_RANGES])
{
	struct zone zone;
	size_t nr = 0;

	while (zone_next(f, &zone)) {
		if (nr == MAX_NODE_RANGES)
			return -E2BIG;
		ranges[nr++] = (struct node_range){ zone.pfn, zone.end, zone.node };
	}
	return nr ? 0 : -ENODATA;
}

static int find_zones(struct node_range ranges[MAX_NODE_RANGES])
{
	FILE *f = fopen("/proc/zoneinfo", "re");
	int err = f ? read_zones(f, ranges) : -errno;

	if (f)
		fclose(f);
	if (err == -ENOENT)
		complain("/proc/zoneinfo: is not there, so nodes are not known: mount -t proc none "
			 "/proc");
	else if (err)
		complain("/proc/zoneinfo: %s, so nodes are not known", strerror(-err));
	return err;
}

/* Programs that are not loaded by default */
static int load_fallbacks(struct bpf_object *object, const struct btf *btf)
{
	struct bpf_program *prog;
	size_t i;

	for (i = 0; i < sizeof(fallbacks) / sizeof(*fallbacks); i++) {
		if (btf__find_by_name_kind(btf, fallbacks[i], BTF_KIND_FUNC) > 0)
			continue;
		complain("%s; nor has this kernel %s(), which has the address of pages too",
			 why_no_address(SYMBOL), fallbacks[i]);
		return -ENOENT;
	}
	bpf_object__for_each_program(prog, object)
		bpf_program__set_autoload(prog, true);
	return 0;
}

int nodes_find(struct bpf_object *object, const struct btf *btf,
	       struct node_range ranges[MAX_NODE_RANGES], __u64 *vmemmap_base_at)
{
	uint64_t at = 0;
	int err = find_zones(ranges);

	if (!err && (symbol_find(SYMBOL, &at) || !at))
		err = load_fallbacks(object, btf);
	*vmemmap_base_at = at;
	return err;
}
