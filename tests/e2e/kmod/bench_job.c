// SPDX-License-Identifier: GPL-2.0-only
/*
 * Folios of a thread: allocated once, not zeroed, on one node.
 *
 *	order=0 n=512			adjacent pages of a block
 *	order=0 n=512 stride=64		every 64th page, so in many leaves
 *	random=1			shuffled
 *	run=R				calls of up to R folios
 */
#include <linux/gfp.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/sort.h>
#include <linux/vmalloc.h>

#include "bench.h"
#include "kho_workload.h"

#define BENCH_GFP	(SET_GFP | __GFP_THISNODE)

/* Every @stride-th page of large blocks; returns their number. */
static unsigned long bench_take_pages(struct bench_job *job, int nid,
				      unsigned long stride, unsigned long want)
{
	struct workload_drop drop = { LIST_HEAD_INIT(drop.list) };
	unsigned long nr = 0;

	while (nr < want) {
		struct page *page =
			alloc_pages_node(nid, BENCH_GFP, MAX_PAGE_ORDER);

		if (!page)
			break;
		split_page(page, MAX_PAGE_ORDER);
		for (unsigned long i = 0; i < MAX_ORDER_NR_PAGES; i++) {
			if (nr < want && i % stride == 0)
				job->folios[nr++] = page_folio(page + i);
			else
				drop_page(&drop, page + i);
		}
		cond_resched();
	}
	drop_free(&drop);
	return nr;
}

static unsigned long bench_take_folios(struct bench_job *job, int nid,
				       unsigned int order, unsigned long want)
{
	unsigned long nr;

	for (nr = 0; nr < want; nr++) {
		struct page *page =
			alloc_pages_node(nid, BENCH_GFP | __GFP_COMP, order);

		if (!page)
			break;
		job->folios[nr] = page_folio(page);
		cond_resched();
	}
	return nr;
}

static int bench_by_address(const void *a, const void *b)
{
	unsigned long one = folio_pfn(*(struct folio **)a);
	unsigned long two = folio_pfn(*(struct folio **)b);

	return one < two ? -1 : one > two;
}

static void bench_arrange(struct bench_job *job)
{
	struct rnd_state rnd;

	sort(job->folios, job->nr, sizeof(*job->folios), bench_by_address,
	     NULL);
	if (!arg_num("random", 0))
		return;
	prandom_seed_state(&rnd, arg_num("seed", 1));
	for (unsigned long i = job->nr - 1; i; i--) {
		unsigned long other = prandom_u32_state(&rnd) % (i + 1);

		swap(job->folios[i], job->folios[other]);
	}
}

static bool bench_follows(const struct folio *folio, const struct folio *prev)
{
	return folio_pfn(folio) == folio_pfn(prev) + folio_nr_pages(prev);
}

/* Length of a call that starts at @folios, with @left folios to come. */
static unsigned long bench_call_length(struct folio **folios,
				       unsigned long left, unsigned long run,
				       bool adjacent)
{
	unsigned long nr = 1;

	while (nr < min(left, run) &&
	       (!adjacent || bench_follows(folios[nr], folios[nr - 1])))
		nr++;
	return nr;
}

static void bench_make_calls(struct bench_job *job, bool adjacent,
			     unsigned long run)
{
	for (unsigned long i = 0, nr; i < job->nr; i += nr) {
		nr = bench_call_length(job->folios + i, job->nr - i, run,
				       adjacent);
		job->calls[job->nr_calls++] =
			(struct bench_call){ job->folios + i, nr };
	}
}

static int bench_fill_job(struct bench_job *job, int nid, unsigned long want)
{
	unsigned int order = arg_num("order", 0);
	unsigned long stride = arg_num("stride", 1);

	if (order > MAX_PAGE_ORDER || !stride || (order && stride > 1))
		return report_err(-EINVAL,
				  "order= or stride= (order 0) is out of range");
	if (order)
		job->nr = bench_take_folios(job, nid, order, want);
	else
		job->nr = bench_take_pages(job, nid, stride, want);
	if (job->nr < want)
		return report_err(-ENOMEM,
				  "node %d has %lu such folios only, not %lu",
				  nid, job->nr, want);
	return 0;
}

/* After an error the caller must call bench_job_destroy(). */
int bench_job_create(struct bench_job *job, const struct bench_kind *kind,
		     int nid)
{
	unsigned long want = arg_num("n", 0), run = arg_num("run", 512);
	int err;

	if (!want || !run)
		return report_err(-EINVAL, "n= is missing, or run= is 0");
	job->folios = vcalloc(want, sizeof(*job->folios));
	job->calls = vcalloc(want, sizeof(*job->calls));
	if (!job->folios || !job->calls)
		return report_err(-ENOMEM, "no memory for the list of folios");
	err = bench_fill_job(job, nid, want);
	if (err)
		return err;
	bench_arrange(job);
	bench_make_calls(job, kind->adjacent, run);
	return 0;
}

void bench_job_destroy(struct bench_job *job)
{
	for (unsigned long i = 0; i < job->nr; i++) {
		folio_put(job->folios[i]);
		cond_resched();
	}
	vfree(job->folios);
	vfree(job->calls);
}
