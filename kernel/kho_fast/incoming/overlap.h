/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Overlapping keys of the incoming tree.
 */
#ifndef _KERNEL_KHO_FAST_INCOMING_OVERLAP_H
#define _KERNEL_KHO_FAST_INCOMING_OVERLAP_H

#include "sections.h"

int kho_fast_check_overlap(struct kho_fast_map *map);

#endif /* _KERNEL_KHO_FAST_INCOMING_OVERLAP_H */
