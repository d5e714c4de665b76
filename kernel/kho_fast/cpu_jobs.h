/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Jobs with a worker per CPU.
 */
#ifndef _KERNEL_KHO_FAST_CPU_JOBS_H
#define _KERNEL_KHO_FAST_CPU_JOBS_H

#include <linux/types.h>

/**
 * struct kho_fast_cpu_job - Job with up to a worker per CPU.
 * @run: Takes a part of the job and processes it; returns false if none is
 *       left. Called by several tasks at a time.
 */
struct kho_fast_cpu_job {
	bool	(*run)(struct kho_fast_cpu_job *job);
};

void kho_fast_cpu_job_run(struct kho_fast_cpu_job *job,
			  unsigned long max_tasks);

#endif /* _KERNEL_KHO_FAST_CPU_JOBS_H */
