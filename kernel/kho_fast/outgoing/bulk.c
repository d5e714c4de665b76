// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Preserving many folios
 *
 * Folios that are adjacent in the array are mostly adjacent in memory, too.
 * Each run of them is added to the tree at once, and little more is left per
 * folio than reading its order: a cache line, which is the cost of a large
 * batch. So a large batch is cut into segments for workers on each NUMA node,
 * near the struct pages that they read.
 *
 * Lock order: no lock is taken, see tree.c.
 *
 * Failure: each function preserves all folios or none. A folio that is
 * preserved already is an error: otherwise a failed call could not tell what to
 * undo, and two owners of a folio would unpreserve it twice.
 */
#include <linux/bitmap.h>
#include <linux/export.h>
#include <linux/kho_bulk.h>
#include <linux/math.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "../node_jobs.h"
#include "../trace.h"
#include "outgoing.h"

/*
 * Folios in a segment. A batch of one segment takes some 20 us, as long as it
 * takes to start a worker.
 */
#define SEGMENT		4096UL

static __always_inline bool kho_folio_has_order(const struct folio *folio,
						unsigned int order)
{
	if (!order)
		return !folio_test_large(folio);

	return folio_order(folio) == order;
}

/* The adjacent folios of one order at the start of @folios. */
static __always_inline void
kho_first_run(struct kho_fast_run *run, struct folio **folios, unsigned long nr)
{
	const unsigned int order = folio_order(folios[0]);
	const unsigned long pfn = folio_pfn(folios[0]);
	unsigned long next = pfn, i = 0;

	do {
		next += 1UL << order;
		i++;
	} while (i < nr && &folios[i]->page == pfn_to_page(next) &&
		 kho_folio_has_order(folios[i], order));

	*run = (struct kho_fast_run){ .pfn = pfn, .nr = i, .order = order };
}

static void kho_unpreserve_serially(struct folio **folios, unsigned long nr,
				    struct kho_fast_missing *missing)
{
	unsigned long done = 0;

	while (done < nr) {
		struct kho_fast_run run;

		kho_first_run(&run, folios + done, nr - done);
		kho_fast_outgoing_del_run(&run, missing);
		done += run.nr;
		cond_resched();
	}
}

static noinline void kho_unpreserve_run_traced(const struct kho_fast_run *run,
					       struct kho_fast_missing *missing,
					       unsigned long caller)
{
	if (kho_fast_outgoing_del_run(run, missing))
		kho_fast_trace_range(kho_unpreserve, run->pfn,
				     run->nr << run->order, run->order, caller);
}

/* As kho_unpreserve_serially(). */
static noinline void kho_unpreserve_all_traced(struct folio **folios,
					       unsigned long nr,
					       struct kho_fast_missing *missing,
					       unsigned long caller)
{
	unsigned long done = 0;

	while (done < nr) {
		struct kho_fast_run run;

		kho_first_run(&run, folios + done, nr - done);
		kho_unpreserve_run_traced(&run, missing, caller);
		done += run.nr;
		cond_resched();
	}
}

/* Always inline: _RET_IP_ is that of the caller. */
static __always_inline void
kho_do_unpreserve_folios(struct folio **folios, unsigned long nr,
			 struct kho_fast_missing *missing)
{
	if (trace_kho_unpreserve_enabled())
		kho_unpreserve_all_traced(folios, nr, missing, _RET_IP_);
	else
		kho_unpreserve_serially(folios, nr, missing);
}

/**
 * kho_fast_unpreserve_folios - Undo kho_preserve_folios(), without messages.
 * @folios:  As for kho_unpreserve_folios().
 * @nr:      Number of folios.
 * @missing: Those that are not preserved are added to it.
 *
 * Context: process context, may sleep.
 */
void kho_fast_unpreserve_folios(struct folio **folios, unsigned long nr,
				struct kho_fast_missing *missing)
{
	kho_do_unpreserve_folios(folios, nr, missing);
}

/**
 * kho_unpreserve_folios - Undo kho_preserve_folios().
 * @folios: The folios, each of the order that it was preserved with. They may
 *          have been preserved by different calls.
 * @nr:     Number of folios. One message if any are not preserved.
 *
 * Context: process context, may sleep.
 */
void kho_unpreserve_folios(struct folio **folios, unsigned long nr)
{
	struct kho_fast_missing missing = {};

	kho_do_unpreserve_folios(folios, nr, &missing);
	kho_fast_report_missing(&missing, _RET_IP_);
}
EXPORT_SYMBOL_GPL(kho_unpreserve_folios);

/* Undo what has just been preserved. */
static void kho_undo(struct folio **folios, unsigned long nr)
{
	struct kho_fast_missing missing = {};

	kho_unpreserve_serially(folios, nr, &missing);
}

static int kho_preserve_serially(struct folio **folios, unsigned long nr)
{
	unsigned long done = 0;

	while (done < nr) {
		struct kho_fast_run run;
		int err;

		kho_first_run(&run, folios + done, nr - done);
		err = kho_fast_outgoing_add_run(&run);
		if (err) {
			kho_undo(folios, done);
			return err;
		}
		done += run.nr;
		cond_resched();
	}

	return 0;
}

/**
 * struct kho_batch - Folios that are preserved by several tasks.
 * @job:    Job of the tasks.
 * @folios: All folios.
 * @nr:     Number of folios.
 * @nids:   NUMA node of each segment.
 * @done:   Bitmap of the preserved segments.
 */
struct kho_batch {
	struct kho_fast_node_job	job;
	struct folio			**folios;
	unsigned long			nr;
	int				*nids;
	unsigned long			*done;
};

static unsigned long kho_segment_len(const struct kho_batch *batch,
				     unsigned long segment)
{
	return min(SEGMENT, batch->nr - segment * SEGMENT);
}

static int kho_preserve_segment(struct kho_fast_node_job *job,
				unsigned long segment)
{
	struct kho_batch *batch = container_of(job, struct kho_batch, job);
	int err;

	err = kho_preserve_serially(batch->folios + segment * SEGMENT,
				    kho_segment_len(batch, segment));
	if (!err)
		set_bit(segment, batch->done);
	return err;
}

/*
 * One folio tells the NUMA node of a segment. Not always the first one: if the
 * pages of a file are interleaved, all of these may be on the same node.
 */
static void kho_find_nodes(struct kho_batch *batch)
{
	unsigned long i;

	for (i = 0; i < batch->job.nr; i++) {
		unsigned long n = i % kho_segment_len(batch, i);

		batch->nids[i] = folio_nid(batch->folios[i * SEGMENT + n]);
	}
	batch->job.nids = batch->nids;
}

static int kho_preserve_in_segments(struct kho_batch *batch)
{
	unsigned long i;
	int err;

	kho_find_nodes(batch);
	err = kho_fast_node_job_run(&batch->job);
	if (!err)
		return 0;

	for_each_set_bit(i, batch->done, batch->job.nr)
		kho_undo(batch->folios + i * SEGMENT,
			 kho_segment_len(batch, i));
	return err;
}

static noinline int kho_preserve_many(struct folio **folios, unsigned long nr)
{
	struct kho_batch batch = {
		.job = {
			.nr = DIV_ROUND_UP(nr, SEGMENT),
			.run = kho_preserve_segment,
		},
		.folios = folios,
		.nr = nr,
	};
	int err;

	batch.nids = kvmalloc_array(batch.job.nr, sizeof(int), GFP_KERNEL);
	batch.done = bitmap_zalloc(batch.job.nr, GFP_KERNEL);
	if (batch.nids && batch.done)
		err = kho_preserve_in_segments(&batch);
	else
		err = kho_preserve_serially(folios, nr);
	bitmap_free(batch.done);
	kvfree(batch.nids);
	return err;
}

static __always_inline int kho_preserve_all(struct folio **folios,
					    unsigned long nr)
{
	return nr <= SEGMENT ? kho_preserve_serially(folios, nr) :
			       kho_preserve_many(folios, nr);
}

static void kho_trace_preserved(const struct kho_fast_run *run,
				unsigned long caller)
{
	kho_fast_trace_range(kho_preserve, run->pfn, run->nr << run->order,
			     run->order, caller);
}

/*
 * The events are emitted after all folios are preserved: none for a batch that
 * fails, all by the caller's task, and the common loop is free of tracing.
 */
static noinline int kho_preserve_all_traced(struct folio **folios,
					    unsigned long nr,
					    unsigned long caller)
{
	unsigned long done = 0;
	int err = kho_preserve_all(folios, nr);

	if (err)
		return err;

	while (done < nr) {
		struct kho_fast_run run;

		kho_first_run(&run, folios + done, nr - done);
		kho_trace_preserved(&run, caller);
		done += run.nr;
		cond_resched();
	}

	return 0;
}

static noinline int kho_preserve_run_traced(const struct kho_fast_run *run,
					    unsigned long caller)
{
	int err = kho_fast_outgoing_add_run(run);

	if (!err)
		kho_trace_preserved(run, caller);
	return err;
}

/**
 * kho_preserve_folios - Preserve folios across kexec.
 * @folios: The folios, of any orders and NUMA nodes; adjacent folios should be
 *          adjacent in the array. Each must stay allocated, and must not be
 *          split or merged, until the kexec or until it is unpreserved.
 * @nr:     Number of folios.
 *
 * More than a few thousand are preserved by workers on each NUMA node.
 *
 * Context: process context, may sleep.
 * Return: 0; -EEXIST when one is preserved already or is in @folios twice;
 * -ENOMEM; -EINVAL when KHO is not set up or, with a message, when the next
 * kernel would refuse one: it overlaps scratch or is not RAM there. After an
 * error nothing is preserved that was not before.
 */
int kho_preserve_folios(struct folio **folios, unsigned long nr)
{
	if (trace_kho_preserve_enabled())
		return kho_preserve_all_traced(folios, nr, _RET_IP_);

	return kho_preserve_all(folios, nr);
}
EXPORT_SYMBOL_GPL(kho_preserve_folios);

static struct kho_fast_run kho_run_from(struct folio *first, unsigned long nr)
{
	return (struct kho_fast_run){
		.pfn = folio_pfn(first),
		.order = folio_order(first),
		.nr = nr,
	};
}

/**
 * kho_preserve_folio_range - Preserve adjacent folios across kexec.
 * @first: First folio.
 * @nr:    Number of folios, all of the order of @first and adjacent. Only the
 *         struct pages of @first are read.
 *
 * They are restored one by one, with kho_restore_folio().
 *
 * Context: process context, may sleep.
 * Return: as kho_preserve_folios().
 */
int kho_preserve_folio_range(struct folio *first, unsigned long nr)
{
	const struct kho_fast_run run = kho_run_from(first, nr);

	if (trace_kho_preserve_enabled())
		return kho_preserve_run_traced(&run, _RET_IP_);

	return kho_fast_outgoing_add_run(&run);
}
EXPORT_SYMBOL_GPL(kho_preserve_folio_range);

/**
 * kho_unpreserve_folio_range - Undo kho_preserve_folio_range().
 * @first: First folio.
 * @nr:    Number of folios; may be part of a preserved range. One message if
 *         any are not preserved.
 *
 * Context: any.
 */
void kho_unpreserve_folio_range(struct folio *first, unsigned long nr)
{
	const struct kho_fast_run run = kho_run_from(first, nr);
	struct kho_fast_missing missing = {};

	if (trace_kho_unpreserve_enabled())
		kho_unpreserve_run_traced(&run, &missing, _RET_IP_);
	else
		kho_fast_outgoing_del_run(&run, &missing);
	kho_fast_report_missing(&missing, _RET_IP_);
}
EXPORT_SYMBOL_GPL(kho_unpreserve_folio_range);
