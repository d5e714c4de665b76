/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory layout of a stock kernel, for programs that trace its functions */
#ifndef NODES_H
#define NODES_H

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "ranges.h"

/*
 * Set @ranges, the pages of each zone by /proc/zoneinfo, and @vmemmap_base_at. If the kernel hides
 * the latter, load the programs of @object that replace it. Prints its errors.
 */
int nodes_find(struct bpf_object *object, const struct btf *btf,
	       struct node_range ranges[MAX_NODE_RANGES], __u64 *vmemmap_base_at);

#endif /* NODES_H */
