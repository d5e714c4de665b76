/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memfds whose folios are added later.
 */
#ifndef _KERNEL_KHO_FAST_MEMFD_PENDING_H
#define _KERNEL_KHO_FAST_MEMFD_PENDING_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "memfd.h"
#include "page_cache.h"
#include "precharge.h"

struct inode;

/**
 * enum kho_fast_memfd_range_state - State of a range of a pending memfd.
 * @KHO_FAST_RANGE_PRESERVED: No folio is restored.
 * @KHO_FAST_RANGE_BUSY:      A task adds the folios, or frees them.
 * @KHO_FAST_RANGE_FILLED:    All folios are in the page cache, or were.
 * @KHO_FAST_RANGE_FAILED:    Not all of them can be added, or the file is gone.
 *
 * Only the first two ever change.
 */
enum kho_fast_memfd_range_state {
	KHO_FAST_RANGE_PRESERVED,
	KHO_FAST_RANGE_BUSY,
	KHO_FAST_RANGE_FILLED,
	KHO_FAST_RANGE_FAILED,
};

/**
 * struct kho_fast_memfd_pending - A memfd that has a user, but not all folios.
 * @node:     In the table of pending files.
 * @queue:    In the list of files for workers, until all ranges were begun.
 * @refs:     One of the table, one of each task that uses it.
 * @inode:    Inode of the file. It exists while a range is busy, or while its
 *            user calls.
 * @in:       What was preserved.
 * @ranges:   Its ranges.
 * @nr_ranges: Number of @ranges.
 * @nr_sorted: Number of the first ones that are in ascending order.
 * @size:     Size of the file in bytes when it was retrieved; records are
 *            checked against it.
 * @pages:    The same in pages.
 * @charge:   Pages that are charged in advance.
 * @charged:  Number of pages in @charge.
 * @unfilled: Number of pages that are accounted to the file, but not added.
 * @left:     Number of ranges that are not filled.
 * @gone:     Has the file no user any more?
 * @free:     Frees all of it when no task uses it any more.
 */
struct kho_fast_memfd_pending {
	struct hlist_node		node;
	struct list_head		queue;
	refcount_t			refs;
	struct inode			*inode;
	struct kho_fast_memfd_in	*in;
	struct kho_fast_memfd_range	*ranges;
	unsigned long			nr_ranges;
	unsigned long			nr_sorted;
	u64				size;
	u64				pages;
	struct kho_fast_precharge	charge;
	atomic_long_t			charged;
	atomic_long_t			unfilled;
	atomic_long_t			left;
	bool				gone;
	struct rcu_work			free;
};

/* Pages that nodes of the page cache take for a range, at most */
static inline unsigned long
kho_fast_memfd_range_nodes(const struct kho_fast_memfd_pending *pending,
			   const struct kho_fast_memfd_range *range)
{
	return kho_fast_memfd_node_pages(range->start, range->end,
					 range->first.nr, pending->pages);
}

/* survey.c */
bool kho_fast_memfd_survey(struct kho_fast_memfd_in *in);

/* fill.c */
int kho_fast_memfd_fill_range(struct kho_fast_memfd_pending *pending,
			      struct kho_fast_memfd_range *range);

/* pending.c */
void kho_fast_memfd_add_pending(struct kho_fast_memfd_pending *pending);
struct kho_fast_memfd_pending *kho_fast_memfd_next_pending(void);
void kho_fast_memfd_dequeue_pending(struct kho_fast_memfd_pending *pending);
void kho_fast_memfd_put_pending(struct kho_fast_memfd_pending *pending);
bool kho_fast_memfd_try_range(struct kho_fast_memfd_pending *pending,
			      struct kho_fast_memfd_range *range);

/* workers.c */
void kho_fast_memfd_start_workers(void);

/* defer.c */
int kho_fast_memfd_defer(struct kho_fast_memfd_in *in, struct inode *inode);

#endif /* _KERNEL_KHO_FAST_MEMFD_PENDING_H */
