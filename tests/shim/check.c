// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of each page, a buddy allocator, and the pages that a test lets it give.
 *
 * It checks: whatever would corrupt a kernel ends the test. In particular a page is
 * initialised once, freed once, and no struct page that is not initialised is looked at
 * while free blocks are merged. What is freed while memory is initialised takes no lock,
 * so that TSan sees two threads in a block.
 */
#include <pthread.h>
#include <sys/mman.h>

#include <linux/bug.h>
#include <linux/memblock.h>
#include <linux/shmem_fs.h>

#include "mm/internal.h"
#include "mm/mm_init.h"

long shim_live_pages;
unsigned long (*shim_find_pages)(unsigned int order);
void (*shim_alloc_hook)(void);
int shim_alloc_nid;
gfp_t shim_alloc_gfp;
static pthread_mutex_t zone_lock = PTHREAD_MUTEX_INITIALIZER;

static u8 section_is_offline[4096];

/* All struct pages as before the first boot. */
void shim_forget_memmap(void)
{
	memset(section_is_offline, 0, sizeof(section_is_offline));
	if (madvise(shim_memmap, shim_nr_pages * sizeof(struct page), MADV_DONTNEED))
		shim_die("cannot drop the memory map");
}

bool shim_scratch_only;
unsigned int shim_nr_scratch_marks;

static void empty(struct memblock_type *type)
{
	type->cnt = type->total_size = 0;
	memset(type->regions, 0, sizeof(*type->regions));
}

void shim_memblock_reset(void)
{
	empty(&memblock.memory);
	empty(&memblock.reserved);
}

bool shim_is_reserved(unsigned long pfn)
{
	return memblock_is_region_reserved(PFN_PHYS(pfn), PAGE_SIZE);
}

bool shim_page_is_scratch(unsigned long pfn)
{
	const struct memblock_region *r;

	for_each_mem_region(r) {
		if (r->base <= PFN_PHYS(pfn) && PFN_PHYS(pfn) < r->base + r->size)
			return memblock_is_kho_scratch((struct memblock_region *)r);
	}
	return false;
}

int shim_mark_scratch(phys_addr_t base, phys_addr_t size)
{
	if (shim_nr_scratch_marks++ > 10000)
		shim_die("marking scratch never ends");
	return shim_fault() ? -ENOMEM : (memblock_mark_kho_scratch)(base, size);
}

/* Dies of freeing memory that is not reserved, which the kernel's ignores. */
void shim_memblock_free(phys_addr_t base, phys_addr_t size)
{
	phys_addr_t before = memblock_reserved_size();

	(memblock_phys_free)(base, size);
	if (before - memblock_reserved_size() != size)
		shim_die("memblock_phys_free() of %#lx+%#lx, never reserved", base, size);
}

/* All of the page lies in one region. */
bool shim_page_is_memory(unsigned long pfn)
{
	unsigned long start, end;

	return memblock_search_pfn_nid(pfn, &start, &end) != NUMA_NO_NODE && pfn < end;
}

struct page *pfn_to_online_page(unsigned long pfn)
{
	if (pfn >= shim_nr_pages && pfn < shim_online_end)
		return pfn_to_page(pfn);
	if (pfn >= shim_nr_pages || !shim_page_is_memory(pfn) ||
	    READ_ONCE(section_is_offline[pfn_to_section_nr(pfn)]))
		return NULL;
	return pfn_to_page(pfn);
}

static void set_offline(unsigned long start_pfn, unsigned long end_pfn, bool offline)
{
	u8 *section = &section_is_offline[pfn_to_section_nr(start_pfn)];

	if (end_pfn != start_pfn + PAGES_PER_SECTION ||
	    section >= section_is_offline + sizeof(section_is_offline))
		shim_die("%#lx to %#lx is no section", start_pfn, end_pfn);
	if (*section == offline)
		shim_die("pfn %#lx is %s already", start_pfn, offline ? "offline" : "online");
	WRITE_ONCE(*section, offline);
}

void offline_mem_sections(unsigned long start_pfn, unsigned long end_pfn)
{
	set_offline(start_pfn, end_pfn, true);
}

void online_mem_sections(unsigned long start_pfn, unsigned long end_pfn)
{
	shim_publish("an online section");
	set_offline(start_pfn, end_pfn, false);
}

/* A struct page outside the memory map is a template, to be copied into it. */
void shim_check_init(struct page *page, unsigned long pfn, unsigned long zone, int nid)
{
	const struct zone *z = &NODE_DATA(nid)->node_zones[zone];

	if (page < shim_memmap || page >= shim_memmap + shim_nr_pages)
		memset(page, 0, sizeof(*page));
	else if (page != pfn_to_page(pfn))
		shim_die("pfn %#lx has another struct page", pfn);
	if (pfn < z->start_pfn || pfn >= z->end_pfn || early_pfn_to_nid(pfn) != nid)
		shim_die("pfn %#lx is not in zone %lu of node %d", pfn, zone, nid);
	if (page->inits++)
		shim_die("pfn %#lx is initialised a second time", pfn);
}

static bool is_single(const struct page *page)
{
	return !PageTail(page) && !(page->flags.f & PAGEFLAGS_MASK);
}

void shim_check_reserved(struct page *page, unsigned int order)
{
	unsigned long i;

	for (i = 0; i < BIT(order); i++) {
		if (page[i]._refcount.counter != 1 || !is_single(page + i))
			shim_die("pfn %#lx is in use", page_to_pfn(page + i));
		page[i].reserved = 0;
	}
	/* Later reads are errors. */
	memset(page_address(page), 0x5a, PAGE_SIZE << order);
}

static bool zones_match(const struct page *a, const struct page *b)
{
	return a->flags.f >> ZONES_PGSHIFT == b->flags.f >> ZONES_PGSHIFT;
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

/* While the kernel boots. */
void shim_free(struct page *page, unsigned int order)
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
		if (!is_single(p) || p->private || p->_mapcount.counter != -1)
			shim_die("pfn %#lx is freed in a bad state", pfn + i);
		p->free = 1;
		p->_refcount.counter = 0;
	}
	merge(pfn, order);
}

/* While it runs. */
void shim_free_locked(struct page *page, unsigned int order)
{
	pthread_mutex_lock(&zone_lock);
	shim_free(page, order);
	pthread_mutex_unlock(&zone_lock);
}

bool put_page_testzero(struct page *page)
{
	if (page->_refcount.counter <= 0)
		shim_die("pfn %#lx has no reference to drop", page_to_pfn(page));
	return !--page->_refcount.counter;
}

void (*shim_at_free)(void);

/* Later reads of the page are errors. */
bool free_pages_prepare(struct page *page, unsigned int order)
{
	if (shim_at_free)
		shim_at_free();
	if (order || page->_refcount.counter || PageHead(page) || PageTail(page))
		shim_die("pfn %#lx is shared or compound", page_to_pfn(page));
	memset(page_address(page), 0x5a, PAGE_SIZE);
	return true;
}

void __free_page(struct page *page)
{
	if (put_page_testzero(page) && free_pages_prepare(page, 0))
		shim_free_locked(page, 0);
	else
		shim_die("pfn %#lx is shared", page_to_pfn(page));
}

/* After free_pages_prepare(), in any blocks, under the lock of its zone. */
void __putback_isolated_page(struct page *page, unsigned int order, int mt)
{
	struct zone *zone = page_zone(page);

	if (!pthread_mutex_trylock(&zone->lock))
		shim_die("pfn %#lx is freed without zone->lock", page_to_pfn(page));
	if (order > pageblock_order || mt != get_pageblock_migratetype(page))
		shim_die("pfn %#lx, order %u, is not of type %d", page_to_pfn(page), order, mt);
	shim_free_locked(page, order);
}

/* Fields of the folio overlay those of the first two tails. */
static void free_tail(struct page *page, const struct folio *folio)
{
	if (!PageTail(page) || page_folio(page) != folio || page->_refcount.counter)
		shim_die("pfn %#lx is no tail", page_to_pfn(page));
	page->flags.f &= ~PAGEFLAGS_MASK;
	page->lru = (struct list_head){};
	page->mapping = NULL;
	page->private = 0;
}

void folio_put(struct folio *folio)
{
	struct page *page = &folio->page;
	unsigned int order = folio_order(folio);
	unsigned long i;

	if (--page->_refcount.counter)
		return;
	for (i = 1; i < BIT(order); i++)
		free_tail(page + i, folio);
	if (page->mapping || shim_folio_flag(folio, SHIM_LOCKED))
		shim_die("pfn %#lx is freed %s", page_to_pfn(page),
			 page->mapping ? "while a file has it" : "locked");
	/* The index may be what it was. */
	page->flags.f &= ~PAGEFLAGS_MASK;
	page->private = 0;
	for (i = 0; i < BIT(order); i += BIT(min(order, MAX_PAGE_ORDER)))
		shim_free_locked(page + i, min(order, MAX_PAGE_ORDER));
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

/* The test says which pages, all of them free, or SHIM_NO_PAGES. */
static struct page *take_pages(unsigned int order, gfp_t gfp)
{
	unsigned long i, pfn;
	struct page *page;

	if (shim_fault())
		return NULL;

	pfn = shim_find_pages(order);
	if (pfn == SHIM_NO_PAGES)
		return NULL;
	page = pfn_to_page(pfn);
	if (gfp & __GFP_ZERO)
		memset(page_address(page), 0, PAGE_SIZE << order);
	else
		memset(page_address(page), 0xa5, PAGE_SIZE);
	for (i = 0; i < BIT(order); i++) {
		page[i].free = page[i].free_order = 0;
		set_page_count(page + i, !i);
	}
	if (order && gfp & __GFP_COMP)
		prep_compound_page(page, order);
	__atomic_fetch_add(&shim_live_pages, BIT(order), __ATOMIC_RELAXED);
	return page;
}

struct page *shim_alloc_pages(unsigned int order)
{
	return take_pages(order, __GFP_COMP | __GFP_ZERO);
}

struct folio *folio_alloc(gfp_t gfp, unsigned int order)
{
	return (struct folio *)shim_alloc_pages(order);
}

/* Where no test says, pages come from the end of the arena, which no model reaches. */
static unsigned long spare[SHIM_SPARE_PAGES], nr_spare, nr_used;	/* under zone_lock */

static struct page *spare_page(void)
{
	unsigned long pfn;

	pthread_mutex_lock(&zone_lock);
	pfn = nr_spare ? spare[--nr_spare] : shim_nr_pages - ++nr_used;
	if (nr_used > SHIM_SPARE_PAGES)
		shim_die("no spare pages left");
	pthread_mutex_unlock(&zone_lock);
	memset(phys_to_virt(PFN_PHYS(pfn)), 0, PAGE_SIZE);
	__atomic_fetch_add(&shim_live_pages, 1, __ATOMIC_RELAXED);
	return pfn_to_page(pfn);
}

static struct page *any_pages(gfp_t gfp, unsigned int order)
{
	if (shim_find_pages)
		return take_pages(order, gfp);
	if (order)
		shim_die("order %u before the test says from where", order);
	return shim_fault() ? NULL : spare_page();
}

long shim_charged_pages;
bool shim_memcg_is_full;

/* Charged pages are not told from others when they are freed. */
int memcg_kmem_charge_page(struct page *page, gfp_t gfp, int order)
{
	if (!(gfp & __GFP_RETRY_MAYFAIL))
		shim_die("a charge ends a task instead of failing");
	if (shim_memcg_is_full)
		return -ENOMEM;
	if (shim_active_memcg || !shim_is_worker)
		__atomic_fetch_add(&shim_charged_pages, BIT(order), __ATOMIC_RELAXED);
	return 0;
}

struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order)
{
	struct page *page;

	if (shim_alloc_hook)
		shim_alloc_hook();
	__atomic_store_n(&shim_alloc_nid, nid, __ATOMIC_RELAXED);
	__atomic_store_n(&shim_alloc_gfp, gfp, __ATOMIC_RELAXED);
	page = any_pages(gfp, order);
	if (!page)
		return NULL;

	if (gfp & __GFP_ACCOUNT && memcg_kmem_charge_page(page, gfp, order)) {
		__free_pages(page, order);
		return NULL;
	}
	return page;
}

/* A block of a model is free again, without merging. */
void __free_pages(struct page *page, unsigned int order)
{
	unsigned long i;

	if (page->_refcount.counter != 1 || page->private)
		shim_die("pfn %#lx is freed while in use", page_to_pfn(page));
	if (!shim_find_pages) {
		free_page((unsigned long)page_address(page));
		return;
	}

	/* Later reads are errors. */
	memset(page_address(page), 0x5a, PAGE_SIZE);
	for (i = 0; i < BIT(order); i++) {
		set_page_count(page + i, 0);
		page[i].free = 1;
	}
	__atomic_fetch_sub(&shim_live_pages, BIT(order), __ATOMIC_RELAXED);
}

void split_page(struct page *page, unsigned int order)
{
	unsigned long i;

	if (PageHead(page) || page->_refcount.counter != 1)
		shim_die("pfn %#lx cannot be split", page_to_pfn(page));
	for (i = 1; i < BIT(order); i++) {
		set_page_count(page + i, 1);
		memset(page_address(page + i), 0xa5, PAGE_SIZE);
	}
}

void free_page(unsigned long addr)
{
	__atomic_fetch_sub(&shim_live_pages, 1, __ATOMIC_RELAXED);
	if (shim_find_pages)
		return;

	/* Later reads are errors. */
	memset((void *)addr, 0x5a, PAGE_SIZE);
	pthread_mutex_lock(&zone_lock);
	spare[nr_spare++] = PHYS_PFN(virt_to_phys((void *)addr));
	pthread_mutex_unlock(&zone_lock);
}
