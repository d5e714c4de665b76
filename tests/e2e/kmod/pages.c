// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs of pages for kho_preserve_pages(): of any length and alignment, so of
 * several keys. With run=N each run has N pages, which may be more than the
 * largest block of the page allocator, or than a section.
 */
#include <linux/kexec_handover.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

#include "kho_workload.h"

/* A run starts in the first half of a block and is no longer than that half. */
#define BLOCK_ORDER	7
#define HALF		(1UL << (BLOCK_ORDER - 1))

static u64 pages_random_run(struct rnd_state *rnd, int nid,
			    struct workload_drop *drop)
{
	unsigned long first = prandom_u32_state(rnd) % HALF;
	unsigned long nr = 1 + prandom_u32_state(rnd) % HALF;
	struct page *page = alloc_pages_node(nid, SET_GFP, BLOCK_ORDER);

	if (!page)
		return 0;
	split_page(page, BLOCK_ORDER);
	for (unsigned long i = 0; i < 1UL << BLOCK_ORDER; i++)
		if (i < first || i >= first + nr)
			drop_page(drop, page + i);
	return entry_make(page_to_pfn(page) + first, nr);
}

static u64 pages_fixed_run(unsigned long nr, int nid)
{
	struct page *page =
		alloc_contig_pages(nr, GFP_KERNEL | __GFP_NOWARN, nid, NULL);

	return page ? entry_make(page_to_pfn(page), nr) : 0;
}

int pages_runs(struct workload_set *set)
{
	struct workload_drop drop = { LIST_HEAD_INIT(drop.list) };
	unsigned long nr = arg_num("n", 0), run = arg_num("run", 0);
	struct rnd_state rnd;
	int nid = 0;

	set->kind = SET_PAGES;
	set->entries = nr ? vcalloc(nr, sizeof(*set->entries)) : NULL;
	if (!set->entries)
		return report_err(-ENOMEM, "n= is missing or too large");

	prandom_seed_state(&rnd, set->seed);
	for (; set->nr < nr; set->nr++) {
		u64 entry;

		nid = next_nid(nid);
		if (run)
			entry = pages_fixed_run(run, nid);
		else
			entry = pages_random_run(&rnd, nid, &drop);
		if (!entry)
			break;
		set->entries[set->nr] = entry;
		cond_resched();
	}
	drop_free(&drop);
	if (set->nr < nr)
		return report_err(-ENOMEM, "memory for %lu runs only, not %lu",
				  set->nr, nr);
	return 0;
}
