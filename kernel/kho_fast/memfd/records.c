// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Lists of records
 *
 * A stock kernel preserves an array as a vmalloc area, but the format lists
 * pages and does not require a mapping. So a list of records is built page by
 * page, each page is preserved when it is allocated, and nothing is mapped or
 * moved. Tasks build lists in parallel, and the lists are joined at the end;
 * the rest of a page at a junction stays zero. Readers must skip records that
 * are all zero, as memfd-v2 says of records without a pfn.
 *
 * Layout: &struct kho_vmalloc of the kho-v4 ABI, see ../vmalloc.c.
 *
 * Lock order: no lock is taken. A list belongs to one task at a time.
 *
 * Failure: after a failed kho_fast_records_add() the list is unchanged, and can
 * be freed with kho_fast_chain_undo(). kho_fast_records_restore() restores a
 * list as a whole, or frees what it has restored.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "../account.h"
#include "../alloc.h"
#include "../checksum.h"
#include "../vmalloc.h"
#include "records.h"

/* Records do not cross pages. */
static_assert(PAGE_SIZE % KHO_FAST_RECORD_SIZE == 0);

static int memfd_luo_records_grow(struct kho_fast_records *records)
{
	struct page *page = kho_fast_alloc_pages(NUMA_NO_NODE,
						 KHO_FAST_GFP_ACCOUNT |
						 __GFP_ZERO, 0);
	int err;

	if (!page)
		return -ENOMEM;

	err = kho_fast_chain_append(&records->chain, page, 0);
	if (err) {
		__free_pages(page, 0);
		return err;
	}

	records->next = page_address(page);
	records->left = KHO_FAST_RECORDS_PER_PAGE;
	return 0;
}

/**
 * kho_fast_records_add - Append a record to a list.
 * @records: The list; zeroed when empty.
 *
 * Context: process context, may sleep. Memory comes from the node of the task,
 * or follows its mempolicy, and is charged to its active memory cgroup.
 * Return: The new record, %KHO_FAST_RECORD_SIZE bytes of zeroes;
 * ERR_PTR(-ENOMEM) or the error of kho_preserve_pages().
 */
void *kho_fast_records_add(struct kho_fast_records *records)
{
	void *record;

	if (!records->left) {
		int err = memfd_luo_records_grow(records);

		if (err)
			return ERR_PTR(err);
	}

	record = records->next;
	records->next += KHO_FAST_RECORD_SIZE;
	records->left--;
	return record;
}

/**
 * kho_fast_records_join - Append a list to another one.
 * @records: The list that is extended.
 * @tail:    The list that is appended; empty afterwards.
 */
void kho_fast_records_join(struct kho_fast_records *records,
			   struct kho_fast_records *tail)
{
	if (tail->chain.first) {
		records->next = tail->next;
		records->left = tail->left;
	}
	records->sum += tail->sum;
	kho_fast_chain_join(&records->chain, &tail->chain);
	*tail = (struct kho_fast_records){};
}

/**
 * kho_fast_records_store - Store the location of a list.
 * @records: The list.
 * @to:      Receives the location, for the next kernel.
 *
 * Return: The number of records, including empty ones at junctions, but not the
 * unused ones of the last page: most files of a host may have one record.
 * -EFBIG if the format cannot count the pages.
 */
s64 kho_fast_records_store(const struct kho_fast_records *records,
			   struct kho_vmalloc *to)
{
	if (records->chain.nr_pages > UINT_MAX)
		return -EFBIG;

	*to = (struct kho_vmalloc){
		.total_pages = records->chain.nr_pages,
		.flags = KHO_FAST_VMALLOC_ALLOC,
	};
	if (records->chain.first)
		KHOSER_STORE_PTR(to->first, records->chain.first);

	return records->chain.nr_pages * KHO_FAST_RECORDS_PER_PAGE -
	       records->left;
}

static u64 memfd_luo_records_sum(struct kho_vmalloc_chunk *first)
{
	struct kho_fast_chain_it it = { .chunk = first };
	struct page *page;
	u64 sum = 0;

	while ((page = kho_fast_chain_next(&it))) {
		/* The struct page may not be initialised. */
		sum = kho_fast_sum(phys_to_virt(page_to_phys(page)), PAGE_SIZE,
				   sum);
		cond_resched();
	}

	return sum;
}

/**
 * kho_fast_records_sum - Checksum of a list.
 * @records: The list.
 *
 * Context: process context, may sleep.
 * Return: The checksum of all its records.
 */
u64 kho_fast_records_sum(const struct kho_fast_records *records)
{
	return memfd_luo_records_sum(records->chain.first);
}

/**
 * kho_fast_records_are_intact - Verify the checksum of a list.
 * @from: Its location in memory of the previous kernel; untrusted.
 * @sum:  The checksum.
 *
 * Nothing is restored: an address that differs may be that of another file's
 * memory.
 *
 * Context: process context, may sleep.
 * Return: true if it is that of the list.
 */
bool kho_fast_records_are_intact(const struct kho_vmalloc *from, u64 sum)
{
	struct kho_vmalloc_chunk *first = NULL;

	if (from->first.phys) {
		first = kho_fast_chain_find(from, false);
		if (!first)
			return false;
	}

	return memfd_luo_records_sum(first) == sum;
}

/**
 * kho_fast_records_restore - Restore a list of the previous kernel.
 * @from: Its location; untrusted.
 * @nr:   Expected number of records.
 * @it:   Initialised for kho_fast_records_next() and kho_fast_records_free().
 *
 * If the list has room for fewer than @nr records, the existing ones can still
 * be iterated over, to free what they refer to.
 *
 * Context: process context, may sleep.
 * Return: 0; -EINVAL if the list is invalid or has room for fewer records.
 */
int kho_fast_records_restore(const struct kho_vmalloc *from, u64 nr,
			     struct kho_fast_records_it *it)
{
	u64 room = (u64)from->total_pages * KHO_FAST_RECORDS_PER_PAGE;

	*it = (struct kho_fast_records_it){ .order = from->order };
	if (!nr && !from->first.phys)
		return 0;

	it->first = kho_fast_chain_restore(from);
	if (!it->first)
		return -EINVAL;

	it->pages.chunk = it->first;
	it->nr = min(nr, room);
	return nr > room ? -EINVAL : 0;
}

/**
 * kho_fast_records_next_page - Advance to the next page of records.
 * @it: The iterator, with records left but not in the current page.
 */
void kho_fast_records_next_page(struct kho_fast_records_it *it)
{
	it->next = page_address(kho_fast_chain_next(&it->pages));
	it->left = KHO_FAST_RECORDS_PER_PAGE << it->order;
}

/**
 * kho_fast_records_back - Put back the last record of an iterator.
 * @it: The iterator; its last call was kho_fast_records_next(), which returned
 *      a record.
 */
void kho_fast_records_back(struct kho_fast_records_it *it)
{
	it->next -= KHO_FAST_RECORD_SIZE;
	it->left++;
	it->nr++;
}

/**
 * kho_fast_records_cut - Divide an iterator.
 * @it: The iterator; afterwards without the records that are returned.
 * @nr: Maximum number of records to return.
 *
 * Return: An iterator over the first @nr records of @it.
 */
struct kho_fast_records_it kho_fast_records_cut(struct kho_fast_records_it *it,
						u64 nr)
{
	struct kho_fast_records_it part = *it;
	u64 here;

	part.nr = min(nr, it->nr);
	for (nr = part.nr; nr; nr -= here) {
		if (!it->left)
			kho_fast_records_next_page(it);
		here = min(nr, it->left);
		kho_fast_records_skip(it, here);
	}

	return part;
}

/**
 * kho_fast_records_free - Free a restored list.
 * @it: Initialised by kho_fast_records_restore(), which may have failed.
 */
void kho_fast_records_free(struct kho_fast_records_it *it)
{
	kho_fast_chain_free(it->first, true, it->order);
	*it = (struct kho_fast_records_it){};
}
