// SPDX-License-Identifier: GPL-2.0-only
/*
 * A host after a kexec: layout, preserved pages, and the tree that describes them.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "bench.h"
#include "host.h"
#include "impl.h"
#include "keys.h"

#define TREE_START	(5 * HOST_GIB)

#define MIXED_ORDERS	(1u << 0 | 1u << 2 | 1u << 4 | 1u << 9)
#define MINGLED_ORDERS	(1u << 0 | 1u << 2 | 1u << 4)
#define MOSTLY_9_ORDERS	((2u << HOST_MAX_ORDER) - 1)
#define ALTERNATE	0x5555555555555555ull

struct host host;

static uint64_t next_tree_page;
static unsigned long nr_far, nr_far_made;

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

/*
 * Of each 8 MiB the first quarter is a folio of order 9; of the others each other folio of
 * order 4, 2 and 0 is preserved.
 */
static uint64_t mixed_word(unsigned long pfn, unsigned int order)
{
	const unsigned int quarter = pfn / 512 % 4;

	switch (order) {
	case 9:
		return 0x1111111111111111ull;
	case 4:		/* of two quarters */
		return quarter == 0 ? ALTERNATE << 32 : 0;
	case 2:
		return quarter == 2 ? ALTERNATE : 0;
	default:
		return quarter == 3 ? ALTERNATE : 0;
	}
}

/*
 * Of each 2 MiB the first half in folios of order 4, a quarter each of order 2 and 0; every
 * other one is preserved.
 */
static uint64_t mingled_word(unsigned long pfn, unsigned int order)
{
	const unsigned int quarter = pfn / 128 % 4;

	switch (order) {
	case 4:		/* of 4 MiB */
		return ALTERNATE & 0x0000ffff0000ffffull;
	case 2:		/* of 1 MiB */
		return quarter == 2 ? ALTERNATE & 0xffffffffull : 0;
	default:
		return quarter == 3 ? ALTERNATE : 0;
	}
}

/* Does a folio of @order begin at @pfn? */
static bool mostly_9_has(unsigned long pfn, unsigned int order)
{
	const bool divided = pfn / 512 % 32 % 10 == 9;
	const unsigned long page = pfn % 512;

	if (order == 9)
		return !divided;
	return divided && (page == 512 - (2ul << order) || (!order && page == 511));
}

static uint64_t mostly_9_word(unsigned long pfn, unsigned int order)
{
	uint64_t word = 0;
	unsigned int bit;

	for (bit = 0; bit < 64; bit++)
		word |= (uint64_t)mostly_9_has(pfn + ((unsigned long)bit << order), order) << bit;
	return word;
}

/* Words never cross the borders of scratch. */
uint64_t host_word(unsigned long pfn, unsigned int order)
{
	if (pfn < host.first_pfn || pfn >= host.end_pfn || in_scratch((uint64_t)pfn << 12))
		return 0;
	switch (host.set) {
	case MIXED:
		return mixed_word(pfn, order);
	case MINGLED:
		return mingled_word(pfn, order);
	case MOSTLY_9:
		return mostly_9_word(pfn, order);
	case DENSE:
		return ~0ull;
	case RANDOM:
		return random_word(pfn);
	case CHECKER:
		return ALTERNATE;
	default:
		return pfn % (2 * HOST_PAGES_PER_GIB) == 0;
	}
}

static bool has_order(unsigned long first_pfn, unsigned long end_pfn, unsigned int order)
{
	for (; first_pfn < end_pfn; first_pfn += HOST_KEYS_PER_WORD << order) {
		if (host_word(first_pfn, order))
			return true;
	}
	return false;
}

unsigned int host_preserved_orders(unsigned long first_pfn, unsigned long end_pfn)
{
	unsigned int order, found = 0;

	for (order = 0; order <= HOST_MAX_ORDER; order++) {
		if (host.orders >> order & 1 && has_order(first_pfn, end_pfn, order))
			found |= 1u << order;
	}
	return found;
}

/* In a section of its own, on a page between two that are preserved. */
static uint64_t far_tree_page(void)
{
	uint64_t phys;

	do {
		phys = (uint64_t)(host.first_pfn + 32768 * nr_far_made++) << 12;
	} while (in_scratch(phys));
	return phys + ((bench_random(16384) * 2 + 1) << 12);
}

static uint64_t new_tree_page(void)
{
	uint64_t phys;

	if (nr_far) {
		nr_far--;
		phys = far_tree_page();
	} else {
		phys = next_tree_page;
		next_tree_page += NODE_BYTES;
	}
	host.tree_pages[host.nr_tree_pages++] = memory.arena + phys;
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

static uint64_t *word_of(uint64_t key)
{
	return keys_make_leaf(memory.arena, host.root, key, new_tree_page) +
	       key % KEYS_PER_LEAF / 64;
}

static void add_keys(unsigned int order)
{
	const unsigned long step = HOST_KEYS_PER_WORD << order;
	unsigned long pfn;

	for (pfn = host.first_pfn; pfn < host.end_pfn; pfn += step) {
		uint64_t word = host_word(pfn, order);

		if (!word)
			continue;
		*word_of(key_of(pfn, order)) = word;
		host.nr_keys += __builtin_popcountl(word);
	}
}

void host_add_key(unsigned long pfn)
{
	const uint64_t key = key_of(pfn, 0);

	*word_of(key) |= 1ull << key % 64;
}

static void build_tree(void)
{
	unsigned int order;

	host.root = new_tree_page();
	for (order = 0; order <= HOST_MAX_ORDER; order++) {
		if (host.orders >> order & 1)
			add_keys(order);
	}
}

/* At most two leaves per section for all its orders, and tables for each of these. */
static unsigned long max_tree_pages(void)
{
	return (host.end_pfn >> 15) * 9 / 4 + 128;
}

static unsigned int orders_of(enum host_set set, unsigned int order)
{
	switch (set) {
	case MIXED:
		return MIXED_ORDERS;
	case MINGLED:
		return MINGLED_ORDERS;
	case MOSTLY_9:
		return MOSTLY_9_ORDERS;
	default:
		return 1u << order;
	}
}

bool host_make(unsigned long gib, enum host_set set, unsigned int order, bool far)
{
	host = (struct host){ .set = set, .orders = orders_of(set, order) };
	lay_out(gib);
	memory_make(host.end_pfn, false);
	host.tree_pages = calloc(max_tree_pages(), sizeof(*host.tree_pages));
	if (!host.tree_pages)
		return false;
	next_tree_page = TREE_START;
	nr_far = far ? (host.end_pfn - host.first_pfn) / 32768 - 16 : 0;
	madvise(memory.arena + TREE_START, HOST_GIB, MADV_HUGEPAGE);
	build_tree();
	return true;
}
