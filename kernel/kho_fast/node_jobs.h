/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Large jobs, a worker per node.
 */
#ifndef _KERNEL_KHO_FAST_NODE_JOBS_H
#define _KERNEL_KHO_FAST_NODE_JOBS_H

#include <linux/types.h>

/**
 * struct kho_fast_node_job - A large job in segments, to be spread over nodes.
 * @nr:   How many segments.
 * @nids: The node that each is about, or %NUMA_NO_NODE.
 * @run:  Does a segment: 0 or an error, which ends the job.
 * @err:  The first error; for kho_fast_node_job_run() only.
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
