// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of folios.  All are allocated before any is given back, so that the ones
 * that are kept have free memory in between:
 *
 *	scatter order=0 stride=2	K.K.K.K.K.K.K.K.
 *	mix				.KK.KKKKKKKK....K.KKKK
 *	sections			K....|K....|K....|	one per 128 MiB
 */
#include <linux/kexec_handover.h>
#include <linux/bitmap.h>
#include <linux/nodemask.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

#include "kho_workload.h"

/* Dropped pages hang on their own lru, which nobody else uses. */
void drop_page(struct drop *drop, struct page *page)
{
	list_add(&page->lru, &drop->list);
}

void drop_free(struct drop *drop)
{
	struct page *page, *tmp;

	list_for_each_entry_safe(page, tmp, &drop->list, lru) {
		list_del(&page->lru);
		__free_pages(page, compound_order(page));
		cond_resched();
	}
}

int next_nid(int nid)
{
	return next_node_in(nid, node_states[N_MEMORY]);
}

/* All of @nr are zero until they are allocated: set_destroy() knows. */
static int entries_alloc(struct set *set, unsigned long nr)
{
	if (!nr)
		return report_err(-EINVAL, "n= is missing");
	set->entries = vcalloc(nr, sizeof(*set->entries));
	if (!set->entries)
		return report_err(-ENOMEM, "no memory for %lu entries", nr);
	set->nr = nr;
	return 0;
}

static int too_few(unsigned long have, unsigned long want)
{
	return report_err(-ENOMEM, "memory for %lu folios only, not %lu", have, want);
}

/*
 * The largest block of separate pages that is left; *@order is where to start
 * and never rises again.
 */
static struct page *alloc_block(int *nid, unsigned int *order)
{
	struct page *page;

	for (;; (*order)--) {
		*nid = next_nid(*nid);
		page = alloc_pages_node(*nid, SET_GFP, *order);
		if (page) {
			split_page(page, *order);
			return page;
		}
		if (!*order)
			return NULL;
	}
}

/* Single pages: taken in big blocks, or two million of them would take minutes. */
static unsigned long scatter_pages(struct set *set, unsigned long stride)
{
	struct drop drop = { LIST_HEAD_INIT(drop.list) };
	unsigned int order = MAX_PAGE_ORDER;
	unsigned long nr = 0;
	int nid = 0;

	while (nr < set->nr) {
		struct page *page = alloc_block(&nid, &order);

		if (!page)
			break;
		for (unsigned long i = 0; i < 1UL << order; i++) {
			unsigned long pfn = page_to_pfn(page + i);

			if (nr < set->nr && pfn % stride == 0)
				set->entries[nr++] = entry_make(pfn, 0);
			else
				drop_page(&drop, page + i);
		}
		cond_resched();
	}
	drop_free(&drop);
	return nr;
}

static struct page *alloc_folio(int nid, unsigned int order)
{
	struct page *page;

	if (order <= MAX_PAGE_ORDER)
		return alloc_pages_node(nid, SET_GFP | __GFP_COMP, order);
	/* As hugetlb gets its gigantic pages. */
	page = alloc_contig_frozen_pages(1UL << order, GFP_KERNEL | __GFP_COMP, nid, NULL);
	if (page)
		set_page_count(page, 1);
	return page;
}

static unsigned long scatter_folios(struct set *set, unsigned int order,
				    unsigned long stride)
{
	struct drop drop = { LIST_HEAD_INIT(drop.list) };
	unsigned long nr = 0;
	int nid = 0;

	while (nr < set->nr) {
		struct page *page;

		nid = next_nid(nid);
		page = alloc_folio(nid, order);
		if (!page)
			break;
		if ((page_to_pfn(page) >> order) % stride == 0)
			set->entries[nr++] = entry_make(page_to_pfn(page), order);
		else
			drop_page(&drop, page);
		cond_resched();
	}
	drop_free(&drop);
	return nr;
}

int folios_scatter(struct set *set)
{
	unsigned long stride = arg_num("stride", 1), nr;
	unsigned int order = arg_num("order", 0);
	int err = entries_alloc(set, arg_num("n", 0));

	if (err)
		return err;
	if (!stride || order > MAX_FOLIO_ORDER)
		return report_err(-EINVAL, "stride= or order= is out of range");
	if (order)
		nr = scatter_folios(set, order, stride);
	else
		nr = scatter_pages(set, stride);
	return nr < set->nr ? too_few(nr, set->nr) : 0;
}

int folios_mix(struct set *set)
{
	struct drop drop = { LIST_HEAD_INIT(drop.list) };
	int err = entries_alloc(set, arg_num("n", 0));
	struct rnd_state rnd;
	unsigned long nr = 0;
	int nid = 0;

	if (err)
		return err;
	prandom_seed_state(&rnd, set->seed);
	while (nr < set->nr) {
		unsigned int order = prandom_u32_state(&rnd) % NR_PAGE_ORDERS;
		struct page *page;

		nid = next_nid(nid);
		page = alloc_folio(nid, order);
		if (!page)
			break;
		if (prandom_u32_state(&rnd) & 1)
			set->entries[nr++] = entry_make(page_to_pfn(page), order);
		else
			drop_page(&drop, page);
		cond_resched();
	}
	drop_free(&drop);
	return nr < set->nr ? too_few(nr, set->nr) : 0;
}

/* Takes all memory to find one page in each section that has any. */
static unsigned long pick_sections(struct set *set, unsigned long *seen,
				   unsigned long nr_sections)
{
	struct drop drop = { LIST_HEAD_INIT(drop.list) };
	unsigned int order = MAX_PAGE_ORDER;
	struct page *page;
	unsigned long nr = 0;
	int nid = 0;

	while ((page = alloc_block(&nid, &order))) {
		for (unsigned long i = 0; i < 1UL << order; i++) {
			unsigned long pfn = page_to_pfn(page + i);
			unsigned long section = pfn_to_section_nr(pfn);

			if (section < nr_sections && !__test_and_set_bit(section, seen))
				set->entries[nr++] = entry_make(pfn, 0);
			else
				drop_page(&drop, page + i);
		}
		cond_resched();
	}
	drop_free(&drop);
	return nr;
}

/* n= is the least number of sections that must have a page to preserve. */
int folios_sections(struct set *set)
{
	unsigned long want = arg_num("n", 0), nr_sections, *seen;
	int err;

	/* 64 GiB of address space is enough for a guest that is filled up. */
	nr_sections = SZ_64G >> PA_SECTION_SHIFT;
	err = entries_alloc(set, nr_sections);
	if (err)
		return err;
	seen = bitmap_zalloc(nr_sections, GFP_KERNEL);
	if (!seen)
		return -ENOMEM;
	set->nr = pick_sections(set, seen, nr_sections);
	bitmap_free(seen);
	report("sections=%lu\n", set->nr);
	return set->nr < want ? too_few(set->nr, want) : 0;
}
