// SPDX-License-Identifier: GPL-2.0-only
/* Each preserved, unpreserved or restored range of memory, with its caller */
#include <stdio.h>

#include "khosnoop.h"
#include "khosnoop.skel.h"
#include "main.h"
#include "nodes.h"

static const char *const ops[NR_RANGE_OPS] = { "preserve", "unpreserve", "restore" };

static struct khosnoop_bpf *bpf;

static struct bpf_object_skeleton *snoop_open(const struct options *options)
{
	bpf = khosnoop_bpf__open();
	if (!bpf)
		return NULL;
	bpf->rodata->only_pid = options->pid;
	return bpf->skeleton;
}

static int snoop_use_functions(const struct btf *btf)
{
	return nodes_find(bpf->obj, btf, (struct node_range *)bpf->rodata->node_ranges,
			  (__u64 *)&bpf->rodata->vmemmap_base_at);
}

static void print_json(const struct snoop_event *event)
{
	const struct range *range = &event->range;

	printf("{\"event\":\"%s\",\"ns\":%llu,\"address\":%llu,\"pages\":%llu,\"order\":%u,"
	       "\"node\":%d,", ops[range->op], event->ns, range->pfn << 12, range->nr_pages,
	       range->order, range->nid);
	if (range->caller)
		printf("\"caller\":\"0x%llx\",", range->caller);
	printf("\"pid\":%u,\"process\":", event->pid);
	print_json_string(event->comm);
	printf("}\n");
}

static void snoop_event(const void *data)
{
	const struct snoop_event *event = data;
	const struct range *range = &event->range;

	if (options.json)
		print_json(event);
	else
		printf("%-14.6f %-16s %-7u %-10s 0x%-14llx %8llu %5u %4d\n", event->ns / 1e9,
		       event->comm, event->pid, ops[range->op], range->pfn << 12, range->nr_pages,
		       range->order, range->nid);
}

const struct tool tool = {
	.name = "khosnoop",
	.doc = "Show each piece of memory that is preserved for the next kernel, unpreserved, "
	       "or restored from the previous one.",
	.header = "SECONDS        PROCESS          PID     OPERATION  ADDRESS             PAGES "
		  "ORDER NODE\n",
	.proof = "kho_preserve",
	.function = "kho_preserve_folio",
	.option = "CONFIG_KEXEC_HANDOVER",
	.use_functions = snoop_use_functions,
	.open = snoop_open,
	.event = snoop_event,
};
