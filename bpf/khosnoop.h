/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KHOSNOOP_H
#define KHOSNOOP_H

#include "ranges.h"

struct snoop_event {
	struct range range;
	__u64 ns;		/* since boot */
	__u32 pid;
	char comm[16];
};

#endif /* KHOSNOOP_H */
