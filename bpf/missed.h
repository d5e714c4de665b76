/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters of events that are not shown, shared by programs and tools */
#ifndef MISSED_H
#define MISSED_H

enum missed {
	MISSED_LOST,		/* the buffer was full */
	MISSED_UNPLACED,	/* pages outside known memory */
	NR_MISSED
};

#endif /* MISSED_H */
