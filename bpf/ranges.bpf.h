/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Preserved, unpreserved and restored memory, by the trace events of an accelerated kernel or
 * the functions of a stock one. The program defines on_range().
 */
#ifndef RANGES_BPF_H
#define RANGES_BPF_H

#include "common.bpf.h"
#include "pages.bpf.h"
#include "ranges.h"

const volatile struct node_range node_ranges[MAX_NODE_RANGES];

static void on_range(const struct range *range);

static __always_inline int from_event(enum range_op op, unsigned long pfn, unsigned long nr_pages,
				      unsigned int order, int nid, unsigned long caller)
{
	struct range range = {
		.pfn = pfn, .nr_pages = nr_pages, .caller = caller,
		.order = order, .nid = nid, .op = op,
	};

	if (is_traced())
		on_range(&range);
	return 0;
}

SEC("tp_btf/kho_preserve")
int BPF_PROG(tp_preserve, unsigned long pfn, unsigned long nr_pages, unsigned int order, int nid,
	     unsigned long caller)
{
	return from_event(RANGE_PRESERVE, pfn, nr_pages, order, nid, caller);
}

SEC("tp_btf/kho_unpreserve")
int BPF_PROG(tp_unpreserve, unsigned long pfn, unsigned long nr_pages, unsigned int order, int nid,
	     unsigned long caller)
{
	return from_event(RANGE_UNPRESERVE, pfn, nr_pages, order, nid, caller);
}

SEC("tp_btf/kho_restore")
int BPF_PROG(tp_restore, unsigned long pfn, unsigned long nr_pages, unsigned int order, int nid,
	     unsigned long caller)
{
	return from_event(RANGE_RESTORE, pfn, nr_pages, order, nid, caller);
}

/* The bits of the node in page flags depend on the kernel and are not in BTF. */
static __always_inline int find_node(unsigned long pfn)
{
	int i;

	for (i = 0; i < MAX_NODE_RANGES && node_ranges[i].end; i++)
		if (pfn >= node_ranges[i].start && pfn < node_ranges[i].end)
			return node_ranges[i].nid;
	return -1;
}

/* A computed page frame outside of memory is wrong. */
static __always_inline int from_page(enum range_op op, const void *page, unsigned long nr_pages,
				     unsigned int order)
{
	unsigned long pfn;
	int nid;

	if (!is_traced())
		return 0;
	nid = page_to_pfn(page, &pfn) ? find_node(pfn) : -1;
	if (nid >= 0)
		return from_event(op, pfn, nr_pages, order, nid, 0);
	miss_one(MISSED_UNPLACED);
	return 0;
}

static __always_inline int from_folio(enum range_op op, const struct folio *folio)
{
	unsigned int order = folio_order(folio);

	return from_page(op, folio, 1UL << order, order);
}

/* An argument of the kernel is right: memory may have been added, then without a node. */
static __always_inline int from_phys(__u64 phys, unsigned long nr_pages, unsigned int order)
{
	unsigned long pfn = phys >> PAGE_SHIFT;

	return from_event(RANGE_RESTORE, pfn, nr_pages, order, find_node(pfn), 0);
}

SEC("fexit/kho_preserve_folio")
int BPF_PROG(fexit_preserve_folio, struct folio *folio, int err)
{
	return err ? 0 : from_folio(RANGE_PRESERVE, folio);
}

/* At the end of the call, which may be the first that has the base of struct pages. */
SEC("fexit/kho_unpreserve_folio")
int BPF_PROG(fexit_unpreserve_folio, struct folio *folio)
{
	return from_folio(RANGE_UNPRESERVE, folio);
}

SEC("fexit/kho_restore_folio")
int BPF_PROG(fexit_restore_folio, __u64 phys, struct folio *folio)
{
	unsigned int order = folio ? folio_order(folio) : 0;

	return folio ? from_phys(phys, 1UL << order, order) : 0;
}

SEC("fexit/kho_preserve_pages")
int BPF_PROG(fexit_preserve_pages, struct page *page, unsigned long nr_pages, int err)
{
	return err ? 0 : from_page(RANGE_PRESERVE, page, nr_pages, 0);
}

SEC("fexit/kho_unpreserve_pages")
int BPF_PROG(fexit_unpreserve_pages, struct page *page, unsigned long nr_pages)
{
	return from_page(RANGE_UNPRESERVE, page, nr_pages, 0);
}

SEC("fexit/kho_restore_pages")
int BPF_PROG(fexit_restore_pages, __u64 phys, unsigned long nr_pages, struct page *page)
{
	return page ? from_phys(phys, nr_pages, 0) : 0;
}

#endif /* RANGES_BPF_H */
