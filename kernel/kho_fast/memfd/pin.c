// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Pinning the folios of a memfd
 *
 * memfd_pin_folios() brings folios back from swap, allocates missing ones and
 * migrates those that must not be pinned where they are. Most folios need none
 * of that, and then it costs far more than preserving them: besides the pin it
 * takes and drops a reference, and it walks over all folios three times. So
 * folios in the page cache that need no migration are pinned here, and
 * memfd_pin_folios() gets the rest.
 *
 * Lock order: rcu_read_lock() only. As in any lookup in the page cache, a folio
 * may be freed or replaced until it has a reference, and it is the right one if
 * the slot is unchanged afterwards.
 *
 * Failure: none. Folios that are not pinned here are left to
 * memfd_pin_folios().
 */
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/memfd.h>
#include <linux/mm.h>
#include <linux/pageblock-flags.h>
#include <linux/pagemap.h>
#include <linux/rcupdate.h>
#include <linux/vmstat.h>
#include <linux/xarray.h>

#include "memfd.h"

/* Turn a reference into a pin, to be dropped by unpin_folios(). */
static void memfd_luo_pin_folio(struct folio *folio)
{
	if (folio_has_pincount(folio))
		atomic_inc(&folio->_pincount);
	else
		folio_ref_add(folio, GUP_PIN_COUNTING_BIAS - 1);
}

/*
 * Check that a folio need not migrate. The result is the same for all folios of
 * a pageblock; *@block is one whose folios may stay.
 */
static bool memfd_luo_may_stay(struct folio *folio, unsigned long *block)
{
	unsigned long nr = folio_pfn(folio) >> pageblock_order;

	if (nr == *block)
		return true;
	if (!folio_is_longterm_pinnable(folio))
		return false;

	*block = nr;
	return true;
}

/* Pin a folio that starts at @pos or before and need not migrate. */
static bool memfd_luo_pin_entry(struct xa_state *xas, struct folio *folio,
				pgoff_t pos, unsigned long *block)
{
	if (xa_is_value(folio) || !folio_try_get(folio))
		return false;

	if (folio == xas_reload(xas) && folio->index <= pos &&
	    memfd_luo_may_stay(folio, block)) {
		memfd_luo_pin_folio(folio);
		return true;
	}

	folio_put(folio);
	return false;
}

/* Update the statistics once per run of folios of one node. */
static void memfd_luo_count_pinned(struct folio **folios, unsigned long nr)
{
	unsigned long i, first = 0;

	for (i = 1; i <= nr; i++) {
		if (i < nr && folio_nid(folios[i]) == folio_nid(folios[first]))
			continue;

		node_stat_mod_folio(folios[first], NR_FOLL_PIN_ACQUIRED,
				    i - first);
		first = i;
	}
}

/* Pin folios until one needs more; returns their number. */
static unsigned long memfd_luo_pin_cached(struct address_space *mapping,
					  pgoff_t pos, pgoff_t end,
					  struct folio **folios,
					  unsigned long max)
{
	XA_STATE(xas, &mapping->i_pages, pos);
	struct folio *folio;
	unsigned long nr = 0, block = ULONG_MAX;

	guard(rcu)();

	xas_for_each(&xas, folio, end - 1) {
		if (xas_retry(&xas, folio))
			continue;
		if (nr == max || !memfd_luo_pin_entry(&xas, folio, pos, &block))
			break;

		folios[nr++] = folio;
		pos = folio_next_index(folio);
	}

	memfd_luo_count_pinned(folios, nr);
	return nr;
}

/**
 * kho_fast_memfd_pin - Pin folios of a memfd for long.
 * @file:   The file.
 * @pos:    Index of the first page.
 * @end:    Index after the last page, within the file.
 * @folios: Receives the folios in the order of the file. The first one may
 *          start before @pos, the last one may end behind @end.
 * @max:    Length of @folios, not 0.
 *
 * Context: process context, may sleep.
 * Return: The number of folios pinned, at least one: those at @pos and behind
 * it without a gap. Or the error of memfd_pin_folios().
 */
long kho_fast_memfd_pin(struct file *file, pgoff_t pos, pgoff_t end,
			struct folio **folios, unsigned long max)
{
	u64 last = min((u64)end << PAGE_SHIFT,
		       (u64)i_size_read(file_inode(file))) - 1;
	unsigned long nr;
	pgoff_t offset;

	nr = memfd_luo_pin_cached(file->f_mapping, pos, end, folios, max);
	if (nr)
		return nr;

	return memfd_pin_folios(file, pos << PAGE_SHIFT, last, folios, max,
				&offset);
}
