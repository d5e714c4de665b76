/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Preserved regions of reserve_mem=.
 */
#ifndef _KERNEL_KHO_FAST_INCOMING_RESERVE_MEM_H
#define _KERNEL_KHO_FAST_INCOMING_RESERVE_MEM_H

struct kho_fast_map;

void kho_fast_reserve_mem_check(const struct kho_fast_map *map, void *fdt);
void kho_fast_restore_reserve_mem(void);

#endif /* _KERNEL_KHO_FAST_INCOMING_RESERVE_MEM_H */
