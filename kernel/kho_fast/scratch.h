/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scratch areas.
 */
#ifndef _KERNEL_KHO_FAST_SCRATCH_H
#define _KERNEL_KHO_FAST_SCRATCH_H

#include <linux/bitmap.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/kexec_handover.h>
#include <linux/types.h>

extern struct kho_scratch *kho_scratch;
extern unsigned int kho_scratch_cnt;

/**
 * struct kho_fast_scratch_sizes - Sizes of kho_scratch=l,n,m in bytes.
 * @low:     Area in low memory.
 * @global:  Area anywhere.
 * @pernode: Area on each node.
 */
struct kho_fast_scratch_sizes {
	phys_addr_t low, global, pernode;
};

phys_addr_t kho_fast_scratch_scale(phys_addr_t used, phys_addr_t hugetlb,
				   phys_addr_t once, unsigned int percent);
void kho_fast_scratch_set(phys_addr_t phys, unsigned int cnt);
void kho_fast_scratch_reserve(void);
void kho_fast_scratch_release(bool keep);

#endif /* _KERNEL_KHO_FAST_SCRATCH_H */
