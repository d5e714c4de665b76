// SPDX-License-Identifier: GPL-2.0-only
/* khoctl timeline: where a live update spent its time; the largest phase is marked. */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "khoctl.h"

/* Longest first, so many are shown. */
#define SPANS_SHOWN	10

static const struct argp_option options[] = {
	{ "svg", 's', "OUT", 0, "Write a Gantt chart to OUT ('-': standard output)", 0 },
	{ "trace", 't', "OUT", 0, "Write Trace Event JSON to OUT, for Perfetto or "
	  "chrome://tracing", 0 },
	{ 0 }
};

static const char *svg, *trace;

static error_t option(int key, char *arg, struct argp_state *state)
{
	(void)state;
	switch (key) {
	case 's':
		svg = arg;
		return 0;
	case 't':
		trace = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* What a phase is, and what makes it long. */
static const struct {
	const char *name, *is;
} meanings[] = {
	{ "freeze", "all sessions are frozen and written down; see the session spans" },
	{ "shutdown", "the drivers shut their devices down" },
	{ "cpus-offline", "all CPUs but one are stopped" },
	{ "jump", "the purgatory, and the new kernel decompresses itself: a smaller or "
		  "differently packed kernel is faster" },
	{ "early", "the new kernel finds its memory and the handover" },
	{ "walk", "the tree of preserved memory is read: fewer, larger folios make it smaller" },
	{ "memory", "nodes, zones and the first struct pages are set up" },
	{ "memblock", "free memory goes to the buddy allocator" },
	{ "core", "the kernel's core is set up, up to LUO's early start" },
	{ "smp", "the other CPUs are started" },
	{ "deferred", "the struct pages of all memory are made; see the node spans" },
	{ "initcalls", "drivers are set up: fewer of them, or asynchronous ones, help" },
	{ "userspace", "the initrd is unpacked, /init is started: a smaller initrd helps" },
};

static const char *meaning(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(meanings) / sizeof(*meanings); i++) {
		if (!strcmp(meanings[i].name, name))
			return meanings[i].is;
	}
	return NULL;
}

static uint64_t ns_of(const struct timeline_item *item)
{
	return item->end_ns - item->begin_ns;
}

static void print_phases(const struct timeline *t)
{
	const struct timeline_item *p, *largest = timeline_largest(t);
	uint64_t all = timeline_ns(t);

	printf("%-6s  %-14s %12s %6s\n", "kernel", "phase", "ms", "%");
	for (p = t->phases; p < t->phases + t->nr_phases; p++)
		printf("%-6s  %-14s %12s %6s%s\n", p->old ? "old" : "new", p->name,
		       text_ms(ns_of(p)).s, text_percent(ns_of(p), all).s,
		       p == largest ? "  <-- LARGEST" : "");
	printf("%-6s  %-14s %12s %6s\n", "", "all", text_ms(all).s, "100.0");
}

static int by_length(const void *a, const void *b)
{
	const struct timeline_item *const *x = a, *const *y = b;

	return ns_of(*x) < ns_of(*y) ? 1 : ns_of(*x) > ns_of(*y) ? -1 : *x < *y ? -1 : 1;
}

char *item_text(const struct timeline_item *item)
{
	char *text, node[16] = "";

	if (item->node >= 0)
		snprintf(node, sizeof(node), " %d", item->node);
	if (asprintf(&text, "%s%s%s%s", item->name, node, item->label ? " " : "",
		     item->label ? item->label : "") < 0)
		errx(EXIT_INPUT, "no memory");
	return text;
}

static void print_span(const struct timeline_item *s)
{
	char label[32] = "";

	if (s->node >= 0)
		snprintf(label, sizeof(label), "%d", s->node);
	else if (s->label)
		snprintf(label, sizeof(label), "%.31s", s->label);
	printf("%-6s  %-14s %12s %12s  %s\n", s->old ? "old" : "new", s->name,
	       text_ms(ns_of(s)).s, text_ms(s->begin_ns).s, label);
}

static void print_spans(const struct timeline *t)
{
	const struct timeline_item **sorted = calloc(t->nr_spans, sizeof(*sorted));
	size_t i;

	if (!sorted)
		errx(EXIT_INPUT, "no memory");
	for (i = 0; i < t->nr_spans; i++)
		sorted[i] = &t->spans[i];
	qsort(sorted, t->nr_spans, sizeof(*sorted), by_length);
	printf("\n%-6s  %-14s %12s %12s  %s\n", "kernel", "longest spans", "ms", "from ms",
	       "of");
	for (i = 0; i < t->nr_spans && i < SPANS_SHOWN; i++)
		print_span(sorted[i]);
	free(sorted);
}

static void print_totals(const struct timeline *t)
{
	const struct timeline_total *x;

	printf("\n%-6s  %-14s %12s %12s %12s\n", "kernel", "all spans", "number", "ms",
	       "longest ms");
	for (x = t->totals; x < t->totals + t->nr_totals; x++)
		printf("%-6s  %-14s %12s %12s %12s\n", x->old ? "old" : "new", x->name,
		       text_count(x->nr).s, text_ms(x->sum_ns).s, text_ms(x->max_ns).s);
}

static void print_text(const struct timeline *t)
{
	const struct timeline_item *largest = timeline_largest(t);
	const char *is = meaning(largest->name);

	print_phases(t);
	if (t->nr_spans)
		print_spans(t);
	if (t->nr_totals)
		print_totals(t);
	printf("\nlargest: %s, %s of %s ms%s%s\n", largest->name, text_ms(ns_of(largest)).s,
	       text_ms(timeline_ns(t)).s, is ? ": " : "", is ? is : "");
	if (!t->previous)
		printf("the kernel before this one left no record: a cold boot, or it was stock\n");
	if (t->lost)
		printf("%s spans found no room; they are in the totals\n", text_count(t->lost).s);
}

/* The file appears under its name only when it is complete. */
static void write_out(const char *path, bool (*write)(FILE *out, const struct timeline *t),
		      const struct timeline *t)
{
	bool written;
	char *tmp;
	FILE *f;

	if (!strcmp(path, "-")) {
		write(stdout, t);
		return;
	}
	if (asprintf(&tmp, "%s.tmp", path) < 0)
		errx(EXIT_INPUT, "no memory");
	f = fopen(tmp, "we");
	if (!f)
		err(EXIT_INPUT, "%s", tmp);
	written = write(f, t);
	if (fclose(f) || !written || rename(tmp, path)) {
		int err = errno;

		unlink(tmp);
		errx(EXIT_INPUT, "%s: %s", path, strerror(err));
	}
	free(tmp);
}

/* What is not known here goes through as well. */
static void print_json(const struct timeline *t)
{
	json_print(json_object_get(t->json));
}

static const char *default_file(void)
{
	const char *why = why_no_debugfs();

	if (!why && file_exists(TIMELINE_FILE))
		return file_path(TIMELINE_FILE);
	why = why ? why : why_no_kho_files();
	if (why)
		errx(EXIT_INPUT, "%s", why);
	errx(EXIT_INPUT, "%s: is not there: only an accelerated kernel keeps a timeline; give a "
	     "saved one as FILE", TIMELINE_FILE);
}

static int run(bool json, char **words)
{
	struct timeline *t = timeline_load(*words ? *words : default_file());

	if (!t)
		errx(EXIT_INPUT, "%s", timeline_error());
	if (svg)
		write_out(svg, timeline_svg, t);
	if (trace)
		write_out(trace, timeline_trace, t);
	if (json)
		print_json(t);
	else if (!svg && !trace)
		print_text(t);
	timeline_free(t);
	return EXIT_FINE;
}

const struct command cmd_timeline = {
	.name = "timeline",
	.help = "Phases of the last live update, the longest one marked",
	.args_doc = "[FILE]",
	.doc = "Phases of the last live update, both kernels on one clock. FILE: a saved "
	       "timeline.json, '-' for standard input; default: that of this kernel.",
	.options = options,
	.option = option,
	.max_words = 1,
	.run = run,
};
