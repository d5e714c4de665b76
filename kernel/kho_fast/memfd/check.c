// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Check of a memfd before the kexec
 *
 * The next kernel refuses invalid records, with the guest paused and this
 * kernel gone, and takes a valid one that is wrong: a record that was zeroed is
 * a hole. So everything that it will read is read here, when all files are
 * frozen: the description, mode and name, the list of pages and each record.
 * They must be what was written, by a checksum that is kept outside of
 * preserved memory, and all that they refer to must be preserved.
 *
 * Records are also checked before they are followed when a file is unpreserved:
 * they may have been overwritten without a freeze, or behind another file that
 * was refused.
 *
 * Cost: per record a lookup in the tree, which mostly hits the leaf cache. No
 * struct page is read.
 *
 * Lock order: no lock is taken.
 *
 * Failure: nothing is changed.
 */
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/kho/abi/kho_memfd.h>
#include <linux/kho/abi/memfd.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "../outgoing/outgoing.h"
#include "../outgoing/preflight.h"
#include "memfd.h"
#include "records.h"

/**
 * struct memfd_luo_check - A check in progress.
 * @fault: Receives the reason of a refusal.
 * @sum:   Checksum of the records so far.
 * @order: Order of the last folio; that of the next one is likely the same.
 */
struct memfd_luo_check {
	struct kho_fast_fault	*fault;
	u64			sum;
	unsigned int		order;
};

static __printf(3, 4) int memfd_luo_fault(struct memfd_luo_check *check,
					  phys_addr_t phys, const char *fmt,
					  ...)
{
	va_list args;

	check->fault->phys = phys;
	va_start(args, fmt);
	vsnprintf(check->fault->reason, sizeof(check->fault->reason), fmt,
		  args);
	va_end(args);
	return -EINVAL;
}

static bool memfd_luo_has_folio(unsigned long pfn, unsigned int order)
{
	return IS_ALIGNED(pfn, BIT(order)) && kho_fast_outgoing_has(pfn, order);
}

static bool memfd_luo_find_folio(struct memfd_luo_check *check,
				 unsigned long pfn)
{
	unsigned int order;

	if (memfd_luo_has_folio(pfn, check->order))
		return true;

	for (order = 0; order <= MAX_PAGECACHE_ORDER; order++) {
		if (memfd_luo_has_folio(pfn, order)) {
			check->order = order;
			return true;
		}
	}

	return false;
}

static int memfd_luo_check_folio(struct memfd_luo_check *check,
				 const struct kho_fast_memfd_record *record)
{
	if (!memfd_luo_find_folio(check, record->pfn))
		return memfd_luo_fault(check, PFN_PHYS(record->pfn),
				       "no folio is preserved at pfn %#llx, for index %llu",
				       (u64)record->pfn, record->index);

	check->sum += kho_fast_memfd_sum(record, check->order);
	return 0;
}

static int memfd_luo_check_page(struct memfd_luo_check *check, const void *page)
{
	const struct kho_fast_memfd_record *record = page;
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < KHO_FAST_RECORDS_PER_PAGE; i++) {
		if (record[i].pfn)
			err = memfd_luo_check_folio(check, &record[i]);
	}

	cond_resched();
	return err;
}

/* The page of the list at that address, or NULL */
static const void *memfd_luo_list_page(struct memfd_luo_check *check, u64 phys)
{
	if (PAGE_ALIGNED(phys) && kho_fast_outgoing_has(PHYS_PFN(phys), 0) &&
	    pfn_to_online_page(PHYS_PFN(phys)))
		return phys_to_virt(phys);

	memfd_luo_fault(check, phys,
			"page %#llx of the records is not preserved", phys);
	return NULL;
}

static int memfd_luo_check_chunk(struct memfd_luo_check *check,
				 const struct kho_vmalloc_chunk *chunk,
				 u64 *left)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < KHO_VMALLOC_SIZE && chunk->phys[i]; i++) {
		const void *page = memfd_luo_list_page(check, chunk->phys[i]);

		if (!page)
			return -EINVAL;
		if (!(*left)--)
			return memfd_luo_fault(check, 0,
					       "the list of records is too long");
		err = memfd_luo_check_page(check, page);
	}

	return err;
}

/* Each chunk has pages, but for the last one after an error. */
static int memfd_luo_check_list(struct memfd_luo_check *check,
				const struct kho_fast_chain *list)
{
	u64 phys = list->first ? virt_to_phys(list->first) : 0;
	u64 left = list->nr_pages;
	u64 chunks = left + 1;
	int err = 0;

	while (!err && phys) {
		const struct kho_vmalloc_chunk *chunk =
			memfd_luo_list_page(check, phys);

		if (!chunk)
			return -EINVAL;
		if (!chunks--)
			return memfd_luo_fault(check, phys,
					       "the list of records is too long");
		err = memfd_luo_check_chunk(check, chunk, &left);
		phys = chunk->hdr.next.phys;
	}

	if (!err && left)
		err = memfd_luo_fault(check, 0,
				      "the list of records lacks %llu pages",
				      left);
	return err;
}

/**
 * kho_fast_memfd_check_records - Check the records of a memfd.
 * @out:   The file as it was preserved, also if a freeze has failed.
 * @fault: Receives the reason after an error.
 *
 * Context: process context, may sleep. The records do not change.
 * Return: 0; -EINVAL if they are not those that were written, or refer to
 * memory that is not preserved: then they must not be followed.
 */
int kho_fast_memfd_check_records(const struct kho_fast_memfd_out *out,
				 struct kho_fast_fault *fault)
{
	struct memfd_luo_check check = { .fault = fault };
	int err = memfd_luo_check_list(&check, &out->records.chain);

	if (!err && check.sum != out->records.sum)
		err = memfd_luo_fault(&check, 0,
				      "its records were overwritten");
	return err;
}

/* Mode and name; a wrong one is ignored by the next kernel, or taken. */
static bool memfd_luo_has_attributes(const struct kho_fast_memfd_out *out,
				     const struct file *file)
{
	struct kho_memfd_ser ser = { .mode = out->mode };

	kho_fast_memfd_write_name(&ser, file);
	return !memcmp(&ser, kho_fast_memfd_attributes(out->ser), sizeof(ser));
}

/* Is it what .preserve() and .freeze() have written? */
static bool memfd_luo_ser_is_intact(const struct kho_fast_memfd_out *out,
				    const struct file *file)
{
	struct memfd_luo_ser ser = {
		.pos = out->pos,
		.seals = out->seals,
		.size = i_size_read(file_inode(file)),
	};
	struct kho_vmalloc folios = {};
	s64 nr = kho_fast_records_store(&out->records, &folios);

	/* Nothing is stored for an empty file. */
	if (ser.size) {
		ser.nr_folios = nr;
		ser.folios = folios;
	}
	return !memcmp(&ser, out->ser, sizeof(ser));
}

/**
 * kho_fast_memfd_check - Check what is handed over for a memfd.
 * @out:   The file as it was preserved and frozen.
 * @file:  The file.
 * @fault: Receives the reason after an error.
 *
 * Context: process context, may sleep; within the freeze.
 * Return: 0; -EINVAL if the next kernel would refuse it, or would not get what
 * was preserved.
 */
int kho_fast_memfd_check(const struct kho_fast_memfd_out *out,
			 const struct file *file, struct kho_fast_fault *fault)
{
	const phys_addr_t phys = virt_to_phys(out->ser);
	struct memfd_luo_check check = { .fault = fault };

	if (!kho_fast_outgoing_has(PHYS_PFN(phys), 0))
		return memfd_luo_fault(&check, phys,
				       "its description is not preserved");
	if (!memfd_luo_ser_is_intact(out, file))
		return memfd_luo_fault(&check, phys,
				       "its description was overwritten");
	if (!memfd_luo_has_attributes(out, file))
		return memfd_luo_fault(&check, phys,
				       "its mode or name was overwritten");

	/* Its description names the same list. */
	return kho_fast_memfd_check_records(out, fault);
}
