// SPDX-License-Identifier: GPL-2.0-only
/* Sums stay in the kernel: a folio costs one lookup and no event. */
#include "khoheat.h"
#include "ranges.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct heat_key);
	__type(value, struct heat);
} heats SEC(".maps");

static const struct heat none;

static void on_range(const struct range *range)
{
	struct heat_key key = { .nid = range->nid, .order = range->order };
	struct heat *heat = bpf_map_lookup_elem(&heats, &key);

	if (!heat) {
		bpf_map_update_elem(&heats, &key, &none, BPF_NOEXIST);
		heat = bpf_map_lookup_elem(&heats, &key);
	}
	if (heat && range->op < NR_RANGE_OPS)
		__sync_fetch_and_add(&heat->pages[range->op], range->nr_pages);
	else
		lose_one();
}
