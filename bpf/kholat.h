/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KHOLAT_H
#define KHOLAT_H

#include "files.h"

#define NR_SLOTS	40	/* up to 2^40 ns, 18 minutes */

struct hist_key {
	char handler[NAME_LEN];
	char op[OP_LEN];
};

/* Slot N has what took less than 2^N ns, and not less than half of that. */
struct hist {
	__u64 nr, sum_ns, max_ns, errors;
	__u64 slots[NR_SLOTS];
};

#endif /* KHOLAT_H */
