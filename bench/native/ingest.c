// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading the tree in the new kernel, before anything is initialised.
 *
 * stream    a streaming read of the tree's pages: the lower bound of reading them all
 * checksum  xxh64() of each page of the tree
 * kho_fast  kho_fast_map_build() with all its checks, and extended scratch
 * preflight the same checks, and those of root FDT and blobs, by the kernel that hands the
 *           tree over: kho_fast_preflight()
 * stock     two memblock operations per key; extended from what fits in a second
 *
 * No cache holds any of the tree when a run starts: the new kernel is the first to look
 * at it, and the old one has other things in its caches when it freezes. "far" is a tree
 * with a page in each section, in free runs between preserved pages.
 */
#include <stdio.h>

#include "bench.h"
#include "host.h"
#include "impl.h"
#include "keys.h"

#define STOCK_LIMIT_NS	1000000000ull
#define MAX_NS		1000000000000000000ull	/* of a sample: 31 years */

static const unsigned long sizes[] = { 64, 256, 1024, 4096, 16384 };
static const char *const size_names[] = { "64G", "256G", "1T", "4T", "16T" };

/* On every host, and some on one of 64 GiB or of 1 TiB only. */
static const struct kind {
	const char	*name;
	enum host_set	set;
	unsigned int	order;
	bool		far;
} kinds[] = {
	{ "dense",		DENSE,		0,	false },
	{ "random",		RANDOM,		0,	false },
	{ "checker",		CHECKER,	0,	false },
	{ "dense 9",		DENSE,		9,	false },
	{ "random 9",		RANDOM,		9,	false },
	{ "checker 9",		CHECKER,	9,	false },
}, kinds_of_64g[] = {
	{ "dense 1",		DENSE,		1,	false },
	{ "dense 2",		DENSE,		2,	false },
	{ "dense 3",		DENSE,		3,	false },
	{ "dense 4",		DENSE,		4,	false },
	{ "dense 5",		DENSE,		5,	false },
	{ "dense 6",		DENSE,		6,	false },
	{ "dense 7",		DENSE,		7,	false },
	{ "dense 8",		DENSE,		8,	false },
}, kinds_of_1t[] = {
	{ "checker far",	CHECKER,	0,	true },
	{ "sparse",		SPARSE,		0,	false },
	{ "mixed",		MIXED,		0,	false },
	{ "mingled",		MINGLED,	0,	false },
	{ "9 and 0 to 8",	MOSTLY_9,	0,	false },
};

#define NR_SIZES	(sizeof(sizes) / sizeof(*sizes))
#define NR_KINDS	(sizeof(kinds) / sizeof(*kinds))
#define NR_KINDS_OF_64G	(sizeof(kinds_of_64g) / sizeof(*kinds_of_64g))
#define NR_KINDS_OF_1T	(sizeof(kinds_of_1t) / sizeof(*kinds_of_1t))
#define SIZE_64G	0
#define SIZE_1T		2

static const struct kind *kind_of(unsigned int index, unsigned int *size)
{
	if (index < NR_SIZES * NR_KINDS) {
		*size = index / NR_KINDS;
		return &kinds[index % NR_KINDS];
	}
	index -= NR_SIZES * NR_KINDS;
	if (index < NR_KINDS_OF_64G) {
		*size = SIZE_64G;
		return &kinds_of_64g[index];
	}
	*size = SIZE_1T;
	index -= NR_KINDS_OF_64G;
	return index < NR_KINDS_OF_1T ? &kinds_of_1t[index] : NULL;
}

static const char *case_name(unsigned int index)
{
	static char name[32];
	unsigned int size;
	const struct kind *kind = kind_of(index, &size);

	if (!kind)
		return NULL;
	snprintf(name, sizeof(name), "%s %s", size_names[size], kind->name);
	return name;
}

static bool is_small(unsigned int index)
{
	unsigned int size;

	kind_of(index, &size);
	return !size;
}

static struct bench_work setup(unsigned int index)
{
	unsigned int size;
	const struct kind *kind = kind_of(index, &size);

	if (!host_make(sizes[size], kind->set, kind->order, kind->far))
		return (struct bench_work){ 0 };
	return (struct bench_work){ 1, host.nr_tree_pages * NODE_BYTES };
}

static void flush(void)
{
	unsigned long i;

	for (i = 0; i < host.nr_tree_pages; i++)
		stream_flush(host.tree_pages[i], NODE_BYTES);
}

static void reset_stream(const struct bench_variant *v)
{
	flush();
}

static void run_stream(const struct bench_variant *v)
{
	unsigned long i;

	for (i = 0; i < host.nr_tree_pages; i++)
		stream_read(host.tree_pages[i], NODE_BYTES);
}

static void reset_ours(const struct bench_variant *v)
{
	host_ours_prepare(memory.arena);
	flush();
}

static void run_ours(const struct bench_variant *v)
{
	host_ours_read();
}

static void reset_preflight(const struct bench_variant *v)
{
	host_preflight_prepare(memory.arena);
	flush();
}

static void run_preflight(const struct bench_variant *v)
{
	host_preflight_run();
}

static void run_sum(const struct bench_variant *v)
{
	host_ours_sum();
}

static bool estimate_stock(struct bench_estimate *estimate)
{
	host_stock_prepare(memory.arena);
	extrapolate(host_stock_reserve, host.nr_keys, STOCK_LIMIT_NS, estimate);
	return estimate->ns <= MAX_NS;
}

static const struct bench_variant variants[] = {
	{ .name = "stream", .threads = 1, .reset = reset_stream, .run = run_stream },
	{ .name = "checksum", .threads = 1, .reset = reset_stream, .run = run_sum },
	{ .name = "kho_fast", .threads = 1, .reset = reset_ours, .run = run_ours,
	  .verify = host_ours_verify },
	{ .name = "preflight", .threads = 1, .reset = reset_preflight, .run = run_preflight,
	  .verify = host_preflight_verify },
	{ .name = "stock", .threads = 1, .estimate = estimate_stock },
};

const struct bench bench_ingest = {
	.name		= "ingest",
	.unit		= "host",
	.case_name	= case_name,
	.is_small	= is_small,
	.setup		= setup,
	BENCH_VARIANTS(variants),
	.fresh		= true,
};
