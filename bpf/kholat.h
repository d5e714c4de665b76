/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KHOLAT_H
#define KHOLAT_H

#include "files.h"

#define NR_SLOTS	40	/* up to 2^40 ns, 18 minutes */

struct hist_key {
	char handler[NAME_LEN];
	char op[OP_LEN];
};

/* Slot N: calls of 2^(N - 1) to 2^N ns */
struct hist {
	__u64 nr, sum_ns, max_ns, errors;
	__u64 slots[NR_SLOTS];
};

#endif /* KHOLAT_H */
