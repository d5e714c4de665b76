// SPDX-License-Identifier: GPL-2.0-only
/*
 * Initialising the struct pages of memory with many preserved pages. memset() of the same
 * bytes is the lower bound.
 *
 * Without a buddy allocator, so that sets with free runs look better than they are; see
 * native.c in tests/shim. Stock's way is the first of its two passes; claim.c has the second.
 */
#include <linux/kho_fast.h>

#include "../../mm/deferred_kho.h"
#include "incoming/map.h"
#include "machine.h"

static void clear(unsigned long from, unsigned long end)
{
	for (; from < end; from += PAGES_PER_SECTION)
		memset(pfn_to_page(from), 0, PAGES_PER_SECTION * sizeof(struct page));
}

static void run_memset(const struct bench_variant *v)
{
	parallel(v->threads, FIRST_PRESERVED, machine.end_pfn, PAGES_PER_SECTION, clear);
}

static void run_stock(const struct bench_variant *v)
{
	stock_init();
}

/* Stock frees each run at once. */
static bool verify_stock(void)
{
	stock_restore();
	return machine_check_claimed() &&
	       machine.nr_free == machine.end_pfn - FIRST_PRESERVED - machine.nr_held;
}

static unsigned long nr_freed;

static void finish(unsigned long from, unsigned long end)
{
	unsigned long nr = kho_fast_init_range(from, end, true);

	__atomic_fetch_add(&nr_freed, nr, __ATOMIC_RELAXED);
}

static void run_ours(const struct bench_variant *v)
{
	nr_freed = 0;
	parallel(v->threads, FIRST_PRESERVED, machine.end_pfn, PAGES_PER_SECTION, finish);
}

/* Restoring would initialise the section. */
static bool all_finished(void)
{
	unsigned long pfn;

	for (pfn = FIRST_PRESERVED; pfn < machine.end_pfn; pfn += PAGES_PER_SECTION) {
		if (kho_fast_incoming.sections[pfn_to_section_nr(pfn)].state == KHO_FAST_DONE)
			continue;
		fprintf(stderr, "native: section of pfn %#lx is not initialised\n", pfn);
		return false;
	}
	return true;
}

static bool verify_ours(void)
{
	if (!all_finished() || !claim_all() || !machine_check_claimed())
		return false;
	if (nr_freed == machine.nr_free)
		return true;
	fprintf(stderr, "native: %lu pages were freed, %lu of what is free\n", nr_freed,
		machine.nr_free);
	return false;
}

static struct bench_work setup(unsigned int index)
{
	unsigned long nr;

	machine_build(index, bench_options.memory_gib);
	nr = machine.end_pfn - FIRST_PRESERVED;
	return (struct bench_work){ nr, nr * sizeof(struct page) };
}

static const struct bench_variant variants[] = {
	{ "memset", 1, NULL, NULL, NULL, NULL, run_memset, NULL },
	{ "stock-like", 1, NULL, NULL, machine_spoil, NULL, run_stock, verify_stock },
	{ "kho_fast", 1, NULL, NULL, machine_spoil, machine_reset, run_ours, verify_ours },
	{ "memset", 2, NULL, NULL, NULL, NULL, run_memset, NULL },
	{ "kho_fast", 2, NULL, NULL, machine_spoil, machine_reset, run_ours, verify_ours },
};

const struct bench bench_finish = {
	.name		= "finish",
	.unit		= "struct page",
	BENCH_CASES(folio_sets),
	.setup		= setup,
	BENCH_VARIANTS(variants),
};
