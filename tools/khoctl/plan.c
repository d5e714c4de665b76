// SPDX-License-Identifier: GPL-2.0-only
/*
 * khoctl plan: what a live update of this host would cost, stock and accelerated, out of what
 * is preserved now and measured coefficients; and what to change. For stock
 *
 *	blackout = base + GiB * g + ranges^2 * r + pages * p
 *
 * where r is that of the pages' size, and for an accelerated kernel the same without squares.
 */
#include <json-c/json.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "status.h"

#define HUGE_ORDER	9
#define GIB		(1UL << 30)
#define MIB		(1UL << 20)

static const struct argp_option options[] = {
	{ "coefficients", 'c', "FILE", 0, "Coefficients of the machine; default: built in, see "
	  "tools/khoctl/coefficients.json", 0 },
	{ "status", 's', "FILE", 0, "Output of 'khoctl status -j' on another host, or an invented "
	  "one", 0 },
	{ 0 }
};

static const char *coefficients_file, *status_file;

static error_t option(int key, char *arg, struct argp_state *state)
{
	(void)state;
	switch (key) {
	case 'c':
		coefficients_file = arg;
		return 0;
	case 's':
		status_file = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* All in ms. */
struct cost {
	double base, memory, ranges, pages, restore, sessions, files;
};

#define MAX_ADVICE 8

struct plan {
	const struct status	*st;
	double			small, huge;	/* folios of each */
	struct cost		stock, fast;
	double			have_mib, need_mib;	/* scratch */
	char			*advice[MAX_ADVICE];
	unsigned int		nr_advice;
};

static double blackout(const struct cost *c)
{
	return c->base + c->memory + c->ranges + c->pages;
}

static double total(const struct cost *c)
{
	return blackout(c) + c->restore + c->sessions + c->files;
}

static void count_folios(struct plan *p)
{
	unsigned int node, order;

	for (node = 0; node < MAX_NODES; node++) {
		for (order = 0; order < NR_ORDERS; order++)
			*(order < HUGE_ORDER ? &p->small : &p->huge) +=
				p->st->tree->folios[node][order];
	}
}

static void cost_stock(struct plan *p, const struct coefficients *c)
{
	const struct tree *t = p->st->tree;
	double folios = p->small + p->huge, ranges = t->ranges, squared = 0;
	double sessions = p->st->sessions, files = p->st->files;

	if (folios)
		squared = (p->small * coefficient(c, "stock_range_squared_ns") +
			   p->huge * coefficient(c, "stock_huge_range_squared_ns")) / folios;
	p->stock = (struct cost){
		.base = coefficient(c, "stock_base_ms"),
		.memory = coefficient(c, "stock_gib_ms") * p->st->host.memory / GIB,
		.ranges = squared * ranges * ranges / 1e6,
		.pages = coefficient(c, "stock_page_ns") * t->pages / 1e6,
		.restore = (coefficient(c, "stock_restore_folio_ns") * folios +
			    coefficient(c, "stock_restore_page_ns") * (t->pages - folios)) / 1e6,
		.sessions = coefficient(c, "stock_session_squared_ns") * sessions * sessions / 1e6,
		.files = (coefficient(c, "stock_file_ns") +
			  coefficient(c, "stock_file_squared_ns") * files) * files / 1e6,
	};
}

static void cost_fast(struct plan *p, const struct coefficients *c)
{
	const struct tree *t = p->st->tree;

	p->fast = (struct cost){
		.base = coefficient(c, "fast_base_ms"),
		.memory = coefficient(c, "fast_gib_ms") * p->st->host.memory / GIB,
		.ranges = coefficient(c, "fast_range_ns") * t->ranges / 1e6,
		.pages = coefficient(c, "fast_page_ns") * t->pages / 1e6,
		.restore = coefficient(c, "fast_restore_folio_ns") * (p->small + p->huge) / 1e6,
		.sessions = coefficient(c, "fast_session_ns") * p->st->sessions / 1e6,
		.files = coefficient(c, "fast_file_ns") * p->st->files / 1e6,
	};
}

static void __attribute__((format(printf, 2, 3))) advise(struct plan *p, const char *fmt, ...)
{
	va_list args;

	if (p->nr_advice == MAX_ADVICE)
		return;
	va_start(args, fmt);
	if (vasprintf(&p->advice[p->nr_advice++], fmt, args) < 0)
		errx(EXIT_INPUT, "no memory");
	va_end(args);
}

static void find_advice(struct plan *p)
{
	const struct tree *t = p->st->tree;
	double saved = total(&p->stock) - total(&p->fast);

	if (t->faults)
		advise(p, "the outgoing tree is bad, do not update: see khoctl tree");
	if (p->have_mib < p->need_mib)
		advise(p, "scratch: %.0f MiB is less than the %.0f MiB that a kernel of this host "
		       "allocates before it has read the tree: boot with a larger kho_scratch=",
		       p->have_mib, p->need_mib);
	if (p->small >= 10000 && p->small > 8 * p->huge)
		advise(p, "folios: %s of %s are smaller than 2 MiB; guests in huge pages (hugetlb, "
		       "or a memfd with shmem_enabled=advise) would be at most %s ranges",
		       text_count(p->small).s, text_count(p->small + p->huge).s,
		       text_count((t->pages >> HUGE_ORDER) + 1).s);
	if (p->stock.ranges > total(&p->stock) / 2)
		advise(p, "ranges: %s separate ranges make %.0f %% of what stock needs, and the "
		       "cost grows with their square: free or compact what lies between them "
		       "before guests are placed", text_count(t->ranges).s,
		       100 * p->stock.ranges / total(&p->stock));
	if (p->st->sessions >= 1000)
		advise(p, "sessions: %s of them; stock looks each one up in a list of all: put the "
		       "files of a guest into one session", text_count(p->st->sessions).s);
	if (!p->st->host.fast && saved > total(&p->stock) / 4)
		advise(p, "kernel: an accelerated one would save %.1f of %.1f s", saved / 1e3,
		       total(&p->stock) / 1e3);
}

static void print_row(const char *name, double stock, double fast)
{
	printf("%-22s %12.1f %14.1f\n", name, stock, fast);
}

static void print_text(const struct plan *p, const char *where)
{
	const struct tree *t = p->st->tree;
	unsigned int i;

	printf("preserved   %s folios, %s pages (%s) in %s ranges, of %s\n", text_count(t->keys).s,
	       text_count(t->pages).s, text_bytes(t->pages * PAGE_BYTES).s, text_count(t->ranges).s,
	       text_bytes(p->st->host.memory).s);
	printf("sessions    %s with %s files\n", text_count(p->st->sessions).s,
	       text_count(p->st->files).s);
	printf("scratch     %.0f MiB; needed: %.0f MiB, and room for the next kernel and its "
	       "initrd\n\n", p->have_mib, p->need_mib);
	printf("%-22s %12s %14s\n", "expected ms", "stock", "accelerated");
	print_row("kernel and devices", p->stock.base, p->fast.base);
	print_row("size of memory", p->stock.memory, p->fast.memory);
	print_row("preserved ranges", p->stock.ranges, p->fast.ranges);
	print_row("preserved pages", p->stock.pages, p->fast.pages);
	print_row("blackout", blackout(&p->stock), blackout(&p->fast));
	print_row("claiming the memory", p->stock.restore, p->fast.restore);
	print_row("retrieving sessions", p->stock.sessions, p->fast.sessions);
	print_row("retrieving files", p->stock.files, p->fast.files);
	print_row("all", total(&p->stock), total(&p->fast));
	printf("\nmeasured on: %s\n", where);
	for (i = 0; i < p->nr_advice; i++)
		printf("change %s\n", p->advice[i]);
	if (!p->nr_advice)
		printf("nothing to change\n");
}

static struct json_object *json_cost(const struct cost *c)
{
	const struct {
		const char *key;
		double v;
	} all[] = {
		{ "base_ms", c->base }, { "memory_ms", c->memory }, { "ranges_ms", c->ranges },
		{ "pages_ms", c->pages }, { "blackout_ms", blackout(c) },
		{ "restore_ms", c->restore }, { "sessions_ms", c->sessions },
		{ "files_ms", c->files }, { "all_ms", total(c) },
	};
	struct json_object *v = json_object_new_object();
	char digits[32];
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++) {
		snprintf(digits, sizeof(digits), "%.3f", all[i].v);
		json_object_object_add(v, all[i].key, json_object_new_double_s(all[i].v, digits));
	}
	return v;
}

static void print_json(const struct plan *p, const char *where)
{
	struct json_object *v = json_object_new_object(), *advice = json_object_new_array();
	unsigned int i;

	json_add(v, "version", 1);
	json_object_object_add(v, "measured_on", json_object_new_string(where));
	json_add(v, "folios", p->st->tree->keys);
	json_add(v, "pages", p->st->tree->pages);
	json_add(v, "ranges", p->st->tree->ranges);
	json_add(v, "sessions", p->st->sessions);
	json_add(v, "files", p->st->files);
	json_add(v, "scratch_bytes", p->have_mib * MIB);
	json_add(v, "scratch_needed_bytes", p->need_mib * MIB);
	json_object_object_add(v, "stock", json_cost(&p->stock));
	json_object_object_add(v, "accelerated", json_cost(&p->fast));
	for (i = 0; i < p->nr_advice; i++)
		json_object_array_add(advice, json_object_new_string(p->advice[i]));
	json_object_object_add(v, "change", advice);
	json_print(v);
}

static void make(struct plan *p, const struct coefficients *c)
{
	count_folios(p);
	cost_stock(p, c);
	cost_fast(p, c);
	p->have_mib = (double)status_scratch(p->st) / MIB;
	p->need_mib = coefficient(c, "scratch_base_mib") +
		      coefficient(c, "scratch_gib_mib") * p->st->host.memory / GIB;
	find_advice(p);
}

static int run(bool json, char **words)
{
	struct coefficients *c = coefficients_load(coefficients_file);
	struct plan plan = { 0 };
	struct status st;

	(void)words;
	if (status_file)
		status_load(&st, status_file);
	else
		status_look(&st);
	if (!st.tree)
		errx(EXIT_INPUT, "what is preserved is not known: %s", st.no_out);
	plan.st = &st;
	make(&plan, c);
	(json ? print_json : print_text)(&plan, coefficients_where(c));
	while (plan.nr_advice)
		free(plan.advice[--plan.nr_advice]);
	coefficients_free(c);
	status_free(&st);
	return EXIT_FINE;
}

const struct command cmd_plan = {
	.name = "plan",
	.help = "Expected cost of a live update, and advice",
	.doc = "Expected cost of a live update of this host, with a stock and with an accelerated "
	       "kernel, and advice.",
	.options = options,
	.option = option,
	.run = run,
};
