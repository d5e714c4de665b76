/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The second target: files in memory.
 */
#ifndef MEMFD_EXPECT_H
#define MEMFD_EXPECT_H

#include "fuzz.h"

struct memfd_expected_folio {
	u64		pfn, index, flags;
	unsigned int	pages;
};

/*
 * What should come back: nothing, or this. Either way so many pages, if not 0, must
 * be found and freed in the end.
 */
struct memfd_expected {
	bool				sound;
	unsigned int			nr_pages;
	u64				pos, size, seals;
	unsigned int			nr;
	struct memfd_expected_folio	at[NR_PAGES];
};

/* memfd_expect.c */
struct memfd_expected memfd_expect(u64 ser_pa);

/* frames.c */
void frames_init(void);

#endif /* MEMFD_EXPECT_H */
