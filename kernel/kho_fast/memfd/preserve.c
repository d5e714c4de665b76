// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Preserving the folios of a memfd
 *
 * A batch of folios is pinned, which also brings them back from swap and out of
 * CMA, and so out of scratch; then it is preserved and recorded. There is no
 * array of all folios: the records list what is preserved, and undoing reads
 * them.
 *
 * The file is divided into segments of 256 MiB, or larger ones if there would
 * be too many: a file can be as large as it likes if it is mostly holes.
 * Segments of a NUMA node are preserved by workers of that node, each into a
 * list of records of its own; the lists are joined in the order of the file. A
 * folio that crosses the border between two segments is found by both, and
 * belongs to the one in which it starts.
 *
 * A file with swapped pages is preserved by the caller alone, from start to
 * end: bringing them back allocates memory that follows the mempolicy of the
 * caller.
 *
 * Holes stay holes. Pages that the file gets afterwards, until the freeze, are
 * preserved at the freeze. Then the whole page cache is searched for them, but
 * only if the number of pages of the file has changed.
 *
 * The records are charged to the memory cgroup of the caller, also by workers;
 * one that is full is -ENOMEM, and no task is killed. A file that is swapped
 * and for which there is no memory is refused at once, also at the freeze. A
 * task that is killed need not wait for the rest of a large file.
 *
 * Lock order: inode lock, held by the caller, then folio lock. At the freeze
 * the inode is not locked, since a task may hold its lock for ever. Nothing is
 * removed from the file all the same.
 *
 * Failure: preserving is undone. What is added by a failed freeze stays
 * preserved.
 */
#define pr_fmt(fmt) "KHO: memfd: " fmt

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/memfd.h>
#include <linux/kho_bulk.h>
#include <linux/math.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "../account.h"
#include "../checksum.h"
#include "../luo/luo.h"
#include "../node_jobs.h"
#include "../trace.h"
#include "../vmalloc.h"
#include "memfd.h"
#include "records.h"

/* Folios per batch: as many as kho_preserve_folios() handles in one job */
#define MEMFD_LUO_BATCH_FOLIOS	4096UL

/* At least: 256 MiB on x86-64; worth a worker on any architecture */
#define MEMFD_LUO_SEGMENT_PAGES	(2 * PAGES_PER_SECTION)

#define MEMFD_LUO_MAX_SEGMENTS	4096

/* A page and a huge page */
#define MEMFD_LUO_STRIDE_PAGES	(1 + BIT(21 - PAGE_SHIFT))

/**
 * struct memfd_luo_job - A file that is being preserved.
 * @node_job: The segments.
 * @pin:      The file, and which of its folios.
 * @size:     Its size in bytes, not 0.
 * @segment:  Size of a segment in pages.
 * @lists:    Records of each segment.
 * @task:     The caller.
 * @memcg:    Its memory cgroup, for workers.
 */
struct memfd_luo_job {
	struct kho_fast_node_job node_job;
	struct kho_fast_memfd_pin pin;
	u64			size;
	pgoff_t			segment;
	struct kho_fast_records	*lists;
	struct task_struct	*task;
	struct mem_cgroup	*memcg;
};

/* Number of pages of the file */
static pgoff_t memfd_luo_nr_pages(const struct memfd_luo_job *job)
{
	return DIV_ROUND_UP(job->size, PAGE_SIZE);
}

/*
 * Allocated memory that was never written is zeroed now, and no page may be
 * dropped as clean. A pinned folio that is dirty and up to date stays so.
 */
static void memfd_luo_make_uptodate(struct folio *folio)
{
	if (folio_test_dirty(folio) && folio_test_uptodate(folio))
		return;

	folio_lock(folio);
	folio_mark_dirty(folio);
	if (!folio_test_uptodate(folio)) {
		folio_zero_range(folio, 0, folio_size(folio));
		flush_dcache_folio(folio);
		folio_mark_uptodate(folio);
	}
	folio_unlock(folio);
}

/* Returns the number of folios that were recorded. */
static long memfd_luo_record(struct kho_fast_records *list,
			     struct folio **folios, long nr)
{
	long i;

	for (i = 0; i < nr; i++) {
		struct kho_fast_memfd_record *ser = kho_fast_records_add(list);

		if (IS_ERR(ser))
			break;

		ser->pfn = folio_pfn(folios[i]);
		ser->flags = MEMFD_LUO_FOLIO_DIRTY | MEMFD_LUO_FOLIO_UPTODATE;
		ser->index = folios[i]->index;
		list->sum += kho_fast_memfd_sum(ser, folio_order(folios[i]));
	}

	return i;
}

static int memfd_luo_preserve_batch(struct kho_fast_records *list,
				    struct folio **folios, long nr)
{
	long i, done;
	int err = 0;

	for (i = 0; i < nr && !err; i++) {
		memfd_luo_make_uptodate(folios[i]);
		err = kho_fast_memfd_check_poison(folios[i]);
	}

	if (!err)
		err = kho_preserve_folios(folios, nr);
	if (err == -EINVAL)
		kho_fast_memfd_report_refused(folios, nr);
	if (err) {
		unpin_folios(folios, nr);
		return err;
	}

	done = memfd_luo_record(list, folios, nr);
	if (done == nr)
		return 0;

	kho_unpreserve_folios(folios + done, nr - done);
	unpin_folios(folios + done, nr - done);
	return -ENOMEM;
}

/*
 * Preserve and record pinned folios. On error the recorded ones are preserved,
 * and the others neither preserved nor pinned.
 */
static int memfd_luo_preserve_folios(struct kho_fast_records *list,
				     struct folio **folios, long nr)
{
	const u64 began = kho_fast_trace_begin(kho_memfd);
	/* Counted first: a failure unpins them. */
	unsigned long pages = began ? kho_fast_memfd_count(folios, nr) : 0;
	int err = memfd_luo_preserve_batch(list, folios, nr);

	kho_fast_trace_memfd(began, "preserve", nr, pages, err);
	return err;
}

/*
 * A file may have swapped pages without number, and in the freeze each is read
 * for itself, while guests are paused. The task that freezes it may be a
 * worker, which gets no signal.
 */
static int memfd_luo_may_go_on(const struct memfd_luo_job *job)
{
	if (fatal_signal_pending(job->task))
		return -EINTR;
	if (!job->pin.only_new || !luo_fast_freeze_is_late())
		return 0;

	pr_err("not frozen: pages that a file got since it was preserved take too long, see /sys/kernel/liveupdate/timeout\n");
	return -ETIMEDOUT;
}

/* Preserve the folios that start in the pages [@pos, @end). */
static int memfd_luo_preserve_range(const struct memfd_luo_job *job,
				    struct kho_fast_records *list, pgoff_t pos,
				    pgoff_t end)
{
	unsigned long max = min(end - pos, MEMFD_LUO_BATCH_FOLIOS);
	struct folio **folios;
	int err = 0;

	folios = kvmalloc_array(max, sizeof(*folios), KHO_FAST_GFP_ACCOUNT);
	if (!folios)
		return -ENOMEM;

	while (!err && pos < end) {
		long nr = kho_fast_memfd_pin(&job->pin, pos, end, folios, max);
		long skip = 0;
		pgoff_t next;

		if (nr <= 0) {
			err = nr;
			break;
		}

		next = folio_next_index(folios[nr - 1]);
		if (folios[0]->index < pos) {
			unpin_folio(folios[0]);
			skip = 1;
		}
		err = memfd_luo_preserve_folios(list, folios + skip, nr - skip);
		pos = next;
		if (!err)
			err = memfd_luo_may_go_on(job);
		cond_resched();
	}

	kvfree(folios);
	return err;
}

static int memfd_luo_preserve_segment(struct kho_fast_node_job *node_job,
				      unsigned long segment)
{
	struct memfd_luo_job *job =
		container_of(node_job, struct memfd_luo_job, node_job);
	pgoff_t pos = segment * job->segment;
	pgoff_t end = min(pos + job->segment, memfd_luo_nr_pages(job));
	struct mem_cgroup *old = set_active_memcg(job->memcg);
	int err;

	err = memfd_luo_preserve_range(job, &job->lists[segment], pos, end);
	set_active_memcg(old);
	return err;
}

static bool memfd_luo_has_behind(const struct memfd_luo_job *job)
{
	struct address_space *mapping = job->pin.file->f_mapping;
	unsigned long behind = memfd_luo_nr_pages(job);
	struct folio *last = filemap_get_folio(mapping, behind - 1);

	if (!IS_ERR(last)) {
		behind = folio_next_index(last);
		folio_put(last);
	}

	return xa_find(&mapping->i_pages, &behind, ULONG_MAX, XA_PRESENT);
}

static bool memfd_luo_is_for_workers(const struct memfd_luo_job *job)
{
	struct inode *inode = file_inode(job->pin.file);

	return num_online_cpus() > 1 && job->node_job.nr > 1 &&
	       !READ_ONCE(SHMEM_I(inode)->swapped) &&
	       inode->i_mapping->nrpages > MEMFD_LUO_SEGMENT_PAGES;
}

/*
 * The node of a segment is that of a page near its start. It is not the first
 * page: if pages or huge pages are interleaved, the first ones of all segments
 * may be on one node.
 */
static int memfd_luo_segment_nid(const struct memfd_luo_job *job,
				 unsigned long segment)
{
	pgoff_t index = segment * job->segment;
	struct folio *folio;
	int nid;

	index += segment * MEMFD_LUO_STRIDE_PAGES % job->segment;
	index = min(index, memfd_luo_nr_pages(job) - 1);
	folio = filemap_get_folio(job->pin.file->f_mapping, index);
	if (IS_ERR(folio))
		return NUMA_NO_NODE;

	nid = folio_nid(folio);
	folio_put(folio);
	return nid;
}

static int memfd_luo_preserve_segments(struct memfd_luo_job *job, int *nids,
				       struct kho_fast_records *records)
{
	unsigned long i;
	int err;

	for (i = 0; i < job->node_job.nr; i++)
		nids[i] = memfd_luo_segment_nid(job, i);
	job->node_job.nids = nids;

	job->memcg = get_mem_cgroup_from_current();
	err = kho_fast_node_job_run(&job->node_job);
	mem_cgroup_put(job->memcg);

	for (i = 0; i < job->node_job.nr; i++)
		kho_fast_records_join(records, &job->lists[i]);
	return err;
}

/* On error @records lists the folios that are preserved. */
static int memfd_luo_preserve_all(struct memfd_luo_job *job,
				  struct kho_fast_records *records)
{
	unsigned long nr = job->node_job.nr;
	int *nids = NULL;
	int err;

	if (memfd_luo_is_for_workers(job)) {
		nids = kvmalloc_array(nr, sizeof(*nids), KHO_FAST_GFP_ACCOUNT);
		job->lists = kvmalloc_array(nr, sizeof(*job->lists),
					    KHO_FAST_GFP_ACCOUNT | __GFP_ZERO);
	}

	if (nids && job->lists)
		err = memfd_luo_preserve_segments(job, nids, records);
	else
		err = memfd_luo_preserve_range(job, records, 0,
					       memfd_luo_nr_pages(job));

	kvfree(job->lists);
	kvfree(nids);
	return err;
}

static struct memfd_luo_job memfd_luo_new_job(struct file *file)
{
	struct memfd_luo_job job = {
		.node_job.run = memfd_luo_preserve_segment,
		.pin.file = file,
		.size = i_size_read(file_inode(file)),
		.task = current,
	};
	pgoff_t nr = memfd_luo_nr_pages(&job);

	job.segment = max(MEMFD_LUO_SEGMENT_PAGES,
			  DIV_ROUND_UP(nr, MEMFD_LUO_MAX_SEGMENTS));
	job.node_job.nr = DIV_ROUND_UP(nr, job.segment);
	return job;
}

/* Pages of the file, also those that are swapped */
static unsigned long memfd_luo_alloced(struct file *file)
{
	return READ_ONCE(SHMEM_I(file_inode(file))->alloced);
}

/* Its pages would all have to be in memory, and could not be reclaimed. */
static bool memfd_luo_fits(struct file *file)
{
	unsigned long swapped = READ_ONCE(SHMEM_I(file_inode(file))->swapped);

	if (!swapped || (long)swapped <= si_mem_available())
		return true;

	pr_err_ratelimited("not preserved: no memory for %lu pages of a file that are swapped\n",
			   swapped);
	return false;
}

static int memfd_luo_store_records(struct kho_fast_memfd_out *out)
{
	struct kho_vmalloc folios = {};
	s64 nr = kho_fast_records_store(&out->records, &folios);

	if (nr < 0)
		return nr;

	out->ser->nr_folios = nr;
	out->ser->folios = folios;
	if (kho_fast_checksum_writes_all())
		((u64 *)out->ser)[KHO_FAST_SUM] =
			kho_fast_records_sum(&out->records);
	return 0;
}

/**
 * kho_fast_memfd_preserve - Preserve the folios of a memfd.
 * @out:  Zeroed, except for the description, which receives the address and the
 *        number of records.
 * @file: The file. Its size must not change, and no page of it may be removed,
 *        until the kexec or until it is unpreserved.
 *
 * Context: process context, may sleep. The inode is locked.
 * Return: 0; -EFBIG if the format has no room for the number of folios; -EEXIST
 * if one is preserved already; -ENOMEM; -EINTR if the task is being killed;
 * -EHWPOISON if a page has a memory error; -EINVAL, or the error of
 * memfd_pin_folios(). On error no folio is preserved or pinned.
 */
int kho_fast_memfd_preserve(struct kho_fast_memfd_out *out, struct file *file)
{
	struct memfd_luo_job job = memfd_luo_new_job(file);
	int err;

	if (!job.size)
		return 0;
	if (!memfd_luo_fits(file))
		return -ENOMEM;

	/* First: pages that come from now on may be missed. */
	out->alloced = memfd_luo_alloced(file);
	out->has_behind = memfd_luo_has_behind(&job);
	out->poisoned = kho_fast_memfd_nr_poisoned();

	err = memfd_luo_preserve_all(&job, &out->records);
	if (!err)
		err = memfd_luo_store_records(out);
	if (err)
		kho_fast_memfd_unpreserve(out, file);
	return err;
}

/**
 * kho_fast_memfd_update - Preserve the folios that were added to a memfd.
 * @out:  The file as it was preserved.
 * @file: The file.
 *
 * Pages behind the end of the file may go, so that its number of pages says
 * nothing if there are some.
 *
 * Context: process context, may sleep.
 * Return: 0; -EINVAL, with a message, if the records are damaged; -ETIMEDOUT,
 * with a message, if the freeze takes too long; or the error of
 * kho_fast_memfd_preserve(). Then what was preserved before still is.
 */
int kho_fast_memfd_update(struct kho_fast_memfd_out *out, struct file *file)
{
	struct memfd_luo_job job = memfd_luo_new_job(file);
	unsigned long alloced = memfd_luo_alloced(file);
	int err;

	if (!job.size || (alloced == out->alloced && !out->has_behind))
		return 0;
	if (!memfd_luo_fits(file))
		return -ENOMEM;

	job.pin.only_new = true;
	err = memfd_luo_preserve_range(&job, &out->records, 0,
				       memfd_luo_nr_pages(&job));
	/* All of them are read again. */
	if (!err && kho_fast_checksum_writes_all())
		err = kho_fast_memfd_verify_records(out);
	if (!err)
		err = memfd_luo_store_records(out);
	if (!err)
		out->alloced = alloced;
	return err;
}
