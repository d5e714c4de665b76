/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Initialisation of one section with preserved pages.
 */
#ifndef _MM_KHO_SECTION_INIT_H
#define _MM_KHO_SECTION_INIT_H

#include <linux/types.h>

struct kho_fast_section_result;

void kho_fast_init_section(unsigned long nr,
			   struct kho_fast_section_result *result);
unsigned long kho_fast_nr_free_in_section(unsigned long start_pfn, int nid);
void kho_fast_postpone_struct_pages(unsigned long nr, int nid);
bool kho_fast_postpone_section(unsigned long nr,
			       struct kho_fast_section_result *result);
void kho_fast_init_postponed_section(unsigned long nr,
				     struct kho_fast_section_result *result);
void kho_fast_init_free_section(unsigned long nr,
				struct kho_fast_section_result *result);

#endif /* _MM_KHO_SECTION_INIT_H */
