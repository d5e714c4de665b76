/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries of the incoming root FDT.
 */
#ifndef _KERNEL_KHO_FAST_INCOMING_FDT_H
#define _KERNEL_KHO_FAST_INCOMING_FDT_H

#include <linux/types.h>

#include "sections.h"

int kho_fast_subtree_read(const void *fdt, int node, phys_addr_t *phys,
			  size_t *size);
bool kho_fast_subtree_is_valid(const struct kho_fast_map *map, const void *fdt,
			       int node);
void kho_fast_subtree_check(const struct kho_fast_map *map, void *fdt);

#endif /* _KERNEL_KHO_FAST_INCOMING_FDT_H */
