// SPDX-License-Identifier: GPL-2.0-only
/* khoctl diff: two timelines, by phases and by the sums of spans. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "khoctl.h"

/* Noise is below this, or below 1 % */
#define SAME_NS		100000

/* A phase, all spans of a name, or all phases, in one or both timelines. */
struct pair {
	const char	*kernel, *kind, *name;
	bool		there[2];
	uint64_t	ns[2];
};

static struct pair *pairs;
static size_t nr_pairs;

static void add(unsigned int side, const char *kind, const char *kernel, const char *name,
		uint64_t ns)
{
	struct pair *p;

	for (p = pairs; p < pairs + nr_pairs; p++) {
		if (!strcmp(p->kind, kind) && !strcmp(p->name, name) && !strcmp(p->kernel, kernel))
			break;
	}
	if (p == pairs + nr_pairs) {
		pairs = array_grow(pairs, nr_pairs, sizeof(*pairs));
		p = &pairs[nr_pairs++];
		*p = (struct pair){ .kernel = kernel, .kind = kind, .name = name };
	}
	p->there[side] = true;
	p->ns[side] += ns;
}

static void add_phases(unsigned int side, const struct timeline *t)
{
	const struct timeline_item *p;

	for (p = t->phases; p < t->phases + t->nr_phases; p++)
		add(side, "phase", item_side(p), p->name, p->end_ns - p->begin_ns);
}

static void add_totals(unsigned int side, const struct timeline *t)
{
	const struct timeline_total *x;

	for (x = t->totals; x < t->totals + t->nr_totals; x++)
		add(side, "spans", x->old ? "old" : "new", x->name, x->sum_ns);
}

static const char *verdict(const struct pair *p)
{
	uint64_t a = p->ns[0], b = p->ns[1], apart = a < b ? b - a : a - b;

	if (!p->there[0] || !p->there[1])
		return p->there[0] ? "only in A" : "only in B";
	if (apart < SAME_NS || apart * 100 < (a > b ? a : b))
		return "same";
	return a < b ? "slower" : "faster";
}

static void print_text(void)
{
	const char *kind = "";
	const struct pair *p;

	for (p = pairs; p < pairs + nr_pairs; p++) {
		if (strcmp(kind, p->kind) && strcmp(p->kind, "all"))
			printf("%s%-6s  %-14s %12s %12s %12s\n", *kind ? "\n" : "", "kernel",
			       p->kind, "A ms", "B ms", "B - A");
		kind = p->kind;
		printf("%-6s  %-14s %12s %12s %+12.3f  %s\n", p->kernel, p->name,
		       p->there[0] ? text_ms(p->ns[0]).s : "-",
		       p->there[1] ? text_ms(p->ns[1]).s : "-",
		       ((double)p->ns[1] - p->ns[0]) / 1e6, verdict(p));
	}
}

static void print_json(void)
{
	struct json_object *list = json_object_new_array(), *v;
	const struct pair *p;

	for (p = pairs; p < pairs + nr_pairs; p++) {
		v = json_object_new_object();
		json_add_text(v, "kind", p->kind);
		if (*p->kernel)
			json_add_text(v, "kernel", p->kernel);
		json_add_text(v, "name", p->name);
		if (p->there[0])
			json_add(v, "a_ns", p->ns[0]);
		if (p->there[1])
			json_add(v, "b_ns", p->ns[1]);
		json_add_text(v, "verdict", verdict(p));
		json_object_array_add(list, v);
	}
	json_print(list);
}

static int run(bool json, char **words)
{
	struct timeline *t[2];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		t[i] = timeline_load(words[i]);
		if (!t[i])
			errx(EXIT_INPUT, "%s", timeline_error());
		add_phases(i, t[i]);
	}
	for (i = 0; i < 2; i++)
		add(i, "all", "", "all phases", timeline_ns(t[i]));
	for (i = 0; i < 2; i++)
		add_totals(i, t[i]);
	(json ? print_json : print_text)();
	free(pairs);
	timeline_free(t[0]);
	timeline_free(t[1]);
	return EXIT_FINE;
}

const struct command cmd_diff = {
	.name = "diff",
	.help = "Differences between two timelines, by phase",
	.args_doc = "A.json B.json",
	.doc = "Differences from timeline A to B, by phase, and by the sum of spans of a name. "
	       "Below 0.1 ms or 1 % they are 'same'.",
	.min_words = 2,
	.max_words = 2,
	.run = run,
};
