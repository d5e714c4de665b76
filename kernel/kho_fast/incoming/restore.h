/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Restoring preserved memory.
 */
#ifndef _KERNEL_KHO_FAST_INCOMING_RESTORE_H
#define _KERNEL_KHO_FAST_INCOMING_RESTORE_H

#include <linux/bitmap.h>
#include <linux/kho/abi/kexec_handover.h>
#include <linux/types.h>

#include "../tree/tree.h"

struct folio;

/**
 * struct kho_fast_restore_batch - Restoring many folios.
 * @leaf:    Bitmap of the last folio, NULL at first.
 * @key:     Key of its first bit.
 * @order:   Order of its keys.
 * @section: A section that is known to be initialised.
 */
struct kho_fast_restore_batch {
	struct kho_radix_leaf	*leaf;
	unsigned long		key;
	unsigned int		order;
	unsigned long		section;
};

/* The page frame that the first bit of @leaf stands for */
static inline u64
kho_fast_restore_first_pfn(const struct kho_fast_restore_batch *batch)
{
	return (batch->key - kho_fast_key(0, batch->order)) << batch->order;
}

void kho_fast_restore_begin(struct kho_fast_restore_batch *batch);
struct folio *kho_fast_restore_next(struct kho_fast_restore_batch *batch,
				    unsigned long pfn);
int kho_fast_restore_peek(struct kho_fast_restore_batch *batch,
			  unsigned long pfn);
void kho_fast_restore_end(struct kho_fast_restore_batch *batch);
void kho_fast_restore_free_page(phys_addr_t phys);
bool kho_fast_incoming_has(phys_addr_t phys, unsigned int order);
struct folio *kho_fast_try_restore_folio(phys_addr_t phys, unsigned int order);

#endif /* _KERNEL_KHO_FAST_INCOMING_RESTORE_H */
