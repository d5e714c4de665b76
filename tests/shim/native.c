// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page allocator that is measured with: it only gives. The cost of freeing is left out,
 * so only what is preserved without holes is compared in full.
 */
#include <sys/mman.h>

#include <linux/mm.h>

static unsigned long pool_start, pool_next, pool_end;	/* page frames */

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

/* Stock's tree */
unsigned long get_zeroed_page(gfp_t gfp)
{
	return (unsigned long)pool_alloc(1);
}

/* All pages can be handed over: none is refused, and no other one looked for. */
void __free_pages(struct page *page, unsigned int order)
{
}

void split_page(struct page *page, unsigned int order)
{
}

int memcg_kmem_charge_page(struct page *page, gfp_t gfp, int order)
{
	return 0;
}

/* Only records of a page, which are made when handing over is set up. */
struct folio *folio_alloc(gfp_t gfp, unsigned int order)
{
	return order ? NULL : (struct folio *)virt_to_page(pool_alloc(1));
}

void free_page(unsigned long addr)
{
}

bool put_page_testzero(struct page *page)
{
	set_page_count(page, 0);
	return true;
}

bool free_pages_prepare(struct page *page, unsigned int order)
{
	return true;
}

void __putback_isolated_page(struct page *page, unsigned int order, int mt)
{
}

void __free_page(struct page *page)
{
	set_page_count(page, 0);
}

void folio_put(struct folio *folio)
{
	__free_page(&folio->page);
}

/* There is none. */
int reserve_mem_find_by_name(const char *name, phys_addr_t *start, phys_addr_t *size)
{
	return 0;
}
