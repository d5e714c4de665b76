// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Adding folios to a memfd
 *
 * Folios are accounted to the file together and added to its page cache under
 * one lock. They are usually in the order of the file, so the next slot is
 * usually adjacent to the last one. Statistics are updated once per run of
 * folios with the same counters.
 *
 * They stay locked, and off the LRU lists, until the caller publishes them: all
 * at once when it retrieves a whole file, batch by batch when it fills a file
 * that is visible. Until then each folio of a file that is not visible can be
 * removed again with its contents (kho_fast_memfd_remove_folio()), since
 * reclaim does not find it. Publishing them (kho_fast_memfd_publish_folios())
 * cannot fail.
 *
 * Lock order: folio lock, then that of the page cache or of the LRU.
 *
 * Failure: one message. Folios before the one that cannot be added stay in the
 * page cache.
 */
#define pr_fmt(fmt) "KHO: memfd: " fmt

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/mm_inline.h>
#include <linux/mmzone.h>
#include <linux/pagemap.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/shmem_fs.h>
#include <linux/swap.h>
#include <linux/vmstat.h>
#include <linux/xarray.h>

#include "../../../mm/internal.h"
#include "page_cache.h"

/*
 * Is the slot of a page adjacent to the last one? The slot behind the start of
 * a large folio belongs to that folio, and is refused as occupied.
 */
static bool memfd_luo_is_next(const struct xa_state *xas,
			      const struct folio *folio)
{
	return xas_is_node(xas) && !folio_test_large(folio) &&
	       xas->xa_index + 1 == folio->index;
}

/* Store a folio in a locked page cache; errors are in @xas. */
static bool memfd_luo_store_folio(struct xa_state *xas,
				  struct address_space *mapping,
				  struct folio *folio)
{
	void *entry;

	if (memfd_luo_is_next(xas, folio)) {
		entry = xas_next(xas);
	} else {
		xas_set_order(xas, folio->index, folio_order(folio));
		entry = xas_find_conflict(xas);
	}

	if (entry) {
		xas_set_err(xas, -EEXIST);
		return false;
	}

	/* Lookups do not take the lock, so the folio must be complete. */
	folio_ref_add(folio, folio_nr_pages(folio));
	folio->mapping = mapping;
	xas_store(xas, folio);
	if (!xas_error(xas))
		return true;

	folio->mapping = NULL;
	folio_ref_sub(folio, folio_nr_pages(folio));
	return false;
}

/* Are both folios in the same counters? */
static bool memfd_luo_same_counters(struct folio *a, struct folio *b)
{
	guard(rcu)();

	return folio_nid(a) == folio_nid(b) &&
	       folio_memcg(a) == folio_memcg(b) &&
	       folio_test_pmd_mappable(a) == folio_test_pmd_mappable(b);
}

/* Update the statistics, as few times as possible. The page cache is locked. */
static void memfd_luo_count_folios(struct address_space *mapping,
				   struct folio *const *folios, unsigned int nr)
{
	long pages = 0;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		struct folio *folio = folios[i];

		pages += folio_nr_pages(folio);
		if (i + 1 < nr && memfd_luo_same_counters(folio, folios[i + 1]))
			continue;

		if (folio_test_pmd_mappable(folio))
			lruvec_stat_mod_folio(folio, NR_SHMEM_THPS, pages);
		lruvec_stat_mod_folio(folio, NR_FILE_PAGES, pages);
		lruvec_stat_mod_folio(folio, NR_SHMEM, pages);
		mapping->nrpages += pages;
		pages = 0;
	}
}

/*
 * Allocate a node of the page cache that could not be had under the lock. At
 * its limit a memory cgroup would have its OOM killer end a task for one that
 * must not fail, so that one is not charged.
 */
static bool memfd_luo_nomem(struct xa_state *xas, gfp_t gfp)
{
	struct mem_cgroup *old;
	bool again;

	if (!(gfp & __GFP_NOFAIL))
		return xas_nomem(xas, gfp);

	old = set_active_memcg(root_mem_cgroup);
	again = xas_nomem(xas, gfp);
	set_active_memcg(old);
	return again;
}

/* Returns the number of stored folios; on error, see @xas, it is below @nr. */
static unsigned int memfd_luo_store_folios(struct xa_state *xas,
					   struct address_space *mapping,
					   struct folio *const *folios,
					   unsigned int nr, gfp_t how)
{
	gfp_t gfp = (mapping_gfp_mask(mapping) & GFP_RECLAIM_MASK) | how;
	unsigned int done = 0, first;

	folio_throttle_swaprate(folios[0], gfp);

	do {
		first = done;
		xas_lock_irq(xas);
		while (done < nr &&
		       memfd_luo_store_folio(xas, mapping, folios[done]))
			done++;
		memfd_luo_count_folios(mapping, folios + first, done - first);
		xas_unlock_irq(xas);
	} while (memfd_luo_nomem(xas, gfp));

	return done;
}

/*
 * Add the first folios, of one zone and memory cgroup, to their LRU list;
 * returns their number.
 */
static unsigned int memfd_luo_add_lru_run(struct folio *const *folios,
					  unsigned int nr)
{
	struct lruvec *lruvec = folio_lruvec_lock_irq(folios[0]);
	struct list_head *list = &lruvec->lists[LRU_INACTIVE_ANON];
	enum zone_type zone = folio_zonenum(folios[0]);
	unsigned int i = 0;
	long pages = 0;

	do {
		struct folio *folio = folios[i];

		if (!lru_gen_add_folio(lruvec, folio, false)) {
			list_add(&folio->lru, list);
			pages += folio_nr_pages(folio);
		}
		folio_set_lru(folio);
		i++;
	} while (i < nr && folio_matches_lruvec(folios[i], lruvec) &&
		 folio_zonenum(folios[i]) == zone);

	if (pages)
		update_lru_size(lruvec, LRU_INACTIVE_ANON, zone, pages);
	lruvec_unlock_irq(lruvec);
	return i;
}

/*
 * Like folio_add_lru(): these folios are swap-backed, and mlocked only when a
 * task maps them, which finds them on their list. That function has batches of
 * 31 folios, updates the statistics for each folio, and takes those for
 * recently used that a fault adds, which here adds its neighbours, too.
 */
static void memfd_luo_add_lru(struct folio *const *folios, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; )
		i += memfd_luo_add_lru_run(folios + i, nr - i);
}

/* What a memory cgroup is charged for a node: with the pointer to the cgroup */
#define MEMFD_LUO_NODE_SIZE	(sizeof(struct xa_node) + sizeof(void *))

/**
 * kho_fast_memfd_node_pages - Estimate memory for nodes of a page cache.
 * @start:      Index of the first page of a range of the file.
 * @end:        Index behind its last page.
 * @nr_folios:  Number of folios in it, or more.
 * @file_pages: Size of the file in pages.
 *
 * Context: any.
 * Return: Pages that adding the folios of the range can charge for nodes, at
 * most, rounded up. For folios of 64 pages or more it is more than they need.
 */
unsigned long kho_fast_memfd_node_pages(pgoff_t start, pgoff_t end,
					u64 nr_folios, u64 file_pages)
{
	unsigned int shift = XA_CHUNK_SHIFT;
	u64 nr, nodes = 0;

	if (start == end)
		return 0;

	/* Level by level, from the leaves to the root */
	do {
		nr = ((end - 1) >> shift) - (start >> shift) + 1;
		nodes += min(nr, nr_folios);
		if (!((file_pages - 1) >> shift))
			break;
		shift += XA_CHUNK_SHIFT;
	} while (shift < BITS_PER_LONG);

	return DIV_ROUND_UP(nodes * MEMFD_LUO_NODE_SIZE, PAGE_SIZE);
}

/**
 * kho_fast_memfd_store_folios - Add folios to a memfd that accounts for them.
 * @inode:  Inode of the file. It may be visible, if no other task adds or
 *          removes pages at these indices.
 * @folios: The folios, locked and charged, with @index and flags.
 * @nr:     Number of folios, not 0.
 * @how:    How to allocate nodes of the page cache: %KHO_FAST_MEMFD_TRY, or
 *          %__GFP_NOFAIL.
 * @err:    Receives 0 or, with a message, the error.
 *
 * The page cache takes references of its own. The folios stay locked.
 *
 * Context: process context, may sleep.
 * Return: The number of folios that were added; below @nr on error.
 */
unsigned int kho_fast_memfd_store_folios(struct inode *inode,
					 struct folio *const *folios,
					 unsigned int nr, gfp_t how, int *err)
{
	XA_STATE(xas, &inode->i_mapping->i_pages, 0);
	unsigned int done;

	done = memfd_luo_store_folios(&xas, inode->i_mapping, folios, nr, how);
	*err = xas_error(&xas);
	if (*err)
		pr_err_ratelimited("cannot add a folio at index %lu: %pe\n",
				   folios[done]->index, ERR_PTR(*err));
	return done;
}

/**
 * kho_fast_memfd_add_folios - Account for folios, and add them to a memfd.
 * @inode:     Inode of the file, which is not visible yet.
 * @folios:    The folios, locked and charged, with @index and flags.
 * @nr:        Number of folios, not 0.
 * @pages:     Number of their pages.
 * @accounted: Increased by the number of pages that are accounted to the file.
 *             The caller passes the sum to shmem_recalc_inode(), which takes
 *             back those that were not added.
 *
 * Context: process context, may sleep.
 * Return: 0; or the error of accounting or adding, with a message, and then
 * some of the folios are in the page cache.
 */
int kho_fast_memfd_add_folios(struct inode *inode, struct folio *const *folios,
			      unsigned int nr, long pages, long *accounted)
{
	int err = shmem_inode_acct_blocks(inode, pages);

	if (err) {
		pr_err_ratelimited("cannot account %ld pages: %pe\n", pages,
				   ERR_PTR(err));
		return err;
	}

	*accounted += pages;
	kho_fast_memfd_store_folios(inode, folios, nr, KHO_FAST_MEMFD_TRY,
				    &err);
	return err;
}

/**
 * kho_fast_memfd_remove_folio - Undo adding and charging a folio.
 * @folio: The folio, locked; charged or not, in the page cache or not.
 *
 * Afterwards the folio is unlocked, and has the reference of the caller only.
 *
 * Context: process context, may sleep.
 */
void kho_fast_memfd_remove_folio(struct folio *folio)
{
	if (folio->mapping)
		filemap_remove_folio(folio);
	mem_cgroup_uncharge(folio);
	folio_unlock(folio);
}

/**
 * kho_fast_memfd_publish_folios - Let go of folios in the page cache.
 * @folios: The folios, locked, each with a reference of the caller.
 * @nr:     Number of folios.
 *
 * Context: process context, may sleep.
 */
void kho_fast_memfd_publish_folios(struct folio *const *folios, unsigned int nr)
{
	unsigned int i;

	memfd_luo_add_lru(folios, nr);
	for (i = 0; i < nr; i++) {
		folio_unlock(folios[i]);
		folio_put(folios[i]);
	}
}
