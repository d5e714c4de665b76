/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A host after a kexec, before it has struct pages: what the firmware and the previous
 * kernel left.
 *
 *   0    1/4 1/2 GiB  3    4    5    6    8 GiB       middle                      end
 *   |....|ss|........|hole|ssss|tttt|....|kkkkkkkkkkk|ssss|kkkkkkkkkkkkkkkkkkkkkk|
 *    node 0                                           node 1
 *   s scratch, t the tree, k memory of which some is preserved
 */
#ifndef HOST_H
#define HOST_H

#include <stdbool.h>
#include <stdint.h>

#define HOST_GIB		(1ul << 30)
#define HOST_PAGES_PER_GIB	(HOST_GIB >> 12)
#define HOST_NR_SCRATCH		3
#define HOST_KEYS_PER_WORD	64

/*
 * Which of its memory is preserved. In folios of several orders in each section: MIXED, each
 * 2 MiB have one; MINGLED, they have several; MOSTLY_9, all is in folios of order 9, but for
 * 3 of 32, which are divided into folios of orders 0 to 8, see sets.c.
 */
enum host_set { DENSE, RANDOM, CHECKER, SPARSE, MIXED, MINGLED, MOSTLY_9 };

#define HOST_MAX_ORDER		9

struct host_range {
	uint64_t	start, end;	/* physical addresses */
};

/**
 * struct host - A host and what is preserved on it.
 * @set:      Which of its memory.
 * @orders:   Of the keys, a bit each.
 * @end:      Of its memory.
 * @middle:   Where node 1 begins.
 * @first_pfn: That may be preserved.
 * @end_pfn:  One past the last.
 * @scratch:  Scratch areas.
 * @root:     Of the tree.
 * @tree_pages: Pages of the tree, in the order of their keys.
 * @nr_tree_pages: How many.
 * @nr_keys:  In the tree.
 */
struct host {
	enum host_set		set;
	unsigned int		orders;
	uint64_t		end, middle;
	unsigned long		first_pfn, end_pfn;
	struct host_range	scratch[HOST_NR_SCRATCH];
	uint64_t		root;
	const void		**tree_pages;
	unsigned long		nr_tree_pages, nr_keys;
};

extern struct host host;

/*
 * host.c: a host of @gib with the keys of @set and @order; @far: the pages of its tree are
 * in as many sections as there are. False: no memory.
 */
bool host_make(unsigned long gib, enum host_set set, unsigned int order, bool far);

/* The keys of @order of 64 neighbours, the first of them at @pfn. */
uint64_t host_word(unsigned long pfn, unsigned int order);

/* Orders of what is preserved in the section. */
unsigned int host_preserved_orders(unsigned long first_pfn, unsigned long end_pfn);

/* One more key, of order 0. */
void host_add_key(unsigned long pfn);

/* host_ours.c, host_stock.c: reading the tree at boot. */
void host_ours_prepare(char *arena);
void host_ours_read(void);
void host_ours_sum(void);
bool host_ours_verify(void);

/* host_preflight.c: checking the tree before the kexec. */
void host_preflight_prepare(char *arena);
void host_preflight_run(void);
bool host_preflight_verify(void);

/* Nanoseconds that stock takes to reserve the first @n keys. */
uint64_t host_stock_reserve(unsigned long n);
void host_stock_prepare(char *arena);

#endif /* HOST_H */
