// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocate memory range by range, as CMA and gigantic pages do. A range with a
 * preserved page must be refused at once and stay unchanged.
 */
#include <linux/gfp.h>
#include <linux/ktime.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/sched.h>

#include "kho_workload.h"

struct contig_tally {
	unsigned long taken, busy;
	u64 max_ns;
};

static int contig_try_range(unsigned long start, unsigned long end,
			    struct contig_tally *tally)
{
	u64 ns = ktime_get_raw_ns();
	int err = alloc_contig_range(start, end, ACR_FLAGS_NONE, GFP_KERNEL);

	tally->max_ns = max(tally->max_ns, ktime_get_raw_ns() - ns);
	if (!err) {
		free_contig_range(start, end - start);
		tally->taken++;
	} else if (err == -EBUSY) {
		tally->busy++;
	} else {
		return report_err(err, "the range at pfn %#lx", start);
	}
	cond_resched();
	return 0;
}

static unsigned long contig_last_pfn(void)
{
	unsigned long last = 0;
	int nid;

	for_each_node_state(nid, N_MEMORY)
		last = max(last, pgdat_end_pfn(NODE_DATA(nid)));
	return last;
}

static bool contig_in_one_zone(unsigned long start, unsigned long end)
{
	struct page *first = pfn_to_online_page(start);
	struct page *last = pfn_to_online_page(end - 1);

	return first && last && page_zone(first) == page_zone(last);
}

/* span=: size of the ranges; want=none or some: ranges to be allocated */
int contig(void)
{
	unsigned long span = arg_num("span", SZ_128M) >> PAGE_SHIFT;
	bool some = !strcmp(arg_str("want", "none"), "some");
	unsigned long end = contig_last_pfn();
	struct contig_tally tally = {};
	int err = 0;

	for (unsigned long pfn = 0; !err && pfn + span <= end; pfn += span)
		if (contig_in_one_zone(pfn, pfn + span))
			err = contig_try_range(pfn, pfn + span, &tally);
	report("contig_taken=%lu\ncontig_busy=%lu\ncontig_max_ns=%llu\n",
	       tally.taken, tally.busy, tally.max_ns);
	if (!err && some != !!tally.taken)
		err = report_err(-EIO, "%lu ranges could be taken",
				 tally.taken);
	if (!err && tally.max_ns > NSEC_PER_SEC)
		err = report_err(-ETIME, "one range took %llu ns",
				 tally.max_ns);
	return err;
}
