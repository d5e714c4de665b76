// SPDX-License-Identifier: GPL-2.0-only
/* Latency of file handlers, by operation */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>

#include "kholat.h"
#include "kholat.skel.h"
#include "main.h"

#define BAR	40

static struct kholat_bpf *bpf;

static struct bpf_object_skeleton *lat_open(const struct options *options)
{
	bpf = kholat_bpf__open();
	if (!bpf)
		return NULL;
	bpf->rodata->only_pid = options->pid;
	return bpf->skeleton;
}

/* From the first used slot to the last */
static int first_slot(const struct hist *hist)
{
	int slot = 0;

	while (slot < NR_SLOTS - 1 && !hist->slots[slot])
		slot++;
	return slot;
}

static int last_slot(const struct hist *hist)
{
	int slot = NR_SLOTS - 1;

	while (slot && !hist->slots[slot])
		slot--;
	return slot;
}

static void print_json(const struct hist_key *key, const struct hist *hist)
{
	int slot;

	printf("{\"event\":\"histogram\",\"handler\":");
	print_json_string(key->handler);
	printf(",\"op\":");
	print_json_string(key->op);
	printf(",\"nr\":%llu,\"errors\":%llu,\"sum_ns\":%llu,\"max_ns\":%llu,\"slots\":[",
	       hist->nr, hist->errors, hist->sum_ns, hist->max_ns);
	for (slot = first_slot(hist); slot <= last_slot(hist); slot++)
		printf("%s{\"below_ns\":%llu,\"nr\":%llu}", slot == first_slot(hist) ? "" : ",",
		       1ULL << slot, hist->slots[slot]);
	printf("]}\n");
}

static void print_text(const struct hist_key *key, const struct hist *hist)
{
	unsigned long long most = 0;
	int slot;

	for (slot = 0; slot < NR_SLOTS; slot++)
		if (hist->slots[slot] > most)
			most = hist->slots[slot];
	printf("\n%s %s: %llu, %llu failed, mean %llu ns, at most %llu ns\n", key->handler, key->op,
	       hist->nr, hist->errors, hist->sum_ns / (hist->nr ?: 1), hist->max_ns);
	printf("%16s %10s\n", "BELOW ns", "CALLS");
	for (slot = first_slot(hist); slot <= last_slot(hist); slot++)
		printf("%16llu %10llu %.*s\n", 1ULL << slot, hist->slots[slot],
		       (int)((hist->slots[slot] * BAR + most - 1) / most),
		       "****************************************");
}

static int lat_report(bool last)
{
	int fd = bpf_map__fd(bpf->maps.hists);
	struct hist_key key, *before = NULL;
	struct hist hist;

	(void)last;
	for (; !bpf_map_get_next_key(fd, before, &key); before = &key) {
		if (bpf_map_lookup_elem(fd, &key, &hist))
			continue;
		if (options.json)
			print_json(&key, &hist);
		else
			print_text(&key, &hist);
	}
	return 0;
}

const struct tool tool = {
	.name = "kholat",
	.doc = "Show histograms of the time that handlers of preserved files take, for each "
	       "handler and operation.",
	.has_interval = true,
	.proof = "kho_file",
	.function = "memfd_luo_preserve",
	.option = "CONFIG_LIVEUPDATE_MEMFD",
	.needs_luo = true,
	.open = lat_open,
	.report = lat_report,
};
