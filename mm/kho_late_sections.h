/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sections that the boot does not wait for.
 */
#ifndef _MM_KHO_LATE_SECTIONS_H
#define _MM_KHO_LATE_SECTIONS_H

#include <linux/memory_hotplug.h>
#include <linux/mmzone.h>
#include <linux/types.h>

#ifdef CONFIG_MEMORY_HOTPLUG
static inline void kho_set_section_online(unsigned long nr, bool online)
{
	unsigned long start_pfn = section_nr_to_pfn(nr);
	unsigned long end_pfn = section_nr_to_pfn(nr + 1);

	if (online)
		online_mem_sections(start_pfn, end_pfn);
	else
		offline_mem_sections(start_pfn, end_pfn);
}
#else
/* No section is late, see kho_fast_may_postpone(). */
static inline void kho_set_section_online(unsigned long nr, bool online) { }
#endif

bool kho_fast_may_postpone(void);
bool kho_fast_late_has_workers(void);
void kho_fast_late_done(void);

#endif /* _MM_KHO_LATE_SECTIONS_H */
