/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Freeing the incoming tree.
 */
#ifndef _KERNEL_KHO_FAST_INCOMING_TRIM_H
#define _KERNEL_KHO_FAST_INCOMING_TRIM_H

void kho_fast_schedule_trim(void);
unsigned long kho_fast_count_preserved(void);
unsigned long kho_fast_count_quarantined(void);
unsigned long kho_fast_incoming_find(unsigned long pfn, unsigned long end);

#endif /* _KERNEL_KHO_FAST_INCOMING_TRIM_H */
