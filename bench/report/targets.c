// SPDX-License-Identifier: GPL-2.0-only
/*
 * Targets for the figures of one run, read from a text file.
 *
 *	faster SCENARIO N		stock / ours of the blackout is at least N
 *	faster-restore SCENARIO N	the same of the restore alone
 *	faster-total SCENARIO N		the same of both together
 *	adds SCENARIO PERCENT BASELINE	our blackout is at most PERCENT above that
 *					of BASELINE in the same run
 */
#include <string.h>

#include "scenario.h"

enum { ADDS = 3 };

static const struct {
	const char	*name, *quantity, *suffix;
} kinds[] = {
	{ "faster", "blackout_ns", "" },
	{ "faster-restore", "retrieve_ns", ", restore" },
	{ "faster-total", "total_ns", ", total" },
	[ADDS] = { "adds", "blackout_ns", "" },
};

struct target {
	int	kind;
	char	scenario[64];
	char	baseline[64];
	double	bound;
};

static void add_target(struct targets *t, const struct place *at, const char *line)
{
	struct target target = { .baseline = "" };
	char kind[64], rest[2];
	int words = sscanf(line, "%63s %63s %lf %63s %1s", kind, target.scenario, &target.bound,
			   target.baseline, rest);

	if (words < 1 || kind[0] == '#')
		return;
	while (target.kind < ADDS && strcmp(kind, kinds[target.kind].name))
		target.kind++;
	if (strcmp(kind, kinds[target.kind].name))
		die_at(at, "'%s' is not faster, faster-restore, faster-total or adds", kind);
	if (words != (target.kind == ADDS ? 4 : 3) || !(target.bound > 0))
		die_at(at, "want '%s SCENARIO NUMBER%s'", kind,
		       target.kind == ADDS ? " BASELINE" : "");
	t->v = grow(t->v, t->nr, sizeof(*t->v));
	t->v[t->nr++] = target;
}

/* Read a file of targets, or exit with a message. */
void targets_load(struct targets *t, const char *path)
{
	struct place at = { .path = path };
	FILE *in = file_open(path, "r");
	char *buf = NULL;
	size_t size = 0;

	*t = (struct targets) { 0 };
	for (at.line = 1; getline(&buf, &size, in) >= 0; at.line++)
		add_target(t, &at, buf);
	fclose(in);
	if (!t->nr)
		die("%s: no targets in it", path);
}

/* The verdict on a target is the exit status it makes. */
static int put_verdict(FILE *out, int verdict, const char *label, struct text numbers)
{
	static const char *const words[] = {
		[EXIT_MET] = "met", [EXIT_NOT_MET] = "NOT MET", [EXIT_NO_FIGURE] = "no figure",
	};

	fprintf(out, "%-9s %-26s %s\n", words[verdict], label, numbers.s);
	return verdict;
}

static int check_faster(FILE *out, const struct scenario *sc, const struct target *t)
{
	const char *quantity = kinds[t->kind].quantity;
	struct figure stock = scenario_figure(sc, STOCK, quantity);
	struct figure fast = scenario_figure(sc, FAST, quantity);
	struct ratio ratio = ratio_of(&stock, &fast);
	int verdict = ratio.known && ratio.times >= t->bound ? EXIT_MET :
		      ratio.known && !ratio.at_least ? EXIT_NOT_MET : EXIT_NO_FIGURE;

	return put_verdict(out, verdict, scenario_label(sc).s,
			   text_of("%s / %s = %s, want %gx%s", text_figure(&stock, stock.med).s,
				   text_figure(&fast, fast.med).s, text_ratio(&ratio).s, t->bound,
				   kinds[t->kind].suffix));
}

static int check_adds(FILE *out, const struct scenario *sc, const struct scenario *base,
		      const struct target *t)
{
	struct figure with = scenario_figure(sc, FAST, "blackout_ns");
	struct figure without = scenario_figure(base, FAST, "blackout_ns");
	bool known = with.nr && without.nr && with.status == OK && without.status == OK;
	double adds = known ? 100 * with.med / without.med - 100 : 0;
	struct text percent = known ? text_of("%+.0f%%", adds) : text_of("-");

	return put_verdict(out, !known ? EXIT_NO_FIGURE : adds <= t->bound ? EXIT_MET :
			   EXIT_NOT_MET, scenario_label(sc).s,
			   text_of("%.12s on %.12s = %.8s, want +%g%%", text_figure(&with, with.med).s,
				   text_figure(&without, without.med).s, percent.s, t->bound));
}

static int check(FILE *out, const struct scenarios *all, const struct target *t)
{
	const struct scenario *sc = scenario_find(all, t->scenario);
	const struct scenario *base = scenario_find(all, t->baseline);

	if (!sc || (t->kind == ADDS && !base))
		return put_verdict(out, EXIT_NO_FIGURE, sc ? t->baseline : t->scenario,
				   text_of("not part of this run"));
	return t->kind == ADDS ? check_adds(out, sc, base, t) : check_faster(out, sc, t);
}

/* Not met (1) beats no figure (4) beats met (0). */
int worse_of(int a, int b)
{
	return a == EXIT_NOT_MET || b == EXIT_NOT_MET ? EXIT_NOT_MET : a > b ? a : b;
}

/* A line per target. Returns the exit status. */
int targets_put(FILE *out, const struct scenarios *all, const struct targets *t)
{
	int rc = EXIT_MET;

	for (size_t i = 0; i < t->nr; i++)
		rc = worse_of(rc, check(out, all, &t->v[i]));
	return rc;
}
