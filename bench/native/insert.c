// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preserving folios one by one: kho_preserve_folio() of stock and of ours.
 *
 * The tree has all its tables before a run, as when memory is preserved, given up and
 * preserved again; in cases that say "new" it is empty. Threads have memory of their own,
 * half of them on each node; in variants that say "mix" they share all of it.
 */
#include "bench.h"
#include "folios.h"

static const struct {
	const char	*name;
	unsigned long	nr;
	unsigned int	order;
	unsigned long	stride;
	bool		random, new;
} cases[] = {
	{ "order 0",		1ul << 19,	0,	1,	false,	false },
	{ "order 0 new",	1ul << 19,	0,	1,	false,	true },
	{ "order 0 random",	1ul << 19,	0,	1,	true,	false },
	{ "1 per table new",	1ul << 12,	0,	32768,	false,	true },
	{ "order 9",		1ul << 14,	9,	1,	false,	false },
	{ "order 9 random",	1ul << 14,	9,	1,	true,	false },
	{ "order 18",		1ul << 12,	18,	1,	false,	false },
	{ "order 18 random",	1ul << 12,	18,	1,	true,	false },
};

static bool new;
static unsigned int nr_threads;

/* The struct pages of 2^14 folios of order 9, in huge pages, are 512 MiB. */
static bool is_small(unsigned int index)
{
	return cases[index].order != 9;
}

static struct bench_work setup(unsigned int index)
{
	folios = (struct folios){
		.nr = cases[index].nr,
		.order = cases[index].order,
		.stride = cases[index].stride,
		.nodes = 2,
	};
	new = cases[index].new;
	folios_make();
	if (cases[index].random)
		folios_shuffle();
	return (struct bench_work){ .n = folios.nr };
}

static void reset(const struct bench_variant *v)
{
	if (new)
		folios_reset(v->impl);
	else
		folios_reset_with_tables(v->impl);
	workers_start(v->threads);
}

static void reset_mix(const struct bench_variant *v)
{
	folios_mix(v->threads);
	reset(v);
}

static void preserve_part(unsigned int thread)
{
	unsigned long from = folios.nr * thread / nr_threads;
	unsigned long end = folios.nr * (thread + 1) / nr_threads;

	folios.impl->preserve(folios.list + from, end - from);
}

static void run(const struct bench_variant *v)
{
	nr_threads = v->threads;
	workers_run(preserve_part);
}

#define VARIANT(what, nr, of, than, how)				\
	{ .name = (what), .threads = (nr), .impl = (of), .base = (than), .reset = (how),	\
	  .run = run, .verify = folios_check }
#define PAIR(nr)							\
	VARIANT("stock", nr, &impl_stock, NULL, reset),			\
	VARIANT("kho_fast", nr, &impl_ours, NULL, reset)
#define MIXED(nr)							\
	VARIANT("stock mix", nr, &impl_stock, NULL, reset_mix),		\
	VARIANT("fast mix", nr, &impl_ours, "stock mix", reset_mix)

static const struct bench_variant variants[] = {
	PAIR(1),
	PAIR(2), MIXED(2),
	PAIR(4), MIXED(4),
	PAIR(8), MIXED(8),
	PAIR(16), MIXED(16),
	PAIR(32), MIXED(32),
	PAIR(64), MIXED(64),
};

const struct bench bench_insert = {
	.name		= "insert",
	.unit		= "folio",
	BENCH_CASES(cases),
	.is_small	= is_small,
	.setup		= setup,
	BENCH_VARIANTS(variants),
	.fresh		= true,
};
