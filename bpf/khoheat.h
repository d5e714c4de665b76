/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KHOHEAT_H
#define KHOHEAT_H

#include "ranges.h"

struct heat_key {
	__s32 nid;
	__u32 order;
};

struct heat {
	__u64 pages[NR_RANGE_OPS];
};

#endif /* KHOHEAT_H */
