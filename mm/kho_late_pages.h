/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Free pages of late sections.
 */
#ifndef _MM_KHO_LATE_PAGES_H
#define _MM_KHO_LATE_PAGES_H

void kho_fast_late_pages_begin(void);
void kho_fast_late_pages_end(void);
void kho_fast_late_pages_add(long nr);

#endif /* _MM_KHO_LATE_PAGES_H */
