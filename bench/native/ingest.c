// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking over the tree in the new kernel, before anything is initialised.
 *
 * stream    a streaming read of the tree's pages: the lower bound of reading them all
 * kho_fast  kho_fast_map_build() with all its checks, and extended scratch
 * stock     two memblock operations per key; extended from what fits in a second
 *
 * No cache holds any of the tree when a run starts: the new kernel is the first to look
 * at it. "far" is a tree with a page in each section, in holes between what is preserved.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "bench.h"
#include "host.h"
#include "keys.h"
#include "impl.h"

#define TREE_START	(5 * HOST_GIB)
#define STOCK_LIMIT_NS	1000000000ull

static const unsigned long sizes[] = { 64, 256, 1024, 4096, 16384 };
static const char *const size_names[] = { "64G", "256G", "1T", "4T", "16T" };

/* On every host, and some on one of 1 TiB only. */
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
}, kinds_of_1t[] = {
	{ "checker far",	CHECKER,	0,	true },
	{ "sparse",		SPARSE,		0,	false },
};

#define NR_SIZES	(sizeof(sizes) / sizeof(*sizes))
#define NR_KINDS	(sizeof(kinds) / sizeof(*kinds))
#define NR_KINDS_OF_1T	(sizeof(kinds_of_1t) / sizeof(*kinds_of_1t))
#define SIZE_1T		2

struct host host;

static uint64_t next_node;
static unsigned long nr_far, nr_far_made;

/* The pages of the tree, in the order of their keys. */
static const void **nodes;

static const struct kind *kind_of(unsigned int index, unsigned int *size)
{
	if (index < NR_SIZES * NR_KINDS) {
		*size = index / NR_KINDS;
		return &kinds[index % NR_KINDS];
	}
	*size = SIZE_1T;
	index -= NR_SIZES * NR_KINDS;
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

static bool in_scratch(uint64_t phys)
{
	unsigned int i;

	for (i = 0; i < HOST_NR_SCRATCH; i++) {
		if (phys >= host.scratch[i].start && phys < host.scratch[i].end)
			return true;
	}
	return false;
}

/* One in eight: three bits that are all set. */
static uint64_t random_word(unsigned long pfn)
{
	uint64_t x = bench_hash(pfn + bench_options.seed);

	return x & bench_hash(x) & bench_hash(~x);
}

/* Words never cross the borders of scratch. */
uint64_t host_word(unsigned long pfn)
{
	if (pfn < host.first_pfn || pfn >= host.end_pfn || in_scratch((uint64_t)pfn << 12))
		return 0;
	switch (host.set) {
	case DENSE:
		return ~0ull;
	case RANDOM:
		return random_word(pfn);
	case CHECKER:
		return 0x5555555555555555ull;
	default:
		return pfn % (2 * HOST_PAGES_PER_GIB) == 0;
	}
}

bool host_busy(unsigned long first_pfn, unsigned long end_pfn)
{
	for (; first_pfn < end_pfn; first_pfn += HOST_KEYS_PER_WORD << host.order) {
		if (host_word(first_pfn))
			return true;
	}
	return false;
}

/* In a section of its own, on a page between two that are preserved. */
static uint64_t far_node(void)
{
	uint64_t phys;

	do {
		phys = (uint64_t)(host.first_pfn + 32768 * nr_far_made++) << 12;
	} while (in_scratch(phys));
	return phys + ((bench_random(16384) * 2 + 1) << 12);
}

static uint64_t new_node(void)
{
	uint64_t phys;

	if (nr_far) {
		nr_far--;
		phys = far_node();
	} else {
		phys = next_node;
		next_node += NODE_BYTES;
	}
	nodes[host.nr_nodes++] = memory.arena + phys;
	return phys;
}

static void lay_out(unsigned long gib)
{
	host.end = (gib + 1) * HOST_GIB;
	host.middle = (gib / 2 + 1) * HOST_GIB;
	host.first_pfn = 8 * HOST_PAGES_PER_GIB;
	host.end_pfn = host.end >> 12;
	host.scratch[0] = (struct host_range){ HOST_GIB / 4, HOST_GIB / 2 };
	host.scratch[1] = (struct host_range){ 4 * HOST_GIB, 5 * HOST_GIB };
	host.scratch[2] = (struct host_range){ host.middle, host.middle + HOST_GIB };
}

static void build_tree(void)
{
	const unsigned long step = HOST_KEYS_PER_WORD << host.order;
	unsigned long pfn;

	host.root = new_node();
	for (pfn = host.first_pfn; pfn < host.end_pfn; pfn += step) {
		uint64_t key = key_of(pfn, host.order), word = host_word(pfn);

		if (!word)
			continue;
		keys_make_leaf(memory.arena, host.root, key, new_node)
			[key % KEYS_PER_LEAF / 64] = word;
		host.nr_keys += __builtin_popcountl(word);
	}
}

/* At most a leaf per section, and its tables. */
static unsigned long max_nodes(void)
{
	return (host.end_pfn >> 15) * 9 / 8 + 64;
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

	host = (struct host){ .set = kind->set, .order = kind->order };
	lay_out(sizes[size]);
	memory_make(host.end_pfn, false);
	nodes = calloc(max_nodes(), sizeof(*nodes));
	if (!nodes)
		return (struct bench_work){ 0 };
	next_node = TREE_START;
	nr_far = kind->far ? (host.end_pfn - host.first_pfn) / 32768 - 16 : 0;
	madvise(memory.arena + TREE_START, HOST_GIB, MADV_HUGEPAGE);
	build_tree();
	return (struct bench_work){ 1, host.nr_nodes * NODE_BYTES };
}

static void flush(void)
{
	unsigned long i;

	for (i = 0; i < host.nr_nodes; i++)
		stream_flush(nodes[i], NODE_BYTES);
}

static void reset_stream(const struct bench_variant *v)
{
	flush();
}

static void run_stream(const struct bench_variant *v)
{
	unsigned long i;

	for (i = 0; i < host.nr_nodes; i++)
		stream_read(nodes[i], NODE_BYTES);
}

static void reset_ours(const struct bench_variant *v)
{
	host_ours_prepare(memory.arena);
	flush();
}

static void run_ours(const struct bench_variant *v)
{
	host_ours_take();
}

static bool estimate_stock(struct bench_estimate *estimate)
{
	host_stock_prepare(memory.arena);
	extrapolate(host_stock_reserve, host.nr_keys, STOCK_LIMIT_NS, estimate);
	return true;
}

static const struct bench_variant variants[] = {
	{ .name = "stream", .threads = 1, .reset = reset_stream, .run = run_stream },
	{ .name = "kho_fast", .threads = 1, .reset = reset_ours, .run = run_ours,
	  .verify = host_ours_verify },
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
