/* SPDX-License-Identifier: GPL-2.0-only */
/* Events that are counted instead of shown: shared by the kernel's side and the user's. */
#ifndef MISSED_H
#define MISSED_H

enum missed {
	MISSED_LOST,		/* found no room */
	MISSED_UNPLACED,	/* their pages are not where there is memory */
	NR_MISSED
};

#endif /* MISSED_H */
