/* SPDX-License-Identifier: GPL-2.0-only */
/* Expected result of the memfd target. */
#ifndef MEMFD_EXPECT_H
#define MEMFD_EXPECT_H

#include "fuzz.h"

struct memfd_expected_folio {
	u64		pfn, index, flags;
	unsigned int	pages;
};

/*
 * The expected file, or none. In both cases @nr_pages pages, if not 0, must be
 * restored and freed in the end.
 */
struct memfd_expected {
	bool				valid;
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
