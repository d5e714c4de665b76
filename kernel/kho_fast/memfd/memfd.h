/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Preserving and retrieving memfds.
 */
#ifndef _KERNEL_KHO_FAST_MEMFD_MEMFD_H
#define _KERNEL_KHO_FAST_MEMFD_MEMFD_H

#include <linux/build_bug.h>
#include <linux/kho/abi/memfd.h>
#include <linux/types.h>

#include "records.h"

struct folio;
struct file;
struct memfd_luo_ser;

/**
 * struct kho_fast_memfd_record - Record of a folio.
 * @pfn:   Its page frame; 0 in an unused record.
 * @flags: MEMFD_LUO_FOLIO_*
 * @index: Its index in the file.
 *
 * &struct memfd_luo_folio_ser, but aligned: of a packed structure the compiler
 * reads and writes each byte by itself.
 */
struct kho_fast_memfd_record {
	u64	pfn:52;
	u64	flags:12;
	u64	index;
};
static_assert(sizeof(struct kho_fast_memfd_record) == KHO_FAST_RECORD_SIZE);
static_assert(sizeof(struct memfd_luo_folio_ser) == KHO_FAST_RECORD_SIZE);
static_assert(offsetof(struct kho_fast_memfd_record, index) ==
	      offsetof(struct memfd_luo_folio_ser, index));

/* pin.c */
long kho_fast_memfd_pin(struct file *file, pgoff_t pos, pgoff_t end,
			struct folio **folios, unsigned long max);

/* preserve.c */
int kho_fast_memfd_preserve(struct file *file, struct memfd_luo_ser *ser);
void kho_fast_memfd_unpreserve(struct memfd_luo_ser *ser);

/**
 * struct kho_fast_memfd_in - A memfd of the previous kernel.
 * @ser:   Its description, restored, in the same page.
 * @first: Its first record; all records are restored.
 * @rest:  First record whose folio is still preserved. Folios of the records
 *         before it are restored and belong to this structure.
 * @err:   Why the file can never be retrieved, or 0.
 */
struct kho_fast_memfd_in {
	const struct memfd_luo_ser	*ser;
	struct kho_fast_records_it	first;
	struct kho_fast_records_it	rest;
	int				err;
};

/* incoming.c */
struct kho_fast_memfd_in *kho_fast_memfd_open(phys_addr_t ser_pa);
void kho_fast_memfd_close(struct kho_fast_memfd_in *in);
void kho_fast_memfd_discard(struct kho_fast_memfd_in *in);

/* retrieve.c */
struct file *kho_fast_memfd_retrieve(struct kho_fast_memfd_in *in);

#endif /* _KERNEL_KHO_FAST_MEMFD_MEMFD_H */
