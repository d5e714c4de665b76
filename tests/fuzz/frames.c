// SPDX-License-Identifier: GPL-2.0-only
/*
 * Restores and frees pages of memfds in place of incoming/restore.c and the
 * page allocator, and checks that each freed page was restored, is freed once,
 * and is not accessed afterwards. The second page of a folio of order 1 is at
 * the address between two pages, which is unused otherwise.
 */
#include <sanitizer/asan_interface.h>

#include <linux/bug.h>
#include <linux/mm.h>
#include <linux/kexec_handover.h>

#include "fuzz.h"
#include "incoming/restore.h"
#include "mm/internal.h"
#include "outgoing/outgoing.h"

#define FIRST	(IMAGE_PA >> PAGE_SHIFT)
#define FRAMES	(2 * NR_PAGES)

static struct page map[FIRST + FRAMES];
long shim_totalram, shim_live_pages;
u8 *shim_migratetype = (u8[((FIRST + FRAMES) >> pageblock_order) + 1]){};

void frames_init(void)
{
	memset(map, 0, sizeof(map));
	shim_memmap = map;
}

/* Returns the order of the restored folio, or a negative value. */
static int restore(unsigned long pfn, unsigned int max_order)
{
	unsigned int page = (pfn - FIRST) / 2, order, i;

	if (pfn < FIRST || pfn >= FIRST + FRAMES || pfn % 2)
		return -1;
	order = image.owner[page] == IN_FOLIO;
	if ((image.owner[page] != PRESERVED && !order) || order > max_order)
		return -1;
	image.owner[page] = RESTORED;
	image.nr_restored += BIT(order);
	for (i = 0; i < BIT(order); i++)
		map[pfn + i] = (struct page){
			.inits = 1, ._refcount = { 1 }, ._mapcount = { -1 },
		};
	ASAN_UNPOISON_MEMORY_REGION(phys_to_virt(PFN_PHYS(pfn)), PAGE_SIZE << order);
	return order;
}

struct folio *kho_restore_folio(phys_addr_t phys)
{
	int order = restore(PHYS_PFN(phys), 31);
	struct page *head;

	if (order < 0)
		return NULL;
	head = map + PHYS_PFN(phys);
	if (order) {
		set_page_count(head + 1, 0);
		prep_compound_page(head, order);
	}
	return page_folio(head);
}

void kho_fast_restore_begin(struct kho_fast_restore_batch *batch)
{
}

struct folio *kho_fast_restore_next(struct kho_fast_restore_batch *batch, unsigned long pfn)
{
	return kho_restore_folio(PFN_PHYS(pfn));
}

/* Files are too small to be filled later: no node is asked for. */
pg_data_t shim_nodes[MAX_NUMNODES];

int kho_fast_restore_peek(struct kho_fast_restore_batch *batch, unsigned long pfn)
{
	abort();
}

void kho_fast_restore_end(struct kho_fast_restore_batch *batch)
{
}

/* As incoming/restore.c: pages restored before an error stay so. */
struct page *kho_restore_pages(phys_addr_t phys, unsigned long nr)
{
	unsigned long start = PHYS_PFN(phys), pfn = start;

	while (pfn < start + nr) {
		int order = restore(pfn, 63 - __builtin_clzl(start + nr - pfn));

		if (order < 0) {
			image.nr_restored -= pfn - start;
			return NULL;
		}
		pfn += BIT(order);
	}

	return map + start;
}

static void free_frame(struct page *page)
{
	if (page->inits != 1 || page->free)
		shim_die("pfn %#lx is freed: restored %u, free %u", page_to_pfn(page), page->inits,
			 page->free);
	page->free = 1;
	image.nr_freed++;
	ASAN_POISON_MEMORY_REGION(page_address(page), PAGE_SIZE);
}

void __free_page(struct page *page)
{
	if (page < map || page >= map + ARRAY_SIZE(map) || --page->_refcount.counter ||
	    PageHead(page) || PageTail(page))
		shim_die("a page is freed that is shared, compound or none");
	free_frame(page);
}

void folio_put(struct folio *folio)
{
	unsigned int i, nr = BIT(folio_order(folio));

	if (folio->page._refcount.counter <= 0)
		shim_die("a folio is put that is free");
	if (--folio->page._refcount.counter)
		return;
	for (i = 0; i < nr; i++)
		free_frame(&folio->page + i);
}

/* Pages for the image that is being made */
unsigned long get_zeroed_page(gfp_t gfp)
{
	return (unsigned long)image_alloc();
}

int kho_preserve_pages(struct page *page, unsigned long nr)
{
	return 0;
}

void free_page(unsigned long addr)
{
	shim_die("nothing is freed while an image is made");
}

void kho_unpreserve_pages(struct page *page, unsigned long nr)
{
	shim_die("nothing is unpreserved while an image is made");
}

void kho_fast_unpreserve_range(unsigned long pfn, unsigned long nr)
{
	shim_die("nothing is unpreserved while an image is made");
}

struct folio *folio_alloc(gfp_t gfp, unsigned int order)
{
	shim_die("no folio is allocated when a file comes back");
}
