// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Filling a range of a pending memfd
 *
 * A range is filled by one task, which may be a fault, batch by batch: folios
 * are restored, charged, added and published. Blocks and pages of the memory
 * cgroup are accounted since the file was retrieved, and so are transferred;
 * the records were checked. What is left to allocate are nodes of the page
 * cache, 9 bytes per page, which is not allowed to fail. The memory cgroup was
 * charged for them, too. A machine without any free memory may have the OOM
 * killer end a task for one, as for any other fault; then the node is not
 * charged.
 *
 * A visible file has other users. No task but this one adds or removes pages at
 * the indices of the range, since each that could waits until the range is
 * filled (pending.c); folios of other ranges come and go meanwhile.
 *
 * Others wait for this task, so it waits for nobody: it reclaims without I/O
 * and without filesystems. Reclaim of inodes could drop the last reference of
 * this file, which waits for the range. And whoever serves I/O may wait for it,
 * such as a loop device on the file, whatever the reclaim of this task would
 * wait for.
 *
 * Lock order: any lock of a page fault, then folio lock, then that of the page
 * cache or of the LRU.
 *
 * Failure: only for a record that names a folio of another record, or an index
 * of another folio. Two messages, ratelimited: what is wrong, and which pages
 * are lost. Folios of the range that are added stay, all others are held for
 * good.
 */
#define pr_fmt(fmt) "KHO: memfd: " fmt

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/memcontrol.h>
#include <linux/pagemap.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/shmem_fs.h>

#include "../../../mm/internal.h"
#include "../trace.h"
#include "batch.h"
#include "page_cache.h"
#include "pending.h"
#include "precharge.h"

/* Without reclaim and without OOM killer, even at the limit */
#define MEMFD_LUO_CHARGE	(GFP_NOWAIT | __GFP_NOFAIL)

static void memfd_luo_return_charge(struct kho_fast_memfd_pending *pending,
				    unsigned long pages)
{
	kho_fast_precharge_return(&pending->charge, pages);
	atomic_long_sub(pages, &pending->charged);
}

/* In place of the charge in advance */
static int memfd_luo_transfer_charge(struct kho_fast_memfd_pending *pending,
				     const struct kho_fast_memfd_batch *batch)
{
	unsigned int i;
	int err = 0;

	memfd_luo_return_charge(pending, batch->pages);
	for (i = 0; !err && i < batch->nr; i++)
		err = mem_cgroup_charge(batch->folios[i], NULL,
					MEMFD_LUO_CHARGE);
	return err;
}

/* Publish the first @nr folios, which are added, and hold the others. */
static void memfd_luo_finish_batch(struct kho_fast_memfd_pending *pending,
				   const struct kho_fast_memfd_batch *batch,
				   unsigned int nr)
{
	long pages = 0;
	unsigned int i;

	for (i = 0; i < nr; i++)
		pages += folio_nr_pages(batch->folios[i]);
	if (nr)
		kho_fast_memfd_publish_folios(batch->folios, nr);
	for (i = nr; i < batch->nr; i++)
		kho_fast_memfd_remove_folio(batch->folios[i]);

	/* They were accounted when the file was retrieved. */
	shmem_recalc_inode(pending->inode, pages, 0);
	atomic_long_sub(pages, &pending->unfilled);
}

static int memfd_luo_add_batch(struct kho_fast_memfd_pending *pending,
			       const struct kho_fast_memfd_batch *batch)
{
	unsigned int done = 0;
	int err;

	err = memfd_luo_transfer_charge(pending, batch);
	if (!err)
		done = kho_fast_memfd_store_folios(pending->inode,
						   batch->folios, batch->nr,
						   __GFP_NOFAIL, &err);
	memfd_luo_finish_batch(pending, batch, done);
	return err;
}

static int memfd_luo_fill_some(struct kho_fast_memfd_pending *pending,
			       struct kho_fast_memfd_range *range)
{
	const u64 began = kho_fast_trace_begin(kho_memfd);
	struct kho_fast_memfd_batch batch;
	int err, added = 0;

	batch.nr = 0;
	batch.pages = 0;
	err = kho_fast_memfd_batch_restore(&batch, pending->size, &range->rest);
	if (batch.nr)
		added = memfd_luo_add_batch(pending, &batch);
	err = err ?: added;
	if (batch.nr || err)
		kho_fast_trace_memfd(began, "retrieve", batch.nr, batch.pages,
				     err);
	return err;
}

/**
 * kho_fast_memfd_fill_range - Add the folios of a range to its file.
 * @pending: The file.
 * @range:   A range of it that the caller has made busy.
 *
 * Context: process context, may sleep.
 * Return: 0; -EIO or -EINVAL if a folio cannot be restored; -EEXIST if its
 * index is occupied.
 */
int kho_fast_memfd_fill_range(struct kho_fast_memfd_pending *pending,
			      struct kho_fast_memfd_range *range)
{
	const unsigned int noio = memalloc_noio_save();
	struct kho_fast_precharge_scope scope;
	int err = 0;

	kho_fast_precharge_enter(&pending->charge, &scope);
	memfd_luo_return_charge(pending,
				kho_fast_memfd_range_nodes(pending, range));
	while (!err && range->rest.nr) {
		err = memfd_luo_fill_some(pending, range);
		cond_resched();
	}

	kho_fast_precharge_leave(&scope);
	memalloc_noio_restore(noio);
	if (err)
		pr_err_ratelimited("of pages %lu to %lu of a file some are lost: %pe: access to those fails, and their memory is held\n",
				   range->start, range->end - 1, ERR_PTR(err));
	return err;
}
