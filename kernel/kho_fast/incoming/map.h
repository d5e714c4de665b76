/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The map of the incoming tree.
 */
#ifndef _KERNEL_KHO_FAST_INCOMING_MAP_H
#define _KERNEL_KHO_FAST_INCOMING_MAP_H

#include <linux/types.h>

#include "sections.h"

extern struct kho_fast_map kho_fast_incoming;

struct kho_fast_view;

int kho_fast_map_check(struct kho_fast_map *map, phys_addr_t root,
		       const struct kho_fast_view *view);
int kho_fast_map_build(struct kho_fast_map *map, phys_addr_t root);
void kho_fast_map_destroy(struct kho_fast_map *map);
bool kho_fast_is_preserved(const struct kho_fast_map *map, unsigned long pfn,
			   unsigned long end);

#endif /* _KERNEL_KHO_FAST_INCOMING_MAP_H */
