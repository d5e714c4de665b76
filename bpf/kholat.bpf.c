// SPDX-License-Identifier: GPL-2.0-only
#include "files.bpf.h"
#include "kholat.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct hist_key);
	__type(value, struct hist);
} hists SEC(".maps");

static const struct hist empty;

static __always_inline unsigned int slot_of(__u64 ns)
{
	unsigned int slot;

	for (slot = 0; slot < NR_SLOTS - 1 && ns; slot++)
		ns >>= 1;
	return slot;
}

static struct hist *get_hist(const struct hist_key *key)
{
	struct hist *hist = bpf_map_lookup_elem(&hists, key);

	if (hist)
		return hist;
	bpf_map_update_elem(&hists, key, &empty, BPF_NOEXIST);
	return bpf_map_lookup_elem(&hists, key);
}

static void on_file(struct file_op *file)
{
	struct hist_key key = {};
	struct hist *hist;

	__builtin_memcpy(key.handler, file->handler, sizeof(key.handler));
	__builtin_memcpy(key.op, file->op, sizeof(key.op));
	hist = get_hist(&key);
	if (!hist) {
		lose_one();
		return;
	}
	__sync_fetch_and_add(&hist->nr, 1);
	__sync_fetch_and_add(&hist->sum_ns, file->ns);
	__sync_fetch_and_add(&hist->slots[slot_of(file->ns)], 1);
	if (file->err)
		__sync_fetch_and_add(&hist->errors, 1);
	if (file->ns > hist->max_ns)
		hist->max_ns = file->ns;	/* a race may miss one of two */
}
