/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Extended scratch.
 */
#ifndef _KERNEL_KHO_FAST_INCOMING_SCRATCH_EXTEND_H
#define _KERNEL_KHO_FAST_INCOMING_SCRATCH_EXTEND_H

#include <linux/types.h>

#include "sections.h"

unsigned int kho_fast_ext_shift(const struct kho_fast_map *map);
bool kho_fast_ext_next(const struct kho_fast_map *map, unsigned int shift,
		       unsigned long *start, unsigned long *end);
void kho_fast_extend_scratch(const struct kho_fast_map *map);

#endif /* _KERNEL_KHO_FAST_INCOMING_SCRATCH_EXTEND_H */
