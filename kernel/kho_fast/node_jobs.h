/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Jobs with workers per NUMA node.
 */
#ifndef _KERNEL_KHO_FAST_NODE_JOBS_H
#define _KERNEL_KHO_FAST_NODE_JOBS_H

#include <linux/types.h>

/**
 * struct kho_fast_node_job - Job with workers per NUMA node.
 * @nr:   Number of segments.
 * @nids: NUMA node of each segment, or %NUMA_NO_NODE.
 * @run:  Processes a segment; returns 0, or an error, which ends the job.
 * @err:  First error; private to kho_fast_node_job_run().
 */
struct kho_fast_node_job {
	unsigned long	nr;
	const int	*nids;
	int		(*run)(struct kho_fast_node_job *job,
			       unsigned long segment);
	int		err;
};

int kho_fast_node_job_run(struct kho_fast_node_job *job);

#endif /* _KERNEL_KHO_FAST_NODE_JOBS_H */
