// SPDX-License-Identifier: GPL-2.0-only
/*
 * Physical memory, and what writes struct pages in the kernel, store by store. Tests link
 * it with check.c, benchmarks with native.c.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include <linux/crash_reserve.h>
#include <linux/memblock.h>

#include "mm/cma.h"
#include "mm/internal.h"
#include "mm/mm_init.h"

/* The memmap of the largest folio is aligned like it. */
#define MEMMAP_ALIGN	(1ul << 30)

char *shim_arena;
unsigned long shim_nr_pages;
unsigned long shim_online_end;
struct mutex oom_lock = __MUTEX_INITIALIZER(oom_lock);
u8 *shim_migratetype;
pg_data_t shim_nodes[MAX_NUMNODES];
long shim_totalram;

/* vm.lowmem_reserve_ratio of ZONE_DMA32; a variable, as in the kernel */
static int shim_lowmem_ratio = 256;
static long shim_totalreserve;

static void *address_space(size_t size, int sharing)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       sharing | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		shim_die("cannot reserve %zu bytes of address space", size);
	return p;
}

/*
 * In tests a child can be the kernel before the kexec, whose memory is shared, but not its
 * struct pages. These are in huge pages, as the kernel maps them.
 */
void shim_memory_init(unsigned long nr_pages)
{
	const int sharing = IS_ENABLED(SHIM_CHECK) ? MAP_SHARED : MAP_PRIVATE;
	size_t size = nr_pages * sizeof(struct page);
	unsigned long memmap = (unsigned long)address_space(size + MEMMAP_ALIGN, MAP_PRIVATE);

	shim_nr_pages = nr_pages;
	shim_arena = address_space(PFN_PHYS(nr_pages), sharing);
	shim_memmap = (struct page *)ALIGN(memmap, MEMMAP_ALIGN);
	madvise(shim_memmap, size, MADV_HUGEPAGE);
	shim_migratetype = calloc(nr_pages / pageblock_nr_pages + 1, 1);
	if (!shim_migratetype)
		shim_die("no memory");
}

int get_order(size_t size)
{
	return size > PAGE_SIZE ? fls64((size - 1) >> PAGE_SHIFT) : 0;
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
	__atomic_fetch_add(&shim_totalram, nr, __ATOMIC_RELAXED);
}

/* What a zone keeps for requests that could be met from none of the higher ones */
static long set_lowmem_reserve(struct zone *zones, int i)
{
	long higher = 0, reserve = 0, managed = atomic_long_read(&zones[i].managed_pages);
	const int ratio = READ_ONCE(shim_lowmem_ratio);

	for (int j = i + 1; j < MAX_NR_ZONES; j++) {
		higher += atomic_long_read(&zones[j].managed_pages);
		reserve = managed ? higher / ratio : 0;
		WRITE_ONCE(zones[i].lowmem_reserve[j], reserve);
	}
	return min(managed, reserve);
}

/*
 * The kernel computes all reserves again whenever a number of pages changes, which is most of
 * the time of such a change. Nothing reads them here; benchmarks need the time.
 */
static void set_lowmem_reserves(void)
{
	long total = 0;

	for (int nid = 0; nid < MAX_NUMNODES; nid++) {
		if (!shim_nodes[nid].end_pfn)
			continue;
		for (int i = 0; i < MAX_NR_ZONES; i++)
			total += set_lowmem_reserve(shim_nodes[nid].node_zones, i);
	}
	WRITE_ONCE(shim_totalreserve, total);
}

void adjust_managed_page_count(struct page *page, long nr)
{
	atomic_long_add(nr, &page_zone(page)->managed_pages);
	totalram_pages_add(nr);
	set_lowmem_reserves();
}

void __init_single_page(struct page *page, unsigned long pfn,
			unsigned long zone, int nid)
{
	shim_check_init(page, pfn, zone, nid);
	mm_zero_struct_page(page);
	set_page_links(page, zone, nid);
	set_page_count(page, 1);
	atomic_set(&page->_mapcount, -1);
	INIT_LIST_HEAD(&page->lru);
}

/* A byte per block where the kernel has four bits: nothing of a struct page. */
void init_pageblock_migratetype(struct page *page, enum migratetype mt, bool isolate)
{
	unsigned long pfn = page_to_pfn(page);

	if (IS_ENABLED(SHIM_CHECK) && !IS_ALIGNED(pfn, pageblock_nr_pages))
		shim_die("pfn %#lx does not start a pageblock", pfn);
	/* CONFIG_DEBUG_VM looks at the zone. */
	if (!shim_is_initialised(page))
		shim_die("migratetype of pfn %#lx, not initialised", pfn);
	WRITE_ONCE(shim_migratetype[pfn / pageblock_nr_pages], mt);
}

enum migratetype get_pageblock_migratetype(const struct page *page)
{
	return READ_ONCE(shim_migratetype[page_to_pfn(page) / pageblock_nr_pages]);
}

void __free_pages_core(struct page *page, unsigned int order,
		       enum meminit_context context)
{
	shim_free(page, order);
	atomic_long_add(BIT(order), &page_zone(page)->managed_pages);
}

void free_reserved_pages(struct page *page, unsigned int order)
{
	shim_check_reserved(page, order);
	adjust_managed_page_count(page, BIT(order));
	shim_free_locked(page, order);
}

static struct {
	phys_addr_t start, end;
} not_scanned[16];
static unsigned int nr_not_scanned;

void shim_kmemleak_forget(phys_addr_t start, phys_addr_t end)
{
	unsigned int nr = nr_not_scanned++ % ARRAY_SIZE(not_scanned);

	not_scanned[nr].start = start;
	not_scanned[nr].end = end;
}

static bool is_scanned(phys_addr_t start, phys_addr_t end)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(not_scanned); i++) {
		if (not_scanned[i].start <= start && end <= not_scanned[i].end)
			return false;
	}

	return true;
}

unsigned long free_reserved_area(void *start, void *end, int poison, const char *what)
{
	unsigned long pfn = PFN_UP(virt_to_phys(start)), nr = 0;

	if (is_scanned(virt_to_phys(start), virt_to_phys(end)))
		shim_die("kmemleak scans what is freed at %#lx", pfn);
	for (; pfn + nr < PFN_DOWN(virt_to_phys(end)); nr++) {
		if (!shim_is_marked_reserved(pfn_to_page(pfn + nr)))
			shim_die("pfn %#lx is not reserved", pfn + nr);
		free_reserved_page(pfn_to_page(pfn + nr));
	}
	return nr;
}

void init_cma_reserved_pageblock(struct page *page)
{
	init_pageblock_migratetype(page, MIGRATE_CMA, false);
	free_reserved_pages(page, pageblock_order);
}

struct resource crashk_res, crashk_low_res;
struct cma cma_areas[2];
unsigned int cma_area_count, shim_nr_crashkernel;
unsigned long long shim_crashkernel;
char boot_command_line[COMMAND_LINE_SIZE];

int parse_crashkernel(char *cmdline, unsigned long long system_ram,
		      unsigned long long *size, unsigned long long *base,
		      unsigned long long *low_size, unsigned long long *cma_size, bool *high)
{
	*size = shim_crashkernel;
	*base = 0;
	return *size && *size < system_ram ? 0 : -EINVAL;
}

void reserve_crashkernel_generic(unsigned long long size, unsigned long long base,
				 unsigned long long low_size, bool high)
{
	phys_addr_t phys = memblock_alloc_range_nid(size, PAGE_SIZE, 0, 0, NUMA_NO_NODE, false);

	shim_nr_crashkernel++;
	if (phys)
		crashk_res = (struct resource)DEFINE_RES_MEM(phys, size);
}

static struct e820_table other_types;
struct e820_table *e820_table = &other_types;

/* One entry per region. */
struct e820_table *shim_e820_table(void)
{
	static struct e820_table table;
	const struct memblock_region *region;

	table.nr_entries = 0;
	for_each_mem_region(region)
		table.entries[table.nr_entries++] =
			(struct e820_entry){ region->base, region->size, E820_TYPE_RAM };
	return &table;
}
