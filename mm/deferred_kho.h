/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Initialisation of sections with preserved pages.
 */
#ifndef _MM_DEFERRED_KHO_H
#define _MM_DEFERRED_KHO_H

struct zone;

void kho_fast_set_all_pending(void);
void kho_fast_count_kept(struct zone *zone, unsigned long nr_pages);
void kho_fast_ensure_initialised(unsigned long pfn, unsigned long nr_pages);

#endif /* _MM_DEFERRED_KHO_H */
