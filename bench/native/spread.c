// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preserving 1,048,576 folios of order 0 in one call: kho_preserve_folios() has a worker
 * for each node that some of them are on. Starting a worker is in the time; here that is
 * making a thread. On a machine with one CPU two workers cannot be any faster than one.
 */
#include "bench.h"
#include "folios.h"

static const char *const names[] = { "on one node", "on two nodes" };

static struct bench_work setup(unsigned int index)
{
	folios = (struct folios){ .nr = 1ul << 20, .stride = 1, .nodes = index + 1 };
	folios_make();
	return (struct bench_work){ .n = folios.nr };
}

static void run(const struct bench_variant *v)
{
	folios.impl->preserve_batches(folios.list, folios.nr, folios.nr);
}

static const struct bench_variant variants[] = {
	{ .name = "stock", .threads = 1, .impl = &impl_stock, .reset = folios_reset_variant,
	  .run = run, .verify = folios_check },
	{ .name = "kho_fast", .threads = 1, .impl = &impl_ours, .reset = folios_reset_variant,
	  .run = run, .verify = folios_check },
};

const struct bench bench_spread = {
	.name		= "spread",
	.unit		= "folio",
	BENCH_CASES(names),
	.setup		= setup,
	BENCH_VARIANTS(variants),
	.fresh		= true,
};
