// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preserving folios in batches: kho_preserve_folios() and kho_preserve_folio_range(),
 * beside one by one, which is all that stock has. The tree has all its tables. The folios
 * of a batch follow one another in memory. Where it says "hot" all struct pages fit the
 * cache of a CPU; elsewhere reading one of each folio from memory is part of the time.
 *
 * And 1,048,576 folios of order 0 in one call, which has a worker for each node that some of
 * them are on. Starting a worker is in the time; here that is making a thread. On a machine
 * with one CPU two workers cannot be any faster than one.
 */
#include "bench.h"
#include "folios.h"

static const struct {
	const char	*name;
	unsigned long	nr, batch;
	unsigned int	order;
} cases[] = {
	{ "1 of order 0",	1ul << 19,	1,	0 },
	{ "8 of order 0",	1ul << 19,	8,	0 },
	{ "64 of order 0",	1ul << 19,	64,	0 },
	{ "512 of order 0",	1ul << 19,	512,	0 },
	{ "4096 of order 0",	1ul << 19,	4096,	0 },
	{ "512, hot",		1ul << 13,	512,	0 },
	{ "512 of order 9",	1ul << 14,	512,	9 },
};

static unsigned long batch;

/* See insert.c. */
static bool is_small(unsigned int index)
{
	return cases[index].order != 9;
}

static struct bench_work setup(unsigned int index)
{
	folios = (struct folios){
		.nr = cases[index].nr,
		.order = cases[index].order,
		.stride = 1,
		.nodes = 2,
	};
	batch = cases[index].batch;
	folios_make();
	return (struct bench_work){ .n = folios.nr };
}

static const char *const node_counts[] = { "on one node", "on two nodes" };

static struct bench_work setup_nodes(unsigned int index)
{
	batch = 1ul << 20;
	folios = (struct folios){ .nr = batch, .stride = 1, .nodes = index + 1 };
	folios_make();
	return (struct bench_work){ .n = folios.nr };
}

static void run_single(const struct bench_variant *v)
{
	folios.impl->preserve(folios.list, folios.nr);
}

static void run_batches(const struct bench_variant *v)
{
	folios.impl->preserve_batches(folios.list, folios.nr, batch);
}

static void run_ranges(const struct bench_variant *v)
{
	folios.impl->preserve_ranges(folios.list, folios.nr, batch);
}

#define VARIANT(what, of, go)						\
	{ .name = (what), .threads = 1, .impl = (of), .reset = folios_reset_variant,	\
	  .run = (go), .verify = folios_check }

static const struct bench_variant variants[] = {
	VARIANT("stock", &impl_stock, run_single),
	VARIANT("one by one", &impl_ours, run_single),
	VARIANT("batch", &impl_ours, run_batches),
	VARIANT("range", &impl_ours, run_ranges),
};

static const struct bench_variant node_variants[] = {
	VARIANT("stock", &impl_stock, run_batches),
	VARIANT("kho_fast", &impl_ours, run_batches),
};

const struct bench bench_batch = {
	.name		= "batch",
	.unit		= "folio",
	BENCH_CASES(cases),
	.is_small	= is_small,
	.setup		= setup,
	BENCH_VARIANTS(variants),
	.fresh		= true,
};

const struct bench bench_node_jobs = {
	.name		= "node_jobs",
	.unit		= "folio",
	BENCH_CASES(node_counts),
	.setup		= setup_nodes,
	BENCH_VARIANTS(node_variants),
	.fresh		= true,
};
