// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of folios. All folios are allocated before any is freed, so that those
 * of the set (K) have free memory between them:
 *
 *	scatter order=0 stride=2	K.K.K.K.K.K.K.K.
 *	mix				.KK.KKKKKKKK....K.KKKK
 *	sections			K....|K....|K....|	one per 128 MiB
 *	borders				K...K|....K|K....|K...K	of pageblocks
 *	orders max=18			one folio of each order
 */
#include <linux/kexec_handover.h>
#include <linux/bitmap.h>
#include <linux/nodemask.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

#include "kho_workload.h"

/* Dropped pages are linked by their lru, which has no other user. */
void drop_page(struct workload_drop *drop, struct page *page)
{
	list_add(&page->lru, &drop->list);
}

void drop_free(struct workload_drop *drop)
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

/* Zero until allocated, for set_destroy() */
static int folios_alloc_entries(struct workload_set *set, unsigned long nr)
{
	if (!nr)
		return report_err(-EINVAL, "n= is missing");
	set->entries = vcalloc(nr, sizeof(*set->entries));
	if (!set->entries)
		return report_err(-ENOMEM, "no memory for %lu entries", nr);
	set->nr = nr;
	return 0;
}

static int folios_too_few(unsigned long have, unsigned long want)
{
	return report_err(-ENOMEM, "memory for %lu folios only, not %lu", have,
			  want);
}

/*
 * The largest free block, split into pages. The search starts at *@order, which
 * only decreases.
 */
static struct page *folios_alloc_block(int *nid, unsigned int *order)
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

/* Single pages, allocated in large blocks, since two million take minutes. */
static unsigned long folios_scatter_pages(struct workload_set *set,
					  unsigned long stride)
{
	struct workload_drop drop = { LIST_HEAD_INIT(drop.list) };
	unsigned int order = MAX_PAGE_ORDER;
	unsigned long nr = 0;
	int nid = 0;

	while (nr < set->nr) {
		struct page *page = folios_alloc_block(&nid, &order);

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

static struct page *folios_alloc(int nid, unsigned int order)
{
	struct page *page;

	if (order <= MAX_PAGE_ORDER)
		return alloc_pages_node(nid, SET_GFP | __GFP_COMP, order);
	/* As for gigantic pages of HugeTLB */
	page = alloc_contig_frozen_pages(1UL << order, GFP_KERNEL | __GFP_COMP,
					 nid, NULL);
	if (page)
		set_page_count(page, 1);
	return page;
}

static unsigned long folios_scatter_order(struct workload_set *set,
					  unsigned int order,
					  unsigned long stride)
{
	struct workload_drop drop = { LIST_HEAD_INIT(drop.list) };
	unsigned long nr = 0;
	int nid = 0;

	while (nr < set->nr) {
		struct page *page;

		nid = next_nid(nid);
		page = folios_alloc(nid, order);
		if (!page)
			break;
		if ((page_to_pfn(page) >> order) % stride == 0)
			set->entries[nr++] =
				entry_make(page_to_pfn(page), order);
		else
			drop_page(&drop, page);
		cond_resched();
	}
	drop_free(&drop);
	return nr;
}

int folios_scatter(struct workload_set *set)
{
	unsigned long stride = arg_num("stride", 1), nr;
	unsigned int order = arg_num("order", 0);
	int err = folios_alloc_entries(set, arg_num("n", 0));

	if (err)
		return err;
	if (!stride || order > MAX_FOLIO_ORDER)
		return report_err(-EINVAL, "stride= or order= is out of range");
	if (order)
		nr = folios_scatter_order(set, order, stride);
	else
		nr = folios_scatter_pages(set, stride);
	return nr < set->nr ? folios_too_few(nr, set->nr) : 0;
}

int folios_mix(struct workload_set *set)
{
	struct workload_drop drop = { LIST_HEAD_INIT(drop.list) };
	int err = folios_alloc_entries(set, arg_num("n", 0));
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
		page = folios_alloc(nid, order);
		if (!page)
			break;
		if (prandom_u32_state(&rnd) & 1)
			set->entries[nr++] =
				entry_make(page_to_pfn(page), order);
		else
			drop_page(&drop, page);
		cond_resched();
	}
	drop_free(&drop);
	return nr < set->nr ? folios_too_few(nr, set->nr) : 0;
}

/* Allocates all memory and keeps up to @max pages that are @wanted. */
static unsigned long
folios_pick_pages(struct workload_set *set, unsigned long max,
		  bool (*wanted)(unsigned long pfn, unsigned long *seen),
		  unsigned long *seen)
{
	struct workload_drop drop = { LIST_HEAD_INIT(drop.list) };
	unsigned int order = MAX_PAGE_ORDER;
	struct page *page;
	unsigned long nr = 0;
	int nid = 0;

	while ((page = folios_alloc_block(&nid, &order))) {
		for (unsigned long i = 0; i < 1UL << order; i++) {
			unsigned long pfn = page_to_pfn(page + i);

			if (nr < max && wanted(pfn, seen))
				set->entries[nr++] = entry_make(pfn, 0);
			else
				drop_page(&drop, page + i);
		}
		cond_resched();
	}
	drop_free(&drop);
	return nr;
}

/* Address space of the largest guest with such a set */
#define PICK_MAX	SZ_64G
#define PICK_SECTIONS	(PICK_MAX >> PA_SECTION_SHIFT)

/* n= is the minimum number of pages. */
static int folios_pick(struct workload_set *set, unsigned long max,
		bool (*wanted)(unsigned long pfn, unsigned long *seen))
{
	unsigned long want = arg_num("n", 0), *seen;
	int err;

	err = folios_alloc_entries(set, max);
	if (err)
		return err;
	seen = bitmap_zalloc(PICK_SECTIONS, GFP_KERNEL);
	if (!seen)
		return -ENOMEM;
	set->nr = folios_pick_pages(set, max, wanted, seen);
	bitmap_free(seen);
	report("picked=%lu\n", set->nr);
	return set->nr < want ? folios_too_few(set->nr, want) : 0;
}

static bool folios_is_first_seen(unsigned long pfn, unsigned long *seen)
{
	unsigned long section = pfn_to_section_nr(pfn);

	return section < PICK_SECTIONS && !__test_and_set_bit(section, seen);
}

int folios_sections(struct workload_set *set)
{
	return folios_pick(set, PICK_SECTIONS, folios_is_first_seen);
}

/*
 * Of three pageblocks one has both ends preserved, one the first page and one
 * the last, for all combinations of preserved and free neighbours. Of a section
 * both ends are preserved.
 */
static bool folios_is_border(unsigned long pfn, unsigned long *seen)
{
	unsigned long block = pfn / pageblock_nr_pages;

	if (pfn % PAGES_PER_SECTION == 0 || (pfn + 1) % PAGES_PER_SECTION == 0)
		return true;
	if (pfn % pageblock_nr_pages == 0)
		return block % 3 != 2;
	return (pfn + 1) % pageblock_nr_pages == 0 && block % 3 != 1;
}

int folios_borders(struct workload_set *set)
{
	return folios_pick(set,
			   2 * (PICK_MAX >> (PAGE_SHIFT + pageblock_order)),
			   folios_is_border);
}

/* The largest one first, before memory is fragmented. */
int folios_orders(struct workload_set *set)
{
	unsigned int max = arg_num("max", MAX_PAGE_ORDER);
	int err, nid = 0;

	if (max > MAX_FOLIO_ORDER)
		return report_err(-EINVAL, "max= is out of range");
	err = folios_alloc_entries(set, max + 1);
	for (unsigned int i = 0; !err && i <= max; i++) {
		struct page *page;

		nid = next_nid(nid);
		page = folios_alloc(nid, max - i);
		if (page)
			set->entries[i] =
				entry_make(page_to_pfn(page), max - i);
		else
			err = folios_too_few(i, max + 1);
	}
	return err;
}
