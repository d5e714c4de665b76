// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Pages of the incoming tree
 *
 * They are neither free nor preserved as long as the tree exists. A tree has
 * about one page for each section with preserved pages, anywhere in memory, so
 * they are kept as a sorted array of 8 bytes each, not as a bitmap.
 *
 * While the tree is read the array is a hash table, which detects a page that
 * is added twice.
 *
 * Lifecycle: filled by map.c, then sorted, then read-only; freed after all
 * sections are initialised.
 *
 * Lock order: none.
 */
#include <linux/errno.h>
#include <linux/hash.h>
#include <linux/init.h>
#include <linux/log2.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "tree_pages.h"

/* Entries are pfns plus one. */
#define EMPTY	0

/**
 * kho_fast_map_mem_alloc - Allocate memory of a map.
 * @size: Size in bytes, whole pages.
 *
 * Context: boot CPU, or process context that may sleep.
 * Return: zeroed memory, from memblock in early boot; NULL if there is none.
 */
__ref void *kho_fast_map_mem_alloc(size_t size)
{
	return slab_is_available() ? kvzalloc(size, GFP_KERNEL) :
				     memblock_alloc(size, PAGE_SIZE);
}

/**
 * kho_fast_map_mem_free - Undo kho_fast_map_mem_alloc(), in the same context.
 * @mem:  The memory, or NULL.
 * @size: Its size in bytes.
 */
__ref void kho_fast_map_mem_free(void *mem, size_t size)
{
	if (slab_is_available())
		kvfree(mem);
	else
		memblock_free(mem, size);
}

static unsigned long
kho_tree_pages_slot(const struct kho_fast_tree_pages *pages,
		    unsigned long entry)
{
	unsigned long slot = hash_long(entry, ilog2(pages->size));

	while (pages->pfns[slot] != EMPTY && pages->pfns[slot] != entry)
		slot = (slot + 1) & (pages->size - 1);

	return slot;
}

/* Double the table, at first to one page. */
static int kho_tree_pages_grow(struct kho_fast_tree_pages *pages)
{
	struct kho_fast_tree_pages larger = { .nr = pages->nr };
	unsigned long i;

	larger.size = max(2 * pages->size, PAGE_SIZE / sizeof(*pages->pfns));
	larger.pfns = kho_fast_map_mem_alloc(kho_fast_tree_pages_size(&larger));
	if (!larger.pfns)
		return -ENOMEM;

	for (i = 0; i < pages->size; i++) {
		unsigned long entry = pages->pfns[i];

		if (entry != EMPTY)
			larger.pfns[kho_tree_pages_slot(&larger, entry)] =
				entry;
	}

	kho_fast_tree_pages_destroy(pages);
	*pages = larger;
	return 0;
}

/**
 * kho_fast_tree_pages_add - Add a page of the tree.
 * @pages: The pages so far, not sorted yet; all zeroes at first.
 * @pfn:   Page frame.
 *
 * Context: as kho_fast_map_mem_alloc().
 * Return: 0; -EEXIST when the page was added before; -ENOMEM.
 */
int kho_fast_tree_pages_add(struct kho_fast_tree_pages *pages,
			    unsigned long pfn)
{
	unsigned long slot;
	int err;

	if (2 * pages->nr >= pages->size) {
		err = kho_tree_pages_grow(pages);
		if (err)
			return err;
	}

	slot = kho_tree_pages_slot(pages, pfn + 1);
	if (pages->pfns[slot] != EMPTY)
		return -EEXIST;

	pages->pfns[slot] = pfn + 1;
	pages->nr++;
	return 0;
}

static int kho_compare_pfns(const void *a, const void *b)
{
	const unsigned long x = *(const unsigned long *)a;
	const unsigned long y = *(const unsigned long *)b;

	return x < y ? -1 : x > y;
}

/**
 * kho_fast_tree_pages_sort - Sort the array, after the last page.
 * @pages: The pages.
 *
 * Context: any.
 */
void kho_fast_tree_pages_sort(struct kho_fast_tree_pages *pages)
{
	unsigned long i, nr = 0;

	for (i = 0; i < pages->size; i++) {
		if (pages->pfns[i] != EMPTY)
			pages->pfns[nr++] = pages->pfns[i] - 1;
	}
	sort(pages->pfns, nr, sizeof(*pages->pfns), kho_compare_pfns, NULL);
}

/**
 * kho_fast_tree_pages_find - Find the first page from a pfn on.
 * @pages: The pages, sorted.
 * @pfn:   Page frame.
 *
 * Context: any, until all sections are initialised.
 * Return: index into @pages->pfns, @pages->nr when there is none.
 */
unsigned long kho_fast_tree_pages_find(const struct kho_fast_tree_pages *pages,
				       unsigned long pfn)
{
	unsigned long low = 0, high = pages->nr;

	while (low < high) {
		unsigned long mid = low + (high - low) / 2;

		if (pages->pfns[mid] < pfn)
			low = mid + 1;
		else
			high = mid;
	}

	return low;
}

/**
 * kho_fast_tree_pages_destroy - Free the array.
 * @pages: The pages; empty afterwards.
 *
 * Context: as kho_fast_map_mem_alloc().
 */
void kho_fast_tree_pages_destroy(struct kho_fast_tree_pages *pages)
{
	kho_fast_map_mem_free(pages->pfns, kho_fast_tree_pages_size(pages));
	*pages = (struct kho_fast_tree_pages){};
}
