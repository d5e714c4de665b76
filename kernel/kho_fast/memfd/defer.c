// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Retrieving a memfd without waiting for its folios
 *
 * Of a large file the user gets the descriptor before its folios are in the
 * page cache. Everything that can fail is done before: the records are checked
 * (survey.c), the blocks of the whole file are accounted, and its pages are
 * charged to the memory cgroup in advance (precharge.c). Then the file is
 * pending (pending.c): workers fill it (workers.c), and a task that touches a
 * page first fills the range that has it (fill.c).
 *
 * The time until the descriptor is there still depends on the number of
 * records, by some ten nanoseconds per record and CPU, not on that of struct
 * pages, of which none is read or written.
 *
 * Smaller files are retrieved at once (retrieve.c): they take milliseconds, and
 * have no state afterwards. So is a file that an earlier attempt has begun, one
 * with an invalid record, and any without memory for this: retrieve.c reports
 * what is wrong with it. ``kho_memfd_lazy=`` sets the number of records from
 * which on a file is large; 0 is never. A file of one range never is.
 *
 * Memory, until the file is filled, or has no user: its records, 16 bytes each,
 * and about 150 bytes per range: 4 GiB and 10 MiB for 1 TiB in pages of 4 KiB.
 *
 * Lock order: none.
 *
 * Failure: one message; everything is held, and retrieving can be repeated.
 */
#define pr_fmt(fmt) "KHO: memfd: " fmt

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/math.h>
#include <linux/mmzone.h>
#include <linux/printk.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>

#include "../../../mm/internal.h"
#include "memfd.h"
#include "pending.h"
#include "precharge.h"

/* Of four memory sections: some 30 ms of work */
unsigned long kho_fast_memfd_lazy_records __ro_after_init =
	4 * PAGES_PER_SECTION;

static int __init memfd_luo_parse_lazy(char *arg)
{
	return arg ? kstrtoul(arg, 0, &kho_fast_memfd_lazy_records) : -EINVAL;
}
early_param("kho_memfd_lazy", memfd_luo_parse_lazy);

static bool memfd_luo_can_defer(struct kho_fast_memfd_in *in)
{
	if (!kho_fast_memfd_lazy_records ||
	    in->records.nr < kho_fast_memfd_lazy_records)
		return false;

	kho_fast_memfd_divide(in, KHO_FAST_MEMFD_FAULT_RECORDS);
	/* What an earlier attempt has restored is not preserved any more. */
	return in->nr_ranges > 1 && kho_fast_memfd_survey(in);
}

/* What filling the file charges, pages and nodes of the page cache */
static unsigned long
memfd_luo_count_charge(const struct kho_fast_memfd_pending *pending)
{
	unsigned long i, pages = pending->in->pages;

	for (i = 0; i < pending->nr_ranges; i++)
		pages += kho_fast_memfd_range_nodes(pending,
						    &pending->ranges[i]);
	return pages;
}

static int memfd_luo_account(struct kho_fast_memfd_pending *pending)
{
	const unsigned long pages = pending->in->pages;
	const unsigned long charged = memfd_luo_count_charge(pending);
	int err = shmem_inode_acct_blocks(pending->inode, pages);

	if (err) {
		pr_err_ratelimited("cannot account %lu pages: %pe\n", pages,
				   ERR_PTR(err));
		return err;
	}

	err = kho_fast_precharge(&pending->charge, charged);
	if (err) {
		pr_err_ratelimited("cannot charge %lu pages: %pe\n", charged,
				   ERR_PTR(err));
		/* None of them was added, so they are returned. */
		shmem_recalc_inode(pending->inode, pages, 0);
		return err;
	}

	atomic_long_set(&pending->charged, charged);
	atomic_long_set(&pending->unfilled, pages);
	return 0;
}

/**
 * kho_fast_memfd_defer - Let the folios of a memfd be added later.
 * @in:    What was preserved.
 * @inode: Inode of the new file, which is not visible yet, with its size.
 *
 * Context: process context, may sleep.
 * Return: 1, and then @in belongs to the file; 0 if the file must be retrieved
 * at once; -ENOSPC or -ENOMEM if it has no room, or the memory cgroup is full;
 * -EINTR if the task is being killed.
 */
int kho_fast_memfd_defer(struct kho_fast_memfd_in *in, struct inode *inode)
{
	struct kho_fast_memfd_pending *pending;
	unsigned long i;
	int err;

	if (!memfd_luo_can_defer(in))
		return 0;

	pending = kzalloc_obj(*pending);
	if (!pending)
		return 0;

	pending->inode = inode;
	pending->in = in;
	pending->ranges = in->ranges;
	pending->nr_ranges = in->nr_ranges;
	pending->nr_sorted = in->nr_sorted;
	pending->size = in->ser->size;
	pending->pages = DIV_ROUND_UP(pending->size, PAGE_SIZE);
	err = memfd_luo_account(pending);
	if (err) {
		kfree(pending);
		return err;
	}

	for (i = 0; i < in->nr_ranges; i++)
		in->ranges[i].state = KHO_FAST_RANGE_PRESERVED;
	atomic_long_set(&pending->left, in->nr_ranges);
	kho_fast_memfd_add_pending(pending);
	kho_fast_memfd_start_workers();
	return 1;
}
