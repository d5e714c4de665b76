// SPDX-License-Identifier: GPL-2.0-only
/*
 * See sets.h. Uniform folios of each order, and what is preserved on hosts:
 *
 *   "9 and 0 to 8"  90 % in folios of order 9, as a memfd with huge pages has; between them
 *                   folios of each smaller order
 *   "2, 4 and 6"    the folios of a memfd with mTHP sizes
 *   "vmalloc"       single pages, in runs of 1 to 15 with gaps of 1 to 15
 *   "runs"          runs of 1 to 1000 pages at any place, in the largest naturally aligned
 *                   parts, as kho_preserve_pages() divides them; gaps of 1 to 100
 */
#include <err.h>

#include "bench.h"
#include "sets.h"

#define BLOCK_ORDER	9
#define BLOCK		(1ul << BLOCK_ORDER)

struct set set;

static void set_add(unsigned long offset, unsigned int order)
{
	if (set.nr == SET_MAX_FOLIOS)
		errx(2, "a set of more than %u folios", SET_MAX_FOLIOS);
	set.folios[set.nr++] = (struct set_folio){ offset, order };
	set.nr_pages += 1ul << order;
}

static void make_uniform(const struct folio_set *s)
{
	set_add(0, s->order);
	set.period = (unsigned long)s->stride << s->order;
}

/* One block of folios of orders 8 to 1 and two of order 0. */
static void add_small_orders(unsigned long offset)
{
	unsigned int order;

	for (order = BLOCK_ORDER - 1; order; order--) {
		set_add(offset, order);
		offset += 1ul << order;
	}
	set_add(offset, 0);
	set_add(offset + 1, 0);
}

/* 3 of 32 blocks */
static void make_huge_and_small(const struct folio_set *s)
{
	unsigned int block;

	for (block = 0; block < 32; block++) {
		if (block % 10 == 9)
			add_small_orders(block * BLOCK);
		else
			set_add(block * BLOCK, BLOCK_ORDER);
	}
	set.period = 32 * BLOCK;
}

static void add_order(unsigned long offset, unsigned int order, unsigned int nr)
{
	for (; nr; nr--) {
		set_add(offset, order);
		offset += 1ul << order;
	}
}

/* As many pages of each, 64; and 64 of order 6 to fill the period. */
static void make_mthp(const struct folio_set *s)
{
	add_order(0, 6, 1);
	add_order(64, 4, 4);
	add_order(128, 2, 16);
	add_order(192, 6, 1);
	set.period = 256;
}

static unsigned int alignment_of(unsigned long pfn, unsigned int max_order)
{
	unsigned int order = 0;

	while (order < max_order && !(pfn >> order & 1))
		order++;
	return order;
}

static void add_run(unsigned long pfn, unsigned long end, unsigned int max_order)
{
	unsigned int order;

	for (; pfn < end; pfn += 1ul << order) {
		order = alignment_of(pfn, max_order);
		while (pfn + (1ul << order) > end)
			order--;
		set_add(pfn, order);
	}
}

static void add_runs(unsigned long max_run, unsigned long max_gap, unsigned int max_order)
{
	unsigned long pfn = 0, end;

	set.period = 32 * BLOCK;
	while (pfn < set.period) {
		end = pfn + 1 + bench_random(max_run);
		if (end > set.period)
			end = set.period;
		add_run(pfn, end, max_order);
		pfn = end + 1 + bench_random(max_gap);
	}
}

static void make_vmalloc(const struct folio_set *s)
{
	add_runs(15, 15, 0);
}

static void make_runs(const struct folio_set *s)
{
	add_runs(1000, 100, 10);
}

#define ORDER(nr)	{ "order " #nr, make_uniform, (nr), 1 }
#define HALF(nr)	{ "order " #nr ", 1 of 2", make_uniform, (nr), 2 }

const struct folio_set folio_sets[NR_SETS] = {
	ORDER(0), ORDER(1), ORDER(2), ORDER(3), ORDER(4), ORDER(5), ORDER(6), ORDER(7),
	ORDER(8), ORDER(9), ORDER(10), ORDER(11), ORDER(12), ORDER(13), ORDER(14), ORDER(15),
	ORDER(16), ORDER(17), ORDER(18),
	HALF(0), HALF(1), HALF(2), HALF(4), HALF(9),
	{ "9 and 0 to 8", make_huge_and_small, 0, 0 },
	{ "2, 4 and 6", make_mthp, 0, 0 },
	{ "vmalloc", make_vmalloc, 0, 0 },
	{ "runs", make_runs, 0, 0 },
};

void set_make(unsigned int index)
{
	set.nr = set.nr_pages = 0;
	folio_sets[index].make(&folio_sets[index]);
}
