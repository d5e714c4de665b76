/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Short free runs between preserved pages, freed after boot.
 */
#ifndef _MM_KHO_FREE_RUNS_H
#define _MM_KHO_FREE_RUNS_H

#include <linux/bitops.h>
#include <linux/minmax.h>
#include <linux/mmzone.h>
#include <linux/types.h>

struct page;

/**
 * struct kho_short_runs - Short free runs of a section, to be freed later.
 * @page: First page of the first run; NULL if there is none. Its memory is a
 *        bitmap of the pages of all runs, one bit per page of the section.
 */
struct kho_short_runs {
	struct page *page;
};

void kho_short_runs_init(void);
bool kho_short_runs_can_wait(int nid);
void kho_short_runs_collect(struct kho_short_runs *runs, unsigned long start,
			    unsigned long end);
void kho_short_runs_queue(struct kho_short_runs *runs);
void kho_short_runs_free(void);

/* Order of the first of the naturally aligned chunks of [start, end). */
static inline unsigned int kho_fast_chunk_order(unsigned long start,
						unsigned long end)
{
	unsigned int order = min_t(unsigned int, __fls(end - start),
				   MAX_PAGE_ORDER);

	return start ? min_t(unsigned int, order, __ffs(start)) : order;
}

#endif /* _MM_KHO_FREE_RUNS_H */
