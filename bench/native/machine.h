/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine after a kexec, up to where deferred initialisation starts.
 *
 *   section 0         1        2 ... 7     8 ... end
 *   |.........sssssss|nnnnn...|...........|kkkk.kkkk.kkkk.kkkk|
 *    early                                 deferred
 *   s scratch, n the tree, k preserved
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <linux/mm.h>

#include "bench.h"
#include "sets.h"

/* Aligned like the largest folio, of 1 GiB. */
#define FIRST_PRESERVED		(8 * PAGES_PER_SECTION)

struct machine {
	unsigned long		end_pfn;	/* of what is preserved and of memory */
	unsigned long		nr_folios;
	unsigned long		nr_held;	/* pages in them */
	unsigned long		nr_free;	/* found by the last check */
};

extern struct machine machine;

/* Build a machine with @gib GiB of deferred memory, for the set of that number. */
void machine_build(unsigned int index, unsigned long gib);

/* Fill the deferred struct pages with an invalid pattern. */
void machine_spoil(void);

/* Back to the state before any section was initialised or page restored. */
void machine_reset(const struct bench_variant *v);

/* Is the deferred part as it has to be when everything was restored? */
bool machine_check_claimed(void);

/* kho_preserved_memory_reserve() for all keys, then the deferred rest. */
void stock_init(void);

/* kho_restore_folio() for all keys. */
void stock_restore(void);

/* claim.c: restore all that is preserved. False: a folio was not given out. */
bool claim_all(void);

#define for_each_folio(pos)	for_each_set_folio((pos), FIRST_PRESERVED, machine.end_pfn)

#endif /* MACHINE_H */
