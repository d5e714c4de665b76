// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Memory of the next kernel
 *
 * The next kernel refuses a handover with preserved pages in scratch, or in
 * memory that is not RAM for it early in its boot, such as hot-added memory.
 * The ranges of all other memory are found once: the map that kexec_file_load()
 * passes on and the scratch areas do not change after the boot.
 *
 * Lock order: none; read-only after kho_init().
 */
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../ram.h"
#include "../scratch.h"
#include "memory.h"

static struct kho_fast_pfn_range *kho_memory; /* ascending */
static unsigned int kho_nr_memory;

/* Adjacent ranges of the map become one. */
static void __init kho_memory_add_ram(phys_addr_t start, phys_addr_t end)
{
	unsigned long from = PFN_UP(start), to = PFN_DOWN(end);

	if (from >= to)
		return;

	if (kho_nr_memory && kho_memory[kho_nr_memory - 1].end == from)
		kho_memory[kho_nr_memory - 1].end = to;
	else
		kho_memory[kho_nr_memory++] =
			(struct kho_fast_pfn_range){ from, to };
}

/* Insert a range before the @nth one. */
static void __init kho_memory_insert(unsigned int nth,
				     struct kho_fast_pfn_range range)
{
	memmove(&kho_memory[nth + 1], &kho_memory[nth],
		(kho_nr_memory++ - nth) * sizeof(*kho_memory));
	kho_memory[nth] = range;
}

/* An area is in one range, but one that firmware changes may be in several. */
static void __init kho_memory_cut(unsigned long start, unsigned long end)
{
	unsigned int i;

	for (i = 0; i < kho_nr_memory; i++) {
		struct kho_fast_pfn_range *range = &kho_memory[i];

		if (range->end <= start || end <= range->start)
			continue;

		if (range->start < start && end < range->end) {
			kho_memory_insert(i, (struct kho_fast_pfn_range){
				range->start, start });
			range[1].start = end;
			return;
		}
		if (range->start < start)
			range->end = start;
		else
			range->start = min(end, range->end);
	}
}

/**
 * kho_fast_memory_init - Find the memory of the next kernel.
 *
 * Return: 0; -ENOMEM.
 */
int __init kho_fast_memory_init(void)
{
	phys_addr_t start, end;
	unsigned int i;

	/* An area splits at most one range. */
	kho_memory = kvmalloc_array(kho_fast_next_ram_nr() + kho_scratch_cnt,
				    sizeof(*kho_memory), GFP_KERNEL);
	if (!kho_memory)
		return -ENOMEM;

	kho_nr_memory = 0;
	for (i = 0; i < kho_fast_next_ram_nr(); i++) {
		if (kho_fast_next_ram(i, &start, &end))
			kho_memory_add_ram(start, end);
	}
	for (i = 0; i < kho_scratch_cnt; i++)
		kho_memory_cut(PFN_DOWN(kho_scratch[i].addr),
			       PFN_UP(kho_scratch[i].addr +
				      kho_scratch[i].size));
	return 0;
}

/**
 * kho_fast_memory_exit - Undo kho_fast_memory_init().
 */
void __init kho_fast_memory_exit(void)
{
	kvfree(kho_memory);
	kho_memory = NULL;
	kho_nr_memory = 0;
}

/**
 * kho_fast_memory_find - Find the memory around a page.
 * @pfn:   Page frame.
 * @found: Receives the largest range around it where the next kernel accepts
 *         preserved pages.
 *
 * Context: any, after kho_fast_memory_init().
 * Return: true; false when the next kernel would refuse the page.
 */
bool kho_fast_memory_find(unsigned long pfn, struct kho_fast_pfn_range *found)
{
	unsigned int low = 0, high = kho_nr_memory;

	while (low < high) {
		unsigned int mid = (low + high) / 2;

		if (pfn < kho_memory[mid].start) {
			high = mid;
		} else if (pfn >= kho_memory[mid].end) {
			low = mid + 1;
		} else {
			*found = kho_memory[mid];
			return true;
		}
	}

	return false;
}

/**
 * kho_fast_memory_has - Check if the next kernel accepts preserved pages.
 * @pfn:      First page frame.
 * @nr_pages: Number of pages.
 *
 * Context: any, after kho_fast_memory_init().
 * Return: true if it has all of them as memory outside of scratch.
 */
bool kho_fast_memory_has(unsigned long pfn, unsigned long nr_pages)
{
	struct kho_fast_pfn_range range;

	return kho_fast_memory_find(pfn, &range) && nr_pages <= range.end - pfn;
}

/**
 * kho_fast_memory_nth - Get a range of memory.
 * @nth:   Its index.
 * @range: Receives it; may be empty.
 *
 * Context: any, after kho_fast_memory_init().
 * Return: false when there are fewer.
 */
bool kho_fast_memory_nth(unsigned int nth, struct kho_fast_pfn_range *range)
{
	if (nth >= kho_nr_memory)
		return false;

	*range = kho_memory[nth];
	return true;
}

/**
 * kho_fast_memory_nr_pages - Page frames from 0 to the end of memory.
 *
 * Context: any, after kho_fast_memory_init().
 * Return: their number.
 */
unsigned long kho_fast_memory_nr_pages(void)
{
	return kho_nr_memory ? kho_memory[kho_nr_memory - 1].end : 0;
}
