// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Preserving the folios of a memfd
 *
 * A batch of folios is pinned, which also brings them back from swap and out of
 * CMA, and so out of scratch; then it is preserved and recorded. There is no
 * array of all folios: the records list what is preserved, and undoing reads
 * them.
 *
 * The file is divided into segments of 256 MiB. Segments of a NUMA node are
 * preserved by a worker of that node, each into a list of records of its own;
 * the lists are joined in the order of the file. A folio that crosses the
 * border between two segments is found by both, and belongs to the one in which
 * it starts.
 *
 * A file with holes is preserved by the caller alone, from start to end:
 * filling a hole allocates memory, which must be charged to the memory cgroup
 * of the caller and follow its mempolicy. A worker has neither.
 *
 * Lock order: inode lock, held by the caller, then folio lock.
 *
 * Failure: preserving is undone. Holes that were filled stay filled.
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
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "../node_jobs.h"
#include "../trace.h"
#include "../vmalloc.h"
#include "memfd.h"
#include "records.h"

/* Folios per batch: as many as kho_preserve_folios() handles in one job */
#define MEMFD_LUO_BATCH_FOLIOS	4096UL

/* 256 MiB on x86-64; worth a worker on any architecture */
#define MEMFD_LUO_SEGMENT_PAGES	(2 * PAGES_PER_SECTION)

/* A page and a huge page */
#define MEMFD_LUO_STRIDE_PAGES	(1 + BIT(21 - PAGE_SHIFT))

/**
 * struct memfd_luo_job - A file that is being preserved.
 * @node_job: The segments.
 * @file:     The file.
 * @size:     Its size in bytes, not 0.
 * @lists:    Records of each segment.
 */
struct memfd_luo_job {
	struct kho_fast_node_job node_job;
	struct file		*file;
	u64			size;
	struct kho_fast_records	*lists;
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
	}

	return i;
}

/* For the tracepoint only */
static unsigned long memfd_luo_count_pages(struct folio **folios,
					   unsigned long nr)
{
	unsigned long i, pages = 0;

	for (i = 0; i < nr; i++)
		pages += folio_nr_pages(folios[i]);
	return pages;
}

static int memfd_luo_preserve_batch(struct kho_fast_records *list,
				    struct folio **folios, long nr)
{
	long i, done;
	int err;

	for (i = 0; i < nr; i++)
		memfd_luo_make_uptodate(folios[i]);

	err = kho_preserve_folios(folios, nr);
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
	unsigned long pages = began ? memfd_luo_count_pages(folios, nr) : 0;
	int err = memfd_luo_preserve_batch(list, folios, nr);

	kho_fast_trace_memfd(began, "preserve", nr, pages, err);
	return err;
}

/* Preserve the folios that start in the pages [@pos, @end). */
static int memfd_luo_preserve_range(const struct memfd_luo_job *job,
				    struct kho_fast_records *list, pgoff_t pos,
				    pgoff_t end)
{
	unsigned long max = min(end - pos, MEMFD_LUO_BATCH_FOLIOS);
	struct folio **folios;
	int err = 0;

	folios = kvmalloc_array(max, sizeof(*folios), GFP_KERNEL);
	if (!folios)
		return -ENOMEM;

	while (!err && pos < end) {
		long nr = kho_fast_memfd_pin(job->file, pos, end, folios, max);
		long skip = 0;
		pgoff_t next;

		if (nr < 0) {
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
	pgoff_t pos = (pgoff_t)segment * MEMFD_LUO_SEGMENT_PAGES;
	pgoff_t end = min(pos + MEMFD_LUO_SEGMENT_PAGES,
			  memfd_luo_nr_pages(job));

	return memfd_luo_preserve_range(job, &job->lists[segment], pos, end);
}

/*
 * Check for missing pages of the file. Pages behind its end, from fallocate(),
 * must not be counted instead.
 */
static bool memfd_luo_has_holes(const struct memfd_luo_job *job)
{
	struct address_space *mapping = job->file->f_mapping;
	struct folio *last =
		filemap_get_folio(mapping, memfd_luo_nr_pages(job) - 1);
	unsigned long end;

	if (IS_ERR(last))
		return true;
	end = folio_next_index(last);
	folio_put(last);

	return mapping->nrpages != end ||
	       xa_find(&mapping->i_pages, &end, ULONG_MAX, XA_PRESENT);
}

/*
 * The node of a segment is that of a page near its start. It is not the first
 * page: if pages or huge pages are interleaved, the first ones of all segments
 * may be on one node.
 */
static int memfd_luo_segment_nid(const struct memfd_luo_job *job,
				 unsigned long segment)
{
	pgoff_t index = (pgoff_t)segment * MEMFD_LUO_SEGMENT_PAGES;
	struct folio *folio;
	int nid;

	index += segment * MEMFD_LUO_STRIDE_PAGES % MEMFD_LUO_SEGMENT_PAGES;
	index = min(index, memfd_luo_nr_pages(job) - 1);
	folio = filemap_get_folio(job->file->f_mapping, index);
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

	err = kho_fast_node_job_run(&job->node_job);

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

	if (num_node_state(N_MEMORY) > 1 && nr > 1 &&
	    !memfd_luo_has_holes(job)) {
		nids = kvmalloc_array(nr, sizeof(*nids), GFP_KERNEL);
		job->lists = kvmalloc_array(nr, sizeof(*job->lists),
					    GFP_KERNEL | __GFP_ZERO);
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

/* Unpreserve and unpin the folios of a page of records, and free it. */
static void memfd_luo_unpreserve_page(struct page *page)
{
	const struct kho_fast_memfd_record *ser = page_address(page);
	/* Pointers replace the records, as they are smaller. */
	struct folio **folios = page_address(page);
	const u64 began = kho_fast_trace_begin(kho_memfd);
	unsigned long i, nr = 0;

	for (i = 0; i < KHO_FAST_RECORDS_PER_PAGE; i++) {
		unsigned long pfn = ser[i].pfn;

		if (pfn)
			folios[nr++] = pfn_folio(pfn);
	}

	kho_unpreserve_folios(folios, nr);
	kho_fast_trace_memfd(began, "unpreserve", nr,
			     memfd_luo_count_pages(folios, nr), 0);
	unpin_folios(folios, nr);
	free_page((unsigned long)folios);
}

/**
 * kho_fast_memfd_preserve - Preserve the folios of a memfd.
 * @file: The file. Its size must not change, and no page of it may be removed,
 *        until the kexec or until it is unpreserved.
 * @ser:  Receives the address and the number of records.
 *
 * Context: process context, may sleep. The inode is locked.
 * Return: 0; -EFBIG if the format has no room for the number of folios; -EEXIST
 * if one is preserved already; -ENOMEM, -EINVAL, or the error of
 * memfd_pin_folios(). On error no folio is preserved or pinned.
 */
int kho_fast_memfd_preserve(struct file *file, struct memfd_luo_ser *ser)
{
	struct kho_fast_records records = {};
	struct kho_vmalloc folios = {};
	struct memfd_luo_job job = {
		.node_job.run = memfd_luo_preserve_segment,
		.file = file,
		.size = i_size_read(file_inode(file)),
	};
	s64 nr;

	if (!job.size)
		return 0;
	job.node_job.nr =
		DIV_ROUND_UP(memfd_luo_nr_pages(&job), MEMFD_LUO_SEGMENT_PAGES);

	nr = memfd_luo_preserve_all(&job, &records);
	if (!nr)
		nr = kho_fast_records_store(&records, &folios);
	if (nr < 0) {
		kho_fast_chain_undo(records.chain.first, 0,
				    memfd_luo_unpreserve_page);
		return nr;
	}

	ser->nr_folios = nr;
	ser->folios = folios;
	return 0;
}

/**
 * kho_fast_memfd_unpreserve - Undo kho_fast_memfd_preserve().
 * @ser: What it filled in.
 *
 * Context: process context, may sleep. The inode is locked.
 */
void kho_fast_memfd_unpreserve(struct memfd_luo_ser *ser)
{
	kho_fast_chain_undo(KHOSER_LOAD_PTR(ser->folios.first), 0,
			    memfd_luo_unpreserve_page);
}
