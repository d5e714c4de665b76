// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: The pages of the incoming tree
 *
 * They are neither free nor preserved until the tree goes, so it must be known
 * which they are. A tree has about one for each section with preserved pages,
 * and the old kernel took them from anywhere: so they are kept as a sorted array,
 * eight bytes each, and not as bits of all pages that might be one.
 *
 * While the tree is read the array is a hash table, which tells at once when a
 * page is met for the second time.
 *
 * Lifecycle: filled by map.c, sorted, read-only from then on, freed when all
 * sections are finished.
 *
 * Lock order: none.
 */
#include <linux/errno.h>
#include <linux/hash.h>
#include <linux/init.h>
#include <linux/log2.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/sort.h>

#include "tree_pages.h"

/* Entries are pfns plus one, so that 0 means empty. */
#define EMPTY	0

static unsigned long __init
kho_tree_pages_slot(const struct kho_fast_nodes *nodes, unsigned long entry)
{
	unsigned long slot = hash_long(entry, ilog2(nodes->size));

	while (nodes->pfns[slot] != EMPTY && nodes->pfns[slot] != entry)
		slot = (slot + 1) & (nodes->size - 1);

	return slot;
}

/* Make the table twice as large, at first one page. */
static int __init kho_tree_pages_grow(struct kho_fast_nodes *nodes)
{
	struct kho_fast_nodes larger = { .nr = nodes->nr };
	unsigned long i;

	larger.size = max(2 * nodes->size, PAGE_SIZE / sizeof(*nodes->pfns));
	larger.pfns = memblock_alloc(kho_fast_nodes_size(&larger), PAGE_SIZE);
	if (!larger.pfns)
		return -ENOMEM;

	for (i = 0; i < nodes->size; i++) {
		unsigned long entry = nodes->pfns[i];

		if (entry != EMPTY)
			larger.pfns[kho_tree_pages_slot(&larger, entry)] =
				entry;
	}

	kho_fast_nodes_destroy(nodes);
	*nodes = larger;
	return 0;
}

/**
 * kho_fast_nodes_add - Note that a page is a node of the tree.
 * @nodes: The pages so far, not sorted yet; all zeroes at first.
 * @pfn:   The page.
 *
 * Context: boot CPU; allocates from memblock.
 * Return: 0; -EEXIST when the page was there; -ENOMEM.
 */
int __init kho_fast_nodes_add(struct kho_fast_nodes *nodes, unsigned long pfn)
{
	unsigned long slot;
	int err;

	if (2 * nodes->nr >= nodes->size) {
		err = kho_tree_pages_grow(nodes);
		if (err)
			return err;
	}

	slot = kho_tree_pages_slot(nodes, pfn + 1);
	if (nodes->pfns[slot] != EMPTY)
		return -EEXIST;

	nodes->pfns[slot] = pfn + 1;
	nodes->nr++;
	return 0;
}

static int __init kho_compare_pfns(const void *a, const void *b)
{
	const unsigned long x = *(const unsigned long *)a;
	const unsigned long y = *(const unsigned long *)b;

	return x < y ? -1 : x > y;
}

/**
 * kho_fast_nodes_sort - All pages have been added.
 * @nodes: The pages.
 *
 * Context: boot CPU.
 */
void __init kho_fast_nodes_sort(struct kho_fast_nodes *nodes)
{
	unsigned long i, nr = 0;

	for (i = 0; i < nodes->size; i++) {
		if (nodes->pfns[i] != EMPTY)
			nodes->pfns[nr++] = nodes->pfns[i] - 1;
	}
	sort(nodes->pfns, nr, sizeof(*nodes->pfns), kho_compare_pfns, NULL);
}

/**
 * kho_fast_nodes_from - Find the first node at or behind a page.
 * @nodes: The pages, sorted.
 * @pfn:   The page.
 *
 * Context: any, until all sections are finished.
 * Return: index into @nodes->pfns, @nodes->nr when there is none.
 */
unsigned long kho_fast_nodes_from(const struct kho_fast_nodes *nodes,
				  unsigned long pfn)
{
	unsigned long low = 0, high = nodes->nr;

	while (low < high) {
		unsigned long mid = low + (high - low) / 2;

		if (nodes->pfns[mid] < pfn)
			low = mid + 1;
		else
			high = mid;
	}

	return low;
}

/**
 * kho_fast_nodes_destroy - Free the array.
 * @nodes: The pages; there are none after it.
 *
 * Context: boot, while memblock is there.
 */
void __init kho_fast_nodes_destroy(struct kho_fast_nodes *nodes)
{
	memblock_free(nodes->pfns, kho_fast_nodes_size(nodes));
	*nodes = (struct kho_fast_nodes){};
}
