// SPDX-License-Identifier: GPL-2.0-only
/* khoctl diff: two timelines, phase by phase and sum of spans by sum of spans. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "khoctl.h"

/* Less than this, or a hundredth, is the same. */
#define SAME_NS		100000

/* A phase, all spans of a kind, or all phases, in one or both. */
struct pair {
	const char	*kernel, *kind, *name;
	bool		there[2];
	uint64_t	ns[2];
};

struct pairs {
	struct pair	*v;
	size_t		nr;
};

static void put(struct pairs *all, unsigned int side, const char *kind, const char *kernel,
		const char *name, uint64_t ns)
{
	struct pair *p;

	for (p = all->v; p < all->v + all->nr; p++) {
		if (!strcmp(p->kind, kind) && !strcmp(p->name, name) && !strcmp(p->kernel, kernel))
			goto found;
	}
	all->v = array_grow(all->v, all->nr, sizeof(*all->v));
	p = &all->v[all->nr++];
	*p = (struct pair){ .kernel = kernel, .kind = kind, .name = name };
found:
	p->there[side] = true;
	p->ns[side] += ns;
}

static void put_timeline(struct pairs *all, unsigned int side, const struct timeline *t)
{
	size_t i;

	for (i = 0; i < t->nr_phases; i++)
		put(all, side, "phase", t->phases[i].old ? "old" : "new", t->phases[i].name,
		    t->phases[i].end_ns - t->phases[i].begin_ns);
	put(all, side, "all", "", "all phases", timeline_ns(t));
	for (i = 0; i < t->nr_totals; i++)
		put(all, side, "spans", t->totals[i].old ? "old" : "new", t->totals[i].name,
		    t->totals[i].sum_ns);
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

static struct text difference(const struct pair *p)
{
	uint64_t a = p->ns[0], b = p->ns[1];
	struct text t;

	snprintf(t.s, sizeof(t.s), "%c%.40s", a > b ? '-' : '+', text_ms(a < b ? b - a : a - b).s);
	return t;
}

static void print_text(const struct pairs *all)
{
	const char *kind = "";
	const struct pair *p;

	for (p = all->v; p < all->v + all->nr; p++) {
		if (strcmp(kind, p->kind) && strcmp(p->kind, "all"))
			printf("%s%-6s  %-14s %12s %12s %12s\n", *kind ? "\n" : "", "kernel",
			       p->kind, "A ms", "B ms", "B - A");
		kind = p->kind;
		printf("%-6s  %-14s %12s %12s %12s  %s\n", p->kernel, p->name,
		       p->there[0] ? text_ms(p->ns[0]).s : "-",
		       p->there[1] ? text_ms(p->ns[1]).s : "-", difference(p).s, verdict(p));
	}
}

static void print_json(const struct pairs *all)
{
	struct json_object *list = json_object_new_array(), *v;
	const struct pair *p;

	for (p = all->v; p < all->v + all->nr; p++) {
		v = json_object_new_object();
		json_object_object_add(v, "kind", json_object_new_string(p->kind));
		if (*p->kernel)
			json_object_object_add(v, "kernel", json_object_new_string(p->kernel));
		json_object_object_add(v, "name", json_object_new_string(p->name));
		if (p->there[0])
			json_add(v, "a_ns", p->ns[0]);
		if (p->there[1])
			json_add(v, "b_ns", p->ns[1]);
		json_object_object_add(v, "verdict", json_object_new_string(verdict(p)));
		json_object_array_add(list, v);
	}
	json_print(list);
}

/* What B has and A has not stands at the end: phases before spans. */
static void sort_kinds(struct pairs *all)
{
	static const char *const kinds[] = { "phase", "all", "spans" };
	struct pairs sorted = { 0 };
	size_t k, i;

	for (k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
		for (i = 0; i < all->nr; i++) {
			if (strcmp(all->v[i].kind, kinds[k]))
				continue;
			sorted.v = array_grow(sorted.v, sorted.nr, sizeof(*sorted.v));
			sorted.v[sorted.nr++] = all->v[i];
		}
	}
	free(all->v);
	*all = sorted;
}

static int run(bool json, char **words)
{
	struct timeline *t[2];
	struct pairs all = { 0 };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		t[i] = timeline_load(words[i]);
		if (!t[i])
			errx(EXIT_INPUT, "%s", timeline_error());
		put_timeline(&all, i, t[i]);
	}
	sort_kinds(&all);
	(json ? print_json : print_text)(&all);
	free(all.v);
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
