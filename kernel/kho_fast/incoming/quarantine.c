// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Quarantine of memory sections
 *
 * A bad key or page of the incoming tree says little about the rest, so it does
 * not cost the whole handover: the memory sections that it concerns are
 * quarantined and the rest is restored. A quarantined section is held until the
 * next boot: none of its pages is freed, since a device may still write to what
 * was preserved there, and none is restored, since its keys are dropped from
 * the tree. Scratch areas in it stay in use, as nothing can be preserved there.
 *
 * Bad are: a key with an impossible order; a key of memory that is not RAM,
 * reserved or in scratch; keys that cover a page twice or cover a page of the
 * tree; a page of the tree that is not such memory itself or that two slots
 * point to, which concerns all sections that the keys of its slots could cover:
 * nothing tells which of the slots is right.
 *
 * When that is more than half of the sections, the tree as a whole is invalid.
 *
 * Lifecycle: sections are added while the tree is checked; the map of the
 * sections then stays for as long as the system runs.
 *
 * Lock order: none; read-only after the tree is checked.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/printk.h>

#include "../tree/tree.h"
#include "quarantine.h"
#include "view.h"

/* A page of garbage in place of a bitmap must not flood the log. */
#define KHO_MAX_MESSAGES	16

/* Hold the sections [nr, end). Returns how many were not held before. */
static unsigned long kho_hold_sections(struct kho_fast_map *map,
				       unsigned long nr, unsigned long end)
{
	unsigned long held = 0;

	for (; nr < end; nr++) {
		held += !map->sections[nr].quarantined;
		map->sections[nr].quarantined = true;
	}
	map->nr_quarantined += held;

	return held;
}

/* No sections: the fault concerns no memory. */
static void kho_report(struct kho_fast_map *map, unsigned long nr,
		       unsigned long end, struct va_format *vaf)
{
	phys_addr_t from = PFN_PHYS(section_nr_to_pfn(nr));
	phys_addr_t to = PFN_PHYS(section_nr_to_pfn(end));

	if (map->nr_faults++ >= KHO_MAX_MESSAGES)
		return;

	if (nr < end)
		pr_err("%pV; quarantined [%pa, %pa) until the next boot\n",
		       vaf, &from, &to);
	else
		pr_err("%pV; ignored\n", vaf);
}

static int kho_quarantine(struct kho_fast_map *map, unsigned long pfn,
			  unsigned long nr_pages, struct va_format *vaf)
{
	unsigned long nr = pfn_to_section_nr(pfn);
	unsigned long end =
		pfn_to_section_nr(SECTION_ALIGN_UP(pfn + nr_pages));

	if (!map->view->contain) {
		map->view->refuse(PFN_PHYS(pfn), vaf);
		return -EINVAL;
	}

	end = min(end, map->nr_sections);
	if (nr < end && !kho_hold_sections(map, nr, end))
		return 0;

	if (map->nr_quarantined > map->nr_sections / 2)
		return kho_fast_view_refuse(map->view, 0,
					    "%pV: concerns most of memory",
					    vaf);

	kho_report(map, nr, end, vaf);
	return 0;
}

/**
 * kho_fast_quarantine - Quarantine the sections of a range.
 * @map:      The map of the tree.
 * @pfn:      First page frame, not trusted.
 * @nr_pages: Number of pages; 0 when the fault concerns no memory.
 * @fmt:      The fault, without a newline; reported unless all of the sections
 *            are quarantined already.
 *
 * After success the caller drops the bad key or page from the tree.
 *
 * Context: that of kho_fast_map_check().
 * Return: 0; -EINVAL, reported, when too little memory would be left, or when
 * the tree belongs to this kernel, which must not hand it over.
 */
int kho_fast_quarantine(struct kho_fast_map *map, unsigned long pfn,
			unsigned long nr_pages, const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;
	int err;

	va_start(args, fmt);
	vaf.va = &args;
	err = kho_quarantine(map, pfn, nr_pages, &vaf);
	va_end(args);

	return err;
}

/*
 * The largest key of a section contains all others that it touches, so this is
 * complete after one pass.
 */
static int kho_hold_large_keys(struct kho_fast_map *map)
{
	unsigned long nr;
	int err = 0;

	for (nr = 0; !err && nr < map->nr_sections; nr++) {
		unsigned long large = map->sections[nr].orders >>
				      PFN_SECTION_SHIFT;
		unsigned long nr_pages, pfn;

		if (!map->sections[nr].quarantined || !large)
			continue;

		nr_pages = PAGES_PER_SECTION << __fls(large);
		pfn = ALIGN_DOWN(section_nr_to_pfn(nr), nr_pages);
		err = kho_fast_quarantine(map, pfn, nr_pages,
					  "a key covers them all");
	}

	return err;
}

/* Drop all keys that touch a section. */
static void kho_drop_keys(struct kho_fast_map *map, unsigned long nr)
{
	unsigned long orders = map->sections[nr].orders;
	unsigned int order;

	for_each_set_bit(order, &orders, KHO_FAST_MAX_ORDER + 1) {
		unsigned long key = kho_fast_key(section_nr_to_pfn(nr), order);
		struct kho_radix_leaf *leaf = kho_fast_leaf(map->root, key);

		if (leaf)
			bitmap_clear(leaf->bitmap, kho_fast_bit(key),
				     max(PAGES_PER_SECTION >> order, 1));
	}
	map->sections[nr].orders = 0;
}

/**
 * kho_fast_quarantine_finish - Drop the keys of the quarantined sections.
 * @map: The map of the incoming tree.
 *
 * Keys that reach into other sections have these quarantined, too.
 *
 * Context: that of kho_fast_map_check(), after the last kho_fast_quarantine().
 * Return: 0; -EINVAL, reported, when too little memory would be left.
 */
int kho_fast_quarantine_finish(struct kho_fast_map *map)
{
	unsigned long nr;
	int err;

	if (!map->nr_faults)
		return 0;

	err = kho_hold_large_keys(map);
	if (err)
		return err;

	for (nr = 0; nr < map->nr_sections; nr++) {
		if (map->sections[nr].quarantined)
			kho_drop_keys(map, nr);
	}
	if (map->nr_faults > KHO_MAX_MESSAGES)
		pr_err("%lu memory sections are quarantined, for %lu faults\n",
		       map->nr_quarantined, map->nr_faults);

	return 0;
}

/**
 * kho_fast_is_quarantined - Is a page in a quarantined section?
 * @map: The map of the incoming tree.
 * @pfn: Page frame.
 *
 * Context: any.
 * Return: true when the page must be neither freed nor restored.
 */
bool kho_fast_is_quarantined(const struct kho_fast_map *map, unsigned long pfn)
{
	unsigned long nr = pfn_to_section_nr(pfn);

	/* Without a quarantine, @map->sections may be freed at any time. */
	return map->nr_quarantined && nr < map->nr_sections &&
	       map->sections[nr].quarantined;
}
