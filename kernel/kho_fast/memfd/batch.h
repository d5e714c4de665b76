/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Batches of restored folios.
 */
#ifndef _KERNEL_KHO_FAST_MEMFD_BATCH_H
#define _KERNEL_KHO_FAST_MEMFD_BATCH_H

#include <linux/align.h>
#include <linux/bits.h>
#include <linux/kconfig.h>
#include <linux/kho/abi/memfd.h>
#include <linux/pagemap.h>
#include <linux/types.h>

#include "memfd.h"

/* A second lookup of the slot costs a percent; 512 bytes of stack */
#define KHO_FAST_MEMFD_BATCH	64

/**
 * struct kho_fast_memfd_batch - Folios that are restored and locked.
 * @folios: The folios, with index and flags.
 * @nr:     Number of folios.
 * @pages:  Number of their pages.
 */
struct kho_fast_memfd_batch {
	struct folio	*folios[KHO_FAST_MEMFD_BATCH];
	unsigned int	nr;
	long		pages;
};

/* Is the record of a folio of @order valid, in a file of @nr_pages? */
static inline bool
kho_fast_memfd_record_is_valid(const struct kho_fast_memfd_record *record,
			       unsigned int order, u64 nr_pages)
{
	const u64 known = MEMFD_LUO_FOLIO_DIRTY | MEMFD_LUO_FOLIO_UPTODATE;
	const unsigned int max_order = IS_ENABLED(CONFIG_XARRAY_MULTI) ?
				       MAX_PAGECACHE_ORDER : 0;

	return !(record->flags & ~known) &&
	       record->index < nr_pages &&
	       IS_ALIGNED(record->index, BIT(order)) &&
	       order <= max_order;
}

int kho_fast_memfd_batch_restore(struct kho_fast_memfd_batch *batch, u64 size,
				 struct kho_fast_records_it *it);
int kho_fast_memfd_batch_reuse(struct kho_fast_memfd_batch *batch, u64 size,
			       struct kho_fast_records_it *it, u64 nr_rest);

#endif /* _KERNEL_KHO_FAST_MEMFD_BATCH_H */
