/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Short free runs between preserved pages, freed after boot.
 */
#ifndef _MM_KHO_FREE_RUNS_H
#define _MM_KHO_FREE_RUNS_H

#include <linux/types.h>

struct page;

/**
 * struct kho_fast_holes - Small holes of one section whose freeing is put off.
 * @page: The first of them, NULL when there is none. Its memory is a bitmap of
 *        all of them, one bit per page of the section.
 */
struct kho_fast_holes {
	struct page *page;
};

bool kho_fast_holes_can_wait(void);
void kho_fast_holes_collect(struct kho_fast_holes *holes, unsigned long start,
			    unsigned long end);
void kho_fast_holes_add(struct kho_fast_holes *holes);
void kho_fast_holes_free(void);

#endif /* _MM_KHO_FREE_RUNS_H */
