/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CUSTOM: the struct page of configs/, field by field where the kernel has it, and the
 * helpers that take one as cheap as the kernel's; see page.c. The unit tests have a
 * struct page that finds mistakes instead.
 */
#ifndef BENCH_SHIM_MM_H
#define BENCH_SHIM_MM_H

#include <linux/align.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/mmzone.h>
#include <linux/poison.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <asm/page.h>

typedef unsigned long pgoff_t;

typedef struct {
	unsigned long f;
} memdesc_flags_t;

/* Without memcg: the last word is there for the alignment only. */
struct page {
	memdesc_flags_t		flags;
	union {
		struct {
			union {
				struct list_head	lru;
				struct list_head	buddy_list;
				struct llist_node	pcp_llist;
			};
			void			*mapping;
			unsigned long		__folio_index;
			unsigned long		private;
		};
		unsigned long		compound_info;
	};
	atomic_t		_mapcount;
	atomic_t		_refcount;
	unsigned long		unused;
};

/* What the first tail of a large folio is used for. */
struct folio_tail_1 {
	unsigned long	_flags_1, _head_1;
	atomic_t	_large_mapcount, _nr_pages_mapped;
	atomic_t	_entire_mapcount, _pincount;
	int		_mm_id_mapcount[2];
	unsigned long	_mm_ids;
	atomic_t	_mapcount_1, _refcount_1;
	unsigned long	unused;
};

struct folio_tail_2 {
	unsigned long		_flags_2, _head_2;
	struct list_head	_deferred_list;
	unsigned long		rest[4];
};

struct folio {
	struct page		page;
	struct folio_tail_1	tail_1;
	union {
		struct folio_tail_2	tail_2;
		struct {
			unsigned long		_flags_2, _head_2;
			struct list_head	_deferred_list;
		};
	};
};

_Static_assert(sizeof(struct page) == 64, "64 bytes, as in the kernel");
_Static_assert(sizeof(struct folio) == 3 * sizeof(struct page), "a struct page each");

#define PG_head			6
#define ZONES_PGSHIFT		56
#define NODES_PGSHIFT		58
#define STRUCT_PAGE_SHIFT	6

#define PFN_DOWN(x)		((x) >> PAGE_SHIFT)
#define PFN_UP(x)		PFN_DOWN((x) + PAGE_SIZE - 1)
#define PFN_PHYS(x)		((phys_addr_t)(x) << PAGE_SHIFT)
#define PHYS_PFN(x)		((unsigned long)PFN_DOWN(x))
#define PAGE_ALIGN(addr)	ALIGN((addr), PAGE_SIZE)
#define PAGE_ALIGNED(addr)	IS_ALIGNED((unsigned long)(addr), PAGE_SIZE)

#define PHYS_ADDR_MAX		(~(phys_addr_t)0)
#define SMP_CACHE_BYTES		64
#define nr_node_ids		MAX_NUMNODES

/* Stores past the caches are ordered by nothing less on x86. */
#ifdef __x86_64__
#define wmb()			asm volatile("sfence" : : : "memory")
#else
#define wmb()			__atomic_thread_fence(__ATOMIC_SEQ_CST)
#endif

/* Physical memory, touched on demand, and its map. */
extern char *shim_arena;
extern struct page *shim_memmap;
extern unsigned long shim_nr_pages;
void shim_memory_init(unsigned long nr_pages);

/* Pages for whoever asks the page allocator: some of the arena, never used twice. */
void shim_pool_init(unsigned long pfn, unsigned long nr_pages);
unsigned long shim_pool_used(void);

static inline phys_addr_t virt_to_phys(const volatile void *p)
{
	return (const volatile char *)p - shim_arena;
}

static inline void *phys_to_virt(phys_addr_t phys)
{
	return shim_arena + phys;
}

#define page_to_pfn(page)	((unsigned long)((page) - shim_memmap))
#define pfn_to_page(pfn)	(shim_memmap + (pfn))
#define virt_to_page(p)		pfn_to_page(PHYS_PFN(virt_to_phys(p)))
#define page_address(page)	phys_to_virt(page_to_phys(page))
#define page_to_phys(page)	PFN_PHYS(page_to_pfn(page))

/* The memmap is aligned like the largest folio, so a tail keeps a mask. */
static inline struct folio *shim_page_folio(struct page *page)
{
	unsigned long info = page->compound_info;

	return (struct folio *)(info & 1 ? (unsigned long)page & (info - 1) :
					   (unsigned long)page);
}

#define PAGEFLAGS_MASK		(BIT(ZONES_PGSHIFT) - 1)
#define PageHead(page)		(READ_ONCE((page)->flags.f) >> PG_head & 1)
#define ClearPageHead(page)	clear_bit(PG_head, &(page)->flags.f)

#define page_folio(p)		shim_page_folio(p)
#define virt_to_folio(p)	page_folio(virt_to_page(p))
#define folio_test_large(folio)	PageHead(&(folio)->page)
#define folio_nid(folio)	((int)((folio)->page.flags.f >> NODES_PGSHIFT))
#define pfn_folio(pfn)		page_folio(pfn_to_page(pfn))
#define folio_address(folio)	page_address(&(folio)->page)
#define folio_pfn(folio)	page_to_pfn(&(folio)->page)

static inline unsigned int folio_order(const struct folio *folio)
{
	return PageHead(&folio->page) ? folio->tail_1._flags_1 & 0xff : 0;
}

#ifndef atomic_set
#define atomic_set(v, n)		WRITE_ONCE((v)->counter, (n))
#endif
#ifndef atomic_long_add
#define atomic_long_add(n, v)		__atomic_fetch_add((long *)(v), (n), __ATOMIC_RELAXED)
#endif

#ifndef atomic_long_read
#define atomic_long_read(v)		READ_ONCE((v)->counter)
#endif

static inline void set_page_count(struct page *page, int n)
{
	atomic_set(&page->_refcount, n);
}

static inline struct zone *page_zone(const struct page *page)
{
	unsigned long flags = page->flags.f;

	return &NODE_DATA(flags >> NODES_PGSHIFT)->node_zones[flags >> ZONES_PGSHIFT & 3];
}

/* Word by word, which the compiler joins with the stores that follow. */
static inline void mm_zero_struct_page(struct page *page)
{
	unsigned long *word = (unsigned long *)page;

	word[0] = word[1] = word[2] = word[3] = 0;
	word[4] = word[5] = word[6] = word[7] = 0;
}

#define page_cpupid_reset_last(page)	do { } while (0)

#define page_private(page)		((page)->private)
#define set_page_private(page, v)	((page)->private = (v))
#define accept_memory(phys, size)	do { } while (0)

/* All memory is online. */
static inline struct page *pfn_to_online_page(unsigned long pfn)
{
	return pfn < shim_nr_pages ? pfn_to_page(pfn) : NULL;
}

int get_order(size_t size);
int pfn_to_nid(unsigned long pfn);
int early_pfn_to_nid(unsigned long pfn);
#define page_to_nid(page)	pfn_to_nid(page_to_pfn(page))
int reserve_mem_find_by_name(const char *name, phys_addr_t *start, phys_addr_t *size);
void totalram_pages_add(long nr);
void adjust_managed_page_count(struct page *page, long nr);
void free_reserved_pages(struct page *page, unsigned int order);
#define free_reserved_page(page)	free_reserved_pages((page), 0)
unsigned long free_reserved_area(void *start, void *end, int poison, const char *what);
void __free_page(struct page *page);
void folio_put(struct folio *folio);
bool shim_fault(void);

#endif /* BENCH_SHIM_MM_H */
