/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Incoming root FDT and scratch areas.
 */
#ifndef _KERNEL_KHO_FAST_INCOMING_HANDOVER_H
#define _KERNEL_KHO_FAST_INCOMING_HANDOVER_H

#include <linux/bitmap.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/kexec_handover.h>
#include <linux/mm.h>
#include <linux/types.h>

/**
 * struct kho_fast_handover - Incoming handover.
 * @populated:   There is a handover, valid as far as it was checked.
 * @has_scratch: The scratch areas are valid and marked in memblock.
 * @refused:     Why there is a handover that is refused, or 0.
 * @fdt_pa:      Root FDT.
 * @scratch_pa:  Array of scratch areas.
 * @scratch_len: Size of the array in bytes.
 * @root_pa:     Root of the tree, unchecked.
 * @fdt:         Copy of the root FDT, checked.
 */
struct kho_fast_handover {
	bool		populated;
	bool		has_scratch;
	int		refused;
	phys_addr_t	fdt_pa;
	phys_addr_t	scratch_pa;
	u64		scratch_len;
	u64		root_pa;
	u8		fdt[PAGE_SIZE] __aligned(8);
};

struct kho_fast_view;

extern struct kho_fast_handover kho_fast_in;

int kho_fast_handover_read(phys_addr_t fdt_phys, u64 fdt_len,
			   phys_addr_t scratch_phys, u64 scratch_len);
const void *kho_fast_in_fdt(void);
int kho_fast_fdt_walk(const void *fdt);
int kho_fast_fdt_check(const void *fdt, phys_addr_t phys,
		       const struct kho_fast_view *view, u64 *root_pa);
unsigned int kho_fast_scratch_fault(const struct kho_scratch *areas,
				    unsigned int cnt);

#endif /* _KERNEL_KHO_FAST_INCOMING_HANDOVER_H */
