// SPDX-License-Identifier: GPL-2.0-only
/* Tables of make luo, make guest and make scaling, with their targets. */
#include <math.h>
#include <string.h>

#include "report.h"

#define LINEAR_TARGET	1.3

/* Repetitions of one series, of the one that has most; those that failed */
static size_t repetitions(const struct run *run, size_t *failed)
{
	size_t reps = 0;

	*failed = 0;
	for (const struct series *s = run->v; s < run->v + run->nr; s++) {
		size_t nr = 0;

		for (size_t i = 0; i < s->nr; i++) {
			nr += s->v[i].status == OK;
			*failed += s->v[i].status != OK;
		}
		reps = nr > reps ? nr : reps;
	}
	return reps;
}

/* A line of make luo; without a target if @target is 0 */
static const struct row {
	const char	*title, *name, *quantity;
	double		target;
} rows[] = {
	{ "memfd of 400,000 pages, preserve", "pages", "preserve_ns", 2 },
	{ "memfd of 400,000 pages, retrieve", "pages", "retrieve_ns+files_ns", 3 },
	{ "400,000 pages, guest of 4 GiB, preserve", "pages-cma", "preserve_ns", 0 },
	{ "4,000 sessions, open and retrieve", "sessions", "open_ns+sessions_ns", 5 },
	{ "5,000 files, preserve", "files-5000", "preserve_ns", 0 },
	{ "5,000 files, retrieve", "files-5000", "retrieve_ns+files_ns", 0 },
	{ "10,000 files, preserve", "files-10000", "preserve_ns", 0 },
	{ "10,000 files, retrieve", "files-10000", "retrieve_ns+files_ns", 0 },
	{ "20,000 files, preserve", "files-20000", "preserve_ns", 0 },
	{ "20,000 files, retrieve", "files-20000", "retrieve_ns+files_ns", 0 },
	{ "40,000 files, 2,000 sessions, from reboot", "whole", "last_ns", 4 },
	{ "the same in one piece of memory", "whole-dense", "last_ns", 0 },
	{ "100 files, 20 sessions, from reboot", "whole-small", "last_ns", 0 },
};

static bool put_row(struct table *t, const struct run *run, const struct row *row)
{
	struct figure stock = figure_of(run_case(run, row->name, "stock"), row->quantity);
	struct figure fast = figure_of(run_case(run, row->name, "fast"), row->quantity);
	double ratio = stock.med / fast.med;
	bool met = ratio >= row->target;

	if (!stock.nr || !fast.nr)
		return true;
	table_add(t, row->title, text_of("%.3f", stock.med / NS_PER_S).s,
		  text_of("%.3f", fast.med / NS_PER_S).s, text_of("%.2fx", ratio).s,
		  row->target ? text_of(">= %g %s", row->target, met ? "met" : "MISSED").s : "");
	return met;
}

/* The cost of a file of few and of many; that of stock is there for comparison. */
static bool put_linear(struct table *t, const struct run *run, const char *variant,
		       const char *name, const char *quantity)
{
	bool ours = !strcmp(variant, "fast");
	struct figure few = figure_of(run_case(run, "files-5000", variant), quantity);
	struct figure many = figure_of(run_case(run, "files-20000", variant), quantity);
	double few_us = few.med / 5000 / 1e3, many_us = many.med / 20000 / 1e3;
	bool met = !ours || many_us / few_us <= LINEAR_TARGET;

	if (!few.nr || !many.nr)
		return true;
	table_add(t, text_of("%s, %s", name, ours ? "ours" : variant).s, text_of("%.1f", few_us).s,
		  text_of("%.1f", many_us).s, text_of("%.2fx", many_us / few_us).s,
		  ours ? text_of("<= %g %s", LINEAR_TARGET, met ? "met" : "MISSED").s : "");
	return met;
}

static bool put_linears(const struct run *run, enum format format)
{
	static const char *const variants[] = { "stock", "fast" };
	struct table t = table_new("<microseconds for a file|of 5000|of 20000|ratio|<target");
	bool met = true;

	for (int i = 0; i < 2; i++)
		met &= put_linear(&t, run, variants[i], "preserve", "preserve_ns");
	for (int i = 0; i < 2; i++)
		met &= put_linear(&t, run, variants[i], "retrieve", "retrieve_ns+files_ns");
	if (t.nr) {
		putchar('\n');
		table_put(stdout, &t, format);
	}
	return met;
}

int report_luo(const struct options *o)
{
	const struct run *run = run_load(o->args[0], LUO, o->run);
	size_t failed, reps = repetitions(run, &failed);
	struct table t = table_new(text_of("<seconds, median of %zu|stock|ours|ratio|<target",
					   reps).s);
	bool met = true;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		met &= put_row(&t, run, &rows[i]);
	table_put(stdout, &t, o->format);
	met &= put_linears(run, o->format);
	if (failed)
		printf("\n%zu repetitions failed: see the log\n", failed);
	return failed || !met ? EXIT_NOT_MET : EXIT_MET;
}

/*
 * Scenarios of make guest. The targets are for counted instructions; that of two is what a
 * prototype reached, or was to be reached. Those of faults after the update have none.
 */
static const struct gap {
	const char	*name, *beside;
	double		target;
} gaps[] = {
	{ "alone", "nothing", 1 },
	{ "2g", "nothing; 4 KiB folios", 2.8 },
	{ "scattered", "16,384 4 KiB scattered", 1 },
	{ "scattered-131072", "131,072 4 KiB scattered", 10 },
	{ "100g", "51,200 2 MiB contiguous", 1 },
	{ "fragments", "nothing; scattered 4 KiB", 1 },
	{ "prealloc", "nothing; prealloc=on", 0 },
	{ "huge", "nothing; 2 MiB folios", 0 },
	{ "huge-unaligned", "nothing; 2 MiB, unaligned", 0 },
};

#define COLUMNS	"<beside it|guest|gap, ms:stock|kho-fast|ratio|kernel:stock|kho-fast|"	\
		"retrieve:stock|kho-fast|VMM:stock|kho-fast"

/* What is not in them is the VMM's. */
static const char *const split[] = { "blackout_ns", "retrieve_ns" };

static void put_split(struct table *t, const struct series *const of[2])
{
	double rest[2];

	for (int k = 0; k < 2; k++)
		rest[k] = figure_of(of[k], "gap_ns").med;
	for (size_t i = 0; i < sizeof(split) / sizeof(*split); i++)
		for (int k = 0; k < 2; k++) {
			double part = figure_of(of[k], split[i]).med;

			table_cell(t, text_of("%.0f", part / 1e6).s);
			rest[k] -= part;
		}
	for (int k = 0; k < 2; k++)
		table_cell(t, text_of("%.0f", rest[k] / 1e6).s);
}

/* Whether the target is met, if it counts */
static bool put_gap(struct table *t, const struct run *run, const struct gap *gap, bool targets)
{
	const struct series *of[] = { run_case(run, gap->name, "stock"),
				      run_case(run, gap->name, "fast") };
	struct figure stock = figure_of(of[0], "gap_ns"), fast = figure_of(of[1], "gap_ns");
	double ratio = stock.med / fast.med;
	bool counted = !strcmp(run->where, "qemu-tcg-icount"), met = ratio >= gap->target;

	if (!stock.nr || !fast.nr)
		return true;
	table_cell(t, gap->beside);
	table_cell(t, string_of(of[0]->v->record, "memory"));
	table_cell(t, text_of("%.0f", stock.med / 1e6).s);
	table_cell(t, text_of("%.0f", fast.med / 1e6).s);
	table_cell(t, text_of("%.2fx", ratio).s);
	put_split(t, of);
	if (targets)
		table_cell(t, counted && gap->target > 0 ?
			      text_of(">= %g %s", gap->target, met ? "met" : "MISSED").s : "");
	return met || !counted;
}

/* Parts of the gap, in their order */
static const struct {
	const char *title, *quantity;
} parts[] = {
	{ "stop the guest", "stop_ns" },
	{ "save its state", "save_ns" },
	{ "preserve the state", "preserve_ns" },
	{ "reboot(2) to /init", "blackout_ns" },
	{ "userspace", "userspace_ns" },
	{ "retrieve", "retrieve_ns" },
	{ "start QEMU", "qemu_ns" },
	{ "load the state", "load_ns" },
	{ "resume", "resume_ns" },
};

static void put_parts(struct table *t, const struct run *run, const struct gap *gap)
{
	const struct series *stock = run_case(run, gap->name, "stock");
	const struct series *fast = run_case(run, gap->name, "fast");

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		struct figure before = figure_of(stock, parts[i].quantity);
		struct figure ours = figure_of(fast, parts[i].quantity);

		if (!before.nr || !ours.nr)
			return;
		table_add(t, i ? "" : gap->beside, parts[i].title, text_of("%.1f", before.med / 1e6).s,
			  text_of("%.1f", ours.med / 1e6).s,
			  text_of("%.2fx", before.med / ours.med).s);
	}
}

int report_guest(const struct options *o)
{
	const struct run *run = run_load(o->args[0], GUEST, o->run);
	size_t failed, reps = repetitions(run, &failed);
	bool text = o->format == TEXT;
	struct table t = table_new(text ? COLUMNS "|<target" : COLUMNS);
	struct table p = table_new("<beside it|<part|stock, ms|kho-fast|ratio");
	bool met = true;

	for (size_t i = 0; i < sizeof(gaps) / sizeof(*gaps); i++) {
		met &= put_gap(&t, run, &gaps[i], text);
		put_parts(&p, run, &gaps[i]);
	}
	table_put(stdout, &t, o->format);
	printf("\nMedians of %zu. ", reps);
	run_put_source(run, o->format == MARKDOWN);
	if (text) {
		putchar('\n');
		table_put(stdout, &p, o->format);
	}
	if (failed)
		printf("\n%zu repetitions failed: see the log\n", failed);
	return failed || !met ? EXIT_NOT_MET : EXIT_MET;
}

/* Milliseconds during which all nodes worked, in the worst repetition */
static double all_at_once(const struct run *run, const char *name)
{
	const struct series *s = run_case(run, name, "fast");
	double worst = HUGE_VAL;

	for (size_t i = 0; s && i < s->nr; i++) {
		uint64_t rep = uint_of(s->v[i].record, "rep");
		double began = 0, ended = HUGE_VAL;

		for (size_t j = 0; j < s->nr; j++) {
			struct json_object *record = s->v[j].record;

			if (uint_of(record, "rep") != rep)
				continue;
			began = fmax(began, uint_of(record, "began_ns"));
			ended = fmin(ended, uint_of(record, "ended_ns"));
		}
		worst = fmin(worst, (ended - began) / 1e6);
	}
	return worst > 0 && worst < HUGE_VAL ? worst : 0;
}

int report_scaling(const struct options *o)
{
	const struct run *run = run_load(o->args[0], SCALING, o->run);
	struct figure one = figure_of(run_case(run, "1x1", "fast"), "ended_ns-began_ns");
	struct figure two = figure_of(run_case(run, "1x2", "fast"), "ended_ns-began_ns");
	double ratio = one.med / two.med, both = all_at_once(run, "4x4");

	if (!one.nr || !two.nr)
		die("%s: no samples of one CPU or of two: run 'make scaling' to its end",
		    o->args[0]);
	printf("one node, 1 CPU   %8.1f ms\n", one.med / 1e6);
	printf("one node, 2 CPUs  %8.1f ms   %.2f times as fast", two.med / 1e6, ratio);
	if (o->limit)
		printf(" (target: %g)", o->limit);
	printf("\nfour nodes        %8.1f ms during which all four were at work\n", both);
	return !o->limit || (ratio >= o->limit && both > 0) ? EXIT_MET : EXIT_NOT_MET;
}

int report_preserve_scaling(const struct options *o)
{
	static const char *const variants[] = { "stock", "fast" };
	const struct run *run = run_load(o->args[0], PRESERVE_SCALING, o->run);
	size_t failed, reps = repetitions(run, &failed);
	struct table t = table_new(text_of("<folios per us, median of %zu|1 thread|2 threads|gain",
					   reps).s);
	double gain = 0;

	for (int i = 0; i < 2; i++) {
		double rate[2];

		for (int j = 0; j < 2; j++) {
			struct series like = { "preserve-scaling", "two-nodes", variants[i], j + 1, NULL, 0 };
			struct figure f = figure_of(run_find(run, &like), "folios/min_ns");

			if (!f.nr)
				die("%s: no samples of %s with %d threads: run 'make scaling' to its "
				    "end", o->args[0], variants[i], j + 1);
			rate[j] = f.med * 1e3;
		}
		gain = rate[1] / rate[0];
		table_add(&t, i ? "ours" : "stock", text_of("%.2f", rate[0]).s,
			  text_of("%.2f", rate[1]).s, text_of("%.2f", gain).s);
	}
	table_put(stdout, &t, o->format);
	if (o->limit)
		printf("target: ours gains at least %g\n", o->limit);
	return gain >= o->limit ? EXIT_MET : EXIT_NOT_MET;
}
