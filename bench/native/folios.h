/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Folios on two nodes, and both implementations ready to preserve them.
 *
 *   0       1/2 GiB  1 GiB
 *   |.......|  pool  | node 0: ffff..ffff | node 1: ffff..ffff |
 */
#ifndef FOLIOS_H
#define FOLIOS_H

#include <stdbool.h>

#include "impl.h"

struct folio_place {
	unsigned long	pfn;
	unsigned int	order;
};

/**
 * struct folios - All folios of a case.
 * @list:   In the order in which they are preserved.
 * @places: In the order of memory.
 * @nr:     How many.
 * @order:  Of each.
 * @stride: One in so many is in the list.
 * @nodes:  They are spread over, one after the other.
 * @impl:   That preserves them in this run.
 */
struct folios {
	struct folio		**list;
	struct folio_place	*places;
	unsigned long		nr;
	unsigned int		order;
	unsigned long		stride;
	unsigned int		nodes;
	const struct impl	*impl;
};

extern struct folios folios;

/* Memory and struct pages for what @folios says of @nr, @order, @stride and @nodes. */
void folios_make(void);

/* For the folios of the set that set_make() made, in @nr_pages of memory on one node. */
void folios_make_set(unsigned long nr_pages);

/* In any order, but each node's for themselves. */
void folios_shuffle(void);

/*
 * As for @threads that work in the same memory: blocks of 512, a cache line of a bitmap,
 * go to the threads in turns.
 */
void folios_mix(unsigned int threads);

/* An empty tree of @impl; and one that has all its tables already. */
void folios_reset(const struct impl *impl);
void folios_reset_with_tables(const struct impl *impl);

/* The latter before a run of a benchmark. */
struct bench_variant;
void folios_reset_variant(const struct bench_variant *v);

/* Are all folios in the tree, and nothing else? */
bool folios_check(void);

#endif /* FOLIOS_H */
