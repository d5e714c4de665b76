// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finding the free ranges of each section among many reserved regions, as
 * deferred_init_memmap_chunk() does: the kernel's mm/memblock.c, unmodified.
 *
 * stock     every section starts at the first free range of all memory
 * kho_fast  every section starts at the first range that reaches it
 *
 * 1 TiB on two nodes, with the hole below 4 GiB that a PC has; R reserved pages, one
 * anywhere in each 1/R of memory.
 */
#include <stdio.h>
#include <stdlib.h>

#include <linux/kho_fast.h>
#include <linux/memblock.h>

#include "bench.h"

#define SECTION_SIZE	(1ul << 27)
#define GIB		(1ul << 30)
#define HOLE_START	(3 * GIB)
#define HOLE_END	(4 * GIB)
#define NODE_END	(513 * GIB)
#define MEMORY_END	(1025 * GIB)
#define NR_SECTIONS	(MEMORY_END / SECTION_SIZE)

/* Digest of the free ranges of a section. */
struct found {
	unsigned long	pages, ranges, hash;
};

static struct found found[NR_SECTIONS], found_by_stock[NR_SECTIONS];

static const unsigned long counts[] = { 1000, 10000, 100000 };
static const char *const names[] = { "1,000 reserved", "10,000 reserved", "100,000 reserved" };

/* Where the memory's page of this number is, the hole not counted. */
static phys_addr_t place(unsigned long page)
{
	phys_addr_t addr = (phys_addr_t)page << PAGE_SHIFT;

	return addr < HOLE_START ? addr : addr + HOLE_END - HOLE_START;
}

/* In order: one by one memblock_reserve() would take longer than all that is timed. */
static void reserve_pages(unsigned long nr)
{
	const unsigned long pages = (MEMORY_END - (HOLE_END - HOLE_START)) >> PAGE_SHIFT;
	const unsigned long slot = pages / nr;
	struct memblock_region *r = calloc(nr, sizeof(*r));
	unsigned long i;

	if (!r)
		abort();
	for (i = 0; i < nr; i++) {
		r[i].base = place(i * slot + bench_random(slot));
		r[i].size = PAGE_SIZE;
	}
	memblock.reserved.regions = r;
	memblock.reserved.cnt = memblock.reserved.max = nr;
}

static bool is_small(unsigned int index)
{
	return counts[index] < 10000;
}

static struct bench_work setup(unsigned int index)
{
	memblock_add_node(0, HOLE_START, 0, MEMBLOCK_NONE);
	memblock_add_node(HOLE_END, NODE_END - HOLE_END, 0, MEMBLOCK_NONE);
	memblock_add_node(NODE_END, MEMORY_END - NODE_END, 1, MEMBLOCK_NONE);
	reserve_pages(counts[index]);

	return (struct bench_work){ .n = NR_SECTIONS };
}

/* The ranges that deferred_init_memmap_chunk() visits, from iterator @i on. */
static struct found look(unsigned long start_pfn, unsigned long end_pfn, int nid, u64 i)
{
	struct found f = {};
	phys_addr_t start, end;

	for (__next_mem_range(&i, nid, MEMBLOCK_NONE, &memblock.memory,
			      &memblock.reserved, &start, &end, NULL);
	     i != (u64)ULLONG_MAX;
	     __next_mem_range(&i, nid, MEMBLOCK_NONE, &memblock.memory,
			      &memblock.reserved, &start, &end, NULL)) {
		unsigned long spfn = PFN_UP(start), epfn = PFN_DOWN(end);

		if (spfn >= end_pfn)
			break;
		spfn = max(spfn, start_pfn);
		epfn = min(epfn, end_pfn);
		if (spfn >= epfn)
			continue;
		f.ranges++;
		f.pages += epfn - spfn;
		f.hash = (f.hash ^ spfn ^ epfn << 32) * 0x9e3779b97f4a7c15ul;
	}

	return f;
}

static void look_at_all(u64 (*first)(unsigned long pfn), struct found *f)
{
	unsigned long pfn;

	for (pfn = 0; pfn < PFN_DOWN(MEMORY_END); pfn += PFN_DOWN(SECTION_SIZE))
		*f++ = look(pfn, pfn + PFN_DOWN(SECTION_SIZE), pfn >= PFN_DOWN(NODE_END),
			    first(pfn));
}

static u64 from_the_first(unsigned long pfn)
{
	return 0;
}

static void run_stock(const struct bench_variant *v)
{
	look_at_all(from_the_first, found_by_stock);
}

static void run_ours(const struct bench_variant *v)
{
	look_at_all(kho_fast_free_range_iter_at, found);
}

/* All of memory but what is reserved. */
static bool verify_stock(void)
{
	unsigned long pages = memblock.reserved.cnt, i;

	for (i = 0; i < NR_SECTIONS; i++)
		pages += found_by_stock[i].pages;
	return pages == (MEMORY_END - (HOLE_END - HOLE_START)) >> PAGE_SHIFT;
}

/* Section by section the same ranges; tests/unit/test_memblock_iter.c has every border. */
static bool verify_ours(void)
{
	unsigned long i;

	for (i = 0; i < NR_SECTIONS; i++) {
		if (memcmp(&found[i], &found_by_stock[i], sizeof(found[i]))) {
			fprintf(stderr, "native: section %lu: %lu pages in %lu ranges, not %lu, %lu\n",
				i, found[i].pages, found[i].ranges,
				found_by_stock[i].pages, found_by_stock[i].ranges);
			return false;
		}
	}
	return true;
}

static const struct bench_variant variants[] = {
	{ "stock", 1, NULL, NULL, NULL, NULL, run_stock, verify_stock },
	{ "kho_fast", 1, NULL, NULL, NULL, NULL, run_ours, verify_ours },
};

const struct bench bench_regions = {
	.name		= "regions",
	.unit		= "section of 128 MiB",
	BENCH_CASES(names),
	.is_small	= is_small,
	.setup		= setup,
	BENCH_VARIANTS(variants),
};
