// SPDX-License-Identifier: GPL-2.0-only
/* khoctl timeline: phases of a live update, the longest one marked. */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "khoctl.h"

/* The longest ones */
#define SPANS_SHOWN	10

static const struct argp_option options[] = {
	{ "guest", 'g', "STEPS", 0, "Add the steps of a guest's VMM: a file of lines "
	  "'COUNTER NAME'", 0 },
	{ "svg", 's', "OUT", 0, "Write a Gantt chart to OUT ('-': standard output)", 0 },
	{ "trace", 't', "OUT", 0, "Write Trace Event JSON to OUT, for Perfetto or "
	  "chrome://tracing", 0 },
	{ 0 }
};

static const char *steps, *svg, *trace;

static const struct setting settings[] = {
	{ 'g', &steps, NULL }, { 's', &svg, NULL }, { 't', &trace, NULL }, { 0 }
};

/* Contents of a phase, and how to shorten it */
static const struct {
	const char *name, *text;
} meanings[] = {
	{ "freeze", "all sessions are frozen and serialized; see the session spans" },
	{ "shutdown", "devices are shut down" },
	{ "cpus-offline", "all CPUs but one are stopped" },
	{ "jump", "purgatory and decompression: a smaller or differently compressed kernel is "
		  "faster" },
	{ "early", "the new kernel sets up its architecture" },
	{ "walk", "the tree of preserved memory is read: fewer, larger folios make it smaller" },
	{ "memory", "nodes, zones and the first struct pages are set up" },
	{ "memblock", "memblock memory is freed to the buddy allocator" },
	{ "core", "the core is initialised on the boot CPU; LUO reads its records" },
	{ "smp", "the other CPUs are started" },
	{ "deferred", "the remaining struct pages are initialised; see the node spans" },
	{ "initcalls", "drivers are initialised: fewer or asynchronous ones help" },
	{ "userspace", "the initrd is unpacked, /init is executed: a smaller initrd helps" },
};

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
		printf("%-6s  %-14s %12s %6s%s\n", item_side(p), p->name,
		       text_ms(ns_of(p)).s, text_percent(ns_of(p), all).s,
		       p == largest ? "  <-- LARGEST" : "");
	printf("%-6s  %-14s %12s %6s\n", "", "all", text_ms(all).s, "100.0");
}

static int by_length(const void *a, const void *b)
{
	const struct timeline_item *const *x = a, *const *y = b;

	return ns_of(*x) < ns_of(*y) ? 1 : ns_of(*x) > ns_of(*y) ? -1 : *x < *y ? -1 : 1;
}

static void print_span(const struct timeline_item *s)
{
	char node[16];

	snprintf(node, sizeof(node), "%d", s->node);
	printf("%-6s  %-14s %12s %12s  %.31s\n", s->old ? "old" : "new", s->name,
	       text_ms(ns_of(s)).s, text_ms(s->begin_ns).s,
	       s->node >= 0 ? node : s->label ? s->label : "");
}

static void print_spans(const struct timeline *t)
{
	const struct timeline_item **sorted = checked(calloc(t->nr_spans, sizeof(*sorted)));
	size_t i;

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
	size_t i;

	print_phases(t);
	if (t->nr_spans)
		print_spans(t);
	if (t->nr_totals)
		print_totals(t);
	printf("\nlargest: %s, %s of %s ms", largest->name, text_ms(ns_of(largest)).s,
	       text_ms(timeline_ns(t)).s);
	for (i = 0; i < sizeof(meanings) / sizeof(*meanings); i++) {
		if (!largest->vmm && !strcmp(meanings[i].name, largest->name))
			printf(": %s", meanings[i].text);
	}
	putchar('\n');
	if (!t->previous)
		puts("the previous kernel has no record: a cold boot, or a stock kernel");
	if (t->lost)
		printf("%s spans have no entry; they are in the totals\n", text_count(t->lost).s);
}

/* A link, a device or a pipe, which rename() would replace by a regular file */
static bool is_special(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && !S_ISREG(st.st_mode);
}

/* A regular file is complete when it gets its name. */
static void write_out(const char *path, bool (*write)(FILE *out, const struct timeline *t),
		      const struct timeline *t)
{
	bool to_stdout = !strcmp(path, "-"), in_place = to_stdout || is_special(path);
	char *name = text_format("%s%s", path, in_place ? "" : ".tmp");
	FILE *f = to_stdout ? stdout : fopen(name, "we");

	if (!f)
		err(EXIT_INPUT, "%s", path);
	if (!write(f, t) || (!to_stdout && fclose(f)) || (!in_place && rename(name, path))) {
		warn("%s", path);
		if (!in_place)
			unlink(name);
		exit(EXIT_INPUT);
	}
	free(name);
}

static const char *default_file(void)
{
	const char *why = why_no_debugfs();

	if (!why && file_exists(TIMELINE_FILE))
		return file_path(TIMELINE_FILE);
	why = why ? why : why_no_kho_files();
	if (why)
		errx(EXIT_INPUT, "%s", why);
	errx(EXIT_INPUT, "%s: is not there: only an accelerated kernel has a timeline; FILE is a "
	     "saved one", TIMELINE_FILE);
}

static int run(bool json, char **words)
{
	struct timeline *t = timeline_load(*words ? *words : default_file());

	if (t && steps)
		t = timeline_with_steps(t, steps);
	if (!t)
		errx(EXIT_INPUT, "%s", timeline_error());
	if (svg)
		write_out(svg, timeline_svg, t);
	if (trace)
		write_out(trace, timeline_trace, t);
	if (json)
		json_print(json_object_get(t->json));	/* with unknown keys */
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
	.settings = settings,
	.max_words = 1,
	.run = run,
};
