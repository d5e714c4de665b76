// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Checksum of a vmalloc area
 *
 * The description of an area belongs to the client that hands it over, and a
 * chunk has no room when it is full. So the checksum of all entries is in the
 * last chunk, in a word that no reader uses, see checksum.c.
 *
 * It is verified before anything is restored: an address that differs may be
 * that of another owner's memory. Until then the list is read where it is.
 *
 * Lock order: none.
 */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "checksum.h"
#include "incoming/restore.h"
#include "tree/tree.h"
#include "vmalloc.h"

static u64 kho_chain_sum(struct kho_vmalloc_chunk *first,
			 const struct kho_vmalloc *description)
{
	struct kho_fast_chain_it it = { .chunk = first };
	struct page *page;
	u64 sum = (u64)description->total_pages << 32 |
		  (u64)description->flags << 16 | description->order;

	while ((page = kho_fast_chain_next(&it))) {
		phys_addr_t phys = page_to_phys(page);

		sum = kho_fast_sum(&phys, sizeof(phys), sum);
	}

	return sum;
}

/**
 * kho_fast_chain_seal - Write the checksum of an outgoing chain.
 * @chain:       The chain, with two unused entries in its last chunk.
 * @description: Number of pages, flags and order.
 *
 * Context: process context.
 */
void kho_fast_chain_seal(struct kho_fast_chain *chain,
			 const struct kho_vmalloc *description)
{
	chain->last->phys[KHO_VMALLOC_SIZE - 1] =
		kho_chain_sum(chain->first, description);
}

/* Are all entries preserved? Counts their pages down from *@left. */
static bool kho_chunk_is_sound(const struct kho_vmalloc_chunk *chunk,
			       unsigned int order, unsigned long *left)
{
	unsigned int i;

	for (i = 0; i < KHO_VMALLOC_SIZE && chunk->phys[i]; i++) {
		if (*left < BIT(order) ||
		    !kho_fast_incoming_has(chunk->phys[i], order))
			return false;
		*left -= BIT(order);
	}

	return true;
}

/**
 * kho_fast_chain_find - Find a chain without restoring anything.
 * @from:      Record of the previous kernel, not trusted.
 * @is_sealed: Its last chunk has a checksum, and possibly no entry. Another
 *             chunk without entries may be any page, and part of a loop.
 *
 * Context: process context, may sleep.
 * Return: the first chunk, to be read only; all chunks and entries of the chain
 * are preserved. NULL when the chain is invalid or empty.
 */
struct kho_vmalloc_chunk *kho_fast_chain_find(const struct kho_vmalloc *from,
					      bool is_sealed)
{
	unsigned long left = from->total_pages;
	u64 phys = from->first.phys;
	struct kho_vmalloc_chunk *chunk;

	if (!phys || from->order > KHO_FAST_MAX_ORDER)
		return NULL;

	for (; phys; phys = chunk->hdr.next.phys) {
		if (!kho_fast_incoming_has(phys, 0))
			return NULL;

		chunk = phys_to_virt(phys);
		if (!chunk->phys[0] && (chunk->hdr.next.phys || !is_sealed))
			return NULL;
		if (!kho_chunk_is_sound(chunk, from->order, &left))
			return NULL;
		cond_resched();
	}

	return left ? NULL : phys_to_virt(from->first.phys);
}

/**
 * kho_fast_chain_is_intact - Verify the checksum of a chain.
 * @description: Its description, not trusted.
 *
 * Nothing is restored.
 *
 * Context: process context, may sleep.
 * Return: true if it is what was preserved, or without checksums.
 */
bool kho_fast_chain_is_intact(const struct kho_vmalloc *description)
{
	struct kho_vmalloc_chunk *first, *last, *next;

	if (!kho_fast_checksum_reads())
		return true;

	first = kho_fast_chain_find(description, true);
	if (!first)
		return false;

	for (last = first; (next = KHOSER_LOAD_PTR(last->hdr.next));)
		last = next;
	return last->phys[KHO_VMALLOC_SIZE - 1] ==
	       kho_chain_sum(first, description);
}
