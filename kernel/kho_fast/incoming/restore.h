/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Restoring preserved memory.
 */
#ifndef _KERNEL_KHO_FAST_INCOMING_RESTORE_H
#define _KERNEL_KHO_FAST_INCOMING_RESTORE_H

#include <linux/bitmap.h>
#include <linux/kho/abi/kexec_handover.h>
#include <linux/types.h>

struct folio;

/**
 * struct kho_fast_claims - Claims of folios that are probably near each other.
 * @leaf:    The bitmap that the last one was found in, NULL at first.
 * @key:     Key of its first bit.
 * @order:   Order of its keys.
 * @section: One whose pages are known to be ready.
 */
struct kho_fast_claims {
	struct kho_radix_leaf	*leaf;
	unsigned long		key;
	unsigned int		order;
	unsigned long		section;
};

void kho_fast_claims_begin(struct kho_fast_claims *claims);
struct folio *kho_fast_claims_next(struct kho_fast_claims *claims,
				   unsigned long pfn);
void kho_fast_claims_end(struct kho_fast_claims *claims);
void kho_fast_drop_page(phys_addr_t phys);
struct folio *kho_fast_try_restore_folio(phys_addr_t phys, unsigned int order);

#endif /* _KERNEL_KHO_FAST_INCOMING_RESTORE_H */
