/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Benchmarks of preserving.
 *
 *	job	folios of one thread, divided into calls
 *	kind	function that is called
 */
#ifndef BENCH_H
#define BENCH_H

#include <linux/mm.h>
#include <linux/types.h>

/**
 * struct bench_call - Folios of one call.
 * @folios: First one, in the array of the job.
 * @nr:     Number of folios.
 */
struct bench_call {
	struct folio **folios;
	unsigned long nr;
};

/**
 * struct bench_job - Folios of one thread.
 * @folios:   Folios of one order and one node, by address or shuffled.
 * @nr:       Number of folios.
 * @calls:    Calls, which have each folio once.
 * @nr_calls: Number of calls.
 */
struct bench_job {
	struct folio **folios;
	unsigned long nr;
	struct bench_call *calls;
	unsigned long nr_calls;
};

/**
 * struct bench_kind - A pair of functions that is measured.
 * @name:       Name in what=.
 * @adjacent:   The folios of a call must be adjacent.
 * @preserve:   Preserves all folios of a job, or none after an error.
 * @unpreserve: Unpreserves all of them.
 */
struct bench_kind {
	const char *name;
	bool adjacent;
	int (*preserve)(const struct bench_job *job);
	void (*unpreserve)(const struct bench_job *job);
};

/* bench_kind.c */
const struct bench_kind *bench_kind_find(const char *name);

/* bench_job.c */
int bench_job_create(struct bench_job *job, const struct bench_kind *kind,
		     int nid);
void bench_job_destroy(struct bench_job *job);

#endif /* BENCH_H */
