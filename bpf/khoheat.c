// SPDX-License-Identifier: GPL-2.0-only
/* Preserved, unpreserved and restored memory, by node and order */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "khoheat.h"
#include "khoheat.skel.h"
#include "main.h"
#include "nodes.h"

#define BAR	20

struct row {
	struct heat_key key;
	struct heat heat;
};

static struct khoheat_bpf *bpf;

static struct bpf_object_skeleton *heat_open(const struct options *options)
{
	bpf = khoheat_bpf__open();
	if (!bpf)
		return NULL;
	bpf->rodata->only_pid = options->pid;
	return bpf->skeleton;
}

static int heat_use_functions(const struct btf *btf)
{
	return nodes_find(bpf->obj, btf, (struct node_range *)bpf->rodata->node_ranges,
			  (__u64 *)&bpf->rodata->vmemmap_base_at);
}

/* Negative if memory was preserved before the start */
static int64_t net_bytes(const struct heat *heat)
{
	return (int64_t)(heat->pages[RANGE_PRESERVE] - heat->pages[RANGE_UNPRESERVE]) * 4096;
}

static int by_key(const void *a, const void *b)
{
	const struct heat_key *one = a, *two = b;

	if (one->nid != two->nid)
		return one->nid < two->nid ? -1 : 1;
	return (int)one->order - (int)two->order;
}

/* All rows, sorted. Returns their number, or a negative errno. */
static int read_rows(struct row **rows)
{
	int fd = bpf_map__fd(bpf->maps.heats), nr = 0;
	struct heat_key key, *last = NULL;

	*rows = calloc(bpf_map__max_entries(bpf->maps.heats), sizeof(**rows));
	if (!*rows)
		return -ENOMEM;
	while (!bpf_map_get_next_key(fd, last, &key)) {
		struct row *row = *rows + nr;

		row->key = key;
		last = &row->key;
		if (!bpf_map_lookup_elem(fd, &key, &row->heat))
			nr++;
	}
	qsort(*rows, nr, sizeof(**rows), by_key);
	return nr;
}

static void print_json(const struct row *row)
{
	const uint64_t *pages = (const uint64_t *)row->heat.pages;
	unsigned int order = row->key.order;

	printf("{\"event\":\"heat\",\"node\":%d,\"order\":%u,\"preserved\":%lu,\"unpreserved\":%lu,"
	       "\"restored\":%lu,\"bytes\":%ld}\n", row->key.nid, order,
	       pages[RANGE_PRESERVE] >> order, pages[RANGE_UNPRESERVE] >> order,
	       pages[RANGE_RESTORE] >> order, net_bytes(&row->heat));
}

static void print_row(const struct row *row, int64_t most)
{
	const uint64_t *pages = (const uint64_t *)row->heat.pages;
	int64_t net = net_bytes(&row->heat);
	unsigned int order = row->key.order;
	int length = most > 0 && net > 0 ? (net * BAR + most - 1) / most : 0;

	printf("%4d %5u %12lu %12lu %12lu %12.1f %.*s\n", row->key.nid, order,
	       pages[RANGE_PRESERVE] >> order, pages[RANGE_UNPRESERVE] >> order,
	       pages[RANGE_RESTORE] >> order, net / 1048576.0, length, "####################");
}

static int heat_report(bool last)
{
	int64_t most = 0;
	struct row *rows;
	int i, nr = read_rows(&rows);

	(void)last;
	if (nr < 0) {
		complain("%s", strerror(-nr));
		return nr;
	}
	for (i = 0; i < nr; i++)
		if (net_bytes(&rows[i].heat) > most)
			most = net_bytes(&rows[i].heat);
	if (!options.json)
		printf("%4s %5s %12s %12s %12s %12s\n", "NODE", "ORDER", "PRESERVED", "UNPRESERVED",
		       "RESTORED", "NET MiB");
	for (i = 0; i < nr; i++) {
		if (options.json)
			print_json(rows + i);
		else
			print_row(rows + i, most);
	}
	free(rows);
	return 0;
}

const struct tool tool = {
	.name = "khoheat",
	.doc = "Show how many folios of each node and order are preserved, unpreserved and "
	       "restored while it runs.",
	.has_interval = true,
	.proof = "kho_preserve",
	.function = "kho_preserve_folio",
	.option = "CONFIG_KEXEC_HANDOVER",
	.use_functions = heat_use_functions,
	.open = heat_open,
	.report = heat_report,
};
