// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Surveying the records of a memfd
 *
 * Before a file is given to a user its records are checked as if its folios
 * were restored: each names a folio that is preserved, at an index that fits
 * its size. So the number of pages is known, and nothing that a record says can
 * make a fault fail, but for two things, which no kernel writes: a folio that
 * two records name, of this file or of another one, is only found when it is
 * restored, and an index of two folios when the second one is added.
 *
 * Records are in ascending order, but for those of pages that were added after
 * the file was preserved: they are at the end of the list, in an order of their
 * own. The first ranges are in ascending order, so that the range of an index
 * is found by a binary search; each of the others says where its first and its
 * last page are.
 *
 * A record costs a look into a bitmap of the tree, some ten nanoseconds, and no
 * struct page. All CPUs share the ranges.
 *
 * Lifecycle: one call.
 *
 * Lock order: rcu_read_lock() only.
 *
 * Failure: no message. The caller retrieves the file at once, and then reports
 * what is wrong with it.
 */
#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/container_of.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/numa.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "../cpu_jobs.h"
#include "../incoming/restore.h"
#include "batch.h"
#include "memfd.h"
#include "pending.h"
#include "records.h"

/* Records that are checked under one rcu_read_lock() */
#define MEMFD_LUO_SURVEY_RECORDS	1024

/**
 * struct memfd_luo_survey - A survey in progress.
 * @cpu_job:  Its job.
 * @begun:    Number of ranges that were begun.
 * @in:       The file.
 * @task:     The caller.
 * @nr_pages: Size of the file in pages.
 * @refused:  Is a record invalid, or the caller being killed?
 */
struct memfd_luo_survey {
	struct kho_fast_cpu_job		cpu_job;
	atomic_long_t			begun;
	struct kho_fast_memfd_in	*in;
	struct task_struct		*task;
	u64				nr_pages;
	bool				refused;
};

/* Spans of nodes may overlap: a hint. */
static int memfd_luo_node_of(unsigned long pfn)
{
	int nid;

	for_each_online_node(nid) {
		if (pfn >= node_start_pfn(nid) && pfn < node_end_pfn(nid))
			return nid;
	}

	return NUMA_NO_NODE;
}

static bool memfd_luo_survey_record(struct kho_fast_memfd_range *range,
				    struct kho_fast_restore_batch *restore,
				    const struct kho_fast_memfd_record *record,
				    u64 nr_pages)
{
	int order = kho_fast_restore_peek(restore, record->pfn);

	if (order < 0 ||
	    !kho_fast_memfd_record_is_valid(record, order, nr_pages))
		return false;

	if (!range->pages) {
		range->start = record->index;
		range->nid = memfd_luo_node_of(record->pfn);
	}
	range->start = min_t(pgoff_t, range->start, record->index);
	range->end = max_t(pgoff_t, range->end, record->index + BIT(order));
	range->pages += BIT(order);
	return true;
}

/*
 * The records behind one that was checked, as long as they are valid, their
 * folios are in the same bitmap and their indices in ascending order: nearly
 * all, so this is the loop that the user of a large file waits for. Out of line
 * to have the registers for it. Returns their number.
 */
static noinline unsigned long
memfd_luo_survey_leaf(struct kho_fast_memfd_range *range,
		      const struct kho_fast_restore_batch *restore,
		      const struct kho_fast_memfd_record *first,
		      unsigned long nr, u64 nr_pages)
{
	const u64 pfn_mask = BIT_ULL(KHO_FAST_MEMFD_PFN_BITS) - 1;
	const u64 max_word = (u64)(MEMFD_LUO_FOLIO_DIRTY |
				   MEMFD_LUO_FOLIO_UPTODATE) <<
			     KHO_FAST_MEMFD_PFN_BITS | pfn_mask;
	const unsigned int order = restore->order;
	const unsigned long *bitmap = restore->leaf->bitmap;
	const u64 first_pfn = kho_fast_restore_first_pfn(restore);
	const u64 nr_pfns = (u64)KHO_FAST_LEAF_BITS << order;
	const u64 size = BIT(order);
	const struct kho_fast_memfd_record *record = first;
	const struct kho_fast_memfd_record *last = first + nr;
	u64 end = range->end;

	for (; record < last; record++) {
		const u64 pfn = (record->word & pfn_mask) - first_pfn;

		if (record->index < end || record->index >= nr_pages ||
		    record->word > max_word || pfn >= nr_pfns ||
		    (pfn | record->index) & (size - 1) ||
		    !test_bit(pfn >> order, bitmap))
			break;

		end = record->index + size;
	}

	range->end = end;
	range->pages += (record - first) << order;
	return record - first;
}

/* Returns false if a record is invalid. */
static bool memfd_luo_survey_some(struct kho_fast_memfd_range *range,
				  struct kho_fast_records_it *it, u64 nr_pages)
{
	const u64 rest = it->nr - min_t(u64, it->nr, MEMFD_LUO_SURVEY_RECORDS);
	struct kho_fast_restore_batch restore;
	bool valid = true;

	kho_fast_restore_begin(&restore);
	while (valid && it->nr > rest) {
		const struct kho_fast_memfd_record *record =
			kho_fast_records_next(it);
		unsigned long nr = min(it->left, it->nr - rest);

		if (!record->pfn)
			continue;

		valid = memfd_luo_survey_record(range, &restore, record,
						nr_pages);
		if (!valid)
			continue;

		nr = memfd_luo_survey_leaf(range, &restore, it->next, nr,
					   nr_pages);
		kho_fast_records_skip(it, nr);
	}
	kho_fast_restore_end(&restore);

	return valid;
}

static void memfd_luo_survey_range(struct memfd_luo_survey *survey,
				   struct kho_fast_memfd_range *range)
{
	struct kho_fast_records_it it = range->first;

	range->start = 0;
	range->end = 0;
	range->pages = 0;
	range->nid = NUMA_NO_NODE;
	while (it.nr && !READ_ONCE(survey->refused)) {
		if (fatal_signal_pending(survey->task) ||
		    !memfd_luo_survey_some(range, &it, survey->nr_pages))
			WRITE_ONCE(survey->refused, true);
		cond_resched();
	}
}

static bool memfd_luo_run_survey(struct kho_fast_cpu_job *cpu_job)
{
	struct memfd_luo_survey *survey =
		container_of(cpu_job, struct memfd_luo_survey, cpu_job);
	unsigned long nr = atomic_long_inc_return(&survey->begun) - 1;

	if (nr >= survey->in->nr_ranges)
		return false;

	memfd_luo_survey_range(survey, &survey->in->ranges[nr]);
	return true;
}

/* Add the pages of the ranges up, and find those in ascending order. */
static void memfd_luo_join_ranges(struct kho_fast_memfd_in *in)
{
	pgoff_t end = 0;
	unsigned long i;

	in->pages = 0;
	in->nr_sorted = 0;
	for (i = 0; i < in->nr_ranges; i++) {
		struct kho_fast_memfd_range *range = &in->ranges[i];

		/* Records at a junction of lists are empty. */
		if (!range->pages) {
			range->start = end;
			range->end = end;
		}
		in->pages += range->pages;
		if (i == in->nr_sorted && range->start >= end)
			in->nr_sorted++;
		end = range->end;
	}
}

/**
 * kho_fast_memfd_survey - Check all records of a memfd, and find its ranges.
 * @in: The file, divided; no folio of it is restored. Receives the number of
 *      its pages, and of ranges in ascending order.
 *
 * Context: process context, may sleep.
 * Return: true if all records are valid; false if one is not, or the task is
 * being killed.
 */
bool kho_fast_memfd_survey(struct kho_fast_memfd_in *in)
{
	struct memfd_luo_survey survey = {
		.cpu_job.run = memfd_luo_run_survey,
		.in = in,
		.task = current,
		.nr_pages = DIV_ROUND_UP(in->ser->size, PAGE_SIZE),
	};

	kho_fast_cpu_job_run(&survey.cpu_job, in->nr_ranges);
	if (survey.refused)
		return false;

	memfd_luo_join_ranges(in);
	return true;
}
