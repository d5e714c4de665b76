/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The map of sections with preserved pages, and the bitmaps of their pages.
 */
#ifndef _KERNEL_KHO_FAST_INCOMING_MAP_H
#define _KERNEL_KHO_FAST_INCOMING_MAP_H

#include <linux/build_bug.h>
#include <linux/mmzone.h>
#include <linux/types.h>

#include "../tree/tree.h"
#include "tree_pages.h"

/**
 * enum kho_fast_state - How far the struct pages of a section are.
 * @KHO_FAST_DONE:    Every struct page is initialised, what is held has its
 *                    final form and the rest is in the buddy allocator.
 * @KHO_FAST_PENDING: Some of the section is deferred, or has a folio that is
 *                    not in form yet.
 * @KHO_FAST_ACTIVE:  Somebody is finishing it.
 */
enum kho_fast_state {
	KHO_FAST_DONE,
	KHO_FAST_PENDING,
	KHO_FAST_ACTIVE,
};

/**
 * struct kho_fast_section - What is preserved in one memory section.
 * @orders: Bit o is set when a key of order o touches the section.
 * @state:  enum kho_fast_state; changed by mm/deferred_kho.c only.
 * @nodes:  The section holds pages of the incoming tree.
 * @whole:  All of the section is memory of one node and none is scratch, so
 *          its keys need no check one by one.
 */
struct kho_fast_section {
	u32	orders;
	u16	state;
	u8	nodes;
	u8	whole;
};
static_assert(sizeof(struct kho_fast_section) == 8);

/**
 * struct kho_fast_map - Which sections of memory hold preserved pages.
 * @root:        Root of the incoming tree, NULL when there is none.
 * @sections:    One entry per section from pfn 0 to the end of memory.
 * @nr_sections: Entries of @sections.
 * @nodes:       The pages of the tree.
 * @orders:      Bit o is set when the tree has a key of order o.
 * @finished:    All sections are; @sections and @nodes may go any time.
 */
struct kho_fast_map {
	struct kho_radix_node	*root;
	struct kho_fast_section	*sections;
	unsigned long		nr_sections;
	struct kho_fast_nodes	nodes;
	u32			orders;
	bool			finished;
};

/* Pages whose preserved bits are looked at together: the buddy's reach. */
#define KHO_FAST_BLOCK_PAGES	MAX_ORDER_NR_PAGES

extern struct kho_fast_map kho_fast_incoming;

/* overlap.c */
int kho_fast_check_overlap(const struct kho_fast_map *map);

/* map.c */
int kho_fast_map_build(struct kho_fast_map *map, phys_addr_t root);
void kho_fast_map_destroy(struct kho_fast_map *map);
bool kho_fast_range_is_memory(unsigned long pfn, unsigned long nr_pages);
bool kho_fast_is_preserved(const struct kho_fast_map *map, unsigned long pfn,
			   unsigned long end);

/* bitmap.c */
void kho_fast_key_mask(const struct kho_fast_map *map, unsigned long pfn,
		       u32 wanted, unsigned long *mask);
void kho_fast_held_mask(const struct kho_fast_map *map, unsigned long pfn,
			unsigned long *mask);
bool kho_fast_map_busy(const struct kho_fast_map *map, unsigned long pfn);

#endif /* _KERNEL_KHO_FAST_INCOMING_MAP_H */
