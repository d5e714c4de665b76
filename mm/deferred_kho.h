/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Initialisation of sections with preserved pages.
 */
#ifndef _MM_DEFERRED_KHO_H
#define _MM_DEFERRED_KHO_H

#include <linux/types.h>

struct kho_fast_section;
struct zone;

bool kho_fast_section_has_preserved(unsigned long pfn);
void kho_fast_ensure_initialised(unsigned long pfn, unsigned long nr_pages);
unsigned long kho_fast_nr_late(void);
void kho_fast_add_late(struct kho_fast_section *section);
bool kho_fast_init_late(unsigned long nr, const struct zone *zone);

#endif /* _MM_DEFERRED_KHO_H */
