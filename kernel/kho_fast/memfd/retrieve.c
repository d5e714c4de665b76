// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Making a memfd of preserved folios
 *
 * The description of the file, its records and its folios come from the
 * previous kernel and are hostile until proven otherwise: each is claimed before
 * it is read, so nothing can be handed in that was not preserved, or twice. What
 * is in them is checked against the size of the file and the sizes of the
 * folios.
 *
 * Folios are taken in batches: claimed and checked under one rcu_read_lock(),
 * charged one by one, then accounted to the file together and added to its page
 * cache under one hold of its lock. Records are usually in the order of the file,
 * so the next slot is mostly the one beside the last. A batch is small enough to be
 * on the stack and for interrupts to stay off: most files of a host may be a page
 * long.
 *
 * Lock order: folio lock, then that of the page cache or of the LRU. Nobody else
 * knows the file yet, so any number of its folios may be locked.
 *
 * Failure: one message. What can be claimed is claimed and freed: what is in the
 * page cache already goes with the file.
 */
#define pr_fmt(fmt) "KHO: memfd: " fmt

#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/memfd.h>
#include <linux/memcontrol.h>
#include <linux/memfd.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/shmem_fs.h>
#include <uapi/linux/memfd.h>

#include "../../../mm/internal.h"
#include "../incoming/restore.h"
#include "../trace.h"
#include "memfd.h"
#include "page_cache.h"
#include "records.h"

#define MEMFD_LUO_KNOWN_FLAGS						\
	(MEMFD_LUO_FOLIO_DIRTY | MEMFD_LUO_FOLIO_UPTODATE)

/* What finding the place again costs is a percent; 512 bytes of stack. */
#define MEMFD_LUO_BATCH_FOLIOS	64

/**
 * struct memfd_luo_batch - Folios that are claimed, locked and charged.
 * @folios: The folios, with their index and their flags.
 * @nr:     How many.
 * @pages:  How many pages that is.
 */
struct memfd_luo_batch {
	struct folio	*folios[MEMFD_LUO_BATCH_FOLIOS];
	unsigned int	nr;
	long		pages;
};

static int memfd_luo_check_ser(const struct memfd_luo_ser *ser)
{
	int err = 0;

	if (ser->seals & ~MEMFD_LUO_ALL_SEALS)
		err = -EOPNOTSUPP;
	else if (ser->flags || ser->size > MAX_LFS_FILESIZE ||
		 ser->pos > MAX_LFS_FILESIZE)
		err = -EINVAL;

	if (err)
		pr_err("refused: size %llu, pos %llu, seals %#x, flags %#x\n",
		       ser->size, ser->pos, ser->seals, ser->flags);
	return err;
}

/* Can @folio be where its record says, in a file of @size bytes? */
static int memfd_luo_check_record(const struct memfd_luo_folio_ser *record,
				  const struct folio *folio, u64 size)
{
	unsigned int max_order = IS_ENABLED(CONFIG_XARRAY_MULTI) ?
				 MAX_PAGECACHE_ORDER : 0;
	u64 nr_pages = DIV_ROUND_UP(size, PAGE_SIZE);

	if (!(record->flags & ~MEMFD_LUO_KNOWN_FLAGS) &&
	    record->index < nr_pages &&
	    IS_ALIGNED(record->index, folio_nr_pages(folio)) &&
	    folio_order(folio) <= max_order)
		return 0;

	pr_err("refused: folio of order %u at index %llu of %llu, flags %#x\n",
	       folio_order(folio), record->index, nr_pages,
	       (unsigned int)record->flags);
	return -EINVAL;
}

/*
 * Nobody can see the folio yet, so nothing of this need be atomic, but for the
 * flag that has no such way of being set.
 */
static void memfd_luo_init_folio(struct folio *folio,
				 const struct memfd_luo_folio_ser *record)
{
	__folio_set_locked(folio);
	__folio_set_swapbacked(folio);
	if (record->flags & MEMFD_LUO_FOLIO_UPTODATE)
		__folio_mark_uptodate(folio);
	if (record->flags & MEMFD_LUO_FOLIO_DIRTY)
		folio_set_dirty(folio);
	folio->index = record->index;
}

/* Claim the folio of a record for a file of @size bytes. */
static int memfd_luo_retrieve_folio(struct memfd_luo_batch *batch, u64 size,
				    const struct memfd_luo_folio_ser *record,
				    struct kho_fast_restore_batch *claims)
{
	struct folio *folio = kho_fast_restore_next(claims, record->pfn);
	int err;

	if (!folio) {
		pr_err("refused: no folio is held at pfn %#llx\n",
		       (u64)record->pfn);
		return -EIO;
	}

	err = memfd_luo_check_record(record, folio, size);
	if (err) {
		folio_put(folio);
		return err;
	}

	memfd_luo_init_folio(folio, record);
	batch->folios[batch->nr++] = folio;
	batch->pages += folio_nr_pages(folio);
	return 0;
}

/* Freeing a folio takes back what it was charged. */
static void memfd_luo_put_batch(const struct memfd_luo_batch *batch)
{
	unsigned int i;

	for (i = 0; i < batch->nr; i++) {
		folio_unlock(batch->folios[i]);
		folio_put(batch->folios[i]);
	}
}

static int memfd_luo_restore_batch(struct memfd_luo_batch *batch, u64 size,
				   struct kho_fast_records_it *it)
{
	const struct memfd_luo_folio_ser *record;
	struct kho_fast_restore_batch claims;
	int err = 0;

	kho_fast_restore_begin(&claims);
	while (!err && batch->nr < MEMFD_LUO_BATCH_FOLIOS &&
	       (record = kho_fast_records_next(it))) {
		if (record->pfn)
			err = memfd_luo_retrieve_folio(batch, size, record,
						       &claims);
	}
	kho_fast_restore_end(&claims);

	return err;
}

static int memfd_luo_charge_batch(const struct memfd_luo_batch *batch)
{
	unsigned int i;
	int err;

	for (i = 0; i < batch->nr; i++) {
		err = mem_cgroup_charge(batch->folios[i], NULL, GFP_KERNEL);
		if (err) {
			pr_err("cannot charge a folio at index %lu: %pe\n",
			       batch->folios[i]->index, ERR_PTR(err));
			return err;
		}
	}

	return 0;
}

/* After an error the batch is empty. */
static int memfd_luo_fill_batch(struct memfd_luo_batch *batch, u64 size,
				struct kho_fast_records_it *it)
{
	int err;

	batch->nr = 0;
	batch->pages = 0;
	err = memfd_luo_restore_batch(batch, size, it);
	if (!err)
		err = memfd_luo_charge_batch(batch);
	if (err) {
		memfd_luo_put_batch(batch);
		batch->nr = 0;
		batch->pages = 0;
	}

	return err;
}

/* Fill a batch and add it; after that it only tells how much that was. */
static int memfd_luo_retrieve_batch(struct inode *inode, u64 size,
				    struct kho_fast_records_it *it,
				    struct memfd_luo_batch *batch,
				    long *accounted)
{
	const u64 began = kho_fast_trace_begin(kho_memfd);
	int err = memfd_luo_fill_batch(batch, size, it);

	if (batch->nr) {
		err = kho_fast_memfd_add_folios(inode, batch->folios, batch->nr,
						batch->pages, accounted);
		memfd_luo_put_batch(batch);
	}
	if (batch->nr || err)
		kho_fast_trace_memfd(began, "retrieve", batch->nr, batch->pages,
				     err);
	return err;
}

static int memfd_luo_retrieve_folios(struct inode *inode, u64 size,
				     struct kho_fast_records_it *it)
{
	struct memfd_luo_batch batch;
	long accounted = 0;
	int err;

	do {
		err = memfd_luo_retrieve_batch(inode, size, it, &batch,
					       &accounted);
		cond_resched();
	} while (!err && batch.nr == MEMFD_LUO_BATCH_FOLIOS);

	shmem_recalc_inode(inode, accounted, 0);
	return err;
}

static struct file *memfd_luo_make_file(const struct memfd_luo_ser *ser,
					struct kho_fast_records_it *it)
{
	struct file *file;
	int err;

	/* The seals are added below; one of them may forbid to add any. */
	file = memfd_alloc_file("", MFD_ALLOW_SEALING);
	if (IS_ERR(file)) {
		pr_err("cannot make a file: %pe\n", file);
		return file;
	}

	err = memfd_add_seals(file, ser->seals);
	if (err) {
		pr_err("cannot seal the file: %pe\n", ERR_PTR(err));
	} else {
		vfs_setpos(file, ser->pos, MAX_LFS_FILESIZE);
		i_size_write(file_inode(file), ser->size);
		err = memfd_luo_retrieve_folios(file_inode(file), ser->size,
						it);
	}
	if (!err)
		return file;

	/* With the folios that were added. */
	fput(file);
	return ERR_PTR(err);
}

/* Claim the description of a file. */
static struct folio *memfd_luo_restore_ser(phys_addr_t ser_pa)
{
	struct folio *folio = NULL;

	if (PAGE_ALIGNED(ser_pa))
		folio = kho_restore_folio(ser_pa);
	if (!folio)
		pr_err("refused: no file is described at %pa\n", &ser_pa);
	return folio;
}

static int memfd_luo_restore_records(const struct memfd_luo_ser *ser,
				     struct kho_fast_records_it *it)
{
	struct kho_vmalloc folios = ser->folios;
	int err = kho_fast_records_restore(&folios, ser->nr_folios, it);

	if (err)
		pr_err("refused: the records of %llu folios are not sound\n",
		       ser->nr_folios);
	return err;
}

/* Free the folios that are left, and the records. */
static void memfd_luo_discard(struct kho_fast_records_it *it)
{
	const u64 began = kho_fast_trace_begin(kho_memfd);
	const struct memfd_luo_folio_ser *record;
	unsigned long nr = 0, pages = 0;
	struct folio *folio;

	while ((record = kho_fast_records_next(it))) {
		if (!record->pfn)
			continue;

		folio = kho_restore_folio(PFN_PHYS(record->pfn));
		if (folio) {
			nr++;
			pages += folio_nr_pages(folio);
			folio_put(folio);
		}
		cond_resched();
	}

	kho_fast_records_free(it);
	if (nr)
		kho_fast_trace_memfd(began, "discard", nr, pages, 0);
}

/**
 * kho_fast_memfd_retrieve - Make a file of what was preserved.
 * @ser_pa: Where the previous kernel says that the file is described.
 *
 * Context: process context, may sleep.
 * Return: the file; or an ERR_PTR(), and then all that could be claimed is
 * freed: -EOPNOTSUPP when the file has seals that are not known; -EINVAL when its
 * description or its records are not sound; -EIO when a folio is not there;
 * -ENOMEM, -ENOSPC, or what making a file, adding seals to it, or adding folios
 * to it returned.
 */
struct file *kho_fast_memfd_retrieve(phys_addr_t ser_pa)
{
	struct folio *folio = memfd_luo_restore_ser(ser_pa);
	const struct memfd_luo_ser *ser;
	struct kho_fast_records_it it;
	struct file *file;
	int err;

	if (!folio)
		return ERR_PTR(-EINVAL);

	ser = folio_address(folio);
	err = memfd_luo_restore_records(ser, &it);
	if (!err)
		err = memfd_luo_check_ser(ser);
	file = err ? ERR_PTR(err) : memfd_luo_make_file(ser, &it);

	memfd_luo_discard(&it);
	folio_put(folio);
	return file;
}

/**
 * kho_fast_memfd_discard - Free a file that nobody retrieved.
 * @ser_pa: Where the previous kernel says that the file is described.
 *
 * Context: process context, may sleep.
 */
void kho_fast_memfd_discard(phys_addr_t ser_pa)
{
	struct folio *folio = memfd_luo_restore_ser(ser_pa);
	struct kho_fast_records_it it;

	if (!folio)
		return;

	memfd_luo_restore_records(folio_address(folio), &it);
	memfd_luo_discard(&it);
	folio_put(folio);
}
