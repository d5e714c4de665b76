/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading the handover of the previous kernel, from kho_populate() on.
 */
#ifndef _KERNEL_KHO_FAST_INCOMING_INCOMING_H
#define _KERNEL_KHO_FAST_INCOMING_INCOMING_H

#include <linux/bitmap.h>
#include <linux/init.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/kexec_handover.h>
#include <linux/types.h>

#include "map.h"

/* boot.c */
const void *kho_fast_in_fdt(void);
__printf(1, 2) void kho_fast_refuse(const char *fmt, ...);
unsigned int kho_fast_scratch_fault(const struct kho_scratch *areas,
				    unsigned int cnt);
void kho_fast_incoming_init(void);

/* ../outgoing/fdt.c */
int kho_fast_subtree_read(const void *fdt, int node, phys_addr_t *phys,
			  size_t *size);
void kho_fast_subtree_check(const struct kho_fast_map *map, void *fdt);

/* scratch_extend.c */
unsigned int kho_fast_ext_shift(unsigned long nr_sections);
bool kho_fast_ext_next(const struct kho_fast_map *map, unsigned int shift,
		       unsigned long *start, unsigned long *end);
void kho_fast_extend_scratch(const struct kho_fast_map *map);

/* trim.c */
void kho_fast_trim_soon(void);
unsigned long kho_fast_count_held(void);

/* reserve_mem.c */
void kho_fast_adopt_reserved(void);

#endif /* _KERNEL_KHO_FAST_INCOMING_INCOMING_H */
