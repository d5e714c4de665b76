// SPDX-License-Identifier: GPL-2.0-only
/*
 * kho_radix_walk_tree() over 1,048,576 keys, with a callback for each: all pages of 4 GiB,
 * or pages anywhere in 1 TiB, 128 to a bitmap.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "keys.h"
#include "impl.h"

#define NR_KEYS		(1ul << 20)
#define HOST_PAGES	(1ul << 28)
#define PER_KEY		(HOST_PAGES / NR_KEYS)
#define POOL_PFN	512ul
#define POOL_PAGES	16384ul

static const char *const names[] = { "dense", "scattered" };

static unsigned long sum, found_nr, found_sum;

static unsigned long *make_keys(bool scattered)
{
	unsigned long *keys = malloc(NR_KEYS * sizeof(*keys)), i, pfn;

	if (!keys)
		err(2, "no memory for keys");
	for (i = 0; i < NR_KEYS; i++) {
		pfn = scattered ? i * PER_KEY + bench_random(PER_KEY) : i;
		keys[i] = key_of(pfn, 0);
		sum += keys[i];
	}
	return keys;
}

static struct bench_work setup(unsigned int index)
{
	unsigned long *keys = make_keys(index);

	memory_make(2 * (POOL_PFN + POOL_PAGES), false);
	impl_stock.tree_make(POOL_PFN, POOL_PAGES);
	impl_stock.tree_add(keys, NR_KEYS);
	impl_ours.tree_make(POOL_PFN + POOL_PAGES, POOL_PAGES);
	impl_ours.tree_add(keys, NR_KEYS);
	free(keys);
	return (struct bench_work){ .n = NR_KEYS };
}

static void run(const struct bench_variant *v)
{
	v->impl->tree_walk(&found_nr, &found_sum);
}

static void clear_results(void)
{
	found_nr = found_sum = 0;
}

static bool verify(void)
{
	if (found_nr == NR_KEYS && found_sum == sum)
		return true;
	fprintf(stderr, "native: %lu keys with a sum of %#lx, not %lu with %#lx\n", found_nr,
		found_sum, NR_KEYS, sum);
	return false;
}

static const struct bench_variant variants[] = {
	{ .name = "stock", .threads = 1, .impl = &impl_stock, .spoil = clear_results, .run = run,
	  .verify = verify },
	{ .name = "kho_fast", .threads = 1, .impl = &impl_ours, .spoil = clear_results, .run = run,
	  .verify = verify },
};

const struct bench bench_walk = {
	.name		= "walk",
	.unit		= "key",
	BENCH_CASES(names),
	.setup		= setup,
	BENCH_VARIANTS(variants),
};
