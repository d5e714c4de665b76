/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stamps of a guest: a ring of pages in the guest's memory, which the workload writes and
 * the keeper reads through the memfd that is this memory. The keeper finds a page of the
 * ring by its magic and checks the page's own number.
 */
#ifndef STAMPS_H
#define STAMPS_H

#include <stdint.h>

#define STAMPS_MAGIC	0x7374616d70735f31ULL
#define STAMPS_PAGE	4096
/* From word to word of a page that the workload verifies */
#define WORKLOAD_STEP	0x9e3779b97f4a7c15ULL
#define STAMPS_PAGES	64
#define STAMPS_PER_PAGE	((STAMPS_PAGE - 32) / sizeof(struct stamp))
#define STAMPS_RING	(STAMPS_PAGES * STAMPS_PER_PAGE)

/**
 * struct stamp - one pass of the workload's loop
 * @nr:       number of the stamp, from 1; 0: none yet
 * @pages:    pages that the workload has read until then; wraps around
 * @tsc:      the guest's time stamp counter
 * @wall_ns:  the guest's CLOCK_REALTIME
 * @ticks:    expirations of the guest's timer until then
 * @bad:      pages that differed from what was written, until then
 */
struct stamp {
	uint32_t nr;
	uint32_t pages;
	uint64_t tsc;
	uint64_t wall_ns;
	uint32_t ticks;
	uint32_t bad;
};

/**
 * struct stamps_page - a page of the ring
 * @magic:   complement of STAMPS_MAGIC, written by the running workload only
 * @page:    number of the page in the ring
 * @pages:   memory that the workload verifies, in pages
 * @passes:  times that all of it was verified (page 0)
 * @stamp:   the stamps; stamp n is in slot n % STAMPS_RING of the ring
 */
struct stamps_page {
	uint64_t magic;
	uint64_t page;
	uint64_t pages;
	uint64_t passes;
	struct stamp stamp[STAMPS_PER_PAGE];
};

_Static_assert(sizeof(struct stamps_page) == STAMPS_PAGE, "a page of the ring is a page");

#endif /* STAMPS_H */
