/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sections whose struct pages are initialised after the boot.
 */
#ifndef _MM_KHO_LATE_SECTIONS_H
#define _MM_KHO_LATE_SECTIONS_H

#include <linux/mmzone.h>
#include <linux/types.h>

#ifndef CONFIG_MEMORY_HOTPLUG
/* No section is late, see kho_fast_may_postpone(). */
static inline void online_mem_sections(unsigned long start_pfn,
				       unsigned long end_pfn) { }
static inline void offline_mem_sections(unsigned long start_pfn,
					unsigned long end_pfn) { }
#endif

bool kho_fast_may_postpone(void);
bool kho_fast_late_has_workers(void);
void kho_fast_late_done(void);

#endif /* _MM_KHO_LATE_SECTIONS_H */
