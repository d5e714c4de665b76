// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Retrieving a memfd
 *
 * A large file is given to its user before its folios are added (defer.c). This
 * is how all others are retrieved.
 *
 * Retrieving has two steps. The first one does everything that can fail: it
 * creates the file, seals it, and restores, charges, accounts and adds all
 * folios (page_cache.c). The second one publishes them, and cannot fail. An
 * error of the first step undoes it: folios go back to &struct
 * kho_fast_memfd_in, which holds everything until a later retrieval succeeds or
 * the file is discarded.
 *
 * The records of a large file are divided into ranges, which all CPUs share. A
 * step is complete for all of them before the next one begins. Folios are
 * charged to the memory cgroup of the caller, also by workers.
 *
 * Folios are handled in batches (batch.c): restored and checked, charged one by
 * one, and added to the file together.
 *
 * Memory can be restored once, so &kho_fast_memfd_range.rest tells the folios
 * that an earlier attempt has restored from the others.
 *
 * Lock order: folio lock, then that of the page cache or of the LRU. The file
 * is not visible yet, so any number of its folios may be locked.
 *
 * Failure: one message, and nothing is freed. It can be repeated without end,
 * so messages are ratelimited.
 */
#define pr_fmt(fmt) "KHO: memfd: " fmt

#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/kho/abi/memfd.h>
#include <linux/memcontrol.h>
#include <linux/memfd.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>
#include <uapi/linux/memfd.h>

#include "../../../mm/internal.h"
#include "../cpu_jobs.h"
#include "../trace.h"
#include "batch.h"
#include "memfd.h"
#include "page_cache.h"
#include "pending.h"
#include "records.h"

/**
 * struct memfd_luo_retrieval - A retrieval in progress.
 * @cpu_job:   The current step.
 * @step:      Processes a range.
 * @begun:     Number of ranges that were begun.
 * @in:        What was preserved.
 * @inode:     Inode of the new file.
 * @size:      Size of the file in bytes.
 * @accounted: Number of pages that are accounted to the file.
 * @err:       The first error.
 * @task:      The caller.
 * @memcg:     Its memory cgroup.
 */
struct memfd_luo_retrieval {
	struct kho_fast_cpu_job		cpu_job;
	void (*step)(struct memfd_luo_retrieval *job,
		     struct kho_fast_memfd_range *range);
	atomic_long_t			begun;
	struct kho_fast_memfd_in	*in;
	struct inode			*inode;
	u64				size;
	atomic_long_t			accounted;
	int				err;
	struct task_struct		*task;
	struct mem_cgroup		*memcg;
};

/**
 * struct memfd_luo_attempt - The first step of a range.
 * @job:       The retrieval.
 * @range:     The range.
 * @it:        Next record; only its number of records left is valid once it has
 *             arrived at &kho_fast_memfd_range.rest.
 * @accounted: Number of pages that are accounted to the file.
 * @batch:     Current batch.
 */
struct memfd_luo_attempt {
	struct memfd_luo_retrieval	*job;
	struct kho_fast_memfd_range	*range;
	struct kho_fast_records_it	it;
	long				accounted;
	struct kho_fast_memfd_batch	batch;
};

/* No signal wakes a worker that memory.high slows down. */
static int memfd_luo_charge_batch(const struct memfd_luo_retrieval *job,
				  const struct kho_fast_memfd_batch *batch)
{
	unsigned int i;
	int err;

	for (i = 0; i < batch->nr; i++) {
		if (fatal_signal_pending(job->task))
			return -EINTR;
		err = mem_cgroup_charge(batch->folios[i], NULL,
					GFP_KERNEL | KHO_FAST_MEMFD_TRY);
		if (err) {
			pr_err_ratelimited("cannot charge a folio at index %lu: %pe\n",
					   batch->folios[i]->index,
					   ERR_PTR(err));
			return err;
		}
	}

	return 0;
}

static int memfd_luo_fill_batch(struct memfd_luo_attempt *attempt)
{
	struct kho_fast_records_it *rest = &attempt->range->rest;
	struct kho_fast_memfd_batch *batch = &attempt->batch;
	const u64 size = attempt->job->size;
	int err;

	batch->nr = 0;
	batch->pages = 0;
	if (attempt->it.nr > rest->nr) {
		err = kho_fast_memfd_batch_reuse(batch, size, &attempt->it,
						 rest->nr);
	} else {
		err = kho_fast_memfd_batch_restore(batch, size, rest);
		attempt->it.nr = rest->nr;
	}
	attempt->range->locked += batch->nr;

	return err ?: memfd_luo_charge_batch(attempt->job, batch);
}

static int memfd_luo_retrieve_batch(struct memfd_luo_attempt *attempt)
{
	const u64 began = kho_fast_trace_begin(kho_memfd);
	const struct kho_fast_memfd_batch *batch = &attempt->batch;
	int err = memfd_luo_fill_batch(attempt);

	if (!err && batch->nr)
		err = kho_fast_memfd_add_folios(attempt->job->inode,
						batch->folios, batch->nr,
						batch->pages,
						&attempt->accounted);
	if (batch->nr || err)
		kho_fast_trace_memfd(began, "retrieve", batch->nr, batch->pages,
				     err);
	return err;
}

/* First step: all that can fail */
static void memfd_luo_add_range(struct memfd_luo_retrieval *job,
				struct kho_fast_memfd_range *range)
{
	struct memfd_luo_attempt attempt = {
		.job = job,
		.range = range,
		.it = range->first,
	};
	struct mem_cgroup *old = set_active_memcg(job->memcg);
	int err = 0;

	while (!err && attempt.it.nr && !READ_ONCE(job->err)) {
		if (fatal_signal_pending(job->task))
			err = -EINTR;
		else
			err = memfd_luo_retrieve_batch(&attempt);
		cond_resched();
	}

	set_active_memcg(old);
	if (err)
		cmpxchg(&job->err, 0, err);
	atomic_long_add(attempt.accounted, &job->accounted);
}

/* Get the next folio of restored records. */
static __always_inline struct folio *
memfd_luo_next_folio(struct kho_fast_records_it *it)
{
	const struct kho_fast_memfd_record *record;

	do {
		record = kho_fast_records_next(it);
	} while (!record->pfn);

	return pfn_folio(record->pfn);
}

/* Undo the first step. */
static void memfd_luo_remove_range(struct memfd_luo_retrieval *job,
				   struct kho_fast_memfd_range *range)
{
	struct kho_fast_records_it it = range->first;

	for (; range->locked; range->locked--) {
		kho_fast_memfd_remove_folio(memfd_luo_next_folio(&it));
		cond_resched();
	}
}

/* Second step; cannot fail */
static void memfd_luo_publish_range(struct memfd_luo_retrieval *job,
				    struct kho_fast_memfd_range *range)
{
	struct folio *folios[KHO_FAST_MEMFD_BATCH];
	struct kho_fast_records_it it = range->first;
	unsigned int i, nr;

	for (; range->locked; range->locked -= nr) {
		nr = min(range->locked, KHO_FAST_MEMFD_BATCH);
		for (i = 0; i < nr; i++)
			folios[i] = memfd_luo_next_folio(&it);
		kho_fast_memfd_publish_folios(folios, nr);
		cond_resched();
	}
}

static bool memfd_luo_run_range(struct kho_fast_cpu_job *cpu_job)
{
	struct memfd_luo_retrieval *job =
		container_of(cpu_job, struct memfd_luo_retrieval, cpu_job);
	unsigned long nr = atomic_long_inc_return(&job->begun) - 1;

	if (nr >= job->in->nr_ranges)
		return false;

	job->step(job, &job->in->ranges[nr]);
	return true;
}

/* Returns when all ranges are done. */
static void memfd_luo_run_step(struct memfd_luo_retrieval *job,
			       void (*step)(struct memfd_luo_retrieval *job,
					    struct kho_fast_memfd_range *range))
{
	job->step = step;
	atomic_long_set(&job->begun, 0);
	kho_fast_cpu_job_run(&job->cpu_job, job->in->nr_ranges);
}

static int memfd_luo_retrieve_folios(struct kho_fast_memfd_in *in,
				     struct inode *inode, u64 size)
{
	struct memfd_luo_retrieval job = {
		.cpu_job.run = memfd_luo_run_range,
		.in = in,
		.inode = inode,
		.size = size,
		.task = current,
	};

	kho_fast_memfd_divide(in, KHO_FAST_MEMFD_RANGE_RECORDS);

	job.memcg = get_mem_cgroup_from_mm(NULL);
	memfd_luo_run_step(&job, memfd_luo_add_range);
	mem_cgroup_put(job.memcg);

	memfd_luo_run_step(&job, job.err ? memfd_luo_remove_range :
					   memfd_luo_publish_range);

	/* Pages that were accounted and not added are returned. */
	shmem_recalc_inode(inode, atomic_long_read(&job.accounted), 0);
	return job.err;
}

/*
 * Adding F_SEAL_EXEC to a file with exec bits adds the write seals, which a
 * file without exec bits did not have unless they are listed as well. Other
 * seals are added later; one of them may forbid adding any.
 */
static struct file *memfd_luo_create(const struct memfd_luo_ser *ser)
{
	const struct kho_memfd_ser *attributes =
		kho_fast_memfd_read_attributes(ser);
	unsigned int flags = ser->seals & F_SEAL_EXEC ? MFD_NOEXEC_SEAL :
							MFD_ALLOW_SEALING;
	struct file *file;

	if (!attributes)
		return memfd_alloc_file("", flags);

	file = memfd_alloc_file(attributes->name, flags);
	if (!IS_ERR(file)) {
		struct inode *inode = file_inode(file);

		inode->i_mode = (inode->i_mode & ~0777) | attributes->mode;
	}

	return file;
}

/* Returns 1 if folios are added later, and @in belongs to the file. */
static int memfd_luo_fill_file(struct kho_fast_memfd_in *in, struct file *file)
{
	const struct memfd_luo_ser *ser = in->ser;
	int err = memfd_add_seals(file, ser->seals);

	if (err) {
		pr_err_ratelimited("cannot seal the file: %pe\n", ERR_PTR(err));
		return err;
	}

	vfs_setpos(file, ser->pos, MAX_LFS_FILESIZE);
	i_size_write(file_inode(file), ser->size);

	err = kho_fast_memfd_defer(in, file_inode(file));
	if (err)
		return err;

	return memfd_luo_retrieve_folios(in, file_inode(file), ser->size);
}

/**
 * kho_fast_memfd_retrieve - Create a memfd from what was preserved.
 * @in: What was preserved.
 *
 * Context: process context, may sleep.
 * Return: The file, and then @in belongs to it or is freed; or an ERR_PTR(),
 * and then @in still has everything, and the call can be repeated: -EOPNOTSUPP
 * if the file has unknown seals; -EINVAL if its description or its records are
 * invalid; -EIO if a folio is not preserved; -EEXIST if two folios overlap;
 * -EINTR if the task is being killed; -ENOMEM if there is no memory, or the
 * memory cgroup is full; -ENFILE, -ENOSPC, or the error of creating the file,
 * sealing it, or adding folios.
 */
struct file *kho_fast_memfd_retrieve(struct kho_fast_memfd_in *in)
{
	struct file *file;
	int err;

	if (in->err)
		return ERR_PTR(in->err);

	file = memfd_luo_create(in->ser);
	if (IS_ERR(file)) {
		pr_err_ratelimited("cannot create a file: %pe\n", file);
		return file;
	}

	err = memfd_luo_fill_file(in, file);
	if (err < 0) {
		fput(file);
		return ERR_PTR(err);
	}

	if (!err)
		kho_fast_memfd_close(in);
	return file;
}
