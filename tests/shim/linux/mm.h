/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CUSTOM: an arena for physical memory; the struct page of configs/, field by field where
 * the kernel has it, and the helpers that take one, as cheap as the kernel's. With
 * SHIM_CHECK a struct page also has the state that page.c and check.c hold users to.
 */
#ifndef SHIM_MM_H
#define SHIM_MM_H

#include <linux/align.h>
#include <linux/gfp_types.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/mmzone.h>
#include <linux/pfn.h>
#include <linux/poison.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/string.h>
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
			struct address_space	*mapping;
			unsigned long		__folio_index;
			unsigned long		private;
		};
		unsigned long		compound_info;
	};
	atomic_t		_mapcount;
	atomic_t		_refcount;
	unsigned long		unused;
#ifdef SHIM_CHECK
	u8			inits, reserved;
	u8			free;		/* is in the buddy allocator */
	u8			free_order;	/* plus 1, in the first page of a free block */
	u8			rest[60];
#endif
};

struct folio {
	union {
		struct page page;
		struct {
			memdesc_flags_t		flags;
			struct list_head	lru;
			struct address_space	*mapping;
			unsigned long		index;
		};
	};
	union {
		struct page __page_1;
		struct {
			unsigned long	_flags_1, _head_1;
			atomic_t	_large_mapcount, _nr_pages_mapped;
			atomic_t	_entire_mapcount, _pincount;
			int		_mm_id_mapcount[2];
			unsigned long	_mm_ids;
			atomic_t	_mapcount_1, _refcount_1;
			unsigned int	_nr_pages;	/* with memcg */
		};
	};
	union {
		struct page __page_2;
		struct {
			unsigned long		_flags_2, _head_2;
			struct list_head	_deferred_list;
		};
	};
};

#define STRUCT_PAGE_SHIFT	(IS_ENABLED(SHIM_CHECK) ? 7 : 6)
_Static_assert(sizeof(struct page) == 1 << STRUCT_PAGE_SHIFT, "64 bytes, as in the kernel");
_Static_assert(sizeof(struct folio) == 3 * sizeof(struct page), "a struct page each");

#define PG_head			6
#define ZONES_PGSHIFT		56
#define NODES_PGSHIFT		58
#define PAGEFLAGS_MASK		(BIT(ZONES_PGSHIFT) - 1)

#define PAGE_ALIGN(addr)	ALIGN((addr), PAGE_SIZE)
#define PAGE_ALIGNED(addr)	IS_ALIGNED((unsigned long)(addr), PAGE_SIZE)
#define PHYS_ADDR_MAX		(~(phys_addr_t)0)
#define SMP_CACHE_BYTES		64
#define nr_node_ids		MAX_NUMNODES

/* Physical memory and its map: reserved address space, touched on demand. */
extern char *shim_arena;
extern struct page *shim_memmap;
extern unsigned long shim_nr_pages;
/* Behind them, up to there, folios may be that have struct pages by another mapping. */
extern unsigned long shim_online_end;
extern u8 *shim_migratetype;		/* of each pageblock */
void shim_memory_init(unsigned long nr_pages);

static inline void *phys_to_virt(phys_addr_t phys)
{
	return shim_arena + phys;
}

static inline phys_addr_t virt_to_phys(const volatile void *p)
{
	return (const volatile char *)p - shim_arena;
}

#define pfn_to_page(pfn)	(shim_memmap + (pfn))
#define page_to_pfn(page)	((unsigned long)((page) - shim_memmap))
#define page_to_phys(page)	PFN_PHYS(page_to_pfn(page))
#define page_address(page)	phys_to_virt(page_to_phys(page))
#define virt_to_page(p)		pfn_to_page(PHYS_PFN(virt_to_phys(p)))

/* Answer of kho_fast_may_postpone(); has kho_fast_late_done() been called? */
extern bool shim_may_postpone, shim_late_is_done;

#ifdef SHIM_CHECK
/* Do tails hold a mask, the same for all folios of an order? Only test_page_init says so. */
extern bool shim_compound_mask;
#define compound_info_has_mask()	shim_compound_mask

/* check.c and stores.c */
void shim_check_init(struct page *page, unsigned long pfn, unsigned long zone, int nid);
void shim_check_head(struct page *head, unsigned int order);
void shim_check_reserved(struct page *page, unsigned int order);
#define shim_is_marked_reserved(page)	((page)->reserved)
#define shim_is_initialised(page)	((page)->inits)
void shim_free(struct page *page, unsigned int order);
void shim_free_locked(struct page *page, unsigned int order);
extern void (*shim_at_free)(void);	/* called while a single page is freed, if it is not NULL */
#define get_online_mems()	do { } while (0)
#define put_online_mems()	do { } while (0)
struct page *pfn_to_online_page(unsigned long pfn);
void offline_mem_sections(unsigned long start_pfn, unsigned long end_pfn);
void online_mem_sections(unsigned long start_pfn, unsigned long end_pfn);
bool shim_page_is_memory(unsigned long pfn);
void shim_forget_memmap(void);

/*
 * stores.c: non-temporal stores, each word once. Until shim_wmb() the storing thread must
 * neither access the struct page nor publish anything.
 */
void shim_store_past_caches(void *to, const void *from, size_t size);
struct page *shim_touch(struct page *page);
void shim_wmb(void);
#define memcpy_flushcache	shim_store_past_caches
#define wmb()			shim_wmb()
#else
/* With the vmemmap optimisation of HugeTLB on, as in configs/, a tail keeps a mask. */
#define compound_info_has_mask()		true
#define shim_check_init(page, pfn, zone, nid)	do { } while (0)
#define shim_check_head(head, order)		do { } while (0)
#define shim_check_reserved(page, order)	do { } while (0)
#define shim_is_marked_reserved(page)		true
#define shim_is_initialised(page)		true
#define shim_free_locked(page, order)		shim_free((page), (order))
#define shim_touch(page)			(page)

/* All memory is online. */
static inline struct page *pfn_to_online_page(unsigned long pfn)
{
	return pfn < max(shim_nr_pages, shim_online_end) ? pfn_to_page(pfn) : NULL;
}

#define offline_mem_sections(start_pfn, end_pfn)	((void)(start_pfn), (void)(end_pfn))
#define online_mem_sections(start_pfn, end_pfn)		((void)(start_pfn), (void)(end_pfn))

/* Stores past the caches are ordered by nothing less on x86. */
#ifdef __x86_64__
#define wmb()			asm volatile("sfence" : : : "memory")
#else
#define wmb()			__atomic_thread_fence(__ATOMIC_SEQ_CST)
#endif
#endif

/* compound_info of a tail. */
static inline unsigned long shim_compound_info(const struct page *head, unsigned int order)
{
	return (compound_info_has_mask() ? ~0ul << (order + STRUCT_PAGE_SHIFT) :
					   (unsigned long)head) | 1;
}

static inline struct folio *shim_page_folio(const struct page *page)
{
	unsigned long info = page->compound_info;

	if (!(info & 1))
		return (struct folio *)page;
	return (struct folio *)(compound_info_has_mask() ? (unsigned long)page & (info - 1) :
							   info - 1);
}

#define PageHead(page)		(READ_ONCE((page)->flags.f) >> PG_head & 1)
#define ClearPageHead(page)	clear_bit(PG_head, &(page)->flags.f)
#define PageTail(page)		((page)->compound_info & 1)
#define page_folio(p)		shim_page_folio(p)
#define pfn_folio(pfn)		page_folio(pfn_to_page(pfn))
#define virt_to_folio(p)	page_folio(virt_to_page(p))
#define page_to_nid(page)	((int)((page)->flags.f >> NODES_PGSHIFT))
#define folio_pfn(folio)	page_to_pfn(&(folio)->page)
#define folio_address(folio)	page_address(&(folio)->page)
#define folio_nid(folio)	((int)((folio)->page.flags.f >> NODES_PGSHIFT))
#define folio_test_large(folio)	PageHead(&(folio)->page)
#define page_private(page)		((page)->private)
#define set_page_private(page, value)	((page)->private = (value))
#define page_cpupid_reset_last(page)	((void)(page))
#define clear_page_tag_ref(page)	((void)(page))
extern bool shim_init_on_free;
#define want_init_on_free()	shim_init_on_free
#define page_poisoning_enabled()	false
#define accept_memory(phys, size)	do { } while (0)

/*
 * As with CONFIG_DEBUG_VM_PGFLAGS, and stricter: a page that is free may be changing. A client may
 * ask for its order all the same.
 */
static inline unsigned int folio_order(const struct folio *folio)
{
#ifdef SHIM_CHECK
	if ((folio->page.free && !shim_clients_err) || PageTail(&folio->page))
		shim_die("%s: pfn %#lx is free, or a tail", __func__, page_to_pfn(&folio->page));
#endif
	return PageHead(&folio->page) ? folio->_flags_1 & 0xff : 0;
}

static inline void set_page_count(struct page *page, int n)
{
	atomic_set(&shim_touch(page)->_refcount, n);
}

static inline struct zone *page_zone(const struct page *page)
{
	unsigned long flags = page->flags.f;

	return &NODE_DATA(flags >> NODES_PGSHIFT)->node_zones[flags >> ZONES_PGSHIFT & 3];
}

static inline void set_page_links(struct page *page, unsigned long zone, unsigned long nid)
{
	page->flags.f |= zone << ZONES_PGSHIFT | nid << NODES_PGSHIFT;
}

/* Word by word, which the compiler joins with the stores that follow. */
static inline void mm_zero_struct_page(struct page *page)
{
	unsigned long *word = (unsigned long *)page;

	word[0] = word[1] = word[2] = word[3] = 0;
	word[4] = word[5] = word[6] = word[7] = 0;
}

#ifndef SHIM_CHECK
/* There is no buddy allocator: pages that are freed get the struct page of a free one. */
static inline void shim_free(struct page *page, unsigned int order)
{
	unsigned long i;

	for (i = 0; i < BIT(order); i++)
		set_page_count(page + i, 0);
}
#endif

int get_order(size_t size);
int pfn_to_nid(unsigned long pfn);
int early_pfn_to_nid(unsigned long pfn);
int reserve_mem_find_by_name(const char *name, phys_addr_t *start, phys_addr_t *size);
void totalram_pages_add(long nr);
void adjust_managed_page_count(struct page *page, long nr);
void free_reserved_pages(struct page *page, unsigned int order);
#define free_reserved_page(page)	free_reserved_pages((page), 0)
unsigned long free_reserved_area(void *start, void *end, int poison, const char *what);
void __free_page(struct page *page);
bool put_page_testzero(struct page *page);
void folio_put(struct folio *folio);

/* The page allocator. */
struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order);
unsigned long get_zeroed_page(gfp_t gfp);	/* native.c */
#define alloc_pages(gfp, order)	alloc_pages_node(NUMA_NO_NODE, (gfp), (order))
void __free_pages(struct page *page, unsigned int order);
void split_page(struct page *page, unsigned int order);
#define numa_mem_id()		0

/*
 * All tasks are in one memory cgroup, workers in none unless they are told so. Pages that are
 * allocated with __GFP_ACCOUNT are charged to it.
 */
extern struct mem_cgroup shim_task_memcg, shim_root_memcg;
#define root_mem_cgroup			(&shim_root_memcg)
extern __thread struct mem_cgroup *shim_active_memcg;
extern __thread bool shim_is_worker;
extern __thread bool shim_noio;
#define memalloc_noio_save()		({ bool old_ = shim_noio; shim_noio = true; old_; })
#define memalloc_noio_restore(old)	((void)(shim_noio = (old)))
extern long shim_charged_pages;		/* atomic */
extern bool shim_memcg_is_full;
int memcg_kmem_charge_page(struct page *page, gfp_t gfp, int order);
#define get_mem_cgroup_from_current()	(&shim_task_memcg)
#define get_mem_cgroup_from_mm(mm)	(&shim_task_memcg)
#define mem_cgroup_put(memcg)		((void)(memcg))
#define set_active_memcg(memcg) ({ \
	struct mem_cgroup *old_ = shim_active_memcg; \
	shim_active_memcg = (memcg); \
	old_; })
void free_page(unsigned long addr);
struct folio *folio_alloc(gfp_t gfp, unsigned int order);

/* Pages with a memory error */
extern atomic_long_t num_poisoned_pages;

/* Fails once, the @shim_fail_after'th time from now; negative for never. */
extern long shim_fail_after;
#ifdef SHIM_CHECK
bool shim_fault(void);
#else
#define shim_fault()	false
#endif

/* native.c: pages for the page allocator, some of the arena, never used twice. */
void shim_pool_init(unsigned long pfn, unsigned long nr_pages);
unsigned long shim_pool_used(void);

/*
 * check.c: pages that the test lets the page allocator have, else spare ones serve, which are
 * at the end of memory.
 */
#define SHIM_MEMORY	(64UL << 30)
#define SHIM_SPARE_PAGES	(1UL << 19)
extern long shim_live_pages;	/* atomic: allocated and not freed */
extern long shim_totalram;	/* atomic */
extern phys_addr_t *shim_reserve_mem;	/* address and size */

struct page *shim_alloc_pages(unsigned int order);
#define SHIM_NO_PAGES	(~0UL)
extern unsigned long (*shim_find_pages)(unsigned int order);
extern void (*shim_alloc_hook)(void);	/* called before each page is allocated */
extern int shim_alloc_nid;			/* where the last one was wanted */
extern gfp_t shim_alloc_gfp;			/* and how */

#endif /* SHIM_MM_H */
