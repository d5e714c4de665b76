// SPDX-License-Identifier: GPL-2.0-only
/*
 * Targets: what is wanted of the figures of one run, read from a text file.
 *
 *	faster SCENARIO N		stock / ours of the blackout is at least N
 *	faster-restore SCENARIO N	the same of the restore alone
 *	faster-total SCENARIO N		the same of both together
 *	adds SCENARIO PERCENT BASELINE	our blackout is at most PERCENT above that
 *					of BASELINE in the same run
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

enum kind { FASTER, FASTER_RESTORE, FASTER_TOTAL, ADDS };

struct target {
	enum kind	kind;
	char		scenario[64];
	char		baseline[64];
	double		bound;
};

enum verdict { MET, NOT_MET, NO_FIGURE };

static enum kind parse_kind(const char *path, unsigned int nr, const char *word)
{
	static const char *const kinds[] = {
		[FASTER] = "faster", [FASTER_RESTORE] = "faster-restore",
		[FASTER_TOTAL] = "faster-total", [ADDS] = "adds",
	};

	for (int i = FASTER; i <= ADDS; i++)
		if (!strcmp(word, kinds[i]))
			return i;
	die_at(path, nr, "'%s' is not faster, faster-restore, faster-total or adds", word);
}

static void add_target(struct targets *t, const char *path, unsigned int nr, const char *s)
{
	struct target target = { .baseline = "" };
	char kind[64], rest[2];
	int words = sscanf(s, "%63s %63s %lf %63s %1s", kind, target.scenario, &target.bound,
			   target.baseline, rest);

	if (words < 1 || kind[0] == '#')
		return;
	target.kind = parse_kind(path, nr, kind);
	if (words != (target.kind == ADDS ? 4 : 3) || !(target.bound > 0))
		die_at(path, nr, "want '%s SCENARIO NUMBER%s'", kind,
		       target.kind == ADDS ? " BASELINE" : "");
	t->v = grow(t->v, t->nr, sizeof(*t->v));
	t->v[t->nr++] = target;
}

/**
 * targets_load() - Read a file of targets, or say what is wrong and exit.
 * @t: Filled in; free with targets_free().
 * @path: File name.
 */
void targets_load(struct targets *t, const char *path)
{
	FILE *in = fopen(path, "r");
	unsigned int nr = 0;
	char *buf = NULL;
	size_t size = 0;

	*t = (struct targets) { 0 };
	if (!in)
		die("%s: %s", path, strerror(errno));
	while (getline(&buf, &size, in) >= 0)
		add_target(t, path, ++nr, buf);
	free(buf);
	fclose(in);
	if (!t->nr)
		die("%s: no targets in it", path);
}

/**
 * targets_free() - Undo targets_load().
 * @t: The targets.
 */
void targets_free(struct targets *t)
{
	free(t->v);
}

static void say(FILE *out, enum verdict verdict, const char *label, const char *numbers)
{
	static const char *const words[] = {
		[MET] = "met", [NOT_MET] = "NOT MET", [NO_FIGURE] = "no figure",
	};

	fprintf(out, "%-9s %-26s %s\n", words[verdict], label, numbers);
}

static enum verdict check_faster(FILE *out, const struct scenario *sc, const struct target *t)
{
	static const struct {
		enum quantity	q;
		const char	*name;
	} of[] = {
		[FASTER]		= { BLACKOUT, "" },
		[FASTER_RESTORE]	= { RETRIEVE, ", restore" },
		[FASTER_TOTAL]		= { TOTAL, ", total" },
	};
	enum quantity q = of[t->kind].q;
	struct figure stock = figure_of(sc, STOCK, q), fast = figure_of(sc, FAST, q);
	struct ratio ratio = ratio_of(&stock, &fast);
	enum verdict verdict = !ratio.known ? NO_FIGURE :
			       ratio.times >= t->bound ? MET :
			       ratio.at_least ? NO_FIGURE : NOT_MET;
	char numbers[256];

	snprintf(numbers, sizeof(numbers), "%s / %s = %s, want %gx%s", text_med(&stock).s,
		 text_med(&fast).s, text_ratio(&ratio).s, t->bound,
		 of[t->kind].name);
	say(out, verdict, text_label(sc).s, numbers);
	return verdict;
}

static enum verdict check_adds(FILE *out, const struct scenario *sc,
			       const struct scenario *base, const struct target *t)
{
	struct figure with = figure_of(sc, FAST, BLACKOUT);
	struct figure without = figure_of(base, FAST, BLACKOUT);
	bool known = with.nr && without.nr && with.status == OK && without.status == OK;
	double adds = known ? 100.0 * with.med / without.med - 100 : 0;
	enum verdict verdict = !known ? NO_FIGURE : adds <= t->bound ? MET : NOT_MET;
	char numbers[256], percent[32] = "-";

	if (known)
		snprintf(percent, sizeof(percent), "%+.0f%%", adds);
	snprintf(numbers, sizeof(numbers), "%s on %s = %s, want +%g%%", text_med(&with).s,
		 text_med(&without).s, percent, t->bound);
	say(out, verdict, text_label(sc).s, numbers);
	return verdict;
}

static enum verdict check(FILE *out, const struct run *run, const struct target *t)
{
	const struct scenario *sc = run_find(run, t->scenario);
	const struct scenario *base = run_find(run, t->baseline);

	if (!sc || (t->kind == ADDS && !base)) {
		say(out, NO_FIGURE, sc ? t->baseline : t->scenario, "not part of this run");
		return NO_FIGURE;
	}
	return t->kind == ADDS ? check_adds(out, sc, base, t) : check_faster(out, sc, t);
}

/**
 * targets_print() - Hold a run against the targets.
 * @out: Where to print a line per target.
 * @run: The run.
 * @t: The targets.
 * Return: %EXIT_MET, %EXIT_NOT_MET, or %EXIT_NO_FIGURE if none is missed but
 * one could not be told.
 */
int targets_print(FILE *out, const struct run *run, const struct targets *t)
{
	int rc = EXIT_MET;

	for (size_t i = 0; i < t->nr; i++) {
		enum verdict verdict = check(out, run, &t->v[i]);

		if (verdict == NOT_MET)
			rc = EXIT_NOT_MET;
		else if (verdict == NO_FIGURE && rc == EXIT_MET)
			rc = EXIT_NO_FIGURE;
	}
	return rc;
}
