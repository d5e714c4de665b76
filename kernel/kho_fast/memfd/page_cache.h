/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Adding folios to a memfd.
 */
#ifndef _KERNEL_KHO_FAST_MEMFD_PAGE_CACHE_H
#define _KERNEL_KHO_FAST_MEMFD_PAGE_CACHE_H

#include <linux/gfp.h>
#include <linux/types.h>

struct folio;
struct inode;

/*
 * Rather fail than have the OOM killer end a task: a retrieval can be repeated
 * when there is memory again.
 */
#define KHO_FAST_MEMFD_TRY	(__GFP_RETRY_MAYFAIL | __GFP_NOWARN)

unsigned long kho_fast_memfd_node_pages(pgoff_t start, pgoff_t end,
					u64 nr_folios, u64 file_pages);
unsigned int kho_fast_memfd_store_folios(struct inode *inode,
					 struct folio *const *folios,
					 unsigned int nr, gfp_t how, int *err);
int kho_fast_memfd_add_folios(struct inode *inode, struct folio *const *folios,
			      unsigned int nr, long pages, long *accounted);
void kho_fast_memfd_remove_folio(struct folio *folio);
void kho_fast_memfd_publish_folios(struct folio *const *folios,
				   unsigned int nr);

#endif /* _KERNEL_KHO_FAST_MEMFD_PAGE_CACHE_H */
