// SPDX-License-Identifier: GPL-2.0-only
/*
 * Size of the tree of 1 TiB, all preserved in folios of one order, from 0 to 18: it is
 * built key by key, and its pages are counted. The format is the same in both kernels, so
 * the size should be, too.
 */
#include <stdio.h>

#include "bench.h"
#include "keys.h"
#include "impl.h"

#define HOST_PAGES	(1ul << 28)
#define POOL_PFN	512ul
#define POOL_PAGES	16384ul
#define MAX_ORDER	18

static const struct impl *impl;
static unsigned int order;

static const char *case_name(unsigned int index)
{
	static char name[16];

	snprintf(name, sizeof(name), "order %u", index);
	return index <= MAX_ORDER ? name : NULL;
}

static bool is_small(unsigned int index)
{
	return index >= 9;
}

static struct bench_work setup(unsigned int index)
{
	order = index;
	memory_make(POOL_PFN + POOL_PAGES, false);
	return (struct bench_work){ .n = HOST_PAGES >> order };
}

static void reset(const struct bench_variant *v)
{
	impl = v->impl;
	impl->tree_make(POOL_PFN, POOL_PAGES);
}

static void run(const struct bench_variant *v)
{
	impl->tree_add_range(key_of(0, order), HOST_PAGES >> order);
}

/* The root was the first page. */
static bool verify(void)
{
	return keys_count(memory.arena, POOL_PFN << 12) == HOST_PAGES >> order;
}

static unsigned long size(void)
{
	return impl->pool_used() * NODE_BYTES;
}

static const struct bench_variant variants[] = {
	{ .name = "stock", .threads = 1, .impl = &impl_stock, .reset = reset, .run = run,
	  .verify = verify, .size = size },
	{ .name = "kho_fast", .threads = 1, .impl = &impl_ours, .reset = reset, .run = run,
	  .verify = verify, .size = size },
};

const struct bench bench_tree = {
	.name		= "tree",
	.unit		= "key",
	.case_name	= case_name,
	.is_small	= is_small,
	.setup		= setup,
	BENCH_VARIANTS(variants),
	.fresh		= true,
	.once		= true,
};
