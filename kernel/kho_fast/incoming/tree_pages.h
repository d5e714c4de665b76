/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages that the incoming tree occupies.
 */
#ifndef _KERNEL_KHO_FAST_INCOMING_TREE_PAGES_H
#define _KERNEL_KHO_FAST_INCOMING_TREE_PAGES_H

#include <linux/types.h>

/**
 * struct kho_fast_tree_pages - Pages of the incoming tree.
 * @pfns: Page frames, in ascending order; a hash table until they are sorted.
 * @nr:   Number of pages.
 * @size: Entries that @pfns has room for, whole pages of them.
 */
struct kho_fast_tree_pages {
	unsigned long	*pfns;
	unsigned long	nr;
	unsigned long	size;
};

/* Bytes of @pages->pfns. */
static inline size_t
kho_fast_tree_pages_size(const struct kho_fast_tree_pages *pages)
{
	return pages->size * sizeof(*pages->pfns);
}

void *kho_fast_map_mem_alloc(size_t size);
void kho_fast_map_mem_free(void *mem, size_t size);
int kho_fast_tree_pages_add(struct kho_fast_tree_pages *pages,
			    unsigned long pfn);
void kho_fast_tree_pages_sort(struct kho_fast_tree_pages *pages);
unsigned long kho_fast_tree_pages_find(const struct kho_fast_tree_pages *pages,
				       unsigned long pfn);
void kho_fast_tree_pages_destroy(struct kho_fast_tree_pages *pages);

#endif /* _KERNEL_KHO_FAST_INCOMING_TREE_PAGES_H */
