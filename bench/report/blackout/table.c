// SPDX-License-Identifier: GPL-2.0-only
/*
 * The terminal tables, below 80 columns: blackout, then restore and total.
 * A ratio stands beside both of its absolutes.
 */
#include "report.h"

static void print_blackout(FILE *out, const struct scenario *sc)
{
	struct figure stock = figure_of(sc, STOCK, BLACKOUT);
	struct figure fast = figure_of(sc, FAST, BLACKOUT);
	struct ratio ratio = ratio_of(&stock, &fast);

	fprintf(out, "%-26s %4s %6s %6s %6s %6s %8s %5s %4s\n", text_label(sc).s, sc->memory,
		text_min(&stock).s, text_med(&stock).s, text_min(&fast).s, text_med(&fast).s,
		text_ratio(&ratio).s, text_spread(&stock).s, text_spread(&fast).s);
}

static void print_total(FILE *out, const struct scenario *sc)
{
	struct figure stock = figure_of(sc, STOCK, TOTAL);
	struct figure fast = figure_of(sc, FAST, TOTAL);
	struct figure stock_restore = figure_of(sc, STOCK, RETRIEVE);
	struct figure fast_restore = figure_of(sc, FAST, RETRIEVE);
	struct ratio ratio = ratio_of(&stock, &fast);
	char runs[48];

	snprintf(runs, sizeof(runs), "%zu/%zu", sc->series[STOCK].nr, sc->series[FAST].nr);
	fprintf(out, "%-26s %4s %6s %6s %6s %6s %8s %10s\n", text_label(sc).s, sc->memory,
		text_med(&stock_restore).s, text_med(&fast_restore).s, text_med(&stock).s,
		text_med(&fast).s, text_ratio(&ratio).s, runs);
}

/**
 * table_print() - Print the tables of a run.
 * @out: Where to.
 * @run: The run.
 */
void table_print(FILE *out, const struct run *run)
{
	fprintf(out, "Blackout in seconds, %s, run %s\n\n", run->where, run->id);
	fprintf(out, "%-31s %13s %13s %8s %10s\n", "", "STOCK", "OURS", "STOCK /", "SPREAD");
	fprintf(out, "%-26s %4s %6s %6s %6s %6s %8s %5s %4s\n", "PRESERVED", "RAM",
		"min", "median", "min", "median", "OURS", "stock", "ours");
	for (size_t i = 0; i < run->nr; i++)
		print_blackout(out, &run->scenarios[i]);

	fprintf(out, "\nRestore, and total = blackout + restore: medians in seconds\n\n");
	fprintf(out, "%-31s %13s %13s %8s %10s\n", "", "RESTORE", "TOTAL", "STOCK /", "RUNS");
	fprintf(out, "%-26s %4s %6s %6s %6s %6s %8s %10s\n", "PRESERVED", "RAM",
		"stock", "ours", "stock", "ours", "OURS", "stock/ours");
	for (size_t i = 0; i < run->nr; i++)
		print_total(out, &run->scenarios[i]);
}

static void print_scenario_failures(FILE *out, const struct scenario *sc)
{
	static const char *const kernels[] = { [STOCK] = "stock", [FAST] = "fast" };

	for (int k = 0; k < NR_KERNELS; k++)
		for (size_t i = 0; i < sc->series[k].nr; i++) {
			const struct sample *s = &sc->series[k].samples[i];

			if (s->status == FAILED)
				fprintf(out, "FAILED %s, %s kernel, repetition %llu: %s\n",
					sc->name, kernels[k], (unsigned long long)s->rep,
					*s->reason ? s->reason : "not verified");
		}
}

/**
 * table_print_failures() - Say which repetitions gave no number and why.
 * @out: Where to.
 * @run: The run.
 */
void table_print_failures(FILE *out, const struct run *run)
{
	for (size_t i = 0; i < run->nr; i++)
		print_scenario_failures(out, &run->scenarios[i]);
}

/**
 * run_failed() - Whether a repetition of a run failed.
 * @run: The run.
 * Return: True if so.
 */
bool run_failed(const struct run *run)
{
	for (size_t i = 0; i < run->nr; i++)
		for (int k = 0; k < NR_KERNELS; k++)
			if (figure_of(&run->scenarios[i], k, BLACKOUT).status == FAILED)
				return true;
	return false;
}
