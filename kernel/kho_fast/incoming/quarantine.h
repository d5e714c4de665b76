/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Quarantine of memory sections.
 */
#ifndef _KERNEL_KHO_FAST_INCOMING_QUARANTINE_H
#define _KERNEL_KHO_FAST_INCOMING_QUARANTINE_H

#include <linux/compiler.h>
#include <linux/types.h>

#include "sections.h"

__printf(4, 5) int kho_fast_quarantine(struct kho_fast_map *map,
				       unsigned long pfn,
				       unsigned long nr_pages,
				       const char *fmt, ...);
int kho_fast_quarantine_finish(struct kho_fast_map *map);
bool kho_fast_is_quarantined(const struct kho_fast_map *map, unsigned long pfn);

#endif /* _KERNEL_KHO_FAST_INCOMING_QUARANTINE_H */
