/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Initialisation of sections with preserved pages.
 */
#ifndef _MM_DEFERRED_KHO_H
#define _MM_DEFERRED_KHO_H

void kho_fast_ensure_initialised(unsigned long pfn, unsigned long nr_pages);
unsigned long kho_fast_nr_late(void);

#endif /* _MM_DEFERRED_KHO_H */
