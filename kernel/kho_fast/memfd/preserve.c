// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Preserving the folios of a memfd
 *
 * A batch of folios is pinned, which also brings them back from swap and out of
 * CMA, so out of scratch; preserved; and recorded. There is never an array of all
 * folios: what has been done can be found through the records, which is how it
 * is undone too.
 *
 * The file is divided into segments of 256 MiB. Those of one NUMA node are done
 * by a worker of that node, each into a list of records of its own, and the lists
 * are joined in the order of the file. A folio that crosses the border between two
 * segments is found by both, and belongs to the one in which it starts.
 *
 * A file with holes is done by the caller alone, from start to end: filling a
 * hole allocates memory, which must be charged to the caller's memory cgroup and
 * follow the caller's mempolicy. A worker has neither.
 *
 * Lock order: inode lock, held by the caller, then folio lock.
 *
 * Failure: what was done is undone. Holes that were filled stay filled.
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

/* Folios at a time: as many as kho_preserve_folios() does not spread again. */
#define MEMFD_LUO_BATCH_FOLIOS	4096UL

/* 256 MiB on x86-64, and memory enough for a worker to be worth it anywhere. */
#define MEMFD_LUO_SEGMENT_PAGES	(2 * PAGES_PER_SECTION)

/* A page and a huge page. */
#define MEMFD_LUO_STRIDE_PAGES	(1 + BIT(21 - PAGE_SHIFT))

static_assert(sizeof(struct memfd_luo_folio_ser) == KHO_FAST_RECORD_SIZE);

/**
 * struct memfd_luo_job - A file that is being preserved.
 * @spread: The segments.
 * @file:   The file.
 * @size:   Its size in bytes, not 0.
 * @lists:  The records of each segment.
 */
struct memfd_luo_job {
	struct kho_fast_node_job	spread;
	struct file			*file;
	u64				size;
	struct kho_fast_records		*lists;
};

/* Pages of the file. */
static pgoff_t memfd_luo_nr_pages(const struct memfd_luo_job *job)
{
	return DIV_ROUND_UP(job->size, PAGE_SIZE);
}

/*
 * All contents must reach the next kernel: what was allocated, but never
 * written, is zeroed now, and nothing may be dropped as clean. A folio that is
 * dirty and up to date stays so as long as it is pinned.
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

/* Returns how many could be recorded. */
static long memfd_luo_record(struct kho_fast_records *list,
			     struct folio **folios, long nr)
{
	long i;

	for (i = 0; i < nr; i++) {
		struct memfd_luo_folio_ser *ser = kho_fast_records_add(list);

		if (IS_ERR(ser))
			break;

		ser->pfn = folio_pfn(folios[i]);
		ser->flags = MEMFD_LUO_FOLIO_DIRTY | MEMFD_LUO_FOLIO_UPTODATE;
		ser->index = folios[i]->index;
	}

	return i;
}

/* For who watches. */
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
 * Preserve and record folios that are pinned. After an error those that are
 * recorded are preserved, and the others neither preserved nor pinned.
 */
static int memfd_luo_preserve_folios(struct kho_fast_records *list,
				     struct folio **folios, long nr)
{
	const u64 began = kho_fast_trace_begin(kho_memfd);
	/* While they are pinned. */
	unsigned long pages = began ? memfd_luo_count_pages(folios, nr) : 0;
	int err = memfd_luo_preserve_batch(list, folios, nr);

	kho_fast_trace_memfd(began, "preserve", nr, pages, err);
	return err;
}

/* Preserve the folios that start in the pages [pos, end). */
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

static int memfd_luo_preserve_segment(struct kho_fast_node_job *spread,
				      unsigned long segment)
{
	struct memfd_luo_job *job = container_of(spread, struct memfd_luo_job,
						 spread);
	pgoff_t pos = (pgoff_t)segment * MEMFD_LUO_SEGMENT_PAGES;
	pgoff_t end = min(pos + MEMFD_LUO_SEGMENT_PAGES,
			  memfd_luo_nr_pages(job));

	return memfd_luo_preserve_range(job, &job->lists[segment], pos, end);
}

/*
 * Is a page of the file missing? Those behind the end, which fallocate() can
 * put there, must not be counted in its place.
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
 * The node of a segment is that of a page in its beginning: not the first one,
 * since where the pages or huge pages of a file are interleaved those of all
 * segments could be on one node.
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

	for (i = 0; i < job->spread.nr; i++)
		nids[i] = memfd_luo_segment_nid(job, i);
	job->spread.nids = nids;

	err = kho_fast_node_job_run(&job->spread);

	for (i = 0; i < job->spread.nr; i++)
		kho_fast_records_join(records, &job->lists[i]);
	return err;
}

/* After an error @records lists what is preserved. */
static int memfd_luo_preserve_all(struct memfd_luo_job *job,
				  struct kho_fast_records *records)
{
	unsigned long nr = job->spread.nr;
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

/* Undo what a page of records lists, and free it. */
static void memfd_luo_unpreserve_page(struct page *page)
{
	const struct memfd_luo_folio_ser *ser = page_address(page);
	/* Pointers are smaller than records, and take the place of those read. */
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
 * @file: The file. Its size must not change, nor may a page be removed from it,
 *        until the kexec or until they are unpreserved.
 * @ser:  Filled in: where the records are, and their number.
 *
 * Context: process context, may sleep; the inode is locked.
 * Return: 0; -EFBIG when there are more folios than can be recorded; -EEXIST when
 * one is preserved already; -ENOMEM, -EINVAL, or what memfd_pin_folios()
 * returned. After an error nothing is preserved or pinned.
 */
int kho_fast_memfd_preserve(struct file *file, struct memfd_luo_ser *ser)
{
	struct kho_fast_records records = {};
	struct kho_vmalloc folios = {};
	struct memfd_luo_job job = {
		.spread.run = memfd_luo_preserve_segment,
		.file = file,
		.size = i_size_read(file_inode(file)),
	};
	s64 nr;

	if (!job.size)
		return 0;
	job.spread.nr = DIV_ROUND_UP(memfd_luo_nr_pages(&job),
				     MEMFD_LUO_SEGMENT_PAGES);

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
 * Context: process context, may sleep; the inode is locked.
 */
void kho_fast_memfd_unpreserve(struct memfd_luo_ser *ser)
{
	kho_fast_chain_undo(KHOSER_LOAD_PTR(ser->folios.first), 0,
			    memfd_luo_unpreserve_page);
}
