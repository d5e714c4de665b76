/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations on memory, shared by programs and tools */
#ifndef RANGES_H
#define RANGES_H

#include <linux/types.h>

enum range_op {
	RANGE_PRESERVE,
	RANGE_UNPRESERVE,
	RANGE_RESTORE,
	NR_RANGE_OPS
};

/* A folio, a run of folios of one order, or a range of pages */
struct range {
	__u64 pfn, nr_pages;
	__u64 caller;		/* 0: not known */
	__u32 order;
	__s32 nid;		/* -1: not known */
	__u32 op;
};

/* Pages of a node, for programs on stock */
struct node_range {
	__u64 start, end;
	__s32 nid;
};

#define MAX_NODE_RANGES	256

#endif /* RANGES_H */
