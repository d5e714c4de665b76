/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Free memory that the boot does not wait for.
 */
#ifndef _MM_KHO_LATE_FREE_H
#define _MM_KHO_LATE_FREE_H

struct kho_fast_section_result;

void kho_fast_late_free_begin(void);
void kho_fast_late_free_end(void);
void kho_fast_init_free_section(unsigned long nr,
				struct kho_fast_section_result *result);

#endif /* _MM_KHO_LATE_FREE_H */
