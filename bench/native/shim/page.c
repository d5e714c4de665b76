// SPDX-License-Identifier: GPL-2.0-only
/*
 * Physical memory, and what writes struct pages in the kernel, store by store.
 *
 * There is no buddy allocator: pages that are freed get the struct page that the
 * kernel's __free_pages_core() gives them, and are counted. So the cost of freeing is
 * left out, and only what is preserved without holes is compared in full.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include <linux/gfp.h>
#include <linux/memblock.h>

#include "mm/mm_init.h"

/* The memmap of the largest folio is aligned like it. */
#define MEMMAP_ALIGN	(1ul << 30)

char *shim_arena;
struct page *shim_memmap;
unsigned long shim_nr_pages;
pg_data_t shim_nodes[MAX_NUMNODES];
static long totalram;
static unsigned long pool_start, pool_next, pool_end;	/* page frames */
static unsigned long *pageblock_types;

static void *address_space(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		shim_die("cannot reserve %zu bytes of address space", size);
	return p;
}

/* The memmap in huge pages, as the kernel maps it. */
void shim_memory_init(unsigned long nr_pages)
{
	size_t size = nr_pages * sizeof(struct page);
	unsigned long memmap = (unsigned long)address_space(size + MEMMAP_ALIGN);

	shim_nr_pages = nr_pages;
	shim_arena = address_space(PFN_PHYS(nr_pages));
	shim_memmap = (struct page *)ALIGN(memmap, MEMMAP_ALIGN);
	madvise(shim_memmap, size, MADV_HUGEPAGE);
	pageblock_types = calloc(nr_pages / pageblock_nr_pages + 1, sizeof(long));
	if (!pageblock_types)
		shim_die("no memory");
}

bool shim_fault(void)
{
	return false;
}

int get_order(size_t size)
{
	return size <= PAGE_SIZE ? 0 : fls64((size - 1) >> PAGE_SHIFT);
}

int pfn_to_nid(unsigned long pfn)
{
	return pfn_to_page(pfn)->flags.f >> NODES_PGSHIFT;
}

/* As in the kernel: from memblock, before there are struct pages. */
int early_pfn_to_nid(unsigned long pfn)
{
	unsigned long start, end;
	int nid = memblock_search_pfn_nid(pfn, &start, &end);

	return nid == NUMA_NO_NODE ? 0 : nid;
}

void totalram_pages_add(long nr)
{
	__atomic_fetch_add(&totalram, nr, __ATOMIC_RELAXED);
}

void adjust_managed_page_count(struct page *page, long nr)
{
	atomic_long_add(nr, &page_zone(page)->managed_pages);
	totalram_pages_add(nr);
}

void __init_single_page(struct page *page, unsigned long pfn,
			unsigned long zone, int nid)
{
	mm_zero_struct_page(page);
	page->flags.f |= zone << ZONES_PGSHIFT | (unsigned long)nid << NODES_PGSHIFT;
	set_page_count(page, 1);
	atomic_set(&page->_mapcount, -1);
	INIT_LIST_HEAD(&page->lru);
}

/* A word per block where the kernel has four bits: nothing of a struct page. */
void init_pageblock_migratetype(struct page *page, enum migratetype mt, bool isolate)
{
	WRITE_ONCE(pageblock_types[page_to_pfn(page) / pageblock_nr_pages], mt);
}

void __free_pages_core(struct page *page, unsigned int order,
		       enum meminit_context context)
{
	unsigned long i;

	for (i = 0; i < BIT(order); i++)
		set_page_count(page + i, 0);
	atomic_long_add(BIT(order), &page_zone(page)->managed_pages);
}

void free_reserved_pages(struct page *page, unsigned int order)
{
	__free_pages_core(page, order, MEMINIT_EARLY);
	totalram_pages_add(BIT(order));
}

unsigned long free_reserved_area(void *start, void *end, int poison, const char *what)
{
	unsigned long pfn = PFN_UP(virt_to_phys(start)), nr = 0;

	for (; pfn + nr < PFN_DOWN(virt_to_phys(end)); nr++)
		free_reserved_page(pfn_to_page(pfn + nr));
	return nr;
}

void init_cma_reserved_pageblock(struct page *page)
{
	free_reserved_pages(page, pageblock_order);
}

void __free_page(struct page *page)
{
	set_page_count(page, 0);
}

void folio_put(struct folio *folio)
{
	__free_page(&folio->page);
}

/* Resident, and mapped by huge pages as far as that goes, like the kernel's memory. */
void shim_pool_init(unsigned long pfn, unsigned long nr_pages)
{
	size_t size = PFN_PHYS(nr_pages);
	char *p = phys_to_virt(PFN_PHYS(pfn));

	madvise(p, size, MADV_HUGEPAGE);
	memset(p, 0, size);
	pool_start = pool_next = pfn;
	pool_end = pfn + nr_pages;
}

unsigned long shim_pool_used(void)
{
	return pool_next - pool_start;
}

/* Zeroes them: part of the price of a new page. */
static void *pool_alloc(unsigned long nr_pages)
{
	unsigned long pfn = __atomic_fetch_add(&pool_next, nr_pages, __ATOMIC_RELAXED);

	if (pfn + nr_pages > pool_end)
		shim_die("the pool has only %lu pages", pool_end - pool_start);
	return memset(phys_to_virt(PFN_PHYS(pfn)), 0, PFN_PHYS(nr_pages));
}

struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order)
{
	return virt_to_page(pool_alloc(BIT(order)));
}

unsigned long get_zeroed_page(gfp_t gfp)
{
	return (unsigned long)pool_alloc(1);
}

/* Only records of a page, which are made when handing over is set up. */
struct folio *folio_alloc(gfp_t gfp, unsigned int order)
{
	return order ? NULL : (struct folio *)virt_to_page(pool_alloc(1));
}

void free_page(unsigned long addr)
{
}

/* There is none. */
int reserve_mem_find_by_name(const char *name, phys_addr_t *start, phys_addr_t *size)
{
	return 0;
}
