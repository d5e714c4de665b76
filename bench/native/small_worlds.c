// SPDX-License-Identifier: GPL-2.0-only
/*
 * Worlds of 64 pages, so small that borders of all kinds meet: regions that touch or
 * end inside a page, reservations across holes and nodes, starts before, in, between
 * and behind them. All is counted in units of a quarter of a page.
 *
 *   page     0         16        32        48        63
 *   memory   |..0000..1111111111..00NNNNN.....1111111|   N: not mapped
 *   reserved |...rrsss...rr....................rrrrrrr|   r, s: two regions
 *
 * The walk from each page must find the units that a map of the world has, and the
 * same ranges as the whole walk less those that end at or before that page.
 */
#include <stdio.h>
#include <string.h>
#include <linux/memblock.h>

#include "bench.h"
#include "free_from.h"
#include "small_worlds.h"

#define PAGES		64
#define UNITS		4	/* of a page */
#define UNIT		(PAGE_SIZE / UNITS)
#define MAX_REGIONS	16
#define NR_WORLDS	5000

struct range {
	phys_addr_t	start, end;
};

static struct memblock_region memory[MAX_REGIONS], reserved[MAX_REGIONS];

static unsigned long random_regions(struct memblock_region *r, bool is_memory)
{
	unsigned long nr = bench_random(MAX_REGIONS + 1), i;
	unsigned long next = bench_random(16), units;

	memset(r, 0, MAX_REGIONS * sizeof(*r));
	for (i = 0; i < nr; i++) {
		units = 1 + bench_random(36);
		r[i].base = next * UNIT;
		r[i].size = units * UNIT;
		r[i].nid = is_memory ? bench_random(2) : NUMA_NO_NODE;
		r[i].flags = is_memory && !bench_random(5) ? MEMBLOCK_NOMAP : MEMBLOCK_NONE;
		next += units;
		if (next > PAGES * UNITS)
			return i;
		next += bench_random(2) * bench_random(24);
	}
	return nr;
}

static bool covers(const struct memblock_type *type, phys_addr_t addr, int nid)
{
	unsigned long i;

	for (i = 0; i < type->cnt; i++) {
		const struct memblock_region *r = &type->regions[i];

		if (addr >= r->base && addr < r->base + r->size)
			return (nid == NUMA_NO_NODE || r->nid == nid) &&
			       r->flags != MEMBLOCK_NOMAP;
	}
	return false;
}

static bool is_free(phys_addr_t addr, int nid)
{
	return covers(&memblock.memory, addr, nid) &&
	       !covers(&memblock.reserved, addr, NUMA_NO_NODE);
}

/* All ranges from iterator @i on. */
static unsigned int walk(u64 i, int nid, struct range *ranges)
{
	unsigned int nr = 0;

	for (;;) {
		struct range *r = &ranges[nr];

		__next_mem_range(&i, nid, MEMBLOCK_NONE, &memblock.memory,
				 &memblock.reserved, &r->start, &r->end, NULL);
		if (i == (u64)ULLONG_MAX)
			return nr;
		nr++;
	}
}

static bool same_ranges(phys_addr_t start, int nid, const struct range *ranges,
			unsigned int nr)
{
	struct range all[2 * MAX_REGIONS + 2];
	unsigned int i, found = 0, nr_all = walk(0, nid, all);

	for (i = 0; i < nr_all; i++) {
		if (all[i].end <= start)
			continue;
		if (found == nr || all[i].start != ranges[found].start ||
		    all[i].end != ranges[found].end)
			return false;
		found++;
	}
	return found == nr;
}

static bool same_units(phys_addr_t start, int nid, const struct range *ranges,
		       unsigned int nr)
{
	bool seen[PAGES * UNITS] = {};
	phys_addr_t addr;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		for (addr = ranges[i].start; addr < ranges[i].end; addr += UNIT)
			seen[addr / UNIT] = true;
	}
	for (addr = start; addr < PAGES * PAGE_SIZE; addr += UNIT) {
		if (seen[addr / UNIT] != is_free(addr, nid))
			return false;
	}
	return true;
}

static bool check_start(unsigned long pfn, int nid)
{
	const phys_addr_t start = pfn * PAGE_SIZE;
	struct range ranges[2 * MAX_REGIONS + 2];
	unsigned int nr = walk(kho_fast_free_range_iter_at(pfn), nid, ranges);

	if (same_ranges(start, nid, ranges, nr) && same_units(start, nid, ranges, nr))
		return true;
	fprintf(stderr, "native: seed %lu: the walk from page %lu on node %d finds other ranges\n",
		bench_options.seed, pfn, nid);
	return false;
}

static bool check_world(void)
{
	unsigned long pfn;
	int nid;

	for (nid = NUMA_NO_NODE; nid < 2; nid++) {
		for (pfn = 0; pfn <= PAGES; pfn++) {
			if (!check_start(pfn, nid))
				return false;
		}
	}
	return true;
}

bool check_small_worlds(void)
{
	const struct memblock saved = memblock;
	bool ok = true;
	int i;

	memblock.memory.regions = memory;
	memblock.reserved.regions = reserved;
	for (i = 0; ok && i < NR_WORLDS; i++) {
		memblock.memory.cnt = random_regions(memory, true);
		memblock.reserved.cnt = random_regions(reserved, false);
		ok = check_world();
	}

	memblock = saved;
	return ok;
}
