// SPDX-License-Identifier: GPL-2.0-only
/*
 * See folios.h. Both implementations look at the same struct pages and write to none.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "folios.h"
#include "keys.h"
#include "sets.h"

#define POOL_PFN	(1ul << 17)
#define POOL_PAGES	8192ul
#define FIRST_PFN	(1ul << 18)
#define BLOCK		512ul
#define MAX_HUGE_PAGES	(1ul << 21)	/* of memory whose map is in huge pages */

struct folios folios;

/* Keys in the tree before any folio is: of what KHO itself hands over. */
static unsigned long nr_own_keys;

static unsigned int node_of(unsigned long i)
{
	return i * folios.nodes / folios.nr;
}

static void alloc_list(void)
{
	folios.list = calloc(folios.nr, sizeof(*folios.list));
	folios.places = calloc(folios.nr, sizeof(*folios.places));
	if (!folios.list || !folios.places)
		err(2, "no memory for a list of folios");
}

static void make_folio(unsigned long i, unsigned long pfn, unsigned int order)
{
	folios.places[i] = (struct folio_place){ pfn, order };
	folios.list[i] = impl_stock.make(pfn, order, node_of(i));
}

void folios_make(void)
{
	const unsigned long step = folios.stride << folios.order;
	/* In the kernel the map is mapped by huge pages; here that needs them resident. */
	const bool huge = step <= BLOCK;
	unsigned long i;

	memory_make(FIRST_PFN + folios.nr * step, huge);
	alloc_list();
	for (i = 0; i < folios.nr; i++)
		make_folio(i, FIRST_PFN + i * step, folios.order);
}

void folios_make_set(unsigned long nr_pages)
{
	unsigned long i = 0;
	struct set_pos pos;

	folios = (struct folios){ .nr = nr_pages / set.period * set.nr, .nodes = 1 };
	memory_make(FIRST_PFN + nr_pages, nr_pages <= MAX_HUGE_PAGES);
	alloc_list();
	for_each_set_folio(&pos, FIRST_PFN, FIRST_PFN + nr_pages)
		make_folio(i++, pos.pfn, pos.order);
}

static void shuffle(struct folio **list, unsigned long nr)
{
	for (; nr > 1; nr--) {
		unsigned long other = bench_random(nr);
		struct folio *last = list[nr - 1];

		list[nr - 1] = list[other];
		list[other] = last;
	}
}

void folios_shuffle(void)
{
	unsigned long part = folios.nr / folios.nodes;
	unsigned int nid;

	for (nid = 0; nid < folios.nodes; nid++)
		shuffle(folios.list + nid * part, part);
}

/* The list is of nr / BLOCK blocks or less than one per thread. */
void folios_mix(unsigned int threads)
{
	const unsigned long block = folios.nr < BLOCK * threads ? 1 : BLOCK;
	struct folio **mixed = calloc(folios.nr, sizeof(*mixed));
	unsigned long first, i, n = 0;
	unsigned int thread;

	if (!mixed)
		err(2, "no memory for a list of folios");
	for (thread = 0; thread < threads; thread++) {
		for (first = thread * block; first < folios.nr; first += threads * block) {
			for (i = first; i < first + block && i < folios.nr; i++)
				mixed[n++] = folios.list[i];
		}
	}
	memcpy(folios.list, mixed, n * sizeof(*mixed));
	free(mixed);
}

void folios_reset(const struct impl *impl)
{
	folios.impl = impl;
	impl->start(POOL_PFN, POOL_PAGES);
	nr_own_keys = keys_count(memory.arena, impl->root());
}

void folios_reset_with_tables(const struct impl *impl)
{
	folios_reset(impl);
	impl->preserve(folios.list, folios.nr);
	impl->unpreserve(folios.list, folios.nr);
}

void folios_reset_variant(const struct bench_variant *v)
{
	folios_reset_with_tables(v->impl);
}

bool folios_check(void)
{
	const uint64_t root = folios.impl->root();
	unsigned long i, nr = keys_count(memory.arena, root);

	if (nr != nr_own_keys + folios.nr) {
		fprintf(stderr, "native: the tree has %lu keys, not %lu\n", nr,
			nr_own_keys + folios.nr);
		return false;
	}
	for (i = 0; i < folios.nr; i++) {
		const struct folio_place *place = &folios.places[i];

		if (keys_has(memory.arena, root, key_of(place->pfn, place->order)))
			continue;
		fprintf(stderr, "native: the folio at pfn %#lx is not in the tree\n", place->pfn);
		return false;
	}
	return true;
}
