// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files in memory, LUO's end of them, and a checker of how they are treated: what
 * the kernel asserts about locks, flags, alignment and pins ends the test. Only
 * pins are taken by several threads.
 */
#include <stdlib.h>

#include <linux/bug.h>
#include <linux/gfp.h>
#include <linux/liveupdate.h>

long shim_live_files, shim_pins, shim_pin_calls;
long shim_max_blocks = LONG_MAX;
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
	if (inode->locked)
		shim_die("an inode is locked twice");
	inode->locked = true;
}

void inode_unlock(struct inode *inode)
{
	if (!inode->locked)
		shim_die("an inode is unlocked that is not locked");
	inode->locked = false;
}

void shmem_freeze(struct inode *inode, bool freeze)
{
	if (!inode->locked)
		shim_die("an inode is frozen without its lock");
	inode->frozen = freeze;
}

/* Position of the first folio that ends behind @index. */
static unsigned long position(const struct xarray *xa, pgoff_t index)
{
	unsigned long from = 0, to = xa->nr;

	while (from < to) {
		unsigned long mid = (from + to) / 2;

		if (folio_next_index(xa->folios[mid]) > index)
			to = mid;
		else
			from = mid + 1;
	}

	return from;
}

static struct folio *lookup(struct address_space *mapping, pgoff_t index)
{
	const struct xarray *xa = &mapping->i_pages;
	unsigned long at = position(xa, index);

	return at < xa->nr && shim_index(xa->folios[at]) <= index ? xa->folios[at] : NULL;
}

/* Under rcu_read_lock(): a frozen file does not change. */
void *xas_find(struct xa_state *xas, unsigned long max)
{
	const struct xarray *xa = xas->xa;
	unsigned long index = xas->node ? xas->xa_index + 1 : xas->xa_index;
	unsigned long at = position(xa, index);

	/* Behind the folio that was found, wherever in it that was. */
	if (xas->node && at < xa->nr && shim_index(xa->folios[at]) < index)
		at++;
	if (at == xa->nr || shim_index(xa->folios[at]) > max)
		return NULL;
	xas->xa_index = max(index, shim_index(xa->folios[at]));
	xas->node = true;
	return xas_reload(xas);
}

void *xas_reload(const struct xa_state *xas)
{
	struct folio *folio = xas->xa->folios[position(xas->xa, xas->xa_index)];

	return shim_folio_flag(folio, SHIM_SWAPPED) ? (void *)1UL : folio;
}

void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max, int filter)
{
	unsigned long at = position(xa, *index);

	if (at == xa->nr || shim_index(xa->folios[at]) > max)
		return NULL;
	*index = max(*index, shim_index(xa->folios[at]));
	return xa->folios[at];
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

static void insert(struct xarray *xa, pgoff_t index, struct folio *folio)
{
	unsigned long at = position(xa, index), nr = folio_nr_pages(folio);

	if (!IS_ALIGNED(index, nr))
		shim_die("a folio of %lu pages is put at index %lu", nr, index);
	if (at < xa->nr && shim_index(xa->folios[at]) < index + nr)
		shim_die("two folios at index %lu", index);

	if (xa->nr == xa->max) {
		xa->max = 2 * xa->max + 64;
		xa->folios = realloc(xa->folios, xa->max * sizeof(*xa->folios));
	}
	memmove(xa->folios + at + 1, xa->folios + at, (xa->nr - at) * sizeof(*xa->folios));
	xa->folios[at] = folio;
	xa->nr++;
	shim_index(folio) = index;
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

static void evict(struct address_space *mapping, unsigned long at)
{
	struct xarray *xa = &mapping->i_pages;
	struct folio *folio = xa->folios[at];

	if (folio->page._refcount.counter != (int)folio_nr_pages(folio))
		shim_die("a folio of a file that goes has %d references", folio->page._refcount.counter);
	if (shim_folio_flag(folio, SHIM_LRU))
		remove_from_lru(folio);
	count(folio, -folio_nr_pages(folio));
	mapping->nrpages -= folio_nr_pages(folio);
	memmove(xa->folios + at, xa->folios + at + 1, (--xa->nr - at) * sizeof(*xa->folios));
	shim_index(folio) = 0;
	folio->mapping = NULL;
	folio->page._refcount.counter -= folio_nr_pages(folio) - 1;
	folio_put(folio);
}

struct file *shim_new_file(loff_t size)
{
	struct file *file = calloc(1, sizeof(*file));
	struct inode *inode = calloc(1, sizeof(*inode));

	if (!shim_live_files++)
		owner = pthread_self();
	inode->size = size;
	inode->is_shmem = true;
	inode->seals = F_SEAL_SEAL;
	inode->i_mapping = file->f_mapping = &inode->mapping;
	inode->mapping.host = inode;
	file->f_inode = inode;
	return file;
}

void shim_add_folio(struct file *file, pgoff_t index, struct folio *folio)
{
	insert(&file->f_mapping->i_pages, index, folio);
	file->f_mapping->nrpages += folio_nr_pages(folio);
	count(folio, folio_nr_pages(folio));
	folio->page._refcount.counter += folio_nr_pages(folio) - 1;
	file->f_inode->alloced += folio_nr_pages(folio);
	file->f_inode->blocks += folio_nr_pages(folio);
}

/* As shmem_read_folio() does: zeroed, clean. */
static struct folio *fill_hole(struct file *file, pgoff_t index)
{
	struct folio *folio;

	if (!pthread_equal(owner, pthread_self()))
		shim_die("a worker fills a hole");
	folio = folio_alloc(GFP_KERNEL, 0);
	if (!folio)
		return NULL;
	folio->page.flags.f |= SHIM_UPTODATE;
	shim_add_folio(file, index, folio);
	return folio;
}

void shim_swap_out(struct file *file, pgoff_t index)
{
	struct folio *folio = lookup(file->f_mapping, index);

	folio->page.flags.f |= SHIM_SWAPPED;
	count(folio, -folio_nr_pages(folio));
	file->f_mapping->nrpages -= folio_nr_pages(folio);
}

static void swap_in(struct file *file, struct folio *folio)
{
	if (!pthread_equal(owner, pthread_self()))
		shim_die("a worker brings a folio back");
	folio->page.flags.f &= ~SHIM_SWAPPED;
	count(folio, folio_nr_pages(folio));
	file->f_mapping->nrpages += folio_nr_pages(folio);
}

/* Somewhere else, or NULL. What is found is not in a CMA area, or no longer. */
static struct folio *move(struct file *file, struct folio *folio)
{
	struct xarray *xa = &file->f_mapping->i_pages;
	unsigned long at = position(xa, shim_index(folio));
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
	xa->folios[at] = to;
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

/* With what is missing, what is not here and what must not stay where it is. */
static struct folio *get_folio(struct file *file, pgoff_t index)
{
	struct folio *folio = lookup(file->f_mapping, index);

	if (!folio)
		return fill_hole(file, index);
	if (shim_folio_flag(folio, SHIM_SWAPPED))
		swap_in(file, folio);
	return folio_is_longterm_pinnable(folio) ? folio : move(file, folio);
}

long memfd_pin_folios(struct file *memfd, loff_t start, loff_t end,
		      struct folio **folios, unsigned int max_folios, pgoff_t *offset)
{
	struct inode *inode = file_inode(memfd);
	pgoff_t index = start >> PAGE_SHIFT;
	unsigned int nr = 0;

	__atomic_fetch_add(&shim_pin_calls, 1, __ATOMIC_RELAXED);
	if (!inode->locked || !inode->frozen)
		shim_die("folios are pinned while the file can change");
	if (start < 0 || start > end || !max_folios || end >= inode->size)
		return -EINVAL;
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
	struct folio *folio = lookup(mapping, index);

	if (!folio || shim_folio_flag(folio, SHIM_SWAPPED))
		return ERR_PTR(-ENOENT);
	folio->page._refcount.counter++;
	return folio;
}

/* The lock of a page cache, of which there is one at a time; its owner must not sleep. */
static bool xa_locked;

static void may_sleep(void)
{
	if (xa_locked)
		shim_die("sleeping with the lock of a page cache");
}

void xas_lock_irq(struct xa_state *xas)
{
	may_sleep();
	xa_locked = xas->xa->locked = true;
}

void xas_unlock_irq(struct xa_state *xas)
{
	if (!xas->xa->locked)
		shim_die("a page cache is unlocked that is not locked");
	xa_locked = xas->xa->locked = false;
	xas->stale = true;
}

static void check_walk(const struct xa_state *xas)
{
	if (!xas->xa->locked || xas->err)
		shim_die("a walk with error %d, %slocked", xas->err,
			 xas->xa->locked ? "" : "not ");
}

void xas_set_order(struct xa_state *xas, unsigned long index, unsigned int order)
{
	xas->xa_index = index >> order << order;
	xas->xa_shift = order - order % XA_CHUNK_SHIFT;
	xas->xa_sibs = BIT(order % XA_CHUNK_SHIFT) - 1;
	xas->node = xas->stale = false;
}

static unsigned long span(const struct xa_state *xas)
{
	return (xas->xa_sibs + 1UL) << xas->xa_shift;
}

void *xas_find_conflict(struct xa_state *xas)
{
	unsigned long at = position(xas->xa, xas->xa_index);

	check_walk(xas);
	xas->node = xas->xa->nr;
	return at < xas->xa->nr &&
	       shim_index(xas->xa->folios[at]) < xas->xa_index + span(xas) ?
	       xas->xa->folios[at] : NULL;
}

/* The next slot, whatever the size of what is stored. */
void *xas_next(struct xa_state *xas)
{
	unsigned long at = position(xas->xa, ++xas->xa_index);

	check_walk(xas);
	if (!xas->node || xas->stale)
		shim_die("a walk goes on that has not begun, or that was interrupted");
	return at < xas->xa->nr && shim_index(xas->xa->folios[at]) <= xas->xa_index ?
	       xas->xa->folios[at] : NULL;
}

static bool has_node(const struct xarray *xa, pgoff_t index)
{
	unsigned long at = position(xa, index);

	return (at < xa->nr &&
		shim_index(xa->folios[at]) >> XA_CHUNK_SHIFT == index >> XA_CHUNK_SHIFT) ||
	       (at && (folio_next_index(xa->folios[at - 1]) - 1) >> XA_CHUNK_SHIFT ==
		index >> XA_CHUNK_SHIFT);
}

void xas_store(struct xa_state *xas, struct folio *folio)
{
	check_walk(xas);
	if (span(xas) != folio_nr_pages(folio) || xas->xa_index != shim_index(folio))
		shim_die("a folio of %lu pages of index %lu is stored at index %lu",
			 folio_nr_pages(folio), shim_index(folio), xas->xa_index);
	if (!shim_folio_flag(folio, SHIM_LOCKED) || !shim_folio_flag(folio, SHIM_SWAPBACKED) ||
	    !shim_folio_flag(folio, SHIM_CHARGED))
		shim_die("a folio is stored with flags %#lx", folio->page.flags.f);
	if (!folio->mapping || &folio->mapping->i_pages != xas->xa ||
	    folio->page._refcount.counter != 1 + folio_nr_pages(folio))
		shim_die("a folio is stored before others may see it");

	if (!xas->xa_alloc && !has_node(xas->xa, xas->xa_index)) {
		xas->err = -ENOMEM;
		return;
	}
	if (!has_node(xas->xa, xas->xa_index)) {
		free(xas->xa_alloc);
		xas->xa_alloc = NULL;
	}
	insert(xas->xa, xas->xa_index, folio);
	xas->node = true;
}

/* Frees a spare allocation, so it must be the last call. */
bool xas_nomem(struct xa_state *xas, gfp_t gfp)
{
	may_sleep();
	if (xas->err != -ENOMEM) {
		free(xas->xa_alloc);
		xas->xa_alloc = NULL;
		return false;
	}
	if (shim_fault())
		return false;
	xas->xa_alloc = malloc(1);
	xas->err = 0;
	xas->node = false;
	return true;
}

void lruvec_stat_mod_folio(struct folio *folio, enum node_stat_item item, int pages)
{
	if (!xa_locked)
		shim_die("pages are counted without the lock of their page cache");
	count_as(item, folio, pages);
}

struct lruvec *folio_lruvec_lock_irq(struct folio *folio)
{
	struct lruvec *lruvec = lruvec_of(folio);

	may_sleep();
	if (lruvec->locked)
		shim_die("a list is locked twice");
	lruvec->locked = true;
	return lruvec;
}

void lruvec_unlock_irq(struct lruvec *lruvec)
{
	lruvec->locked = false;
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
	if (flags & MFD_ALLOW_SEALING)
		file->f_inode->seals = 0;
	return file;
}

int memfd_get_seals(struct file *file)
{
	return shim_fault() ? -EINVAL : (int)file->f_inode->seals;
}

int memfd_add_seals(struct file *file, unsigned int seals)
{
	if (shim_fault() || file->f_inode->seals & F_SEAL_SEAL)
		return -EPERM;
	file->f_inode->seals |= seals;
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

/* The last reference: what was added must have been accounted. */
void fput(struct file *file)
{
	struct inode *inode = file->f_inode;

	if (inode->alloced != inode->mapping.nrpages || inode->blocks != inode->alloced)
		shim_die("a file has %lu pages, %ld alloced, %ld blocks",
			 inode->mapping.nrpages, inode->alloced, inode->blocks);
	while (inode->mapping.i_pages.nr)
		evict(&inode->mapping, inode->mapping.i_pages.nr - 1);
	if (inode->mapping.nrpages)
		shim_die("a file without folios has %ld pages", (long)inode->mapping.nrpages);
	free(inode->mapping.i_pages.folios);
	free(inode);
	free(file);
	if (!--shim_live_files)
		check_stats();
}

int mem_cgroup_charge(struct folio *folio, void *mm, gfp_t gfp)
{
	may_sleep();
	if (shim_fault())
		return -ENOMEM;
	shim_folio_set(folio, SHIM_CHARGED, 0);
	return 0;
}

int shmem_inode_acct_blocks(struct inode *inode, long pages)
{
	may_sleep();
	if (shim_fault() || inode->blocks + pages > shim_max_blocks)
		return -ENOSPC;
	inode->blocks += pages;
	return 0;
}

/* Allocated pages that are no longer in the page cache were freed. */
bool shmem_recalc_inode(struct inode *inode, long alloced, long swapped)
{
	long freed;

	may_sleep();
	inode->alloced += alloced;
	freed = inode->alloced - inode->mapping.nrpages;
	if (freed > 0) {
		inode->alloced -= freed;
		inode->blocks -= freed;
	}
	return false;
}

int liveupdate_register_file_handler(struct liveupdate_file_handler *handler)
{
	shim_file_handler = handler;
	return shim_register_err;
}
