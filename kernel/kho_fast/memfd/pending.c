// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Pending memfds
 *
 * A pending memfd has a user, and folios that are still preserved. It differs
 * from any other file only in a table by inode, which shmem asks while a static
 * key says that a file is pending: no structure of shmem changes, and no other
 * file pays before or after.
 *
 * The folios are divided into ranges, most of them in ascending order of their
 * indices (survey.c). A task that needs a range fills it, or waits for the one
 * that does: a range is made busy once, and then is filled or has failed for
 * good. A range that is filled is never looked at again, so reclaim, truncation
 * and hole punching are free to remove its folios.
 *
 * Rules of shmem, see include/linux/kho_shmem.h:
 *
 * - Before an index is looked up or added, all ranges are filled that reach
 *   into the largest folio that could be allocated there: a new folio must not
 *   cover an index whose folio is still preserved.
 * - Before anything else that depends on which pages there are, or removes
 *   some, the whole file is filled: changing the size, fallocate(), SEEK_HOLE,
 *   adding seals, preserving the file for another live update. Collapsing into
 *   huge pages, which fills holes, is refused meanwhile.
 * - When the last user is gone, what was not added is freed.
 *
 * The rest finds a hole, which is harmless: fault-around maps what is there and
 * leaves the rest to the fault; memfd_pin_folios() asks for an index that it
 * does not find; mincore(), cachestat() and smaps report pages that are not in
 * the page cache, which is true; reclaim, migration and swapoff begin at folios
 * that are there.
 *
 * Lifecycle: added before the file is visible; removed from the table when the
 * last range is filled, or the file is evicted; freed when no task uses it. LUO
 * has no part in it: a session can be finished meanwhile. A file with a range
 * that has failed stays pending until it is evicted.
 *
 * The owner of the inode keeps it while it calls. A worker does not: eviction
 * waits for busy ranges, and a worker does not touch the inode when its range
 * is no longer busy.
 *
 * Lock order: any lock under which a page fault or allocation may sleep, then
 * those of fill.c; or memfd_luo_pending_lock, which is innermost. A task that
 * waits for a range may hold locks of the inode and of its address space, but
 * no lock of a folio, since none of those is needed to fill a range.
 *
 * Failure: access to a range that has failed is an error, -EIO or SIGBUS; no
 * page of it is ever replaced by zeroes.
 */
#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/cleanup.h>
#include <linux/container_of.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/jump_label_ratelimit.h>
#include <linux/kho_shmem.h>
#include <linux/list.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/pagemap.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait_bit.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "../../../mm/internal.h"
#include "memfd.h"
#include "pending.h"
#include "precharge.h"

/* Only large files are pending, so a host has hundreds at most. */
#define MEMFD_LUO_PENDING_BITS	8

DEFINE_STATIC_KEY_DEFERRED_FALSE(kho_shmem_key, HZ);

/* Of the table and of the queue of files for workers */
static DEFINE_SPINLOCK(memfd_luo_pending_lock);
static struct hlist_head memfd_luo_pending_files[1 << MEMFD_LUO_PENDING_BITS];
static LIST_HEAD(memfd_luo_pending_queue);

static struct hlist_head *memfd_luo_bucket(const struct inode *inode)
{
	return &memfd_luo_pending_files[hash_ptr(inode,
						 MEMFD_LUO_PENDING_BITS)];
}

static struct kho_fast_memfd_pending *
memfd_luo_find_pending(const struct inode *inode)
{
	struct kho_fast_memfd_pending *pending;

	hlist_for_each_entry_rcu(pending, memfd_luo_bucket(inode), node) {
		if (pending->inode == inode)
			return pending;
	}

	/* See all folios that were added before it was removed. */
	smp_rmb();
	return NULL;
}

/* Returns NULL if there is none, or none any more. */
static struct kho_fast_memfd_pending *
memfd_luo_get_pending(const struct inode *inode)
{
	struct kho_fast_memfd_pending *pending;

	guard(rcu)();

	pending = memfd_luo_find_pending(inode);
	if (pending && refcount_inc_not_zero(&pending->refs))
		return pending;

	/* As in memfd_luo_find_pending(): it was removed at this moment. */
	smp_rmb();
	return NULL;
}

/* A large file has hundreds of megabytes of records: no fault frees them. */
static void memfd_luo_free_fn(struct work_struct *work)
{
	struct kho_fast_memfd_pending *pending =
		container_of(to_rcu_work(work), struct kho_fast_memfd_pending,
			     free);

	kho_fast_memfd_close(pending->in);
	kfree(pending);
}

/**
 * kho_fast_memfd_put_pending - Give a reference to a pending memfd back.
 * @pending: The file. The last reference lets it be freed, when no fault looks
 *           at its ranges any more.
 *
 * Context: process context.
 */
void kho_fast_memfd_put_pending(struct kho_fast_memfd_pending *pending)
{
	if (!refcount_dec_and_test(&pending->refs))
		return;

	kho_fast_precharge_return(&pending->charge,
				  atomic_long_read(&pending->charged));
	kho_fast_precharge_put(&pending->charge);

	INIT_RCU_WORK(&pending->free, memfd_luo_free_fn);
	queue_rcu_work(system_dfl_wq, &pending->free);
}

/**
 * kho_fast_memfd_add_pending - Make a memfd pending.
 * @pending: The file, complete but for its references.
 *
 * Context: process context, may sleep. The file is not visible yet.
 */
void kho_fast_memfd_add_pending(struct kho_fast_memfd_pending *pending)
{
	refcount_set(&pending->refs, 1);
	static_branch_deferred_inc(&kho_shmem_key);

	guard(spinlock)(&memfd_luo_pending_lock);
	hlist_add_head_rcu(&pending->node, memfd_luo_bucket(pending->inode));
	list_add_tail(&pending->queue, &memfd_luo_pending_queue);
}

/* No more than once; several tasks may try. */
static void memfd_luo_remove_pending(struct kho_fast_memfd_pending *pending)
{
	bool removed;

	scoped_guard(spinlock, &memfd_luo_pending_lock) {
		removed = !hlist_unhashed(&pending->node);
		if (removed)
			hlist_del_init_rcu(&pending->node);
		list_del_init(&pending->queue);
	}

	if (!removed)
		return;

	static_branch_slow_dec_deferred(&kho_shmem_key);
	kho_fast_memfd_put_pending(pending);
}

/**
 * kho_fast_memfd_next_pending - Get the oldest memfd with ranges to fill.
 *
 * Context: process context.
 * Return: The file, to be given back by kho_fast_memfd_put_pending(), or NULL.
 */
struct kho_fast_memfd_pending *kho_fast_memfd_next_pending(void)
{
	struct kho_fast_memfd_pending *pending;

	guard(spinlock)(&memfd_luo_pending_lock);

	pending = list_first_entry_or_null(&memfd_luo_pending_queue,
					   struct kho_fast_memfd_pending,
					   queue);
	/* That of the table is given back after it has left the queue. */
	if (pending)
		refcount_inc(&pending->refs);
	return pending;
}

/**
 * kho_fast_memfd_dequeue_pending - Take a memfd from the queue for workers.
 * @pending: The file; all of its ranges were begun.
 *
 * Context: process context.
 */
void kho_fast_memfd_dequeue_pending(struct kho_fast_memfd_pending *pending)
{
	guard(spinlock)(&memfd_luo_pending_lock);
	list_del_init(&pending->queue);
}

static bool memfd_luo_make_busy(struct kho_fast_memfd_range *range)
{
	return READ_ONCE(range->state) == KHO_FAST_RANGE_PRESERVED &&
	       cmpxchg(&range->state, KHO_FAST_RANGE_PRESERVED,
		       KHO_FAST_RANGE_BUSY) == KHO_FAST_RANGE_PRESERVED;
}

static bool memfd_luo_is_done(const struct kho_fast_memfd_range *range)
{
	/* Pairs with the release in kho_fast_memfd_try_range(). */
	return smp_load_acquire(&range->state) >= KHO_FAST_RANGE_FILLED;
}

static bool memfd_luo_is_filled(const struct kho_fast_memfd_range *range)
{
	/* Its folios are in the page cache: as in memfd_luo_is_done(). */
	return smp_load_acquire(&range->state) == KHO_FAST_RANGE_FILLED;
}

/**
 * kho_fast_memfd_try_range - Fill a range that no task has begun.
 * @pending: The file; the caller has a reference.
 * @range:   A range of it.
 *
 * Context: process context, may sleep.
 * Return: true if the range was filled or has failed; false if another task has
 * begun it, or the file is gone.
 */
bool kho_fast_memfd_try_range(struct kho_fast_memfd_pending *pending,
			      struct kho_fast_memfd_range *range)
{
	if (READ_ONCE(pending->gone) || !memfd_luo_make_busy(range))
		return false;

	if (kho_fast_memfd_fill_range(pending, range)) {
		store_release_wake_up(&range->state, KHO_FAST_RANGE_FAILED);
		return true;
	}

	/* From here on the inode may be evicted. */
	store_release_wake_up(&range->state, KHO_FAST_RANGE_FILLED);
	if (atomic_long_dec_and_test(&pending->left))
		memfd_luo_remove_pending(pending);
	return true;
}

/* Returns 0 if the range is filled; -EINTR if the task is being killed. */
static int memfd_luo_need_range(struct kho_fast_memfd_pending *pending,
				struct kho_fast_memfd_range *range)
{
	if (!kho_fast_memfd_try_range(pending, range) &&
	    wait_var_event_killable(&range->state, memfd_luo_is_done(range)))
		return -EINTR;

	return memfd_luo_is_filled(range) ? 0 : -EIO;
}

/**
 * struct memfd_luo_window - Ranges that a folio of an index could overlap.
 * @pending: The file.
 * @start:   First index of the largest folio.
 * @last:    Its last index.
 * @next:    Number of the next range to look at.
 */
struct memfd_luo_window {
	const struct kho_fast_memfd_pending	*pending;
	pgoff_t					start;
	pgoff_t					last;
	unsigned long				next;
};

/* The first of the sorted ranges that ends behind @index, or their number */
static unsigned long
memfd_luo_find_range(const struct kho_fast_memfd_pending *pending,
		     pgoff_t index)
{
	unsigned long low = 0, high = pending->nr_sorted;

	while (low < high) {
		unsigned long middle = low + (high - low) / 2;

		if (pending->ranges[middle].end > index)
			high = middle;
		else
			low = middle + 1;
	}

	return low;
}

static struct memfd_luo_window
memfd_luo_window_at(const struct kho_fast_memfd_pending *pending, pgoff_t index)
{
	const pgoff_t start = round_down(index, BIT(MAX_PAGECACHE_ORDER));

	return (struct memfd_luo_window){
		.pending = pending,
		.start = start,
		.last = start + BIT(MAX_PAGECACHE_ORDER) - 1,
		.next = memfd_luo_find_range(pending, start),
	};
}

/* Returns NULL when there is no other range. */
static struct kho_fast_memfd_range *
memfd_luo_next_range(struct memfd_luo_window *window)
{
	const struct kho_fast_memfd_pending *pending = window->pending;

	while (window->next < pending->nr_ranges) {
		struct kho_fast_memfd_range *range =
			&pending->ranges[window->next++];

		if (range->start <= window->last && range->end > window->start)
			return range;

		/* Behind the window: go on with those that are not sorted. */
		window->next = max(window->next, pending->nr_sorted);
	}

	return NULL;
}

/* The common case, without a reference. A file that is gone has no user. */
static bool memfd_luo_has(const struct inode *inode, pgoff_t index)
{
	const struct kho_fast_memfd_pending *pending;
	const struct kho_fast_memfd_range *range;
	struct memfd_luo_window window;

	guard(rcu)();

	pending = memfd_luo_find_pending(inode);
	if (!pending)
		return true;

	window = memfd_luo_window_at(pending, index);
	while ((range = memfd_luo_next_range(&window))) {
		if (!memfd_luo_is_filled(range))
			return false;
	}

	return true;
}

/**
 * __kho_shmem_fill - Add the pages that a folio of an index could overlap.
 * @inode: Inode of any file.
 * @index: The index.
 *
 * Context: process context, may sleep; no folio is locked.
 * Return: 0; -EIO if no page is at the index, and pages around it are lost;
 * -EINTR if the task is being killed.
 */
int __kho_shmem_fill(struct inode *inode, pgoff_t index)
{
	struct kho_fast_memfd_pending *pending;
	struct kho_fast_memfd_range *range;
	struct memfd_luo_window window;
	int err = 0;

	if (memfd_luo_has(inode, index))
		return 0;

	pending = memfd_luo_get_pending(inode);
	if (!pending)
		return 0;

	window = memfd_luo_window_at(pending, index);
	while (err != -EINTR && (range = memfd_luo_next_range(&window)))
		err = memfd_luo_need_range(pending, range) ?: err;
	kho_fast_memfd_put_pending(pending);

	/* What was lost is only looked for if nothing is there. */
	if (err == -EIO && xa_load(&inode->i_mapping->i_pages, index))
		err = 0;
	return err;
}

static int memfd_luo_fill_ranges(struct kho_fast_memfd_pending *pending)
{
	unsigned long i;
	int err = 0;

	/* Beside the workers, then wait for them */
	for (i = 0; i < pending->nr_ranges; i++) {
		if (fatal_signal_pending(current))
			return -EINTR;
		kho_fast_memfd_try_range(pending, &pending->ranges[i]);
		cond_resched();
	}
	for (i = 0; !err && i < pending->nr_ranges; i++)
		err = memfd_luo_need_range(pending, &pending->ranges[i]);

	return err;
}

/**
 * __kho_shmem_fill_all - Add all pages of a file.
 * @inode: Inode of any file.
 *
 * Context: process context, may sleep; no folio is locked.
 * Return: 0; -EIO if pages are lost; -EINTR if the task is being killed.
 */
int __kho_shmem_fill_all(struct inode *inode)
{
	struct kho_fast_memfd_pending *pending = memfd_luo_get_pending(inode);
	int err;

	if (!pending)
		return 0;

	err = memfd_luo_fill_ranges(pending);
	kho_fast_memfd_put_pending(pending);
	return err;
}

/**
 * __kho_shmem_is_pending - Are pages of a file still missing?
 * @inode: Inode of any file.
 *
 * Context: any.
 * Return: true if so.
 */
bool __kho_shmem_is_pending(struct inode *inode)
{
	guard(rcu)();
	return memfd_luo_find_pending(inode);
}

static void memfd_luo_discard_ranges(struct kho_fast_memfd_pending *pending)
{
	unsigned long i;

	/* Workers finish the range that they are in. */
	kho_fast_memfd_dequeue_pending(pending);
	WRITE_ONCE(pending->gone, true);

	for (i = 0; i < pending->nr_ranges; i++) {
		struct kho_fast_memfd_range *range = &pending->ranges[i];

		if (!memfd_luo_make_busy(range))
			continue;

		kho_fast_memfd_discard_range(range);
		store_release_wake_up(&range->state, KHO_FAST_RANGE_FAILED);
	}
	for (i = 0; i < pending->nr_ranges; i++)
		wait_var_event(&pending->ranges[i].state,
			       memfd_luo_is_done(&pending->ranges[i]));
}

/**
 * __kho_shmem_evict - Free the pages of a file that were not added.
 * @inode: Inode of any file, without users.
 *
 * Context: process context, may sleep. Afterwards no worker uses the inode.
 */
void __kho_shmem_evict(struct inode *inode)
{
	struct kho_fast_memfd_pending *pending = memfd_luo_get_pending(inode);

	if (!pending)
		return;

	memfd_luo_discard_ranges(pending);
	memfd_luo_remove_pending(pending);

	/* They were accounted when the file was retrieved. */
	shmem_recalc_inode(inode, atomic_long_read(&pending->unfilled), 0);
	kho_fast_memfd_put_pending(pending);
}
