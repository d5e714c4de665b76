// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events of a live update: phases and frozen sessions before the jump, retrieved sessions and
 * files after it; at the end sums and, on accelerated kernels, the timeline.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "khoblackout.h"
#include "khoblackout.skel.h"
#include "main.h"
#include "obstacle.h"
#include "timeline.h"

#define BAR		30
#define MAX_SUMS	32

static const char *const kinds[] = { "phase", "session", "file" };
static const char *timeline_path;	/* NULL: the kernel's, if any */

static struct sum {
	uint32_t kind;
	char op[OP_LEN];
	uint64_t nr, errors, ns, max_ns;
} sums[MAX_SUMS];

static error_t parse(int key, char *arg, struct argp_state *state)
{
	(void)state;
	if (key != 't')
		return ARGP_ERR_UNKNOWN;
	timeline_path = arg;
	return 0;
}

static const struct argp_option more_options[] = {
	{ "timeline", 't', "FILE", 0, "Show this timeline at the end; default: the kernel's",
	  0 },
	{ 0 }
};
static const struct argp more = { .options = more_options, .parser = parse };

static struct bpf_object_skeleton *blackout_open(const struct options *options)
{
	struct khoblackout_bpf *bpf = khoblackout_bpf__open();

	if (!bpf)
		return NULL;
	bpf->rodata->only_pid = options->pid;
	return bpf->skeleton;
}

static void add(const struct blackout_event *event)
{
	struct sum *sum = sums;

	if (event->kind == BLACKOUT_PHASE)
		return;
	while (sum->nr && (sum->kind != event->kind || strcmp(sum->op, event->what.op)))
		if (++sum == sums + MAX_SUMS)
			return;
	sum->kind = event->kind;
	memcpy(sum->op, event->what.op, sizeof(sum->op));
	sum->nr++;
	sum->errors += !!event->what.err;
	sum->ns += event->what.ns;
	if (event->what.ns > sum->max_ns)
		sum->max_ns = event->what.ns;
}

static void print_json(const struct blackout_event *event)
{
	printf("{\"event\":\"%s\",\"at_ns\":%llu,\"op\":", kinds[event->kind], event->at_ns);
	print_json_string(event->what.op);
	printf(",\"%s\":", event->kind == BLACKOUT_FILE ? "handler" : "name");
	print_json_string(event->what.handler);
	if (event->kind == BLACKOUT_FILE && event->what.token)
		printf(",\"token\":%llu", event->what.token);
	if (event->what.ns)
		printf(",\"ns\":%llu", event->what.ns);
	printf(",\"err\":%d}\n", event->what.err);
}

static void print_text(const struct blackout_event *event)
{
	static unsigned long long origin;

	if (!origin)
		origin = event->at_ns;
	printf("%+14.3f ms  %-8s %-10s %s", (event->at_ns - origin) / 1e6, kinds[event->kind],
	       event->what.op, event->what.handler);
	if (event->what.ns)
		printf("  %.3f ms", event->what.ns / 1e6);
	if (event->what.err)
		printf("  %s", strerror(-event->what.err));
	putchar('\n');
}

static void blackout_event(const void *data)
{
	const struct blackout_event *event = data;

	add(event);
	if (options.json)
		print_json(event);
	else
		print_text(event);
}

static void print_sums(void)
{
	const struct sum *sum;

	for (sum = sums; sum < sums + MAX_SUMS && sum->nr; sum++) {
		if (options.json)
			printf("{\"event\":\"sum\",\"of\":\"%s\",\"op\":\"%s\",\"nr\":%lu,"
			       "\"errors\":%lu,\"ns\":%lu,\"max_ns\":%lu}\n", kinds[sum->kind],
			       sum->op, sum->nr, sum->errors, sum->ns, sum->max_ns);
		else
			printf("# %s %s: %lu, %lu failed, %.3f ms, at most %.3f ms\n",
			       kinds[sum->kind], sum->op, sum->nr, sum->errors, sum->ns / 1e6,
			       sum->max_ns / 1e6);
	}
}

static void item_json(const char *kind, const struct timeline_item *item)
{
	printf("{\"event\":\"%s\",\"kernel\":\"%s\",\"name\":", kind, item->old ? "old" : "new");
	print_json_string(item->name);
	if (item->label) {
		printf(",\"label\":");
		print_json_string(item->label);
	}
	if (item->node >= 0)
		printf(",\"node\":%d", item->node);
	printf(",\"begin_ns\":%lu,\"end_ns\":%lu}\n", item->begin_ns, item->end_ns);
}

static void timeline_json(const struct timeline *t)
{
	size_t i;

	for (i = 0; i < t->nr_phases; i++)
		item_json("timeline-phase", t->phases + i);
	for (i = 0; i < t->nr_spans; i++)
		item_json("timeline-span", t->spans + i);
}

static void timeline_text(const struct timeline *t)
{
	uint64_t all = timeline_ns(t) ?: 1;
	size_t i;

	printf("\n%-6s %-14s %12s %12s\n", "KERNEL", "PHASE", "BEGIN ms", "TOOK ms");
	for (i = 0; i < t->nr_phases; i++) {
		const struct timeline_item *phase = t->phases + i;
		uint64_t ns = phase->end_ns - phase->begin_ns;

		printf("%-6s %-14s %12.3f %12.3f %.*s\n", phase->old ? "old" : "new", phase->name,
		       phase->begin_ns / 1e6, ns / 1e6, (int)((ns * BAR + all - 1) / all),
		       "##############################");
	}
	for (i = 0; i < t->nr_totals; i++)
		printf("# %s kernel, %s: %lu, %.3f ms, at most %.3f ms\n",
		       t->totals[i].old ? "old" : "new", t->totals[i].name, t->totals[i].nr,
		       t->totals[i].sum_ns / 1e6, t->totals[i].max_ns / 1e6);
}

/* Why the kernel's timeline is missing */
static const char *why_no_timeline(void)
{
	const char *why = why_no_kho_files();

	return why || !access(TIMELINE_FILE, F_OK) ? why : TIMELINE_FILE ": is not there";
}

/* Stock has none, which is no error unless a file was given. */
static int print_timeline(void)
{
	const char *path = timeline_path ?: TIMELINE_FILE;
	const char *why = timeline_path ? NULL : why_no_timeline();
	struct timeline *t;

	if (why && !has_events)
		return 0;
	if (why) {
		complain("no timeline: %s", why);
		return -ENOENT;
	}
	t = timeline_load(path);
	if (!t) {
		complain("%s", timeline_error());
		return -EINVAL;
	}
	if (options.json)
		timeline_json(t);
	else
		timeline_text(t);
	timeline_free(t);
	return 0;
}

static int blackout_report(bool last)
{
	(void)last;
	print_sums();
	return print_timeline();
}

const struct tool tool = {
	.name = "khoblackout",
	.doc = "Show the events of a live update, from the freeze to the last session that is "
	       "finished, and the timeline of both kernels.",
	.more = &more,
	.proof = "kho_session",
	.function = "liveupdate_reboot",
	.option = "CONFIG_LIVEUPDATE",
	.wants_luo = true,
	.open = blackout_open,
	.event = blackout_event,
	.report = blackout_report,
};
