// SPDX-License-Identifier: GPL-2.0-only
/*
 * mm/kho_memblock_iter.c on mm/memblock.c: models of 64 pages, so small that borders of
 * all kinds meet: regions that touch or end inside a page, reservations across holes and
 * nodes, starts before, in, between and behind them. All is counted in units of a quarter
 * of a page.
 *
 *   page     0         16        32        48        63
 *   memory   |..0000..1111111111..00NNNNN.....1111111|   N: not mapped
 *   reserved |...rrsss...rr....................rrrrrrr|   r, s: two regions
 *
 * The walk from each page must find the units that a map of the model has, and the
 * same ranges as the whole walk less those that end at or before that page.
 */
#include "test.h"

#define PAGES		64
#define UNITS		4	/* of a page */
#define UNIT		(PAGE_SIZE / UNITS)
#define MAX_REGIONS	16
#define NR_MODELS	1000

struct range {
	phys_addr_t	start, end;
};

static struct memblock_region memory[MAX_REGIONS], reserved[MAX_REGIONS];

static unsigned long random_regions(struct memblock_region *r, bool is_memory)
{
	unsigned long nr = rnd(MAX_REGIONS + 1), i;
	unsigned long next = rnd(16), units;

	memset(r, 0, MAX_REGIONS * sizeof(*r));
	for (i = 0; i < nr; i++) {
		units = 1 + rnd(36);
		r[i].base = next * UNIT;
		r[i].size = units * UNIT;
		r[i].nid = is_memory ? rnd(2) : NUMA_NO_NODE;
		r[i].flags = is_memory && !rnd(5) ? MEMBLOCK_NOMAP : MEMBLOCK_NONE;
		next += units;
		if (next > PAGES * UNITS)
			return i;
		next += rnd(2) * rnd(24);
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

static bool walk_is_right(unsigned long pfn, int nid)
{
	const phys_addr_t start = pfn * PAGE_SIZE;
	struct range ranges[2 * MAX_REGIONS + 2];
	unsigned int nr = walk(kho_fast_free_range_iter_at(pfn), nid, ranges);

	return same_ranges(start, nid, ranges, nr) && same_units(start, nid, ranges, nr);
}

TEST(a_walk_starts_at_the_first_free_range_that_reaches_a_page)
{
	unsigned long pfn;
	int i, nid;

	unit_init();
	memblock.memory.regions = memory;
	memblock.reserved.regions = reserved;
	for (i = 0; i < NR_MODELS; i++) {
		memblock.memory.cnt = random_regions(memory, true);
		memblock.reserved.cnt = random_regions(reserved, false);
		for (nid = NUMA_NO_NODE; nid < 2; nid++) {
			for (pfn = 0; pfn <= PAGES; pfn++)
				ASSERT_TRUE(walk_is_right(pfn, nid))
					TH_LOG("from page %lu on node %d", pfn, nid);
		}
	}
}

TEST_HARNESS_MAIN
