/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KHOBLACKOUT_H
#define KHOBLACKOUT_H

#include "files.h"

enum blackout_kind {
	BLACKOUT_PHASE,		/* op: begin or end */
	BLACKOUT_SESSION,
	BLACKOUT_FILE,
};

struct blackout_event {
	__u64 at_ns;		/* since boot, at the end */
	__u32 kind;
	struct file_op what;	/* for all kinds; handler is the name of the phase or session */
};

#endif /* KHOBLACKOUT_H */
