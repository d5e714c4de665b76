// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions to be measured. Each kind has a loop of its own: an indirect call
 * would cost as much as a hit in the leaf cache.
 *
 *	empty	nothing: the cost of the loop
 *	folio	kho_preserve_folio()
 *	batch	kho_preserve_folios(), any folios
 *	range	kho_preserve_folio_range(), adjacent folios
 *	pages	kho_preserve_pages(), adjacent folios
 */
#include <linux/array_size.h>
#include <linux/kexec_handover.h>
#include <linux/kho_bulk.h>
#include <linux/string.h>

#include "bench.h"

/* Loop over folios without a call */
static void bench_empty_unpreserve(const struct bench_job *job)
{
	for (unsigned long i = 0; i < job->nr; i++)
		READ_ONCE(job->folios[i]);
}

static int bench_empty_preserve(const struct bench_job *job)
{
	bench_empty_unpreserve(job);
	return 0;
}

static int bench_folio_preserve(const struct bench_job *job)
{
	unsigned long i;
	int err = 0;

	for (i = 0; i < job->nr; i++) {
		err = kho_preserve_folio(job->folios[i]);
		if (err)
			break;
	}
	while (err && i--)
		kho_unpreserve_folio(job->folios[i]);
	return err;
}

static void bench_folio_unpreserve(const struct bench_job *job)
{
	for (unsigned long i = 0; i < job->nr; i++)
		kho_unpreserve_folio(job->folios[i]);
}

static void bench_batch_undo(const struct bench_job *job,
			     unsigned long nr_calls)
{
	for (unsigned long i = 0; i < nr_calls; i++)
		kho_unpreserve_folios(job->calls[i].folios, job->calls[i].nr);
}

static int bench_batch_preserve(const struct bench_job *job)
{
	for (unsigned long i = 0; i < job->nr_calls; i++) {
		int err = kho_preserve_folios(job->calls[i].folios,
					      job->calls[i].nr);

		if (err) {
			bench_batch_undo(job, i);
			return err;
		}
	}
	return 0;
}

static void bench_batch_unpreserve(const struct bench_job *job)
{
	bench_batch_undo(job, job->nr_calls);
}

static void bench_range_undo(const struct bench_job *job,
			     unsigned long nr_calls)
{
	for (unsigned long i = 0; i < nr_calls; i++)
		kho_unpreserve_folio_range(job->calls[i].folios[0],
					   job->calls[i].nr);
}

static int bench_range_preserve(const struct bench_job *job)
{
	for (unsigned long i = 0; i < job->nr_calls; i++) {
		int err = kho_preserve_folio_range(job->calls[i].folios[0],
						   job->calls[i].nr);

		if (err) {
			bench_range_undo(job, i);
			return err;
		}
	}
	return 0;
}

static void bench_range_unpreserve(const struct bench_job *job)
{
	bench_range_undo(job, job->nr_calls);
}

static unsigned long bench_call_pages(const struct bench_call *call)
{
	return call->nr << folio_order(call->folios[0]);
}

static void bench_pages_undo(const struct bench_job *job,
			     unsigned long nr_calls)
{
	for (unsigned long i = 0; i < nr_calls; i++)
		kho_unpreserve_pages(folio_page(job->calls[i].folios[0], 0),
				     bench_call_pages(&job->calls[i]));
}

static int bench_pages_preserve(const struct bench_job *job)
{
	for (unsigned long i = 0; i < job->nr_calls; i++) {
		struct page *page = folio_page(job->calls[i].folios[0], 0);
		int err;

		err = kho_preserve_pages(page, bench_call_pages(&job->calls[i]));
		if (err) {
			bench_pages_undo(job, i);
			return err;
		}
	}
	return 0;
}

static void bench_pages_unpreserve(const struct bench_job *job)
{
	bench_pages_undo(job, job->nr_calls);
}

static const struct bench_kind bench_kinds[] = {
	{ "empty", false, bench_empty_preserve, bench_empty_unpreserve },
	{ "folio", false, bench_folio_preserve, bench_folio_unpreserve },
	{ "batch", false, bench_batch_preserve, bench_batch_unpreserve },
	{ "range", true, bench_range_preserve, bench_range_unpreserve },
	{ "pages", true, bench_pages_preserve, bench_pages_unpreserve },
};

const struct bench_kind *bench_kind_find(const char *name)
{
	for (int i = 0; i < ARRAY_SIZE(bench_kinds); i++)
		if (!strcmp(name, bench_kinds[i].name))
			return &bench_kinds[i];
	return NULL;
}
