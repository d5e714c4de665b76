// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Preserving many folios
 *
 * Folios in an array mostly follow one another in memory, too. Each run of them
 * is entered at once, which leaves little more per folio than looking at its
 * order. That look is the cost of a large batch, a cache line for each folio;
 * so one is cut into segments that are worked on by a task per node, each near
 * the struct pages that it reads.
 *
 * Lock order: none is taken, see tree.c.
 *
 * Failure: each function does all or nothing. A folio that is preserved already
 * is an error here: that is how it is known what a call must undo, and two
 * owners of one folio would undo each other's work.
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
 * Folios in a segment. A batch of one segment is entered in some 20 us, which
 * is what it takes to start a worker.
 */
#define SEGMENT		4096UL

static __always_inline bool kho_folio_has_order(const struct folio *folio,
						unsigned int order)
{
	if (!order)
		return !folio_test_large(folio);

	return folio_order(folio) == order;
}

/* The folios from the first on that follow one another and are of one order. */
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

static int kho_preserve_run(const struct kho_fast_run *run)
{
	if (kho_fast_in_scratch(run->pfn, run->nr << run->order))
		return -EINVAL;

	return kho_fast_outgoing_add_run(run);
}

static void kho_unpreserve_serially(struct folio **folios, unsigned long nr)
{
	unsigned long done = 0;

	while (done < nr) {
		struct kho_fast_run run;

		kho_first_run(&run, folios + done, nr - done);
		kho_fast_outgoing_del_run(&run);
		done += run.nr;
		cond_resched();
	}
}

static noinline void kho_unpreserve_run_traced(const struct kho_fast_run *run,
					       unsigned long caller)
{
	if (kho_fast_outgoing_del_run(run))
		kho_fast_trace_range(kho_unpreserve, run->pfn,
				     run->nr << run->order, run->order, caller);
}

/* As kho_unpreserve_serially(). */
static noinline void kho_unpreserve_all_traced(struct folio **folios,
					       unsigned long nr,
					       unsigned long caller)
{
	unsigned long done = 0;

	while (done < nr) {
		struct kho_fast_run run;

		kho_first_run(&run, folios + done, nr - done);
		kho_unpreserve_run_traced(&run, caller);
		done += run.nr;
		cond_resched();
	}
}

/**
 * kho_unpreserve_folios - Undo kho_preserve_folios().
 * @folios: The folios, each of the same order as then. They need not all have
 *          been preserved by one call.
 * @nr:     How many. Warns when one is not preserved.
 *
 * Context: process context, may sleep.
 */
void kho_unpreserve_folios(struct folio **folios, unsigned long nr)
{
	if (trace_kho_unpreserve_enabled())
		kho_unpreserve_all_traced(folios, nr, _RET_IP_);
	else
		kho_unpreserve_serially(folios, nr);
}
EXPORT_SYMBOL_GPL(kho_unpreserve_folios);

static int kho_preserve_serially(struct folio **folios, unsigned long nr)
{
	unsigned long done = 0;

	while (done < nr) {
		struct kho_fast_run run;
		int err;

		kho_first_run(&run, folios + done, nr - done);
		err = kho_preserve_run(&run);
		if (err) {
			kho_unpreserve_serially(folios, done);
			return err;
		}
		done += run.nr;
		cond_resched();
	}

	return 0;
}

/**
 * struct kho_batch - Folios that are worth more than one task.
 * @job:    The job.
 * @folios: All folios.
 * @nr:     How many.
 * @nids:   Node of each segment.
 * @done:   Bitmap of the segments that are preserved.
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
 * The node of one folio stands for all of a segment. Not always the first one:
 * where pages of a file are interleaved those would all be on the same node.
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
		kho_unpreserve_serially(batch->folios + i * SEGMENT,
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
 * All folios are looked at again when they are preserved: so what was undone is
 * never told, the process is the one that called, and the loop that everybody
 * takes has nothing for those who watch.
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
	int err = kho_preserve_run(run);

	if (!err)
		kho_trace_preserved(run, caller);
	return err;
}

/**
 * kho_preserve_folios - Keep folios across kexec.
 * @folios: The folios, of any orders and nodes. Those that follow one another
 *          in memory best do so in the array. Each must stay allocated, and must
 *          not be split or merged, until the kexec or until it is unpreserved.
 * @nr:     How many.
 *
 * More than a few thousand are worked on by one task per NUMA node.
 *
 * Context: process context, may sleep.
 * Return: 0; -EEXIST when one is preserved already or is in @folios twice;
 * -ENOMEM; -EINVAL when KHO is not set up or, with CONFIG_KEXEC_HANDOVER_DEBUG,
 * when one lies in scratch. After an error what was preserved before is, and
 * nothing else.
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
 * kho_preserve_folio_range - Keep folios that follow one another across kexec.
 * @first: The first one.
 * @nr:    How many, all of the order of @first and without anything between
 *         them. Only @first is looked at.
 *
 * They come back one by one, from kho_restore_folio().
 *
 * Context: process context, may sleep.
 * Return: as kho_preserve_folios().
 */
int kho_preserve_folio_range(struct folio *first, unsigned long nr)
{
	const struct kho_fast_run run = kho_run_from(first, nr);

	if (trace_kho_preserve_enabled())
		return kho_preserve_run_traced(&run, _RET_IP_);

	return kho_preserve_run(&run);
}
EXPORT_SYMBOL_GPL(kho_preserve_folio_range);

/**
 * kho_unpreserve_folio_range - Undo kho_preserve_folio_range().
 * @first: The first folio.
 * @nr:    How many; any part of what was preserved. Warns when one is not.
 *
 * Context: any.
 */
void kho_unpreserve_folio_range(struct folio *first, unsigned long nr)
{
	const struct kho_fast_run run = kho_run_from(first, nr);

	if (trace_kho_unpreserve_enabled())
		kho_unpreserve_run_traced(&run, _RET_IP_);
	else
		kho_fast_outgoing_del_run(&run);
}
EXPORT_SYMBOL_GPL(kho_unpreserve_folio_range);
