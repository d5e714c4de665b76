/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stock's way, written once more for the machine: what kernel/liveupdate/kexec_handover.c
 * and mm/mm_init.c do to struct pages, without their walks over the tree and memblock.
 */
#ifndef STOCK_H
#define STOCK_H

/* kho_preserved_memory_reserve() for all keys, then the deferred rest. */
void stock_init(void);

/* kho_restore_folio() for all keys. */
void stock_restore(void);

#endif /* STOCK_H */
