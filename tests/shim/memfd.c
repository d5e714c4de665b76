// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files in memory, LUO's end of them, and a judge of how they are treated: what
 * the kernel asserts about locks, flags, alignment and pins ends the test. Only
 * pins are taken by several threads.
 */
#include <stdlib.h>

#include <linux/bug.h>
#include <linux/gfp.h>
#include <linux/liveupdate.h>

long shim_live_files, shim_pins, shim_pin_calls;
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

void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max, int filter)
{
	unsigned long at = position(xa, *index);

	if (at == xa->nr || shim_index(xa->folios[at]) > max)
		return NULL;
	*index = max(*index, shim_index(xa->folios[at]));
	return xa->folios[at];
}

static int insert(struct address_space *mapping, pgoff_t index, struct folio *folio)
{
	struct xarray *xa = &mapping->i_pages;
	unsigned long at = position(xa, index), nr = folio_nr_pages(folio);

	if (!IS_ALIGNED(index, nr))
		shim_die("a folio of %lu pages is put at index %lu", nr, index);
	if (at < xa->nr && shim_index(xa->folios[at]) < index + nr)
		return -EEXIST;

	if (xa->nr == xa->max) {
		xa->max = 2 * xa->max + 64;
		xa->folios = realloc(xa->folios, xa->max * sizeof(*xa->folios));
	}
	memmove(xa->folios + at + 1, xa->folios + at, (xa->nr - at) * sizeof(*xa->folios));
	xa->folios[at] = folio;
	xa->nr++;
	mapping->nrpages += nr;
	shim_index(folio) = index;
	return 0;
}

static void evict(struct address_space *mapping, unsigned long at)
{
	struct xarray *xa = &mapping->i_pages;
	struct folio *folio = xa->folios[at];

	mapping->nrpages -= folio_nr_pages(folio);
	memmove(xa->folios + at, xa->folios + at + 1, (--xa->nr - at) * sizeof(*xa->folios));
	shim_index(folio) = 0;
	folio->page.refcount -= folio_nr_pages(folio) - 1;
	folio_put(folio);
}

static struct file *new_file(loff_t size)
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

struct file *shim_new_file(loff_t size)
{
	return new_file(size);
}

void shim_add_folio(struct file *file, pgoff_t index, struct folio *folio)
{
	if (insert(file->f_mapping, index, folio))
		shim_die("two folios at index %lu", index);
	folio->page.refcount += folio_nr_pages(folio) - 1;
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

static void pin(struct folio *folio)
{
	__atomic_fetch_add(&folio->page.refcount, SHIM_PIN, __ATOMIC_RELAXED);
	__atomic_fetch_add(&shim_pins, 1, __ATOMIC_RELAXED);
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
		struct folio *folio = lookup(memfd->f_mapping, index);

		if (!folio)
			folio = fill_hole(memfd, index);
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

void unpin_folios(struct folio **folios, unsigned long nr)
{
	while (nr--) {
		if (__atomic_fetch_sub(&folios[nr]->page.refcount, SHIM_PIN,
				       __ATOMIC_RELAXED) <= SHIM_PIN)
			shim_die("a folio is unpinned that is not pinned");
		__atomic_fetch_sub(&shim_pins, 1, __ATOMIC_RELAXED);
	}
}

struct folio *filemap_get_folio(struct address_space *mapping, pgoff_t index)
{
	struct folio *folio = lookup(mapping, index);

	if (!folio)
		return ERR_PTR(-ENOENT);
	folio->page.refcount++;
	return folio;
}

/* The last one to be added. */
static struct address_space *latest;

void filemap_remove_folio(struct folio *folio)
{
	if (!shim_folio_flag(folio, SHIM_LOCKED))
		shim_die("a folio is removed without its lock");
	evict(latest, position(&latest->i_pages, shim_index(folio)));
}

struct file *memfd_alloc_file(const char *name, unsigned int flags)
{
	struct file *file;

	if (shim_fault())
		return ERR_PTR(-ENFILE);
	file = new_file(0);
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

/* The last reference: what was added must have been accounted. */
void fput(struct file *file)
{
	struct inode *inode = file->f_inode;

	if (inode->alloced != inode->mapping.nrpages || inode->blocks != inode->alloced)
		shim_die("a file has %lu pages, %ld alloced, %ld blocks",
			 inode->mapping.nrpages, inode->alloced, inode->blocks);
	while (inode->mapping.i_pages.nr)
		evict(&inode->mapping, inode->mapping.i_pages.nr - 1);
	free(inode->mapping.i_pages.folios);
	free(inode);
	free(file);
	shim_live_files--;
}

int mem_cgroup_charge(struct folio *folio, void *mm, gfp_t gfp)
{
	return shim_fault() ? -ENOMEM : 0;
}

int shmem_add_to_page_cache(struct folio *folio, struct address_space *mapping,
			    pgoff_t index, void *expected, gfp_t gfp)
{
	int err;

	if (!shim_folio_flag(folio, SHIM_LOCKED) || !shim_folio_flag(folio, SHIM_SWAPBACKED))
		shim_die("a folio is added with flags %#lx", folio->page.flags.f);
	err = shim_fault() ? -ENOMEM : insert(mapping, index, folio);
	if (err)
		return err;
	folio->page.refcount += folio_nr_pages(folio);
	latest = mapping;
	return 0;
}

int shmem_inode_acct_blocks(struct inode *inode, long pages)
{
	if (shim_fault())
		return -ENOSPC;
	inode->blocks += pages;
	return 0;
}

bool shmem_recalc_inode(struct inode *inode, long alloced, long swapped)
{
	inode->alloced += alloced;
	return false;
}

int liveupdate_register_file_handler(struct liveupdate_file_handler *handler)
{
	shim_file_handler = handler;
	return shim_register_err;
}
