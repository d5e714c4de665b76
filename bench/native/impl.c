// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compiled once for stock's core of KHO and once for ours, as -DSIDE= says. The loops are
 * in here, so that nothing but the functions themselves is between two operations.
 */
#include <linux/kexec_handover.h>
#include <linux/kho_bulk.h>
#include <linux/kho_radix_tree.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "mm/internal.h"

#include "impl.h"

extern int (*shim_initcall_kho_init)(void);

static struct kho_radix_tree tree;

static void check(int err)
{
	if (err)
		shim_die("error %d", err);
}

static void use_memory(char *arena, void *memmap, unsigned long nr_pages)
{
	shim_arena = arena;
	shim_memmap = memmap;
	shim_nr_pages = nr_pages;
}

static struct folio *make(unsigned long pfn, unsigned int order, int nid)
{
	struct page *page = pfn_to_page(pfn);

	page->flags.f = (unsigned long)nid << NODES_PGSHIFT;
	if (order) {
		__SetPageHead(page);
		prep_compound_head(page, order);
	}
	return (struct folio *)page;
}

static void start(unsigned long pool, unsigned long nr)
{
	shim_slab_is_up = true;
	shim_pool_init(pool, nr);
	/* Only what is RAM can be preserved. */
	memblock_add_node(0, PFN_PHYS(shim_nr_pages), 0, MEMBLOCK_NONE);
	check(shim_initcall_kho_init());
}

static void preserve(struct folio **folios, unsigned long nr)
{
	unsigned long i;

	for (i = 0; i < nr; i++)
		check(kho_preserve_folio(folios[i]));
}

static void unpreserve(struct folio **folios, unsigned long nr)
{
	unsigned long i;

	for (i = 0; i < nr; i++)
		kho_unpreserve_folio(folios[i]);
}

static void preserve_batches(struct folio **folios, unsigned long nr, unsigned long batch)
{
	unsigned long i;

	for (i = 0; i < nr; i += batch)
		check(kho_preserve_folios(folios + i, min(batch, nr - i)));
}

static void preserve_ranges(struct folio **folios, unsigned long nr, unsigned long batch)
{
	unsigned long i;

	for (i = 0; i < nr; i += batch)
		check(kho_preserve_folio_range(folios[i], min(batch, nr - i)));
}

static void preserve_pages(const struct page_run *runs, unsigned long nr)
{
	unsigned long i;

	for (i = 0; i < nr; i++)
		check(kho_preserve_pages(pfn_to_page(runs[i].pfn), runs[i].nr));
}

static void tree_make(unsigned long pool, unsigned long nr)
{
	shim_slab_is_up = true;
	shim_pool_init(pool, nr);
	check(kho_radix_init_tree(&tree, NULL));
}

static void tree_add(const unsigned long *keys, unsigned long nr)
{
	unsigned long i;

	for (i = 0; i < nr; i++)
		check(kho_radix_add_key(&tree, keys[i]));
}

static void tree_add_range(unsigned long key, unsigned long nr)
{
	unsigned long end = key + nr;

	for (; key < end; key++)
		check(kho_radix_add_key(&tree, key));
}

struct found {
	unsigned long	nr, sum;
};

static int count_key(unsigned long key, void *data)
{
	struct found *found = data;

	found->nr++;
	found->sum += key;
	return 0;
}

static void tree_walk(unsigned long *nr, unsigned long *sum)
{
	const struct kho_radix_walk_cb cb = { .leaf = count_key };
	struct found found = {};

	check(kho_radix_walk_tree(&tree, &cb, &found));
	*nr = found.nr;
	*sum = found.sum;
}

const struct impl IMPL = {
	.use_memory		= use_memory,
	.make			= make,
	.start			= start,
	.root			= impl_root,
	.preserve		= preserve,
	.unpreserve		= unpreserve,
	.preserve_batches	= preserve_batches,
	.preserve_ranges	= preserve_ranges,
	.preserve_pages		= preserve_pages,
	.tree_make		= tree_make,
	.tree_add		= tree_add,
	.tree_add_range		= tree_add_range,
	.tree_walk		= tree_walk,
	.pool_used		= shim_pool_used,
};
