/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: the test's own thread does all of the job, in two parts. */
#ifndef SHIM_PADATA_H
#define SHIM_PADATA_H

#include <linux/align.h>

struct padata_mt_job {
	void		(*thread_fn)(unsigned long start, unsigned long end, void *arg);
	void		*fn_arg;
	unsigned long	start, size, align, min_chunk;
	int		max_threads;
	bool		numa_aware;
};

/* Like the kernel's it uses the job up. */
static inline void padata_do_multithreaded(struct padata_mt_job *job)
{
	unsigned long half = ALIGN(job->size / 2, job->align);

	job->thread_fn(job->start, job->start + half, job->fn_arg);
	job->thread_fn(job->start + half, job->start + job->size, job->fn_arg);
	job->start += job->size;
	job->size = 0;
}

#endif /* SHIM_PADATA_H */
