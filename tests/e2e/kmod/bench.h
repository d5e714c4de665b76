/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The benchmarks of preserving.
 *
 *	job	the folios of one thread, and the calls that preserve them
 *	kind	which function is called, and for how many folios at a time
 */
#ifndef BENCH_H
#define BENCH_H

#include <linux/mm.h>
#include <linux/types.h>

/**
 * struct bench_call - what one call of a kind preserves
 * @folios: the first of them, in the array of the job
 * @nr:     how many
 */
struct bench_call {
	struct folio **folios;
	unsigned long nr;
};

/**
 * struct bench_job - the folios of one thread
 * @folios:   of one order and one node, by address or shuffled
 * @nr:       how many
 * @calls:    all of @folios, each once
 * @nr_calls: how many
 */
struct bench_job {
	struct folio **folios;
	unsigned long nr;
	struct bench_call *calls;
	unsigned long nr_calls;
};

/**
 * struct bench_kind - what is measured
 * @name:       in what=
 * @adjacent:   a call takes folios that follow one another in memory
 * @preserve:   preserve all folios of a job; after an error none is
 * @unpreserve: undo that
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
int bench_job_create(struct bench_job *job, const struct bench_kind *kind, int nid);
void bench_job_destroy(struct bench_job *job);

#endif /* BENCH_H */
