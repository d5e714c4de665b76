/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages that the incoming tree occupies.
 */
#ifndef _KERNEL_KHO_FAST_INCOMING_TREE_PAGES_H
#define _KERNEL_KHO_FAST_INCOMING_TREE_PAGES_H

#include <linux/types.h>

/**
 * struct kho_fast_nodes - The pages that the incoming tree itself occupies.
 * @pfns: Their page frames, in ascending order; a hash table while it is filled.
 * @nr:   How many.
 * @size: Entries that @pfns has room for, whole pages of them.
 */
struct kho_fast_nodes {
	unsigned long	*pfns;
	unsigned long	nr;
	unsigned long	size;
};

/* Bytes of @nodes->pfns. */
static inline size_t kho_fast_nodes_size(const struct kho_fast_nodes *nodes)
{
	return nodes->size * sizeof(*nodes->pfns);
}

int kho_fast_nodes_add(struct kho_fast_nodes *nodes, unsigned long pfn);
void kho_fast_nodes_sort(struct kho_fast_nodes *nodes);
unsigned long kho_fast_nodes_from(const struct kho_fast_nodes *nodes,
				  unsigned long pfn);
void kho_fast_nodes_destroy(struct kho_fast_nodes *nodes);

#endif /* _KERNEL_KHO_FAST_INCOMING_TREE_PAGES_H */
