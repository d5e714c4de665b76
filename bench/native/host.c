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

bool host_has_preserved(unsigned long first_pfn, unsigned long end_pfn)
{
	for (; first_pfn < end_pfn; first_pfn += HOST_KEYS_PER_WORD << host.order) {
		if (host_word(first_pfn))
			return true;
	}
	return false;
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

static void build_tree(void)
{
	const unsigned long step = HOST_KEYS_PER_WORD << host.order;
	unsigned long pfn;

	host.root = new_tree_page();
	for (pfn = host.first_pfn; pfn < host.end_pfn; pfn += step) {
		uint64_t key = key_of(pfn, host.order), word = host_word(pfn);

		if (!word)
			continue;
		keys_make_leaf(memory.arena, host.root, key, new_tree_page)
			[key % KEYS_PER_LEAF / 64] = word;
		host.nr_keys += __builtin_popcountl(word);
	}
}

/* At most a leaf per section, and its tables. */
static unsigned long max_tree_pages(void)
{
	return (host.end_pfn >> 15) * 9 / 8 + 64;
}

bool host_make(unsigned long gib, enum host_set set, unsigned int order, bool far)
{
	host = (struct host){ .set = set, .order = order };
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
