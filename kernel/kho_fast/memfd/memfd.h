/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Preserving and retrieving memfds.
 */
#ifndef _KERNEL_KHO_FAST_MEMFD_MEMFD_H
#define _KERNEL_KHO_FAST_MEMFD_MEMFD_H

#include <linux/types.h>

struct folio;
struct file;
struct memfd_luo_ser;

/* pin.c */
long kho_fast_memfd_pin(struct file *file, pgoff_t pos, pgoff_t end,
			struct folio **folios, unsigned long max);

/* preserve.c */
int kho_fast_memfd_preserve(struct file *file, struct memfd_luo_ser *ser);
void kho_fast_memfd_unpreserve(struct memfd_luo_ser *ser);

/* retrieve.c */
struct file *kho_fast_memfd_retrieve(phys_addr_t ser_pa);
void kho_fast_memfd_discard(phys_addr_t ser_pa);

#endif /* _KERNEL_KHO_FAST_MEMFD_MEMFD_H */
