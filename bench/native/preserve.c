// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preserving folios of each order and mixtures of orders, on one thread: one by one with
 * kho_preserve_folio() of stock and of ours, and in batches of 512 with
 * kho_preserve_folios(). The tree has all its tables before a run.
 *
 * And the same runs of pages with kho_preserve_pages(), which divides them into such keys.
 */
#include <err.h>
#include <stdlib.h>

#include "bench.h"
#include "folios.h"
#include "sets.h"

#define BATCH		512ul
#define MIN_PAGES	(1ul << 19)
#define MIN_FOLIOS	(1ul << 12)	/* of large ones */

static unsigned long nr_pages_of(const struct folio_set *s)
{
	unsigned long nr = (unsigned long)s->stride * MIN_FOLIOS << s->order;

	return nr < MIN_PAGES ? MIN_PAGES : nr;
}

/* Address space for the map of 2^30 pages and more. */
static bool is_small(unsigned int index)
{
	return folio_sets[index].order < 9;
}

static struct bench_work setup(unsigned int index)
{
	set_make(index);
	folios_make_set(nr_pages_of(&folio_sets[index]));
	return (struct bench_work){ .n = folios.nr };
}

static void run_single(const struct bench_variant *v)
{
	folios.impl->preserve(folios.list, folios.nr);
}

static void run_batches(const struct bench_variant *v)
{
	folios.impl->preserve_batches(folios.list, folios.nr, BATCH);
}

#define VARIANT(what, of, go)						\
	{ .name = (what), .threads = 1, .impl = (of), .reset = folios_reset_variant,	\
	  .run = (go), .verify = folios_check }

static const struct bench_variant variants[] = {
	VARIANT("stock", &impl_stock, run_single),
	VARIANT("kho_fast", &impl_ours, run_single),
	VARIANT("batch", &impl_ours, run_batches),
};

const struct bench bench_preserve = {
	.name		= "preserve",
	.unit		= "folio",
	BENCH_CASES(folio_sets),
	.is_small	= is_small,
	.setup		= setup,
	BENCH_VARIANTS(variants),
	.fresh		= true,
};

static struct page_run *runs;
static unsigned long nr_runs;

static void find_runs(void)
{
	const struct folio_place *p = folios.places;
	unsigned long i, end = 0;

	runs = calloc(folios.nr, sizeof(*runs));
	if (!runs)
		err(2, "no memory for a list of runs");
	for (i = 0; i < folios.nr; i++) {
		if (!i || p[i].pfn != end)
			runs[nr_runs++].pfn = p[i].pfn;
		end = p[i].pfn + (1ul << p[i].order);
		runs[nr_runs - 1].nr = end - runs[nr_runs - 1].pfn;
	}
}

static const char *const run_names[] = { "runs" };

static struct bench_work setup_runs(unsigned int index)
{
	set_make(NR_SETS - 1);
	folios_make_set(MIN_PAGES * 4);
	find_runs();
	return (struct bench_work){ .n = nr_runs };
}

static void run_runs(const struct bench_variant *v)
{
	folios.impl->preserve_pages(runs, nr_runs);
}

static const struct bench_variant run_variants[] = {
	VARIANT("stock", &impl_stock, run_runs),
	VARIANT("kho_fast", &impl_ours, run_runs),
};

const struct bench bench_preserve_pages = {
	.name		= "preserve_pages",
	.unit		= "run",
	BENCH_CASES(run_names),
	.setup		= setup_runs,
	BENCH_VARIANTS(run_variants),
	.fresh		= true,
};
