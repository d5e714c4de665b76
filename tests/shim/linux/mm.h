/* SPDX-License-Identifier: GPL-2.0-only */
/* CUSTOM: an arena for physical memory, a small struct page; see page.c. */
#ifndef SHIM_MM_H
#define SHIM_MM_H

#include <linux/align.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/mmzone.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <asm/page.h>

#define PFN_UP(x)		(((x) + PAGE_SIZE - 1) >> PAGE_SHIFT)
#define PFN_DOWN(x)		((x) >> PAGE_SHIFT)
#define PFN_PHYS(x)		((phys_addr_t)(x) << PAGE_SHIFT)
#define PHYS_PFN(x)		((unsigned long)((x) >> PAGE_SHIFT))
#define PAGE_ALIGN(addr)	ALIGN((addr), PAGE_SIZE)
#define PAGE_ALIGNED(addr)	IS_ALIGNED((unsigned long)(addr), PAGE_SIZE)

/*
 * What a test wants to know of a page. @free is 1 in the buddy allocator,
 * @free_order is 1 + the order in the first page of a free block.
 */
struct page {
	union {
		struct list_head	lru;
		struct llist_node	pcp_llist;
	};
	unsigned long		private;
	const struct page	*head;		/* of a compound page */
	int			refcount;
	u8			inits, reserved, free, free_order;
	u8			nid, zid, order, mt;
};

struct folio {
	struct page page;
};

/* Physical memory and its map: reserved address space, touched on demand. */
#define SHIM_MEMORY	(64UL << 30)
extern char *shim_arena;
extern struct page *shim_memmap;

static inline void *phys_to_virt(phys_addr_t phys)
{
	return (void *)((unsigned long)shim_arena + phys);
}

static inline phys_addr_t virt_to_phys(const volatile void *p)
{
	return (unsigned long)p - (unsigned long)shim_arena;
}

#define pfn_to_page(pfn)	(shim_memmap + (pfn))
#define page_to_pfn(page)	((unsigned long)((page) - shim_memmap))
#define page_to_phys(page)	PFN_PHYS(page_to_pfn(page))
#define page_address(page)	phys_to_virt(page_to_phys(page))
#define virt_to_page(p)		pfn_to_page(PHYS_PFN(virt_to_phys(p)))
#define page_folio(p)		((struct folio *)(p))
#define folio_pfn(folio)	page_to_pfn(&(folio)->page)
#define folio_order(folio)	((folio)->page.order)
#define folio_address(folio)	page_address(&(folio)->page)
#define virt_to_folio(p)	page_folio(virt_to_page(p))
#define page_private(p)		((p)->private)
#define set_page_private(p, v)	((p)->private = (v))
#define accept_memory(phys, size)	do { } while (0)
#define set_page_count(p, n)	((p)->refcount = (n))

struct page *pfn_to_online_page(unsigned long pfn);
int pfn_to_nid(unsigned long pfn);
int get_order(size_t size);


void totalram_pages_add(long nr);
void adjust_managed_page_count(struct page *page, long nr);
void free_reserved_pages(struct page *page, unsigned int order);
#define free_reserved_page(page)	free_reserved_pages((page), 0)
unsigned long free_reserved_area(void *start, void *end, int poison, const char *what);
void __free_page(struct page *page);
void folio_put(struct folio *folio);

/* Fails once, the @shim_fail_after'th time from now; negative for never. */
extern long shim_fail_after;
bool shim_fault(void);

/* Pages that the test lets the page allocator have, else malloc() serves. */
extern long shim_live_pages;	/* atomic: allocated and not freed */
extern long shim_totalram;	/* atomic */

struct page *shim_alloc_pages(unsigned int order);
extern unsigned long (*shim_find_pages)(unsigned int order);
extern void (*shim_alloc_hook)(void);	/* called before each page is allocated */

void shim_memory_init(void);
void shim_forget_memmap(void);
bool shim_page_is_memory(unsigned long pfn);

#endif /* SHIM_MM_H */
