// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files in memory, LUO's end of them, and a checker of how they are treated: what
 * the kernel asserts about locks, flags, alignment and pins ends the test. Several
 * threads may pin folios, or add folios to a file and remove them.
 */
#include <stdlib.h>

#include <linux/bug.h>
#include <linux/gfp.h>
#include <linux/kho_shmem.h>
#include <linux/liveupdate.h>

long shim_live_files, shim_pins, shim_pin_calls, shim_pin_pages;
long shim_max_blocks = LONG_MAX;
long shim_die_after = -1;
long shim_available = LONG_MAX;
bool shim_again;
struct luo_fast_check *shim_file_check;
unsigned int shim_max_pagecache_order = 18;
int shim_register_err;
struct liveupdate_file_handler *shim_file_handler;
static pthread_t owner;		/* of the files: the thread that made the first one */

void shim_folio_set(struct folio *folio, unsigned long flag, unsigned long needs)
{
	if (needs && !shim_folio_flag(folio, needs))
		shim_die("flag %#lx is set in a folio without %#lx", flag, needs);
	if (flag == SHIM_LOCKED && shim_folio_flag(folio, SHIM_LOCKED))
		shim_die("a folio is locked twice");
	folio->page.flags.f |= flag;
}

void folio_unlock(struct folio *folio)
{
	if (!shim_folio_flag(folio, SHIM_LOCKED))
		shim_die("a folio is unlocked that is not locked");
	folio->page.flags.f &= ~SHIM_LOCKED;
}

void inode_lock(struct inode *inode)
{
	if (inode->is_stuck)
		shim_die("a task waits for an inode for ever");
	if (inode->locked)
		shim_die("an inode is locked twice");
	inode->locked = true;
}

/* A task that would wait for ever is killed. */
int inode_lock_killable(struct inode *inode)
{
	if (inode->is_stuck)
		return -EINTR;
	inode_lock(inode);
	return 0;
}

void inode_unlock(struct inode *inode)
{
	if (!inode->locked)
		shim_die("an inode is unlocked that is not locked");
	inode->locked = false;
}

void shmem_freeze(struct inode *inode, bool freeze)
{
	if (!inode->locked && freeze)
		shim_die("an inode is frozen without its lock");
	if (!inode->locked && shim_pins)
		shim_die("the size of a file may change before its folios are unpreserved");
	inode->frozen = freeze;
}

/* Puts what there is at @index, or will be; memory for it is no part of a test. */
static void set_entry(struct xarray *xa, pgoff_t index, unsigned int order, void *entry)
{
	XA_STATE_ORDER(xas, xa, index, order);

	do {
		(xas_store)(&xas, entry);
	} while ((xas_nomem)(&xas, GFP_KERNEL));
}

/* Pages in page caches, by what they are charged to. */
static long stats[SHIM_NR_STATS][SHIM_MEMCGS];

/* Workers move folios side by side. */
static void count_as(unsigned int item, const struct folio *folio, long pages)
{
	__atomic_fetch_add(&stats[item][shim_memcg(folio)], pages, __ATOMIC_RELAXED);
}

static void count(const struct folio *folio, long pages)
{
	count_as(NR_FILE_PAGES, folio, pages);
	count_as(NR_SHMEM, folio, pages);
	if (folio_test_pmd_mappable(folio))
		count_as(NR_SHMEM_THPS, folio, pages);
}

/* The kernel's would put it in the place of another one. */
static void check_place(struct xarray *xa, pgoff_t index, unsigned long nr)
{
	unsigned long at = index;

	if (!IS_ALIGNED(index, nr))
		shim_die("a folio of %lu pages is put at index %lu", nr, index);
	if (xa_find(xa, &at, index + nr - 1, XA_PRESENT))
		shim_die("two folios at index %lu", index);
}

/*
 * The page cache whose lock this thread holds, of which there is one at a time; it must not
 * sleep. The next slot can be had beside one that was found or filled since it was taken.
 */
static __thread struct xarray *locked;
static __thread bool at_slot;

/* Of all lists of folios, and of all that is counted in files, beside their page caches */
static pthread_mutex_t lru_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t file_lock = PTHREAD_MUTEX_INITIALIZER;

static void may_sleep(void)
{
	if (locked)
		shim_die("sleeping with the lock of a page cache");
}

static struct lruvec *lruvec_of(struct folio *folio)
{
	static struct lruvec lruvecs[SHIM_MEMCGS];
	struct lruvec *lruvec = &lruvecs[shim_memcg(folio)];

	if (!lruvec->lists[0].next)
		INIT_LIST_HEAD(&lruvec->lists[0]);
	return lruvec;
}

/* It must be in the list of its group, and the last of a zone leaves no pages there. */
static void remove_from_lru(struct folio *folio)
{
	struct lruvec *lruvec = lruvec_of(folio);
	const struct folio *other;
	bool found = false;
	long rest = 0;

	list_for_each_entry(other, &lruvec->lists[0], lru) {
		if (other == folio)
			found = true;
		else if (folio_zonenum(other) == folio_zonenum(folio))
			rest += folio_nr_pages(other);
	}
	lruvec->pages[folio_zonenum(folio)] -= folio_nr_pages(folio);
	if (!found || lruvec->pages[folio_zonenum(folio)] != rest)
		shim_die("a folio is %s its list, which has %ld pages and counts %ld",
			 found ? "in" : "not in", rest, lruvec->pages[folio_zonenum(folio)]);
	list_del(&folio->lru);
	folio->lru = (struct list_head){};
}

/* Returns with one of the references of the page cache. */
static void take_out(struct address_space *mapping, struct folio *folio)
{
	count(folio, -folio_nr_pages(folio));
	mapping->nrpages -= folio_nr_pages(folio);
	xa_erase(&mapping->i_pages, shim_index(folio));
	folio->mapping = NULL;
	folio->page._refcount.counter -= folio_nr_pages(folio) - 1;
}

static void uncharge(struct folio *folio);

static void evict(struct address_space *mapping, struct folio *folio)
{
	if (folio->page._refcount.counter != (int)folio_nr_pages(folio))
		shim_die("a folio of a file that goes has %d references", folio->page._refcount.counter);
	if (shim_folio_flag(folio, SHIM_LRU))
		remove_from_lru(folio);
	take_out(mapping, folio);
	shim_index(folio) = 0;
	uncharge(folio);
	folio_put(folio);
}

void filemap_remove_folio(struct folio *folio)
{
	may_sleep();
	if (!shim_folio_flag(folio, SHIM_LOCKED))
		shim_die("a folio is removed that is not locked");
	/* With the lock: nodes are freed at once. */
	pthread_mutex_lock(&file_lock);
	if (xa_load(&folio->mapping->i_pages, shim_index(folio)) != folio)
		shim_die("a folio is removed that is not in the page cache");
	take_out(folio->mapping, folio);
	pthread_mutex_unlock(&file_lock);
	folio_put(folio);
}

struct file *shim_new_file(loff_t size)
{
	struct file *file = calloc(1, sizeof(*file));
	struct inode *inode = calloc(1, sizeof(*inode));

	if (!shim_live_files++)
		owner = pthread_self();
	inode->size = size;
	inode->i_mode = 0777;
	inode->is_shmem = true;
	inode->seals = F_SEAL_SEAL;
	inode->i_mapping = file->f_mapping = &inode->mapping;
	inode->mapping.host = inode;
	xa_init_flags(&inode->mapping.i_pages, XA_FLAGS_LOCK_IRQ);
	file->f_inode = inode;
	file->f_mode = FMODE_READ | FMODE_WRITE;
	file->f_path.dentry = &file->shim_dentry;
	file->shim_dentry.d_name.name = file->shim_name;
	return file;
}

void shim_add_folio(struct file *file, pgoff_t index, struct folio *folio)
{
	struct xarray *xa = &file->f_mapping->i_pages;

	check_place(xa, index, folio_nr_pages(folio));
	set_entry(xa, index, folio_order(folio), folio);
	shim_index(folio) = index;
	file->f_mapping->nrpages += folio_nr_pages(folio);
	count(folio, folio_nr_pages(folio));
	folio->page._refcount.counter += folio_nr_pages(folio) - 1;
	file->f_inode->alloced += folio_nr_pages(folio);
	file->f_inode->blocks += folio_nr_pages(folio);
}

/* As a page fault does: zeroed, clean. */
struct folio *shim_fill_hole(struct file *file, pgoff_t index)
{
	struct folio *folio = folio_alloc(GFP_KERNEL, 0);

	if (!folio)
		return NULL;
	folio->page.flags.f |= SHIM_UPTODATE;
	shim_add_folio(file, index, folio);
	return folio;
}

atomic_long_t num_poisoned_pages;

/* A page of it has a memory error, and stays where it is. */
void shim_poison(struct file *file, pgoff_t index)
{
	struct folio *folio = xa_load(&file->f_mapping->i_pages, index);

	folio_page(folio, index - shim_index(folio))->flags.f |= SHIM_HWPOISON;
	if (folio_test_large(folio))
		folio->page.flags.f |= SHIM_HAS_HWPOISON;
	atomic_long_add(1, &num_poisoned_pages);
}

/* A value stands for it, which says where to find it. */
void shim_swap_out(struct file *file, pgoff_t index)
{
	struct folio *folio = xa_load(&file->f_mapping->i_pages, index);

	set_entry(&file->f_mapping->i_pages, shim_index(folio), folio_order(folio),
		  xa_mk_value(folio_pfn(folio)));
	count(folio, -folio_nr_pages(folio));
	file->f_mapping->nrpages -= folio_nr_pages(folio);
	file->f_inode->swapped += folio_nr_pages(folio);
}

static struct folio *swap_in(struct address_space *mapping, void *value)
{
	struct folio *folio = pfn_folio(xa_to_value(value));

	if (!pthread_equal(owner, pthread_self()))
		shim_die("a worker brings a folio back");
	set_entry(&mapping->i_pages, shim_index(folio), folio_order(folio), folio);
	count(folio, folio_nr_pages(folio));
	mapping->nrpages += folio_nr_pages(folio);
	mapping->host->swapped -= folio_nr_pages(folio);
	return folio;
}

/* What is swapped, with a reference */
struct folio *shmem_read_folio_gfp(struct address_space *mapping, pgoff_t index, gfp_t gfp)
{
	struct folio *folio = xa_load(&mapping->i_pages, index);

	if (!xa_is_value(folio))
		shim_die("index %lu is read, which is not swapped", index);
	if (!(gfp & __GFP_RETRY_MAYFAIL))
		shim_die("a page that is brought back ends a task instead of failing");
	if (shim_fault())
		return ERR_PTR(-ENOMEM);
	folio = swap_in(mapping, folio);
	folio_ref_add(folio, 1);
	return folio;
}

unsigned long shim_nr_folios(struct file *file)
{
	unsigned long index, nr = 0;
	void *entry;

	xa_for_each(&file->f_mapping->i_pages, index, entry)
		nr++;
	return nr;
}

/* Somewhere else, or NULL. What is found is not in a CMA area, or no longer. */
static struct folio *move(struct file *file, struct folio *folio)
{
	struct folio *to = folio_alloc(GFP_KERNEL, folio_order(folio));

	if (!to)
		return NULL;
	shim_migratetype[folio_pfn(to) >> pageblock_order] = MIGRATE_MOVABLE;
	memcpy(folio_address(to), folio_address(folio), folio_size(folio));
	count(folio, -folio_nr_pages(folio));
	to->page.flags.f |= folio->page.flags.f & (SHIM_DIRTY | SHIM_UPTODATE);
	to->page._refcount.counter = folio_nr_pages(folio);
	shim_index(to) = shim_index(folio);
	count(to, folio_nr_pages(to));
	set_entry(&file->f_mapping->i_pages, shim_index(to), folio_order(to), to);
	folio->page.flags.f &= ~SHIM_FLAGS;
	shim_index(folio) = 0;
	folio->page._refcount.counter -= folio_nr_pages(folio) - 1;
	folio_put(folio);
	return to;
}

bool folio_try_get(struct folio *folio)
{
	folio_ref_add(folio, 1);
	return true;
}

void node_stat_mod_folio(struct folio *folio, enum node_stat_item item, long pages)
{
	if (item != NR_FOLL_PIN_ACQUIRED)
		shim_die("statistic %u is not of a node", item);
	__atomic_fetch_add(&shim_pins, pages, __ATOMIC_RELAXED);
}

static void pin(struct folio *folio)
{
	if (folio_has_pincount(folio)) {
		folio_ref_add(folio, 1);
		atomic_inc(&folio->_pincount);
	} else {
		folio_ref_add(folio, GUP_PIN_COUNTING_BIAS);
	}
	node_stat_mod_folio(folio, NR_FOLL_PIN_ACQUIRED, 1);
}

/* Also what is not here, and what must not stay where it is */
static struct folio *get_folio(struct file *file, pgoff_t index)
{
	struct folio *folio = xa_load(&file->f_mapping->i_pages, index);

	if (!folio)
		shim_die("a hole at index %lu is filled", index);
	if (xa_is_value(folio))
		shim_die("a swapped page at index %lu is pinned: its charge can end a task", index);
	return folio_is_longterm_pinnable(folio) ? folio : move(file, folio);
}

long memfd_pin_folios(struct file *memfd, loff_t start, loff_t end,
		      struct folio **folios, unsigned int max_folios, pgoff_t *offset)
{
	struct inode *inode = file_inode(memfd);
	pgoff_t index = start >> PAGE_SHIFT;
	unsigned int nr = 0;

	__atomic_fetch_add(&shim_pin_calls, 1, __ATOMIC_RELAXED);
	if (!inode->frozen)
		shim_die("folios are pinned while the file can change");
	if (start < 0 || start > end || !max_folios || end >= inode->size)
		return -EINVAL;
	__atomic_fetch_add(&shim_pin_pages, (end >> PAGE_SHIFT) - index + 1, __ATOMIC_RELAXED);
	if (shim_fault())
		return -ENOMEM;

	while (index <= end >> PAGE_SHIFT && nr < max_folios) {
		struct folio *folio = get_folio(memfd, index);

		if (!folio) {
			unpin_folios(folios, nr);
			return -ENOMEM;
		}
		pin(folio);
		folios[nr++] = folio;
		index = folio_next_index(folio);
	}

	return nr;
}

static void unpin(struct folio *folio)
{
	unsigned int refs = folio_has_pincount(folio) ? 1 : GUP_PIN_COUNTING_BIAS;

	if (folio_has_pincount(folio) && atomic_dec_return(&folio->_pincount) < 0)
		shim_die("a large folio is unpinned that is not pinned");
	if (__atomic_fetch_sub(&folio->page._refcount.counter, refs, __ATOMIC_RELAXED) <= (int)refs)
		shim_die("a folio is unpinned that is not pinned");
	node_stat_mod_folio(folio, NR_FOLL_PIN_ACQUIRED, -1);
}

void unpin_folios(struct folio **folios, unsigned long nr)
{
	while (nr--)
		unpin(folios[nr]);
}

struct folio *filemap_get_folio(struct address_space *mapping, pgoff_t index)
{
	struct folio *folio = xa_load(&mapping->i_pages, index);

	if (!folio || xa_is_value(folio))
		return ERR_PTR(-ENOENT);
	folio->page._refcount.counter++;
	return folio;
}

void shim_lock_cache(struct xa_state *xas)
{
	may_sleep();
	xa_lock_irq(xas->xa);
	locked = xas->xa;
	at_slot = false;
}

void shim_unlock_cache(struct xa_state *xas)
{
	if (locked != xas->xa)
		shim_die("a page cache is unlocked that is not locked");
	locked = NULL;
	xa_unlock_irq(xas->xa);
}

static void check_walk(const struct xa_state *xas)
{
	if (locked != xas->xa || xas_error(xas))
		shim_die("a walk with error %d, %slocked", xas_error(xas),
			 locked == xas->xa ? "" : "not ");
}

void *shim_find_conflict(struct xa_state *xas)
{
	check_walk(xas);
	at_slot = true;
	return (xas_find_conflict)(xas);
}

void *shim_next(struct xa_state *xas)
{
	check_walk(xas);
	if (!at_slot)
		shim_die("a walk goes on that has not begun, or that was interrupted");
	return (xas_next)(xas);
}

void shim_store(struct xa_state *xas, struct folio *folio)
{
	unsigned long span = (xas->xa_sibs + 1UL) << xas->xa_shift;

	check_walk(xas);
	if (span != folio_nr_pages(folio) || xas->xa_index != shim_index(folio))
		shim_die("a folio of %lu pages of index %lu is stored at index %lu",
			 folio_nr_pages(folio), shim_index(folio), xas->xa_index);
	if (!shim_folio_flag(folio, SHIM_LOCKED) || !shim_folio_flag(folio, SHIM_SWAPBACKED) ||
	    !shim_folio_flag(folio, SHIM_CHARGED))
		shim_die("a folio is stored with flags %#lx", folio->page.flags.f);
	if (!folio->mapping || &folio->mapping->i_pages != xas->xa ||
	    folio->page._refcount.counter != 1 + folio_nr_pages(folio))
		shim_die("a folio is stored before others may see it");
	check_place(xas->xa, xas->xa_index, span);
	(xas_store)(xas, folio);
	at_slot = !xas_error(xas);
}

bool shim_nomem(struct xa_state *xas, gfp_t gfp)
{
	may_sleep();
	/* At the limit of a memory cgroup its OOM killer would end a task. */
	if (gfp & __GFP_NOFAIL && shim_active_memcg != root_mem_cgroup)
		shim_die("a node that must not fail is charged");
	if (gfp & __GFP_NOFAIL && !shim_noio)
		shim_die("reclaim could drop the file, or wait for one who waits for it");
	return (xas_error(xas) != -ENOMEM || gfp & __GFP_NOFAIL || !shim_fault()) &&
	       (xas_nomem)(xas, gfp & ~__GFP_NOFAIL);
}

/* As if no memory could be had under the lock. */
struct kmem_cache *radix_tree_node_cachep;
unsigned long shim_nr_nodes;

void *kmem_cache_alloc_lru(struct kmem_cache *cache, struct list_lru *lru, gfp_t gfp)
{
	if (!(gfp & __GFP_DIRECT_RECLAIM))
		return NULL;
	__atomic_fetch_add(&shim_nr_nodes, 1, __ATOMIC_RELAXED);
	return calloc(1, sizeof(struct xa_node));
}

void radix_tree_node_rcu_free(struct rcu_head *head)
{
	free(container_of(head, struct xa_node, rcu_head));
}

void lruvec_stat_mod_folio(struct folio *folio, enum node_stat_item item, int pages)
{
	if (!locked)
		shim_die("pages are counted without the lock of their page cache");
	count_as(item, folio, pages);
}

struct lruvec *folio_lruvec_lock_irq(struct folio *folio)
{
	struct lruvec *lruvec;

	may_sleep();
	pthread_mutex_lock(&lru_lock);
	lruvec = lruvec_of(folio);
	lruvec->locked = true;
	return lruvec;
}

void lruvec_unlock_irq(struct lruvec *lruvec)
{
	lruvec->locked = false;
	pthread_mutex_unlock(&lru_lock);
}

bool folio_matches_lruvec(struct folio *folio, struct lruvec *lruvec)
{
	if (!folio->mapping)
		shim_die("a folio of no file can be reclaimed");
	return lruvec_of(folio) == lruvec;
}

void update_lru_size(struct lruvec *lruvec, enum lru_list lru, enum zone_type zone, long pages)
{
	if (!lruvec->locked)
		shim_die("the pages of a list are counted without its lock");
	lruvec->pages[zone] += pages;
}

struct file *memfd_alloc_file(const char *name, unsigned int flags)
{
	struct file *file;

	if (shim_fault())
		return ERR_PTR(-ENFILE);
	file = shim_new_file(0);
	strscpy(file->shim_name, name);
	if (flags & MFD_NOEXEC_SEAL) {
		file->f_inode->i_mode &= ~0111;
		file->f_inode->seals = F_SEAL_EXEC;
	} else if (flags & MFD_ALLOW_SEALING) {
		file->f_inode->seals = 0;
	}
	return file;
}

int memfd_get_seals(struct file *file)
{
	return shim_fault() ? -EINVAL : (int)file->f_inode->seals;
}

static bool has_pins(struct address_space *mapping)
{
	struct folio *folio;
	unsigned long index;

	xa_for_each(&mapping->i_pages, index, folio) {
		if (!xa_is_value(folio) &&
		    folio->page._refcount.counter != (int)folio_nr_pages(folio))
			return true;
	}
	return false;
}

int memfd_add_seals(struct file *file, unsigned int seals)
{
	struct inode *inode = file->f_inode;

	if (shim_fault() || !(file->f_mode & FMODE_WRITE) || inode->seals & F_SEAL_SEAL)
		return -EPERM;
	if (seals & ~SHIM_ALL_SEALS)
		return -EINVAL;
	/* What can be executed cannot be written to from then on. */
	if (seals & F_SEAL_EXEC && inode->i_mode & 0111)
		seals |= F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;
	if (seals & ~inode->seals & F_SEAL_WRITE && has_pins(inode->i_mapping))
		return -EBUSY;
	inode->seals |= seals;
	return 0;
}

loff_t vfs_setpos(struct file *file, loff_t offset, loff_t maxsize)
{
	if (offset < 0 || offset > maxsize)
		return -EINVAL;
	file->f_pos = offset;
	return offset;
}

static void check_stats(void)
{
	unsigned int i, k;

	for (i = 0; i < SHIM_NR_STATS; i++) {
		for (k = 0; k < SHIM_MEMCGS; k++) {
			if (stats[i][k])
				shim_die("group %u: statistic %u is off by %ld", k, i, stats[i][k]);
		}
	}
}

/* Workers ask, too. */
bool shim_is_dying(void)
{
	long left = __atomic_load_n(&shim_die_after, __ATOMIC_RELAXED);

	while (left > 0 && !__atomic_compare_exchange_n(&shim_die_after, &left, left - 1, false,
							__ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	return !left;
}

pthread_mutex_t shim_var_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t var_cond = PTHREAD_COND_INITIALIZER;

void shim_wait_var(void)
{
	struct timespec at;

	clock_gettime(CLOCK_REALTIME, &at);
	at.tv_sec += 30;
	if (pthread_cond_timedwait(&var_cond, &shim_var_lock, &at))
		shim_die("a task waits for a variable, and nobody wakes it up");
}

void shim_wake_var(void)
{
	pthread_mutex_lock(&shim_var_lock);
	pthread_cond_broadcast(&var_cond);
	pthread_mutex_unlock(&shim_var_lock);
}

int shim_access(struct file *file, pgoff_t index)
{
	return kho_shmem_fill(file_inode(file), index);
}

int shim_fallocate(struct file *file)
{
	return kho_shmem_fill_all(file_inode(file));
}

/* The last reference: what was added must have been accounted. */
void fput(struct file *file)
{
	struct inode *inode = file->f_inode;
	struct folio *folio;
	unsigned long index;

	kho_shmem_evict(inode);
	if (inode->alloced != inode->mapping.nrpages || inode->blocks != (long)inode->alloced)
		shim_die("a file has %lu pages, %ld alloced, %ld blocks",
			 inode->mapping.nrpages, inode->alloced, inode->blocks);
	xa_for_each(&inode->mapping.i_pages, index, folio)
		evict(&inode->mapping, folio);
	if (inode->mapping.nrpages)
		shim_die("a file without folios has %ld pages", (long)inode->mapping.nrpages);
	/* Empty nodes stay behind when one below them could not be had, in a kernel too. */
	xa_destroy(&inode->mapping.i_pages);
	free(inode);
	free(file);
	if (!--shim_live_files)
		check_stats();
}

long shim_memcg_limit = LONG_MAX, shim_memcg_pages, shim_kernel_pages;
bool shim_memcg_is_root;
static int shim_objcg;
long shim_nr_objcg_refs;	/* atomic */

/* Returns false if the limit is in the way. */
static bool charge_pages(long pages)
{
	if (__atomic_add_fetch(&shim_memcg_pages, pages, __ATOMIC_RELAXED) <= shim_memcg_limit)
		return true;
	__atomic_fetch_sub(&shim_memcg_pages, pages, __ATOMIC_RELAXED);
	return false;
}

struct obj_cgroup *get_obj_cgroup_from_current(void)
{
	if (shim_active_memcg != &shim_task_memcg)
		shim_die("a charge for another memory cgroup than that of the mm");
	__atomic_fetch_add(&shim_nr_objcg_refs, 1, __ATOMIC_RELAXED);
	return (struct obj_cgroup *)&shim_objcg;
}

void obj_cgroup_put(struct obj_cgroup *objcg)
{
	if (objcg && __atomic_sub_fetch(&shim_nr_objcg_refs, 1, __ATOMIC_RELAXED) < 0)
		shim_die("a memory cgroup is put too often");
}

struct mem_cgroup *get_mem_cgroup_from_objcg(struct obj_cgroup *objcg)
{
	if (!__atomic_load_n(&shim_nr_objcg_refs, __ATOMIC_RELAXED))
		shim_die("a memory cgroup is used that was put");
	return &shim_task_memcg;
}

/* The kernel looks for the bytes in an unsigned int. */
int obj_cgroup_charge(struct obj_cgroup *objcg, gfp_t gfp, size_t size)
{
	may_sleep();
	if (size != (unsigned int)size || size & ~PAGE_MASK)
		shim_die("%zu bytes are charged at once", size);
	if (shim_memcg_is_root || !(gfp & __GFP_RETRY_MAYFAIL))
		shim_die("a charge of the root, or one that ends a task instead of failing");
	if (shim_fault() || !charge_pages(size >> PAGE_SHIFT))
		return -ENOMEM;
	__atomic_fetch_add(&shim_kernel_pages, size >> PAGE_SHIFT, __ATOMIC_RELAXED);
	return 0;
}

void obj_cgroup_uncharge(struct obj_cgroup *objcg, size_t size)
{
	long pages = size >> PAGE_SHIFT;

	if (size != (unsigned int)size || size & ~PAGE_MASK)
		shim_die("%zu bytes are uncharged at once", size);
	__atomic_fetch_sub(&shim_memcg_pages, pages, __ATOMIC_RELAXED);
	if (__atomic_sub_fetch(&shim_kernel_pages, pages, __ATOMIC_RELAXED) < 0)
		shim_die("more is uncharged than was charged");
}

static void uncharge(struct folio *folio)
{
	if (shim_folio_flag(folio, SHIM_CHARGED))
		__atomic_fetch_sub(&shim_memcg_pages, folio_nr_pages(folio), __ATOMIC_RELAXED);
	folio->page.flags.f &= ~SHIM_CHARGED;
}

int mem_cgroup_charge(struct folio *folio, void *mm, gfp_t gfp)
{
	const bool may_fail = !(gfp & __GFP_NOFAIL);

	may_sleep();
	if (shim_folio_flag(folio, SHIM_CHARGED))
		shim_die("a folio is charged twice");
	if (shim_is_worker && !shim_active_memcg)
		shim_die("a worker charges its own memory cgroup");
	if (gfp & __GFP_DIRECT_RECLAIM && !(gfp & __GFP_RETRY_MAYFAIL))
		shim_die("a charge ends a task instead of failing");
	if (gfp & __GFP_DIRECT_RECLAIM && !may_fail)
		shim_die("a charge that was paid for waits for memory");
	if (may_fail && shim_fault())
		return -ENOMEM;
	if (!charge_pages(folio_nr_pages(folio))) {
		if (!may_fail)
			shim_die("a memory cgroup is above its limit");
		return -ENOMEM;
	}
	current->memcg_nr_pages_over_high += folio_nr_pages(folio);
	shim_folio_set(folio, SHIM_CHARGED, 0);
	return 0;
}

void mem_cgroup_uncharge(struct folio *folio)
{
	if (shim_folio_flag(folio, SHIM_LRU) || folio->mapping)
		shim_die("a folio is uncharged that can be found");
	uncharge(folio);
}

int shmem_inode_acct_blocks(struct inode *inode, long pages)
{
	int err = 0;

	may_sleep();
	pthread_mutex_lock(&file_lock);
	if (shim_fault() || inode->blocks + pages > shim_max_blocks)
		err = -ENOSPC;
	else
		inode->blocks += pages;
	pthread_mutex_unlock(&file_lock);
	return err;
}

/* Allocated pages that are no longer in the page cache were freed. */
bool shmem_recalc_inode(struct inode *inode, long alloced, long swapped)
{
	long freed;

	may_sleep();
	pthread_mutex_lock(&file_lock);
	inode->alloced += alloced;
	/* The kernel reads it without this lock, and at any moment. */
	xa_lock_irq(&inode->mapping.i_pages);
	freed = inode->alloced - inode->swapped - inode->mapping.nrpages;
	xa_unlock_irq(&inode->mapping.i_pages);
	if (freed > 0) {
		inode->alloced -= freed;
		inode->blocks -= freed;
	}
	pthread_mutex_unlock(&file_lock);
	return false;
}

int liveupdate_register_file_handler(struct liveupdate_file_handler *handler)
{
	shim_file_handler = handler;
	return shim_register_err;
}

void luo_fast_add_check(struct luo_fast_check *check)
{
	shim_file_check = check;
}

void luo_fast_retrieve_again(struct liveupdate_file_op_args *args)
{
	shim_again = true;
}
