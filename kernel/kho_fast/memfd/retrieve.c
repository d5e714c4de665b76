// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Retrieving a memfd
 *
 * The description of the file, its records and its folios are untrusted. Each
 * is restored before it is read, so that no memory is used that was not
 * preserved, or is used twice. The contents are checked against the size of the
 * file and the sizes of the folios.
 *
 * Folios are handled in batches: restored and checked under one
 * rcu_read_lock(), charged one by one, and added to the file together
 * (page_cache.c). A batch is small enough for the stack and for disabled
 * interrupts: most files of a host may have one page.
 *
 * Lock order: folio lock, then that of the page cache or of the LRU. The file
 * is not visible yet, so any number of its folios may be locked.
 *
 * Failure: one message. Everything that can be restored is freed; folios in the
 * page cache are freed with the file.
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

/* A second lookup of the slot costs a percent; 512 bytes of stack */
#define MEMFD_LUO_BATCH_FOLIOS	64

/**
 * struct memfd_luo_batch - Folios that are restored, locked and charged.
 * @folios: The folios, with index and flags.
 * @nr:     Number of folios.
 * @pages:  Number of their pages.
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

/* Check the record of a folio in a file of @size bytes. */
static int memfd_luo_check_record(const struct kho_fast_memfd_record *record,
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

/* Restore the folio of a record, for a file of @size bytes. */
static int memfd_luo_retrieve_folio(struct memfd_luo_batch *batch, u64 size,
				    const struct kho_fast_memfd_record *record,
				    struct kho_fast_restore_batch *restore)
{
	struct folio *folio = kho_fast_restore_next(restore, record->pfn);
	int err;

	if (!folio) {
		pr_err("refused: no folio is preserved at pfn %#llx\n",
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

/* Freeing a folio uncharges it. */
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
	const struct kho_fast_memfd_record *record;
	struct kho_fast_restore_batch restore;
	int err = 0;

	kho_fast_restore_begin(&restore);
	while (!err && batch->nr < MEMFD_LUO_BATCH_FOLIOS &&
	       (record = kho_fast_records_next(it))) {
		if (record->pfn)
			err = memfd_luo_retrieve_folio(batch, size, record,
						       &restore);
	}
	kho_fast_restore_end(&restore);

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

/* On error the batch is empty. */
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

/* Fill a batch and add it; afterwards only its numbers are valid. */
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

/*
 * Adding F_SEAL_EXEC to a file with exec bits would add the write seals, which
 * the file did not have unless they are listed as well.
 */
static unsigned int memfd_luo_alloc_flags(const struct memfd_luo_ser *ser)
{
	return ser->seals & F_SEAL_EXEC ? MFD_NOEXEC_SEAL : MFD_ALLOW_SEALING;
}

static struct file *memfd_luo_make_file(const struct memfd_luo_ser *ser,
					struct kho_fast_records_it *it)
{
	struct file *file;
	int err;

	/* Seals are added below; one of them may forbid adding any. */
	file = memfd_alloc_file("", memfd_luo_alloc_flags(ser));
	if (IS_ERR(file)) {
		pr_err("cannot create a file: %pe\n", file);
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

	/* Frees the folios that were added. */
	fput(file);
	return ERR_PTR(err);
}

/* Restore the description of a file. */
static struct folio *memfd_luo_restore_ser(phys_addr_t ser_pa)
{
	struct folio *folio = NULL;

	if (PAGE_ALIGNED(ser_pa))
		folio = kho_restore_folio(ser_pa);
	if (!folio)
		pr_err("refused: no description of a file at %pa\n", &ser_pa);
	return folio;
}

static int memfd_luo_restore_records(const struct memfd_luo_ser *ser,
				     struct kho_fast_records_it *it)
{
	struct kho_vmalloc folios = ser->folios;
	int err = kho_fast_records_restore(&folios, ser->nr_folios, it);

	if (err)
		pr_err("refused: invalid records of %llu folios\n",
		       ser->nr_folios);
	return err;
}

/* Free the remaining folios, and the records. */
static void memfd_luo_discard(struct kho_fast_records_it *it)
{
	const u64 began = kho_fast_trace_begin(kho_memfd);
	const struct kho_fast_memfd_record *record;
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
 * kho_fast_memfd_retrieve - Create a memfd from what was preserved.
 * @ser_pa: Address of its description, from the previous kernel.
 *
 * Context: process context, may sleep.
 * Return: The file; or an ERR_PTR(), and then everything that can be restored
 * is freed: -EOPNOTSUPP if the file has unknown seals; -EINVAL if its
 * description or its records are invalid; -EIO if a folio is not preserved;
 * -ENOMEM, -ENOSPC, or the error of creating the file, sealing it, or adding
 * folios.
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
 * kho_fast_memfd_discard - Free a memfd that was not retrieved.
 * @ser_pa: Address of its description, from the previous kernel.
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
