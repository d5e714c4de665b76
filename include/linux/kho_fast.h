/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks of memory initialisation, which keep preserved pages from the buddy
 * allocator without a memblock reservation. Without CONFIG_KHO_FAST each hook
 * is a constant, and its callers compile to the same object as without it.
 */
#ifndef _LINUX_KHO_FAST_H
#define _LINUX_KHO_FAST_H

#include <linux/types.h>

struct zone;

#ifdef CONFIG_KHO_FAST

#include <linux/jump_label.h>

DECLARE_STATIC_KEY_FALSE(kho_late_free_key);

bool kho_fast_has_preserved(void);
bool kho_fast_free_range(unsigned long start_pfn, unsigned long end_pfn,
			 void (*free)(unsigned long start, unsigned long end));
void kho_fast_free_done(void);
unsigned long kho_fast_init_range(unsigned long start_pfn,
				  unsigned long end_pfn, bool can_resched);
bool kho_fast_keeps_section(unsigned long pfn, int nid, bool can_resched);
u64 kho_fast_free_range_iter_at(unsigned long pfn);
void kho_fast_init_all(void);
void kho_fast_finish_range(unsigned long pfn, unsigned long nr_pages);
phys_addr_t kho_fast_reserve_mem_alloc(phys_addr_t size, phys_addr_t align);
void kho_fast_ram_known(void);
bool __kho_fast_grow_zone(struct zone *zone);
unsigned long __kho_fast_late_free_pages(void);

/*
 * Free pages of a zone whose initialisation was postponed, if there are any and
 * the caller @may_lock.
 */
static inline bool kho_fast_grow_zone(struct zone *zone, bool may_lock)
{
	return static_branch_unlikely(&kho_late_free_key) && may_lock &&
	       __kho_fast_grow_zone(zone);
}

/* Number of pages that kho_fast_grow_zone() could free */
static inline unsigned long kho_fast_late_free_pages(void)
{
	return static_branch_unlikely(&kho_late_free_key) ?
	       __kho_fast_late_free_pages() : 0;
}

#else /* !CONFIG_KHO_FAST */

static inline bool kho_fast_has_preserved(void)
{
	return false;
}

static inline bool
kho_fast_free_range(unsigned long start_pfn, unsigned long end_pfn,
		    void (*free)(unsigned long start, unsigned long end))
{
	return false;
}

static inline void kho_fast_free_done(void) { }

static inline unsigned long kho_fast_init_range(unsigned long start_pfn,
						unsigned long end_pfn,
						bool can_resched)
{
	return 0;
}

static inline bool kho_fast_keeps_section(unsigned long pfn, int nid,
					  bool can_resched)
{
	return false;
}

static inline u64 kho_fast_free_range_iter_at(unsigned long pfn)
{
	return 0;
}

static inline void kho_fast_init_all(void) { }

static inline void kho_fast_finish_range(unsigned long pfn,
					 unsigned long nr_pages) { }

static inline void kho_fast_ram_known(void) { }

/* A macro: memblock.h is not included here. */
#define kho_fast_reserve_mem_alloc(size, align) \
	memblock_phys_alloc(size, align)

/* A macro: a function would change the layout of its caller. */
#define kho_fast_grow_zone(...)	false

static inline unsigned long kho_fast_late_free_pages(void)
{
	return 0;
}

#endif /* CONFIG_KHO_FAST */

/*
 * for_each_free_mem_range() from @pfn on, without iterating over the ranges
 * below it.
 */
#define kho_for_each_free_range_from(i, pfn, nid, p_start, p_end, p_nid) \
	for (i = kho_fast_free_range_iter_at(pfn),			\
	     __next_mem_range(&i, nid, MEMBLOCK_NONE, &memblock.memory,	\
			      &memblock.reserved, p_start, p_end, p_nid); \
	     i != (u64)ULLONG_MAX;					\
	     __next_mem_range(&i, nid, MEMBLOCK_NONE, &memblock.memory,	\
			      &memblock.reserved, p_start, p_end, p_nid))

#endif /* _LINUX_KHO_FAST_H */
