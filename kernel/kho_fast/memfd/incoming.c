// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: A memfd of the previous kernel
 *
 * The description of the file and the list of its records are untrusted. They
 * are restored before they are read, unless there are checksums to verify them
 * first, and what was restored is kept in &struct kho_fast_memfd_in: memory can
 * be restored once, but retrieving a file can be tried several times. It is at
 * the end of the page of the description, which belongs to this kernel then, so
 * that it needs no memory.
 *
 * Lock order: no lock is taken. LUO calls handlers of a file one at a time.
 *
 * Failure: one message. A file that is described wrongly is never retrieved,
 * but everything that can be restored is freed with it, unless its checksum
 * differs: then it stays preserved.
 */
#define pr_fmt(fmt) "KHO: memfd: " fmt

#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/kho_memfd.h>
#include <linux/kho/abi/memfd.h>
#include <linux/math.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/pagemap.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <uapi/linux/memfd.h>

#include "../checksum.h"
#include "../trace.h"
#include "memfd.h"
#include "records.h"

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

/* Restore the description of a file. */
static struct folio *memfd_luo_restore_ser(phys_addr_t ser_pa)
{
	struct folio *folio = NULL;

	if (PAGE_ALIGNED(ser_pa))
		folio = kho_restore_folio(ser_pa);
	if (!folio)
		pr_err_ratelimited("refused: no description of a file at %pa\n",
				   &ser_pa);
	return folio;
}

/*
 * Records that differ are neither restored nor freed: their memory may be that
 * of another file, and so may the folios that they name.
 */
static int memfd_luo_open_records(struct kho_fast_memfd_in *in, u64 sum)
{
	struct kho_vmalloc folios = in->ser->folios;
	const u64 nr = in->ser->nr_folios;
	int err;

	if (kho_fast_checksum_reads() && sum &&
	    !kho_fast_records_are_intact(&folios, sum)) {
		pr_err("refused: the records of %llu folios are invalid, restored before, or not what was preserved\n",
		       nr);
		return -EINVAL;
	}

	err = kho_fast_records_restore(&folios, nr, &in->records);
	if (err)
		pr_err("refused: invalid records of %llu folios\n", nr);
	return err;
}

/**
 * kho_fast_memfd_open - Restore the description of a memfd and its records.
 * @ser_pa: Address of the description, from the previous kernel.
 *
 * Context: process context, may sleep. Allocates nothing.
 * Return: The file, or the error of retrieving it, to be freed by
 * kho_fast_memfd_close() or kho_fast_memfd_discard(); NULL, with a message, if
 * there is no description.
 */
struct kho_fast_memfd_in *kho_fast_memfd_open(phys_addr_t ser_pa)
{
	struct folio *folio = memfd_luo_restore_ser(ser_pa);
	const struct memfd_luo_ser *ser;
	struct kho_fast_memfd_in *in;
	bool is_intact;
	u64 sum;

	if (!folio)
		return NULL;

	ser = folio_address(folio);
	is_intact = kho_fast_is_intact(ser, KHO_FAST_MEMFD_SIZE);
	sum = ((const u64 *)ser)[KHO_FAST_SUM];

	in = folio_address(folio) + PAGE_SIZE - sizeof(*in);
	*in = (struct kho_fast_memfd_in){ .ser = ser, .err = -EINVAL };
	if (is_intact)
		in->err = memfd_luo_open_records(in, sum);
	else
		pr_err("refused: checksum of the description at %pa differs\n",
		       &ser_pa);
	if (!in->err)
		in->err = memfd_luo_check_ser(ser);
	in->whole.first = in->records;
	in->whole.rest = in->records;
	in->ranges = &in->whole;
	in->nr_ranges = 1;
	return in;
}

/* With exec bits F_SEAL_EXEC comes with all seals but F_SEAL_SEAL. */
static bool memfd_luo_mode_is_valid(u32 mode, u32 seals)
{
	if (mode & ~0777)
		return false;

	return !(mode & 0111) || !(seals & F_SEAL_EXEC) ||
	       (seals | F_SEAL_SEAL) == MEMFD_LUO_ALL_SEALS;
}

/**
 * kho_fast_memfd_read_attributes - Read mode and name of a memfd.
 * @ser: Its description, restored.
 *
 * Context: any.
 * Return: The attributes; NULL if there are none, as from a stock kernel, or,
 * with a message, invalid ones.
 */
const struct kho_memfd_ser *
kho_fast_memfd_read_attributes(const struct memfd_luo_ser *ser)
{
	const struct kho_memfd_ser *attributes = kho_fast_memfd_attributes(ser);
	size_t len;

	if (strncmp(attributes->compatible, KHO_MEMFD_COMPATIBLE,
		    KHO_MEMFD_COMPAT_LEN))
		return NULL;

	len = strnlen(attributes->name, KHO_MEMFD_NAME_LEN);
	if (len < KHO_MEMFD_NAME_LEN &&
	    memfd_luo_mode_is_valid(attributes->mode, ser->seals))
		return attributes;

	pr_err_ratelimited("invalid mode %#o or name of a file: ignored\n",
			   attributes->mode);
	return NULL;
}

/**
 * kho_fast_memfd_divide - Divide a large memfd into ranges.
 * @in:         The file.
 * @nr_records: Number of records of a range.
 *
 * Context: process context, may sleep. Without memory, or when folios were
 * restored, the file is not divided. Once divided, it stays as it is.
 */
void kho_fast_memfd_divide(struct kho_fast_memfd_in *in,
			   unsigned long nr_records)
{
	struct kho_fast_records_it it = in->records;
	unsigned long nr = DIV_ROUND_UP(it.nr, nr_records);
	struct kho_fast_memfd_range *ranges;
	unsigned long i;

	if (nr < 2 || in->nr_ranges > 1 || kho_fast_memfd_is_begun(&in->whole))
		return;

	/* Optional: no task is killed for it. */
	ranges = kvmalloc_array(nr, sizeof(*ranges),
				GFP_KERNEL | __GFP_NOWARN |
					__GFP_RETRY_MAYFAIL);
	if (!ranges)
		return;

	for (i = 0; i < nr; i++) {
		struct kho_fast_records_it first =
			kho_fast_records_cut(&it, nr_records);

		ranges[i] = (struct kho_fast_memfd_range){
			.first = first,
			.rest = first,
		};
	}

	in->ranges = ranges;
	in->nr_ranges = nr;
}

/**
 * kho_fast_memfd_close - Free the description of a memfd and its records.
 * @in: The file.
 */
void kho_fast_memfd_close(struct kho_fast_memfd_in *in)
{
	if (in->ranges != &in->whole)
		kvfree(in->ranges);
	kho_fast_records_free(&in->records);
	folio_put(virt_to_folio(in->ser));
}

/* Restore and get the folio of the next record; NULL if it has none. */
static struct folio *
memfd_luo_take_folio(const struct kho_fast_memfd_range *range,
		     struct kho_fast_records_it *it)
{
	const bool restored = it->nr > range->rest.nr;
	const struct kho_fast_memfd_record *record = kho_fast_records_next(it);

	if (!record->pfn)
		return NULL;
	return restored ? pfn_folio(record->pfn) :
			  kho_restore_folio(PFN_PHYS(record->pfn));
}

/**
 * kho_fast_memfd_discard_range - Free the folios of a range.
 * @range: The range.
 *
 * Everything is freed that can be restored.
 *
 * Context: process context, may sleep.
 */
void kho_fast_memfd_discard_range(const struct kho_fast_memfd_range *range)
{
	const u64 began = kho_fast_trace_begin(kho_memfd);
	struct kho_fast_records_it it = range->first;
	unsigned long nr = 0, pages = 0;

	while (it.nr) {
		struct folio *folio = memfd_luo_take_folio(range, &it);

		if (folio) {
			nr++;
			pages += folio_nr_pages(folio);
			folio_put(folio);
		}
		cond_resched();
	}

	if (nr)
		kho_fast_trace_memfd(began, "discard", nr, pages, 0);
}

/**
 * kho_fast_memfd_discard - Free a memfd that is not retrieved.
 * @in: What was preserved.
 *
 * Everything is freed that can be restored.
 *
 * Context: process context, may sleep.
 */
void kho_fast_memfd_discard(struct kho_fast_memfd_in *in)
{
	unsigned long i;

	for (i = 0; i < in->nr_ranges; i++)
		kho_fast_memfd_discard_range(&in->ranges[i]);
	kho_fast_memfd_close(in);
}
