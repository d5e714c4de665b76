// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Arrays of records that grow
 *
 * A stock kernel hands an array over as a vmalloc area. The format does not ask
 * for one: it lists pages. So a list of records is built page by page, the
 * pages are preserved as they come, and nothing is ever mapped, moved or as
 * large as the list. Several tasks build a list each, and these are joined at
 * the end; where one ends in the middle of a page, the rest of the page stays
 * zero. Who reads records must therefore skip those that are all zero, as the
 * memfd-v2 format says of those without a pfn.
 *
 * Layout: &struct kho_vmalloc of the kho-v4 ABI, see ../vmalloc.c.
 *
 * Lock order: none is taken. A list belongs to one task at a time.
 *
 * Failure: kho_fast_records_add() leaves the list as it was, to be undone
 * with kho_fast_chain_undo(). kho_fast_records_restore() takes all of a list, or
 * frees what it has taken.
 */
#define pr_fmt(fmt) "KHO: " fmt

#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/mm.h>

#include "../vmalloc.h"
#include "records.h"

/* Records do not cross pages. */
static_assert(PAGE_SIZE % KHO_FAST_RECORD_SIZE == 0);

static int memfd_luo_records_grow(struct kho_fast_records *records)
{
	void *page = (void *)get_zeroed_page(GFP_KERNEL);
	int err;

	if (!page)
		return -ENOMEM;

	err = kho_fast_chain_append(&records->chain, virt_to_page(page), 0);
	if (err) {
		free_page((unsigned long)page);
		return err;
	}

	records->next = page;
	records->left = KHO_FAST_RECORDS_PER_PAGE;
	return 0;
}

/**
 * kho_fast_records_add - Add a record at the end of a list.
 * @records: The list, all zeroes when it is empty.
 *
 * Context: process context, may sleep. Memory is taken from the node of the
 * task, unless its policy says otherwise.
 * Return: the new record, %KHO_FAST_RECORD_SIZE bytes of zeroes to be filled in;
 * or what kho_preserve_pages() returned or -ENOMEM, as an ERR_PTR().
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
 * kho_fast_records_join - Put one list behind another.
 * @records: The list that grows.
 * @tail:    What is put behind it; empty afterwards.
 */
void kho_fast_records_join(struct kho_fast_records *records,
			   struct kho_fast_records *tail)
{
	if (tail->chain.first) {
		records->next = tail->next;
		records->left = tail->left;
	}
	kho_fast_chain_join(&records->chain, &tail->chain);
	*tail = (struct kho_fast_records){};
}

/**
 * kho_fast_records_store - Write down where a list is.
 * @records: The list.
 * @to:      What the next kernel will see.
 *
 * Return: how many records there are, counting those that were left out where
 * lists were joined, but not the rest of the last page: most files of a host may
 * have a record. -EFBIG when they are more than the format can count.
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

	return records->chain.nr_pages * KHO_FAST_RECORDS_PER_PAGE - records->left;
}

/**
 * kho_fast_records_restore - Take a list of the previous kernel over.
 * @from: What it wrote down; nothing in it is trusted.
 * @nr:   How many records there should be.
 * @it:   Filled in, for kho_fast_records_next() and kho_fast_records_free().
 *
 * When the list has room for fewer than @nr, those that are there can be
 * walked over all the same, to clean up.
 *
 * Context: process context, may sleep.
 * Return: 0; -EINVAL when the list is not sound or has room for fewer.
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
 * kho_fast_records_next - Next record of a list that was claimed.
 * @it: Where the walk is.
 *
 * Return: the record, NULL at the end.
 */
const void *kho_fast_records_next(struct kho_fast_records_it *it)
{
	const void *record;

	if (!it->nr)
		return NULL;

	if (!it->left) {
		it->next = page_address(kho_fast_chain_next(&it->pages));
		it->left = KHO_FAST_RECORDS_PER_PAGE << it->order;
	}

	record = it->next;
	it->next += KHO_FAST_RECORD_SIZE;
	it->left--;
	it->nr--;
	return record;
}

/**
 * kho_fast_records_free - Free a list that was claimed.
 * @it: From kho_fast_records_restore(), which may have failed.
 */
void kho_fast_records_free(struct kho_fast_records_it *it)
{
	kho_fast_chain_free(it->first, true, it->order);
	*it = (struct kho_fast_records_it){};
}
