// SPDX-License-Identifier: GPL-2.0-only
/*
 * Restoring every preserved folio, once its section is initialised: the second of stock's
 * two passes over struct pages. On a quarter of the memory, since each run needs an
 * initialisation of its own, which is not timed.
 */
#include <linux/kexec_handover.h>
#include <linux/kho_fast.h>

#include "machine.h"

static bool all_claimed;

bool claim_all(void)
{
	struct set_pos pos;

	for_each_folio(&pos) {
		if (kho_restore_folio(PFN_PHYS(pos.pfn)) != (struct folio *)pfn_to_page(pos.pfn))
			return false;
	}
	return true;
}

static void reset_stock(const struct bench_variant *v)
{
	stock_init();
}

static void run_stock(const struct bench_variant *v)
{
	stock_restore();
}

static void reset_ours(const struct bench_variant *v)
{
	machine_reset(v);
	kho_fast_init_range(FIRST_PRESERVED, machine.end_pfn, true);
}

static void run_ours(const struct bench_variant *v)
{
	all_claimed = claim_all();
}

static bool verify_ours(void)
{
	return all_claimed && machine_check_claimed();
}

static struct bench_work setup(unsigned int index)
{
	machine_build(index, DIV_ROUND_UP(bench_options.memory_gib, 4));
	return (struct bench_work){ .n = machine.nr_folios };
}

static const struct bench_variant variants[] = {
	{ "stock-like", 1, NULL, NULL, machine_spoil, reset_stock, run_stock, machine_check_claimed },
	{ "kho_fast", 1, NULL, NULL, machine_spoil, reset_ours, run_ours, verify_ours },
};

const struct bench bench_claim = {
	.name		= "claim",
	.unit		= "folio",
	BENCH_CASES(folio_sets),
	.setup		= setup,
	BENCH_VARIANTS(variants),
};
