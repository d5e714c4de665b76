// SPDX-License-Identifier: GPL-2.0-only
/*
 * Physical memory, its struct pages and a buddy allocator that only frees.
 *
 * It is a judge, not a model: whatever would corrupt a kernel ends the test. In
 * particular a page is initialised once, freed once, and no struct page that is
 * not initialised is looked at while free blocks are merged. What is freed while
 * memory is initialised takes no lock, so that TSan sees two threads in a block.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <linux/bug.h>
#include <linux/gfp.h>
#include <linux/memblock.h>
#include <linux/poison.h>
#include <linux/shmem_fs.h>

#include "mm/internal.h"
#include "mm/mm_init.h"

#define MEMORY_PAGES	(SHIM_MEMORY >> PAGE_SHIFT)

char *shim_arena;
struct page *shim_memmap;
u8 shim_migratetype[MEMORY_PAGES >> pageblock_order];
pg_data_t shim_nodes[MAX_NUMNODES];
long shim_totalram, shim_live_pages, shim_fail_after = -1;
unsigned long (*shim_find_pages)(unsigned int order);
void (*shim_alloc_hook)(void);
int shim_alloc_nid;
static pthread_mutex_t zone_lock = PTHREAD_MUTEX_INITIALIZER;

static void *address_space(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		shim_die("cannot reserve %zu bytes of address space", size);
	return p;
}

/* Shared, so that a child can be the kernel before the kexec. */
void shim_memory_init(void)
{
	shim_arena = address_space(SHIM_MEMORY);
	shim_memmap = address_space(MEMORY_PAGES * sizeof(struct page));
}

/* All struct pages as before the first boot. */
void shim_forget_memmap(void)
{
	if (madvise(shim_memmap, MEMORY_PAGES * sizeof(struct page), MADV_REMOVE))
		shim_die("cannot drop the memory map");
}

bool shim_fault(void)
{
	return shim_fail_after >= 0 && !shim_fail_after--;
}

/* All of the page lies in one region. */
bool shim_page_is_memory(unsigned long pfn)
{
	unsigned long start, end;

	return memblock_search_pfn_nid(pfn, &start, &end) != NUMA_NO_NODE && pfn < end;
}

struct page *pfn_to_online_page(unsigned long pfn)
{
	return pfn < MEMORY_PAGES && shim_page_is_memory(pfn) ? pfn_to_page(pfn) : NULL;
}

int pfn_to_nid(unsigned long pfn)
{
	return early_pfn_to_nid(pfn);
}

int get_order(size_t size)
{
	return size > PAGE_SIZE ? fls64((size - 1) >> PAGE_SHIFT) : 0;
}

struct zone *page_zone(const struct page *page)
{
	return &NODE_DATA(page->nid)->node_zones[page->zid];
}

void totalram_pages_add(long nr)
{
	__atomic_fetch_add(&shim_totalram, nr, __ATOMIC_RELAXED);
}

void adjust_managed_page_count(struct page *page, long nr)
{
	atomic_long_add(nr, &page_zone(page)->managed_pages);
	totalram_pages_add(nr);
}

/* Not part of the memory map: copies of it will be. */
static bool is_template(const struct page *page)
{
	return page < shim_memmap || page >= shim_memmap + MEMORY_PAGES;
}

void __init_single_page(struct page *page, unsigned long pfn,
			unsigned long zone, int nid)
{
	const struct zone *z = &NODE_DATA(nid)->node_zones[zone];

	if (is_template(page))
		memset(page, 0, sizeof(*page));
	else if (page != pfn_to_page(pfn))
		shim_die("pfn %#lx has another struct page", pfn);
	if (pfn < z->start_pfn || pfn >= z->end_pfn || early_pfn_to_nid(pfn) != nid)
		shim_die("pfn %#lx is not in zone %lu of node %d", pfn, zone, nid);
	if (page->inits++)
		shim_die("pfn %#lx is initialised a second time", pfn);
	page->_mapcount = -1;
	page->refcount = 1;
	INIT_LIST_HEAD(&page->lru);
	page->nid = nid;
	page->zid = zone;
}

void init_pageblock_migratetype(struct page *page, enum migratetype mt, bool isolate)
{
	if (!IS_ALIGNED(page_to_pfn(page), pageblock_nr_pages))
		shim_die("pfn %#lx does not start a pageblock", page_to_pfn(page));
	shim_migratetype[page_to_pfn(page) >> pageblock_order] = mt;
}

static bool zones_match(const struct page *a, const struct page *b)
{
	return a->nid == b->nid && a->zid == b->zid;
}

static void merge(unsigned long pfn, unsigned int order)
{
	struct page *page = pfn_to_page(pfn);

	for (; order < MAX_PAGE_ORDER; order++) {
		struct page *buddy = pfn_to_page(pfn ^ BIT(order));

		if (!buddy->inits && shim_page_is_memory(page_to_pfn(buddy)))
			shim_die("freeing pfn %#lx looks at pfn %#lx, not initialised",
				 pfn, page_to_pfn(buddy));
		if (buddy->free_order != order + 1 || !zones_match(page, buddy))
			break;
		buddy->free_order = 0;
		page = min(page, buddy);
		pfn = page_to_pfn(page);
	}

	page->free_order = order + 1;
}

static void buddy_free(struct page *page, unsigned int order)
{
	unsigned long pfn = page_to_pfn(page), i;

	shim_publish("a free page");
	if (order > MAX_PAGE_ORDER || !IS_ALIGNED(pfn, BIT(order)))
		shim_die("pfn %#lx is no block of order %u", pfn, order);

	for (i = 0; i < BIT(order); i++) {
		struct page *p = page + i;

		if (p->inits != 1 || p->free || p->reserved)
			shim_die("pfn %#lx freed: inits %u, free %u, reserved %u",
				 pfn + i, p->inits, p->free, p->reserved);
		if (p->head || p->flags.f || p->private || p->_mapcount != -1)
			shim_die("pfn %#lx is freed in a bad state", pfn + i);
		p->free = 1;
		p->refcount = 0;
	}
	merge(pfn, order);
}

/* From running code, not from boot. */
static void buddy_free_locked(struct page *page, unsigned int order)
{
	pthread_mutex_lock(&zone_lock);
	buddy_free(page, order);
	pthread_mutex_unlock(&zone_lock);
}

void __free_pages_core(struct page *page, unsigned int order,
		       enum meminit_context context)
{
	atomic_long_add(BIT(order), &page_zone(page)->managed_pages);
	buddy_free(page, order);
}

void free_reserved_pages(struct page *page, unsigned int order)
{
	unsigned long i;

	for (i = 0; i < BIT(order); i++) {
		if (page[i].refcount != 1 || page[i].head || page[i].flags.f)
			shim_die("pfn %#lx is in use", page_to_pfn(page + i));
		page[i].reserved = 0;
	}
	/* Whoever still looks at it is wrong. */
	memset(page_address(page), 0x5a, PAGE_SIZE << order);
	adjust_managed_page_count(page, BIT(order));
	buddy_free_locked(page, order);
}

unsigned long free_reserved_area(void *start, void *end, int poison, const char *what)
{
	unsigned long pfn = PFN_UP(virt_to_phys(start)), nr = 0;

	for (; pfn < PFN_DOWN(virt_to_phys(end)); pfn++, nr++) {
		if (!pfn_to_page(pfn)->reserved)
			shim_die("pfn %#lx is not reserved", pfn);
		free_reserved_page(pfn_to_page(pfn));
	}

	return nr;
}

void init_cma_reserved_pageblock(struct page *page)
{
	unsigned long i;

	init_pageblock_migratetype(page, MIGRATE_CMA, false);
	for (i = 0; i < pageblock_nr_pages; i++)
		free_reserved_page(page + i);
}

void prep_compound_tail(struct page *page, const struct page *head, unsigned int order)
{
	page->mapping = TAIL_MAPPING;
	set_compound_head(page, head, order);
}

bool shim_compound_mask;

/* The order lives in the second page, which must be there by then. */
void prep_compound_head(struct page *head, unsigned int order)
{
	shim_touch(head);
	shim_touch(head + 1);
	if (!PageHead(head) || head[1].inits != 1 || head[1].head != shim_link(head, order))
		shim_die("pfn %#lx is no head", page_to_pfn(head));
	head[1].order = order;
	head[1].large = (struct shim_large){
		._large_mapcount = { -1 }, ._entire_mapcount = { -1 }, ._nr_pages = BIT(order),
	};
	if (order > 1)
		INIT_LIST_HEAD(&shim_touch(head + 2)->deferred);
}

void __free_page(struct page *page)
{
	if (--page->refcount || PageHead(page) || page->head)
		shim_die("pfn %#lx is shared or compound", page_to_pfn(page));
	/* Whoever still looks at it is wrong. */
	memset(page_address(page), 0x5a, PAGE_SIZE);
	buddy_free_locked(page, 0);
}

void folio_put(struct folio *folio)
{
	struct page *page = &folio->page;
	unsigned int order = folio_order(folio);
	unsigned long i;

	if (--page->refcount)
		return;
	for (i = 1; i < BIT(order); i++) {
		if (page[i].head != page || page[i].refcount)
			shim_die("pfn %#lx is no tail", page_to_pfn(page + i));
		page[i].head = NULL;
		page[i].mapping = NULL;
	}
	if (page->mapping || shim_folio_flag(folio, SHIM_LOCKED))
		shim_die("pfn %#lx is freed %s", page_to_pfn(page),
			 page->mapping ? "while a file has it" : "locked");
	/* The index may be what it was. */
	page[0].flags.f = page[!!order].order = page->private = 0;
	for (i = 0; i < BIT(order); i += BIT(min(order, MAX_PAGE_ORDER)))
		buddy_free_locked(page + i, min(order, MAX_PAGE_ORDER));
	__atomic_fetch_sub(&shim_live_pages, BIT(order), __ATOMIC_RELAXED);
}

/* No region of reserve_mem= is known, unless a test says so. */
phys_addr_t *shim_reserve_mem;

int reserve_mem_find_by_name(const char *name, phys_addr_t *start, phys_addr_t *size)
{
	if (!shim_reserve_mem)
		return 0;
	*start = shim_reserve_mem[0];
	*size = shim_reserve_mem[1];
	return 1;
}

/* The test says which pages, all of them free. */
struct page *shim_alloc_pages(unsigned int order)
{
	struct page *page;
	unsigned long i;

	if (shim_fault())
		return NULL;

	page = pfn_to_page(shim_find_pages(order));
	memset(page_address(page), 0, PAGE_SIZE << order);
	for (i = 0; i < BIT(order); i++) {
		page[i].free = page[i].free_order = 0;
		page[i].refcount = !i;
		page[i].head = order && i ? page : NULL;
	}
	page->flags.f = order ? PG_HEAD : 0;
	page[!!order].order = order;
	__atomic_fetch_add(&shim_live_pages, BIT(order), __ATOMIC_RELAXED);
	return page;
}

struct folio *folio_alloc(gfp_t gfp, unsigned int order)
{
	return page_folio(shim_alloc_pages(order));
}

/* Where no test says, pages come from the end of the arena, which no world reaches. */
#define SPARE_PAGES	(1UL << 19)
static unsigned long spare[SPARE_PAGES], nr_spare, nr_used;	/* under zone_lock */

static struct page *spare_page(void)
{
	unsigned long pfn;

	pthread_mutex_lock(&zone_lock);
	pfn = nr_spare ? spare[--nr_spare] : MEMORY_PAGES - ++nr_used;
	if (nr_used > SPARE_PAGES)
		shim_die("no spare pages left");
	pthread_mutex_unlock(&zone_lock);
	memset(phys_to_virt(PFN_PHYS(pfn)), 0, PAGE_SIZE);
	__atomic_fetch_add(&shim_live_pages, 1, __ATOMIC_RELAXED);
	return pfn_to_page(pfn);
}

struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order)
{
	if (shim_alloc_hook)
		shim_alloc_hook();
	__atomic_store_n(&shim_alloc_nid, nid, __ATOMIC_RELAXED);
	if (shim_find_pages)
		return shim_alloc_pages(order);
	if (order)
		shim_die("order %u before the test says from where", order);
	return shim_fault() ? NULL : spare_page();
}

unsigned long get_zeroed_page(gfp_t gfp)
{
	struct page *page = alloc_pages_node(NUMA_NO_NODE, gfp, 0);

	return page ? (unsigned long)page_address(page) : 0;
}

void free_page(unsigned long addr)
{
	__atomic_fetch_sub(&shim_live_pages, 1, __ATOMIC_RELAXED);
	if (shim_find_pages)
		return;

	/* Whoever still looks at it is wrong. */
	memset((void *)addr, 0x5a, PAGE_SIZE);
	pthread_mutex_lock(&zone_lock);
	spare[nr_spare++] = PHYS_PFN(virt_to_phys((void *)addr));
	pthread_mutex_unlock(&zone_lock);
}
