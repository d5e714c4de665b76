/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A core of KHO that preserves: stock's or ours, each with its own copy of the shims in
 * one program, so that both run on the same memory and the same struct pages.
 */
#ifndef IMPL_H
#define IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct folio;

struct page_run {
	unsigned long	pfn, nr;
};

/**
 * struct impl - What the benchmarks do with it.
 * @use_memory: Use the arena and its map from memory_make().
 * @make:      Write the struct pages of a folio.
 * @start:     Set handing over up, as at boot; the tree gets its pages from the @nr
 *             page frames from @pool on.
 * @root:      Where the next kernel finds the tree.
 * @preserve:  One by one. Errors end the program, here and below.
 * @unpreserve: One by one.
 * @preserve_batches: In arrays of @batch.
 * @preserve_ranges: In ranges of @batch that follow one another in memory.
 * @preserve_pages: Runs of pages, a call each.
 * @tree_make: Start a tree of its own.
 * @tree_add:  Add keys to it.
 * @tree_add_range: Add @nr keys from @key on.
 * @tree_walk: Number and sum of all its keys.
 * @pool_used: Pages that the tree and what belongs to it has got.
 */
struct impl {
	void		(*use_memory)(char *arena, void *memmap, unsigned long nr_pages);
	struct folio	*(*make)(unsigned long pfn, unsigned int order, int nid);
	void		(*start)(unsigned long pool, unsigned long nr);
	uint64_t	(*root)(void);
	void		(*preserve)(struct folio **folios, unsigned long nr);
	void		(*unpreserve)(struct folio **folios, unsigned long nr);
	void		(*preserve_batches)(struct folio **folios, unsigned long nr,
					    unsigned long batch);
	void		(*preserve_ranges)(struct folio **folios, unsigned long nr,
					   unsigned long batch);
	void		(*preserve_pages)(const struct page_run *runs, unsigned long nr);
	void		(*tree_make)(unsigned long pool, unsigned long nr);
	void		(*tree_add)(const unsigned long *keys, unsigned long nr);
	void		(*tree_add_range)(unsigned long key, unsigned long nr);
	void		(*tree_walk)(unsigned long *nr, unsigned long *sum);
	unsigned long	(*pool_used)(void);
};

extern const struct impl impl_stock, impl_ours;

/* memory.c: physical memory and its map, for both. */
struct memory {
	char		*arena;		/* address space: touched on demand */
	void		*memmap;
	unsigned long	nr_pages;
};

extern struct memory memory;

/* @huge: the map in huge pages, as the kernel maps it; what is touched is then resident. */
void memory_make(unsigned long nr_pages, bool huge);

/* Address space, aligned like a huge page; ends the program if there is none. */
void *memory_reserve(size_t size);

/* impl_stock.c and impl_ours.c: what @root returns. */
uint64_t impl_root(void);

#endif /* IMPL_H */
