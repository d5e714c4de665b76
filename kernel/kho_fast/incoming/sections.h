/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory sections with preserved pages.
 */
#ifndef _KERNEL_KHO_FAST_INCOMING_SECTIONS_H
#define _KERNEL_KHO_FAST_INCOMING_SECTIONS_H

#include <linux/build_bug.h>
#include <linux/mmzone.h>
#include <linux/types.h>

#include "tree_pages.h"

struct kho_fast_view;
struct kho_radix_node;

/**
 * enum kho_fast_state - Initialisation of a section.
 * @KHO_FAST_DONE:    All struct pages are initialised, preserved folios as
 *                    such, and free pages are in the buddy allocator.
 * @KHO_FAST_PENDING: Some struct pages are deferred, or belong to a folio that
 *                    is not initialised as such.
 * @KHO_FAST_ACTIVE:  The section is being initialised.
 * @KHO_FAST_LATE:    All pages are preserved, or all are free. Only the first
 *                    struct page of each pageblock is initialised; the section
 *                    is offline until all are.
 */
enum kho_fast_state {
	KHO_FAST_DONE,
	KHO_FAST_PENDING,
	KHO_FAST_ACTIVE,
	KHO_FAST_LATE,
};

/**
 * struct kho_fast_section - One memory section.
 * @orders:      Bit o is set when a key of order o touches the section.
 * @state:       enum kho_fast_state; changed by mm/ only.
 * @tree_pages:  The section has pages of the incoming tree.
 * @quarantined: No page of the section is restored or freed.
 * @free:        No page is preserved, and the section is or was late.
 * @whole:       All of the section is memory of one node, none is scratch and
 *               none reserved, so its keys need no check one by one.
 */
struct kho_fast_section {
	u32	orders;
	u16	state;
	u8	tree_pages : 1;
	u8	quarantined : 1;
	u8	free : 1;
	u8	whole;
};
static_assert(sizeof(struct kho_fast_section) == 8);

/**
 * struct kho_fast_shared_page - A slot that points to a page of another one.
 * @pfn: The page of the tree.
 * @key: First key that the slot stands for.
 */
struct kho_fast_shared_page {
	unsigned long	pfn;
	unsigned long	key;
};

/* With more of them the tree as a whole is invalid. */
#define KHO_FAST_MAX_SHARED	8

/**
 * struct kho_fast_map - Sections with preserved pages.
 * @root:           Root of the incoming tree; NULL without a handover.
 * @sections:       One entry per section from pfn 0 to the end of memory.
 * @nr_sections:    Entries of @sections.
 * @tree_pages:     Pages of the tree.
 * @orders:         Bit o is set when the tree has a key of order o.
 * @view:           What it is checked against; NULL later.
 * @shared:         Pages of the tree that two slots point to.
 * @nr_shared:      Entries of @shared.
 * @nr_quarantined: Sections that are quarantined.
 * @nr_faults:      Bad keys and pages of the tree that were reported.
 * @initialised:    All sections are; @sections and @tree_pages may be freed.
 */
struct kho_fast_map {
	struct kho_radix_node		*root;
	struct kho_fast_section		*sections;
	unsigned long			nr_sections;
	struct kho_fast_tree_pages	tree_pages;
	u32				orders;
	const struct kho_fast_view	*view;
	struct kho_fast_shared_page	shared[KHO_FAST_MAX_SHARED];
	unsigned int			nr_shared;
	unsigned long			nr_quarantined;
	unsigned long			nr_faults;
	bool				initialised;
};

#endif /* _KERNEL_KHO_FAST_INCOMING_SECTIONS_H */
