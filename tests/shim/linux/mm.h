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

typedef unsigned long pgoff_t;

#define atomic_inc(v)		__atomic_fetch_add(&(v)->counter, 1, __ATOMIC_RELAXED)
#define atomic_dec_return(v)	__atomic_sub_fetch(&(v)->counter, 1, __ATOMIC_RELAXED)

#define PFN_UP(x)		(((x) + PAGE_SIZE - 1) >> PAGE_SHIFT)
#define PFN_DOWN(x)		((x) >> PAGE_SHIFT)
#define PFN_PHYS(x)		((phys_addr_t)(x) << PAGE_SHIFT)
#define PHYS_PFN(x)		((unsigned long)((x) >> PAGE_SHIFT))
#define PAGE_ALIGN(addr)	ALIGN((addr), PAGE_SIZE)
#define PAGE_ALIGNED(addr)	IS_ALIGNED((unsigned long)(addr), PAGE_SIZE)

/* What the second page of a compound page counts. */
struct shim_large {
	atomic_t	_large_mapcount, _nr_pages_mapped, _entire_mapcount, _pincount;
	unsigned int	_nr_pages;
};

/*
 * What a test wants to know of a page. The word that the kernel keeps the head in
 * is @lru.next; here it is NULL then. @free is 1 in the buddy allocator,
 * @free_order is 1 + the order in the first page of a free block.
 */
struct page {
	union {
		struct list_head	lru;
		struct llist_node	pcp_llist;
	};
	unsigned long		private;
	const struct page	*head;		/* of a compound page */
	struct address_space	*mapping;
	struct {
		unsigned long	f;
	} flags;
	int			_mapcount, refcount;
	u8			inits, reserved, free, free_order;
	u8			nid, zid, order;	/* order: in the second page */
	struct shim_large	large;			/* in the second page */
	struct list_head	deferred;		/* in the third page */
};

#define PG_HEAD		1UL
#define PAGEFLAGS_MASK	0xffUL

struct folio {
	union {
		struct page page;
		struct {
			struct list_head	lru;
			unsigned long		index;	/* page.private */
			const struct page	*head;
			struct address_space	*mapping;
		};
	};
	union {
		struct page tail_1;
		struct {
			char			before_large[offsetof(struct page, large)];
			atomic_t		_large_mapcount, _nr_pages_mapped;
			atomic_t		_entire_mapcount, _pincount;
			unsigned int		_nr_pages;
		};
	};
	union {
		struct page tail_2;
		struct {
			char			before_list[offsetof(struct page, deferred)];
			struct list_head	_deferred_list;
		};
	};
};

/* Physical memory and its map: reserved address space, touched on demand. */
#define SHIM_MEMORY	(64UL << 30)
extern char *shim_arena;
extern struct page *shim_memmap;
extern u8 shim_migratetype[];
extern phys_addr_t *shim_reserve_mem;	/* address and size */

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
#define folio_test_large(folio)	PageHead(&(folio)->page)
#define folio_nid(folio)	((folio)->page.nid)
#define folio_order(folio)	shim_order(&(folio)->page)
#define pfn_folio(pfn)		page_folio(pfn_to_page(pfn))
#define folio_address(folio)	page_address(&(folio)->page)
#define virt_to_folio(p)	page_folio(virt_to_page(p))
#define page_private(p)		((p)->private)
#define set_page_private(p, v)	((p)->private = (v))
#define accept_memory(phys, size)	do { } while (0)
#define set_page_count(p, n)	((void)(shim_touch(p)->refcount = (n)))
#define atomic_set(p, n)	(*(p) = (n))
#define atomic_long_add(n, p)	((void)__atomic_fetch_add(&(p)->counter, (n), __ATOMIC_RELAXED))
#define atomic_long_read(p)	__atomic_load_n(&(p)->counter, __ATOMIC_RELAXED)
#define page_cpupid_reset_last(p)	((void)(p))
#define PageHead(p)		(!!(READ_ONCE((p)->flags.f) & PG_HEAD))
#define __SetPageHead(p)	((void)(shim_touch(p)->flags.f |= PG_HEAD))
#define ClearPageHead(p)	((p)->flags.f &= ~PG_HEAD)
#define memcpy_flushcache	shim_store_past_caches
#define wmb()			shim_wmb()
#define nr_node_ids		MAX_NUMNODES
#define SMP_CACHE_BYTES		64
#define PHYS_ADDR_MAX		(~(phys_addr_t)0)

/*
 * stores.c: stores past the caches, each word once. Before shim_wmb(), whoever stored
 * to a struct page neither looks at it nor publishes anything.
 */
void shim_store_past_caches(void *to, const void *from, size_t size);
struct page *shim_touch(struct page *page);
void shim_wmb(void);
void shim_publish(const char *how);

/* What publishes struct pages, beside freeing them. */
#undef smp_store_release
#define smp_store_release(p, v) \
	(shim_publish("a release"), __atomic_store_n((p), (v), __ATOMIC_RELEASE))
#define llist_add(node, list)	(shim_publish("a list"), llist_add(node, list))

/* What the judge knows of a page is not the kernel's to forget. */
static inline void mm_zero_struct_page(struct page *page)
{
	*page = (struct page){
		.inits = page->inits, .reserved = page->reserved,
		.nid = page->nid, .zid = page->zid,
	};
}

static inline unsigned int shim_order(const struct page *head)
{
	return PageHead(head) ? head[1].order : 0;
}

struct page *pfn_to_online_page(unsigned long pfn);
int pfn_to_nid(unsigned long pfn);
struct zone *page_zone(const struct page *page);
int reserve_mem_find_by_name(const char *name, phys_addr_t *start, phys_addr_t *size);
int get_order(size_t size);


void totalram_pages_add(long nr);
void adjust_managed_page_count(struct page *page, long nr);
void free_reserved_pages(struct page *page, unsigned int order);
#define free_reserved_page(page)	free_reserved_pages((page), 0)
#define page_to_nid(p)		((p)->nid)
unsigned long free_reserved_area(void *start, void *end, int poison, const char *what);
void __free_page(struct page *page);
void folio_put(struct folio *folio);

/* Fails once, the @shim_fail_after'th time from now; negative for never. */
extern long shim_fail_after;
bool shim_fault(void);

/* Pages that the test lets the page allocator have, else spare ones serve. */
extern long shim_live_pages;	/* atomic: allocated and not freed */
extern long shim_totalram;	/* atomic */

struct page *shim_alloc_pages(unsigned int order);
extern unsigned long (*shim_find_pages)(unsigned int order);
extern void (*shim_alloc_hook)(void);	/* called before each page is allocated */
extern int shim_alloc_nid;			/* where the last one was wanted */

void shim_memory_init(void);
void shim_forget_memmap(void);
bool shim_page_is_memory(unsigned long pfn);

#endif /* SHIM_MM_H */
