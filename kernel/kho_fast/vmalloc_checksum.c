// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Checksum of a vmalloc area
 *
 * The description of an area belongs to the client that hands it over, and a
 * chunk has no room when it is full. So the checksum of all entries is in the
 * last chunk, in a word that no reader uses, see checksum.c.
 *
 * Lock order: none.
 */
#include <linux/io.h>
#include <linux/mm.h>

#include "checksum.h"
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

/**
 * kho_fast_chain_is_intact - Verify the checksum of a restored chain.
 * @first:       Its first chunk.
 * @description: Its description, not trusted.
 *
 * Context: process context.
 * Return: true if it is what was preserved, or without checksums.
 */
bool kho_fast_chain_is_intact(struct kho_vmalloc_chunk *first,
			      const struct kho_vmalloc *description)
{
	struct kho_vmalloc_chunk *last = first, *next;

	if (!kho_fast_checksum_reads())
		return true;

	while ((next = KHOSER_LOAD_PTR(last->hdr.next)))
		last = next;
	return last->phys[KHO_VMALLOC_SIZE - 1] ==
	       kho_chain_sum(first, description);
}
