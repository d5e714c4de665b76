/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CUSTOM: files in memory, as far as preserving them goes; see ../memfd.c. A pin
 * is a share of the reference count or, of a large folio, a count beside it, as in
 * the kernel.
 */
#ifndef SHIM_SHMEM_FS_H
#define SHIM_SHMEM_FS_H

#include <pthread.h>

#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/xarray.h>
#include <uapi/linux/fcntl.h>
#include <uapi/linux/memfd.h>

#define GUP_PIN_COUNTING_BIAS	1024U

#define MAX_LFS_FILESIZE	((loff_t)LONG_MAX)

/* The kernel's page cache, with a check of each step of the code under test; see memfd.c. */
void *shim_find_conflict(struct xa_state *xas);
void *shim_next(struct xa_state *xas);
void shim_store(struct xa_state *xas, struct folio *folio);
void shim_lock_cache(struct xa_state *xas);
void shim_unlock_cache(struct xa_state *xas);
bool shim_nomem(struct xa_state *xas, gfp_t gfp);
#define xas_find_conflict(xas)	shim_find_conflict(xas)
#define xas_next(xas)		shim_next(xas)
#define xas_store(xas, folio)	shim_store((xas), (folio))
#define xas_nomem(xas, gfp)	shim_nomem((xas), (gfp))
#undef xas_lock_irq
#undef xas_unlock_irq
#define xas_lock_irq(xas)	shim_lock_cache(xas)
#define xas_unlock_irq(xas)	shim_unlock_cache(xas)

struct address_space {
	struct inode	*host;
	struct xarray	i_pages;
	unsigned long	nrpages;
};

struct inode {
	struct address_space	mapping, *i_mapping;
	loff_t			size;
	unsigned int		seals, i_nlink, i_mode;
	unsigned long		alloced, swapped;
	long			blocks;
	bool			locked, frozen, is_shmem;
	bool			is_stuck;	/* another task holds its lock for ever */
};

#define FMODE_READ	0x1
#define FMODE_WRITE	0x2

struct qstr {
	const char	*name;
};

struct dentry {
	struct qstr	d_name;
};

struct path {
	struct dentry	*dentry;
};

struct file {
	struct inode		*f_inode;
	struct address_space	*f_mapping;
	unsigned int		f_mode;
	loff_t			f_pos;
	struct path		f_path;
	struct dentry		shim_dentry;
	char			shim_name[256];
};

#define SHMEM_I(inode)		(inode)
#define file_inode(file)	((file)->f_inode)
#define i_size_read(inode)	((inode)->size)
#define i_size_write(inode, n)	((inode)->size = (n))
#define shmem_file(file)	(file_inode(file)->is_shmem)
#define mapping_gfp_mask(m)	((void)(m), GFP_KERNEL)
#define GFP_RECLAIM_MASK	(~0U)
#define folio_throttle_swaprate(folio, gfp)	do { } while (0)

/* Flags of a folio, behind PG_head. */
#define SHIM_DIRTY		BIT(8)
#define SHIM_UPTODATE		BIT(9)
#define SHIM_LOCKED		BIT(10)
#define SHIM_SWAPBACKED		BIT(11)
#define SHIM_LRU		BIT(12)
#define SHIM_CHARGED		BIT(13)	/* to a memory cgroup */
#define SHIM_HWPOISON		BIT(14)	/* of each page */
#define SHIM_HAS_HWPOISON	BIT(15)	/* of a large folio */
#define SHIM_FLAGS		(0xffUL << 8)

#define shim_folio_flag(folio, flag)	(!!((folio)->page.flags.f & (flag)))
#define folio_test_dirty(folio)		shim_folio_flag((folio), SHIM_DIRTY)
#define folio_test_uptodate(folio)	shim_folio_flag((folio), SHIM_UPTODATE)
void shim_folio_set(struct folio *folio, unsigned long flag, unsigned long needs);
#define folio_mark_dirty(folio)		shim_folio_set((folio), SHIM_DIRTY, SHIM_LOCKED)
#define folio_mark_uptodate(folio)	shim_folio_set((folio), SHIM_UPTODATE, SHIM_LOCKED)
#define __folio_mark_uptodate(folio)	folio_mark_uptodate(folio)
#define folio_set_dirty(folio)		folio_mark_dirty(folio)
#define __folio_set_swapbacked(folio)	shim_folio_set((folio), SHIM_SWAPBACKED, SHIM_LOCKED)
#define __folio_set_locked(folio)	shim_folio_set((folio), SHIM_LOCKED, 0)
#define folio_lock(folio)		__folio_set_locked(folio)
void folio_unlock(struct folio *folio);
#define PageHWPoison(page)		(!!((page)->flags.f & SHIM_HWPOISON))
#define folio_page(folio, i)		(&(folio)->page + (i))
#define folio_contain_hwpoisoned_page(folio) \
	shim_folio_flag((folio), SHIM_HWPOISON | SHIM_HAS_HWPOISON)
#define folio_set_lru(folio)		shim_folio_set((folio), SHIM_LRU, SHIM_LOCKED)

#define folio_nr_pages(folio)		(1UL << folio_order(folio))
#define folio_size(folio)		(PAGE_SIZE << folio_order(folio))
#define shim_index(folio)		((folio)->index)
#define folio_ref_add(folio, n) \
	__atomic_fetch_add(&(folio)->page._refcount.counter, (n), __ATOMIC_RELAXED)
#define folio_ref_sub(folio, n)		((folio)->page._refcount.counter -= (n))
#define folio_next_index(folio)		(shim_index(folio) + folio_nr_pages(folio))
#define folio_zero_range(folio, at, len) \
	memset((char *)folio_address(folio) + (at), 0, (len))
#define flush_dcache_folio(folio)	do { } while (0)

/* Pins, in two steps or by memfd_pin_folios(). */
#define folio_is_longterm_pinnable(folio) \
	(folio_pfn(folio) >= SHIM_MEMORY >> PAGE_SHIFT || \
	 shim_migratetype[folio_pfn(folio) >> pageblock_order] != MIGRATE_CMA)
#define folio_has_pincount(folio)	folio_test_large(folio)
bool folio_try_get(struct folio *folio);

void inode_lock(struct inode *inode);
int inode_lock_killable(struct inode *inode);
void inode_unlock(struct inode *inode);
void shmem_freeze(struct inode *inode, bool freeze);

/* Fills holes, and dies of it unless the test wants it. */
long memfd_pin_folios(struct file *memfd, loff_t start, loff_t end,
		      struct folio **folios, unsigned int max_folios, pgoff_t *offset);
void unpin_folios(struct folio **folios, unsigned long nr);
#define unpin_folio(f)		unpin_folios(&(struct folio *){ (f) }, 1)

struct folio *shmem_read_folio_gfp(struct address_space *mapping, pgoff_t index, gfp_t gfp);
struct folio *filemap_get_folio(struct address_space *mapping, pgoff_t index);

/* All seals of memfd.c, by their lowest bits */
#define SHIM_ALL_SEALS		0x3fU

struct file *memfd_alloc_file(const char *name, unsigned int flags);
int memfd_get_seals(struct file *file);
int memfd_add_seals(struct file *file, unsigned int seals);
loff_t vfs_setpos(struct file *file, loff_t offset, loff_t maxsize);
void fput(struct file *file);

/* By the test that needs them */
int get_unused_fd_flags(unsigned int flags);
void put_unused_fd(unsigned int fd);
void fd_install(unsigned int fd, struct file *file);

/*
 * The memory cgroup of the task has a limit in pages, which charges for kernel memory obey,
 * too. Charges that must not fail are not above it either.
 */
extern long shim_memcg_limit;
extern long shim_memcg_pages;		/* atomic: charged for folios and kernel memory */
extern long shim_kernel_pages;		/* atomic: the latter only */
extern bool shim_memcg_is_root;
extern long shim_nr_objcg_refs;	/* atomic */
extern unsigned long shim_nr_nodes;	/* atomic: nodes of page caches that were allocated */
struct obj_cgroup;
struct obj_cgroup *get_obj_cgroup_from_current(void);
struct mem_cgroup *get_mem_cgroup_from_objcg(struct obj_cgroup *objcg);
int obj_cgroup_charge(struct obj_cgroup *objcg, gfp_t gfp, size_t size);
void obj_cgroup_uncharge(struct obj_cgroup *objcg, size_t size);
void obj_cgroup_put(struct obj_cgroup *objcg);
#define obj_cgroup_is_root(objcg)	((void)(objcg), shim_memcg_is_root)
#define mem_cgroup_disabled()		false

int mem_cgroup_charge(struct folio *folio, void *mm, gfp_t gfp);
void mem_cgroup_uncharge(struct folio *folio);
void filemap_remove_folio(struct folio *folio);
int shmem_inode_acct_blocks(struct inode *inode, long pages);
bool shmem_recalc_inode(struct inode *inode, long alloced, long swapped);

/* Small, so that there are huge folios on a small machine. */
#define HPAGE_PMD_ORDER		3
#define folio_test_pmd_mappable(folio)	(folio_order(folio) >= HPAGE_PMD_ORDER)

/* Charges go to several groups in turn: the task is moved all the time. */
#define SHIM_MEMCGS		3
#define shim_memcg(folio)	(folio_pfn(folio) / 8 % SHIM_MEMCGS)
#define folio_memcg(folio)	shim_memcg(folio)

enum node_stat_item {
	NR_FILE_PAGES, NR_SHMEM, NR_SHMEM_THPS, SHIM_NR_STATS, NR_FOLL_PIN_ACQUIRED,
};
void node_stat_mod_folio(struct folio *folio, enum node_stat_item item, long pages);
void lruvec_stat_mod_folio(struct folio *folio, enum node_stat_item item, int pages);

/* A list per group, and pages of each counted by zone. */
enum lru_list { LRU_INACTIVE_ANON, NR_LRU_LISTS };
struct lruvec {
	struct list_head	lists[NR_LRU_LISTS];
	long			pages[MAX_NR_ZONES];
	bool			locked;
};
#define folio_zonenum(folio)	((enum zone_type)(folio_pfn(folio) / 16 % MAX_NR_ZONES))
#define lru_gen_add_folio(lruvec, folio, reclaiming)	false
struct lruvec *folio_lruvec_lock_irq(struct folio *folio);
void lruvec_unlock_irq(struct lruvec *lruvec);
bool folio_matches_lruvec(struct folio *folio, struct lruvec *lruvec);
void update_lru_size(struct lruvec *lruvec, enum lru_list lru, enum zone_type zone, long pages);

/*
 * What a user does: look up or write to a page, or what needs all of them. 0, or the error;
 * the page may be there afterwards.
 */
int shim_access(struct file *file, pgoff_t index);
int shim_fallocate(struct file *file);

/* For tests: a new file, or a folio that is put into one, with the test's reference gone. */
struct file *shim_new_file(loff_t size);
void shim_add_folio(struct file *file, pgoff_t index, struct folio *folio);
void shim_swap_out(struct file *file, pgoff_t index);
unsigned long shim_nr_folios(struct file *file);
void shim_poison(struct file *file, pgoff_t index);
struct folio *shim_fill_hole(struct file *file, pgoff_t index);

extern unsigned int shim_max_pagecache_order;
#define MAX_PAGECACHE_ORDER	shim_max_pagecache_order

/* The task is being killed from the @shim_die_after'th look on; negative for never. */
extern long shim_die_after;
bool shim_is_dying(void);
#define fatal_signal_pending(task)	shim_is_dying()

/* Pages that can be had without swapping */
extern long shim_available;
#define si_mem_available()		shim_available

/* LUO: does the handler want to be called again? */
extern bool shim_again;

extern long shim_live_files;
extern long shim_max_blocks;	/* of a file that is retrieved: a quota */
extern long shim_pins;		/* atomic: all pins that are held */
extern long shim_pin_calls;	/* atomic: calls of memfd_pin_folios() */
extern long shim_pin_pages;	/* atomic: pages that they were asked for */

#endif /* SHIM_SHMEM_FS_H */
