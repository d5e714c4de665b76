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
 * It never gets a hole: a page that was never written or was given back, such
 * as by a balloon, is not allocated by preserving the file. No page can be
 * removed meanwhile, since the size of the file is frozen.
 *
 * Lock order: rcu_read_lock() only. As in any lookup in the page cache, a folio
 * may be freed or replaced until it has a reference, and it is the right one if
 * the slot is unchanged afterwards.
 *
 * Failure: none. Folios that are not pinned here are left to
 * memfd_pin_folios().
 */
#define pr_fmt(fmt) "KHO: memfd: " fmt

#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/memfd.h>
#include <linux/mm.h>
#include <linux/pageblock-flags.h>
#include <linux/pagemap.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/shmem_fs.h>
#include <linux/vmstat.h>
#include <linux/xarray.h>

#include "../outgoing/memory.h"
#include "../outgoing/outgoing.h"
#include "memfd.h"
#include "page_cache.h"

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

/* Pin a folio that need not migrate. */
static bool memfd_luo_pin_entry(struct xa_state *xas, struct folio *folio,
				unsigned long *block)
{
	if (xa_is_value(folio) || !folio_try_get(folio))
		return false;

	if (folio == xas_reload(xas) && memfd_luo_may_stay(folio, block)) {
		memfd_luo_pin_folio(folio);
		return true;
	}

	folio_put(folio);
	return false;
}

/*
 * Check for a folio of the file that is preserved. It has no reference, so what
 * is read from it may be nonsense if it is not preserved.
 */
static bool memfd_luo_is_preserved(struct xa_state *xas, struct folio *folio)
{
	unsigned int order;

	if (xa_is_value(folio))
		return false;

	order = kho_fast_memfd_read_order(&folio->page);
	return kho_fast_outgoing_has(folio_pfn(folio), order) &&
	       folio == xas_reload(xas);
}

/* Let others run, and grace periods end, in a search of any length. */
static void memfd_luo_pause(struct xa_state *xas)
{
	xas_pause(xas);
	rcu_read_unlock();
	cond_resched();
	rcu_read_lock();
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

/*
 * Pin folios from @*pos on until one needs more, which is then at @*pos.
 * Returns their number.
 */
static unsigned long memfd_luo_pin_cached(const struct kho_fast_memfd_pin *pin,
					  pgoff_t *pos, pgoff_t end,
					  struct folio **folios,
					  unsigned long max)
{
	XA_STATE(xas, &pin->file->f_mapping->i_pages, *pos);
	const bool only_new = pin->only_new;
	struct folio *folio;
	unsigned long nr = 0, skipped = 0, block = ULONG_MAX;

	guard(rcu)();

	xas_for_each(&xas, folio, end - 1) {
		if (xas_retry(&xas, folio))
			continue;
		if (only_new && memfd_luo_is_preserved(&xas, folio)) {
			if (!(++skipped % XA_CHECK_SCHED))
				memfd_luo_pause(&xas);
			continue;
		}
		if (nr == max || !memfd_luo_pin_entry(&xas, folio, &block))
			break;

		folios[nr++] = folio;
	}

	*pos = folio ? xas.xa_index : end;
	memfd_luo_count_pinned(folios, nr);
	return nr;
}

/*
 * Find the end of the pages that follow the one at @pos without a hole and
 * without a swapped page. It is @pos if that page is swapped.
 */
static pgoff_t memfd_luo_run_end(struct address_space *mapping, pgoff_t pos,
				 pgoff_t end)
{
	XA_STATE(xas, &mapping->i_pages, pos);
	void *entry;

	guard(rcu)();

	xas_for_each(&xas, entry, end - 1) {
		if (xas_retry(&xas, entry))
			continue;
		if (xas.xa_index > pos || xa_is_value(entry))
			break;

		pos = round_down(xas.xa_index, BIT(xas_get_order(&xas))) +
		      BIT(xas_get_order(&xas));
	}

	return min(pos, end);
}

/*
 * Bring a swapped page back, as memfd_pin_folios() would; but there a memory
 * cgroup that is full ends a task, and here it is an error. One page is read
 * and pinned at a time: reading the next one could swap it out again.
 */
static int memfd_luo_swap_in(struct address_space *mapping, pgoff_t pos)
{
	gfp_t gfp = mapping_gfp_mask(mapping) | KHO_FAST_MEMFD_TRY;
	struct folio *folio = shmem_read_folio_gfp(mapping, pos, gfp);

	if (IS_ERR(folio))
		return PTR_ERR(folio);

	folio_put(folio);
	return 0;
}

/**
 * kho_fast_memfd_pin - Pin folios of a memfd for long.
 * @pin:    The file, and which of its folios.
 * @pos:    Index of the first page.
 * @end:    Index after the last page, within the file.
 * @folios: Receives the folios in the order of the file. The first one may
 *          start before @pos, the last one may end behind @end.
 * @max:    Length of @folios, not 0.
 *
 * Context: process context, may sleep.
 * Return: The number of folios pinned, the first ones at or behind @pos; 0 if
 * there are none before @end; -ENOMEM if there is no memory, or the memory
 * cgroup is full; or the error of reading a swapped page or of
 * memfd_pin_folios().
 */
long kho_fast_memfd_pin(const struct kho_fast_memfd_pin *pin, pgoff_t pos,
			pgoff_t end, struct folio **folios, unsigned long max)
{
	struct address_space *mapping = pin->file->f_mapping;
	unsigned long nr;
	pgoff_t offset;
	u64 last;

	nr = memfd_luo_pin_cached(pin, &pos, end, folios, max);
	if (nr || pos == end)
		return nr;

	/* The pages that are searched for a hole are those to be pinned now. */
	end = min(end, pos + max);
	/* The next one may be preserved already. */
	end = memfd_luo_run_end(mapping, pos, pin->only_new ? pos + 1 : end);
	if (end == pos) {
		int err = memfd_luo_swap_in(mapping, pos);

		if (err)
			return err;
		end++;
	}

	last = min((u64)end << PAGE_SHIFT,
		   (u64)i_size_read(mapping->host)) - 1;
	return memfd_pin_folios(pin->file, pos << PAGE_SHIFT, last, folios, max,
				&offset);
}

/**
 * kho_fast_memfd_report_refused - Name a folio that cannot be preserved.
 * @folios: Folios that kho_preserve_folios() refused with -EINVAL.
 * @nr:     Their number.
 *
 * Memory that is onlined as movable is no problem: pinning migrates folios that
 * are there.
 */
void kho_fast_memfd_report_refused(struct folio **folios, unsigned long nr)
{
	unsigned long i = 0;

	while (i < nr && kho_fast_memory_has(folio_pfn(folios[i]),
					     folio_nr_pages(folios[i])))
		i++;

	if (i < nr)
		pr_err_ratelimited("not preserved: offset %#llx of a file is in memory that the next kernel lacks, as hot-added memory; online that as movable\n",
				   (u64)folios[i]->index << PAGE_SHIFT);
}
