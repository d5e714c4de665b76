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
bool kho_fast_postpone_section(unsigned long nr,
			       struct kho_fast_section_result *result);
void kho_fast_init_postponed_section(unsigned long nr,
				     struct kho_fast_section_result *result);

#endif /* _MM_KHO_SECTION_INIT_H */
