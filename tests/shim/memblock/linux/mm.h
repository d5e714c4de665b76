/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: physical memory is where it is for KHO, which is in one program with memblock.c. */
#ifndef SHIM_MEMBLOCK_MM_H
#define SHIM_MEMBLOCK_MM_H

#include_next <linux/mm.h>

extern char *shim_arena;

#undef phys_to_virt
#define phys_to_virt(phys)	((void *)(shim_arena + (phys)))
#undef virt_to_phys
#define virt_to_phys(p)		((phys_addr_t)((char *)(p) - shim_arena))
#undef __va
#define __va(phys)		phys_to_virt(phys)
#undef __pa
#define __pa(p)			virt_to_phys(p)

#endif /* SHIM_MEMBLOCK_MM_H */
