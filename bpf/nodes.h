/* SPDX-License-Identifier: GPL-2.0-only */
/* What programs that watch functions of a stock kernel must be told of its memory. */
#ifndef NODES_H
#define NODES_H

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "ranges.h"

/*
 * Fill in @ranges, the pages of each zone by /proc/zoneinfo, and @vmemmap_base_at; where the
 * kernel hides that, have the programs of @object loaded that do without. Says why it fails.
 */
int nodes_find(struct bpf_object *object, const struct btf *btf,
	       struct node_range ranges[MAX_NODE_RANGES], __u64 *vmemmap_base_at);

#endif /* NODES_H */
