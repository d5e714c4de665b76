/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lists of records in preserved pages.
 */
#ifndef _KERNEL_KHO_FAST_MEMFD_RECORDS_H
#define _KERNEL_KHO_FAST_MEMFD_RECORDS_H

#include <linux/bitmap.h>
#include <linux/kho/abi/kexec_handover.h>
#include <linux/mm.h>
#include <linux/types.h>

#include "../vmalloc.h"

/* Bytes of a record, and records of a page */
#define KHO_FAST_RECORD_SIZE		16
#define KHO_FAST_RECORDS_PER_PAGE	(PAGE_SIZE / KHO_FAST_RECORD_SIZE)

/**
 * struct kho_fast_records - A list of records that is being written.
 * @chain: Pages of the records.
 * @next:  Next unused record.
 * @left:  Number of unused records from @next on.
 * @sum:   Checksum that the user adds up; that of a joined list is the sum.
 */
struct kho_fast_records {
	struct kho_fast_chain	chain;
	void			*next;
	unsigned long		left;
	u64			sum;
};

/**
 * struct kho_fast_records_it - An iterator over restored records.
 * @first: First chunk of the chain of pages.
 * @order: Order of the entries of the chain.
 * @pages: Position in the chain.
 * @next:  Next record.
 * @left:  Number of contiguous records from @next on.
 * @nr:    Number of records left.
 */
struct kho_fast_records_it {
	struct kho_vmalloc_chunk *first;
	unsigned int		order;
	struct kho_fast_chain_it pages;
	const void		*next;
	unsigned long		left;
	u64			nr;
};

void *kho_fast_records_add(struct kho_fast_records *records);
void kho_fast_records_join(struct kho_fast_records *records,
			   struct kho_fast_records *tail);
s64 kho_fast_records_store(const struct kho_fast_records *records,
			   struct kho_vmalloc *to);
u64 kho_fast_records_sum(const struct kho_fast_records *records);
bool kho_fast_records_are_intact(const struct kho_vmalloc *from, u64 sum);
int kho_fast_records_restore(const struct kho_vmalloc *from, u64 nr,
			     struct kho_fast_records_it *it);
void kho_fast_records_next_page(struct kho_fast_records_it *it);
void kho_fast_records_back(struct kho_fast_records_it *it);
struct kho_fast_records_it kho_fast_records_cut(struct kho_fast_records_it *it,
						u64 nr);
void kho_fast_records_free(struct kho_fast_records_it *it);

/* Get the next record of a restored list, or NULL at its end. */
static inline const void *kho_fast_records_next(struct kho_fast_records_it *it)
{
	const void *record;

	if (!it->nr)
		return NULL;
	if (!it->left)
		kho_fast_records_next_page(it);

	record = it->next;
	it->next += KHO_FAST_RECORD_SIZE;
	it->left--;
	it->nr--;
	return record;
}

/* Skip @nr of the @left records of an iterator. */
static inline void kho_fast_records_skip(struct kho_fast_records_it *it,
					 unsigned long nr)
{
	it->next += nr * KHO_FAST_RECORD_SIZE;
	it->left -= nr;
	it->nr -= nr;
}

#endif /* _KERNEL_KHO_FAST_MEMFD_RECORDS_H */
