/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Adding folios to a memfd.
 */
#ifndef _KERNEL_KHO_FAST_MEMFD_PAGE_CACHE_H
#define _KERNEL_KHO_FAST_MEMFD_PAGE_CACHE_H

struct folio;
struct inode;

int kho_fast_memfd_add_folios(struct inode *inode, struct folio *const *folios,
			      unsigned int nr, long pages, long *accounted);

#endif /* _KERNEL_KHO_FAST_MEMFD_PAGE_CACHE_H */
