// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Early memory around preserved pages
 *
 * Early memory is memory whose struct pages are initialised by memmap_init(),
 * on the boot CPU, and which memblock_free_all() frees. Where its sections have
 * preserved pages, kho_fast_free_range() frees only the runs between those.
 *
 * The struct pages of preserved folios get their final layout later, when
 * mm/deferred_kho.c initialises the section; preserved single pages have it
 * already.
 */
#include <linux/init.h>
#include <linux/kho_fast.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/nodemask.h>

#include "../kernel/kho_fast/incoming/bitmap.h"
#include "../kernel/kho_fast/incoming/map.h"
#include "../kernel/kho_fast/incoming/stats.h"
#include "kho_buddy_block.h"
#include "kho_early_memory.h"
#include "kho_free_runs.h"

/* Per node the first page frame whose struct page is deferred. */
static unsigned long kho_deferred_from[MAX_NUMNODES] __initdata;

/**
 * kho_fast_has_preserved - Test for preserved memory.
 *
 * Return: true after a kexec with a valid handover.
 */
bool __init kho_fast_has_preserved(void)
{
	return kho_fast_incoming.root;
}

/**
 * kho_fast_early_memory_init - Record which struct pages are deferred.
 *
 * deferred_grow_zone() moves first_deferred_pfn later; kho_fast_free_range()
 * frees the memory below its first value.
 *
 * Context: boot CPU, between memmap_init() and memblock_free_all().
 */
void __init kho_fast_early_memory_init(void)
{
	int nid;

	for_each_node_state(nid, N_MEMORY)
		kho_deferred_from[nid] = kho_fast_first_deferred_pfn(nid);
	kho_short_runs_init();
	kho_fast_stats_init();
}

/**
 * kho_fast_early_end - End of the early memory of a node.
 * @nid: The node.
 *
 * Return: the first page frame whose struct page is deferred.
 */
unsigned long __init kho_fast_early_end(int nid)
{
	return kho_deferred_from[nid];
}

/* Free the early pages [pfn, end) of a section around preserved pages. */
static void __init kho_free_early(unsigned long pfn, unsigned long end,
				  void (*free)(unsigned long start,
					       unsigned long end))
{
	struct kho_short_runs runs = {};
	const int nid = pfn_to_nid(pfn);
	struct kho_buddy_block block;
	unsigned long next;

	for (; pfn < end; pfn = next) {
		next = kho_buddy_block_end(pfn, end);
		kho_buddy_block_read(&block, nid, pfn, next, &runs);
		kho_fast_count_kept(page_zone(pfn_to_page(pfn)), next - pfn -
				    kho_buddy_block_free(&block, pfn, next,
							 free));
	}
	kho_short_runs_queue(&runs);
}

/**
 * kho_fast_free_range - Free early memory around preserved pages.
 * @start_pfn: First page frame, of one node.
 * @end_pfn:   One past the last page frame.
 * @free:      Frees a range of early memory without preserved pages.
 *
 * The part of the range with deferred struct pages is ignored.
 *
 * Context: memblock_free_all().
 * Return: false if there is no handover and the caller must free the range.
 */
bool __init kho_fast_free_range(unsigned long start_pfn, unsigned long end_pfn,
				void (*free)(unsigned long start,
					     unsigned long end))
{
	unsigned long pfn, next, early_end, run = start_pfn;

	if (!kho_fast_has_preserved())
		return false;

	early_end = kho_deferred_from[early_pfn_to_nid(start_pfn)];
	early_end = clamp(early_end, start_pfn, end_pfn);

	for (pfn = start_pfn; pfn < early_end; pfn = next) {
		next = min(SECTION_ALIGN_UP(pfn + 1), early_end);
		if (!kho_fast_map_has_preserved(&kho_fast_incoming, pfn))
			continue;

		if (run < pfn)
			free(run, pfn);
		kho_free_early(pfn, next, free);
		run = next;
	}
	if (run < early_end)
		free(run, early_end);

	return true;
}
