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
 * Lock order: the folio lock only; nobody else knows the file yet.
 *
 * Failure: one message. What can be claimed is claimed and freed.
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
#include <linux/swap.h>
#include <uapi/linux/memfd.h>

#include "../../mm/internal.h"
#include "internal.h"

#define KNOWN_FLAGS	(MEMFD_LUO_FOLIO_DIRTY | MEMFD_LUO_FOLIO_UPTODATE)

static int check_ser(const struct memfd_luo_ser *ser)
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
static int check_record(const struct memfd_luo_folio_ser *record,
			const struct folio *folio, u64 size)
{
	u64 nr_pages = DIV_ROUND_UP(size, PAGE_SIZE);

	if (!(record->flags & ~KNOWN_FLAGS) && record->index < nr_pages &&
	    IS_ALIGNED(record->index, folio_nr_pages(folio)) &&
	    folio_order(folio) <= MAX_PAGECACHE_ORDER)
		return 0;

	pr_err("refused: folio of order %u at index %llu of %llu, flags %#x\n",
	       folio_order(folio), record->index, nr_pages,
	       (unsigned int)record->flags);
	return -EINVAL;
}

/* Add a folio that is locked to a file. */
static int insert(struct inode *inode, struct folio *folio,
		  const struct memfd_luo_folio_ser *record)
{
	struct address_space *mapping = inode->i_mapping;
	gfp_t gfp = mapping_gfp_mask(mapping);
	int err;

	err = mem_cgroup_charge(folio, NULL, gfp);
	if (err)
		return err;
	err = shmem_add_to_page_cache(folio, mapping, record->index, NULL, gfp);
	if (err)
		return err;

	if (record->flags & MEMFD_LUO_FOLIO_UPTODATE)
		folio_mark_uptodate(folio);
	if (record->flags & MEMFD_LUO_FOLIO_DIRTY)
		folio_mark_dirty(folio);

	err = shmem_inode_acct_blocks(inode, folio_nr_pages(folio));
	if (err) {
		filemap_remove_folio(folio);
		return err;
	}

	folio_add_lru(folio);
	return 0;
}

/* Returns how many pages were added. */
static long take_folio(struct inode *inode, u64 size,
		       const struct memfd_luo_folio_ser *record)
{
	struct folio *folio = kho_restore_folio(PFN_PHYS(record->pfn));
	long ret;

	if (!folio) {
		pr_err("refused: no folio is held at pfn %#llx\n",
		       (u64)record->pfn);
		return -EIO;
	}

	ret = check_record(record, folio, size);
	if (ret)
		goto put_folio;

	__folio_set_locked(folio);
	__folio_set_swapbacked(folio);
	ret = insert(inode, folio, record);
	if (ret)
		pr_err("cannot add a folio at index %llu: %pe\n", record->index,
		       ERR_PTR(ret));
	else
		ret = folio_nr_pages(folio);
	folio_unlock(folio);
put_folio:
	folio_put(folio);
	return ret;
}

static int take_folios(struct inode *inode, u64 size,
		       struct kho_fast_records_it *it)
{
	const struct memfd_luo_folio_ser *record;
	long added = 0, ret = 0;

	while (ret >= 0 && (record = kho_fast_records_next(it))) {
		if (!record->pfn)
			continue;

		ret = take_folio(inode, size, record);
		if (ret > 0)
			added += ret;
		cond_resched();
	}

	shmem_recalc_inode(inode, added, 0);
	return min(ret, 0);
}

static struct file *make_file(const struct memfd_luo_ser *ser,
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
		err = take_folios(file_inode(file), ser->size, it);
	}
	if (!err)
		return file;

	/* With the folios that were added. */
	fput(file);
	return ERR_PTR(err);
}

/* Claim the description of a file. */
static struct folio *claim_ser(phys_addr_t ser_pa)
{
	struct folio *folio = NULL;

	if (PAGE_ALIGNED(ser_pa))
		folio = kho_restore_folio(ser_pa);
	if (!folio)
		pr_err("refused: no file is described at %pa\n", &ser_pa);
	return folio;
}

static int claim_records(const struct memfd_luo_ser *ser,
			 struct kho_fast_records_it *it)
{
	struct kho_vmalloc folios = ser->folios;
	int err = kho_fast_records_claim(&folios, ser->nr_folios, it);

	if (err)
		pr_err("refused: the records of %llu folios are not sound\n",
		       ser->nr_folios);
	return err;
}

/* Free the folios that are left, and the records. */
static void discard(struct kho_fast_records_it *it)
{
	const struct memfd_luo_folio_ser *record;
	struct folio *folio;

	while ((record = kho_fast_records_next(it))) {
		if (!record->pfn)
			continue;

		folio = kho_restore_folio(PFN_PHYS(record->pfn));
		if (folio)
			folio_put(folio);
		cond_resched();
	}

	kho_fast_records_free(it);
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
	struct folio *folio = claim_ser(ser_pa);
	const struct memfd_luo_ser *ser;
	struct kho_fast_records_it it;
	struct file *file;
	int err;

	if (!folio)
		return ERR_PTR(-EINVAL);

	ser = folio_address(folio);
	err = claim_records(ser, &it);
	if (!err)
		err = check_ser(ser);
	file = err ? ERR_PTR(err) : make_file(ser, &it);

	discard(&it);
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
	struct folio *folio = claim_ser(ser_pa);
	struct kho_fast_records_it it;

	if (!folio)
		return;

	claim_records(folio_address(folio), &it);
	discard(&it);
	folio_put(folio);
}
