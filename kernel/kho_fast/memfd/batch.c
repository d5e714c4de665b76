// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Batches of restored folios
 *
 * The records of folios are untrusted. Each folio is restored before it is
 * used, so that no memory is used that was not preserved, or is used twice. Its
 * record is checked against the sizes of the file and of the folio.
 *
 * A batch is restored and checked under one rcu_read_lock(). It is small enough
 * for the stack and for disabled interrupts: most files of a host may have one
 * page.
 *
 * Lock order: rcu_read_lock() only. The folios are locked, but no other task
 * can see them.
 *
 * Failure: one message, ratelimited since a retrieval can be repeated. A folio
 * whose record is invalid stays restored, and is not in the batch.
 */
#define pr_fmt(fmt) "KHO: memfd: " fmt

#include <linux/math.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/printk.h>

#include "../incoming/restore.h"
#include "batch.h"
#include "memfd.h"
#include "records.h"

/* Check the record of a folio in a file of @size bytes. */
static int memfd_luo_check_record(const struct kho_fast_memfd_record *record,
				  const struct folio *folio, u64 size)
{
	u64 nr_pages = DIV_ROUND_UP(size, PAGE_SIZE);

	if (kho_fast_memfd_record_is_valid(record, folio_order(folio),
					   nr_pages))
		return 0;

	pr_err_ratelimited("refused: folio of order %u at index %llu of %llu, flags %#x\n",
			   folio_order(folio), record->index, nr_pages,
			   (unsigned int)record->flags);
	return -EINVAL;
}

/*
 * The folio is not visible yet, so flags are not set atomically, except for the
 * one without such a helper.
 */
static void memfd_luo_init_folio(struct folio *folio,
				 const struct kho_fast_memfd_record *record)
{
	__folio_set_locked(folio);
	__folio_set_swapbacked(folio);
	if (record->flags & MEMFD_LUO_FOLIO_UPTODATE)
		__folio_mark_uptodate(folio);
	if (record->flags & MEMFD_LUO_FOLIO_DIRTY)
		folio_set_dirty(folio);
	folio->index = record->index;
}

/* Add the restored folio of a record to the batch. */
static __always_inline int
memfd_luo_batch_add(struct kho_fast_memfd_batch *batch, struct folio *folio,
		    u64 size, const struct kho_fast_memfd_record *record)
{
	int err = memfd_luo_check_record(record, folio, size);

	if (err)
		return err;

	memfd_luo_init_folio(folio, record);
	batch->folios[batch->nr++] = folio;
	batch->pages += folio_nr_pages(folio);
	return 0;
}

static struct folio *
memfd_luo_restore_folio(struct kho_fast_restore_batch *restore,
			const struct kho_fast_memfd_record *record)
{
	struct folio *folio = kho_fast_restore_next(restore, record->pfn);

	if (!folio)
		pr_err_ratelimited("refused: no folio is preserved at pfn %#llx\n",
				   (u64)record->pfn);
	return folio;
}

/**
 * kho_fast_memfd_batch_restore - Restore folios that are still preserved.
 * @batch: Receives the folios; @nr and @pages are 0.
 * @size:  Size of the file in bytes.
 * @it:    Advanced past the records of the folios.
 *
 * Context: process context. Allocates nothing.
 * Return: 0; -EIO if a folio is not preserved, which @it still has, -EINVAL if
 * its record is invalid. @batch has the folios before that one.
 */
int kho_fast_memfd_batch_restore(struct kho_fast_memfd_batch *batch, u64 size,
				 struct kho_fast_records_it *it)
{
	const struct kho_fast_memfd_record *record;
	struct kho_fast_restore_batch restore;
	int err = 0;

	kho_fast_restore_begin(&restore);
	while (!err && batch->nr < KHO_FAST_MEMFD_BATCH &&
	       (record = kho_fast_records_next(it))) {
		struct folio *folio;

		if (!record->pfn)
			continue;

		folio = memfd_luo_restore_folio(&restore, record);
		if (folio) {
			err = memfd_luo_batch_add(batch, folio, size, record);
		} else {
			kho_fast_records_back(it);
			err = -EIO;
		}
	}
	kho_fast_restore_end(&restore);

	return err;
}

/**
 * kho_fast_memfd_batch_reuse - Get folios that an earlier attempt has restored.
 * @batch:   Receives the folios; @nr and @pages are 0.
 * @size:    Size of the file in bytes.
 * @it:      Advanced past the records of the folios.
 * @nr_rest: Number of the last records whose folios are not restored yet.
 *
 * Context: any.
 * Return: 0; -EINVAL if a record is invalid.
 */
int kho_fast_memfd_batch_reuse(struct kho_fast_memfd_batch *batch, u64 size,
			       struct kho_fast_records_it *it, u64 nr_rest)
{
	int err = 0;

	while (!err && batch->nr < KHO_FAST_MEMFD_BATCH && it->nr > nr_rest) {
		const struct kho_fast_memfd_record *record =
			kho_fast_records_next(it);

		if (record->pfn)
			err = memfd_luo_batch_add(batch, pfn_folio(record->pfn),
						  size, record);
	}

	return err;
}
