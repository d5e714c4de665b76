/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory where the next kernel accepts preserved pages.
 */
#ifndef _KERNEL_KHO_FAST_OUTGOING_MEMORY_H
#define _KERNEL_KHO_FAST_OUTGOING_MEMORY_H

#include <linux/types.h>

/**
 * struct kho_fast_pfn_range - A range of page frames.
 * @start: First page frame.
 * @end:   One past the last page frame.
 */
struct kho_fast_pfn_range {
	unsigned long	start;
	unsigned long	end;
};

int kho_fast_memory_init(void);
void kho_fast_memory_exit(void);
bool kho_fast_memory_nth(unsigned int nth, struct kho_fast_pfn_range *range);
unsigned long kho_fast_memory_nr_pages(void);
bool kho_fast_memory_find(unsigned long pfn, struct kho_fast_pfn_range *found);
bool kho_fast_memory_has(unsigned long pfn, unsigned long nr_pages);

#endif /* _KERNEL_KHO_FAST_OUTGOING_MEMORY_H */
