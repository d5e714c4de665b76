// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file in memory on a random machine, and the handler that is to preserve it.
 */
#include <sys/mman.h>

#include "memfd.h"

struct old *old;
struct file *file;
struct liveupdate_file_op_args args;
static pthread_mutex_t find_lock = PTHREAD_MUTEX_INITIALIZER;

/* Workers allocate concurrently: a page is found by one of them only. */
static unsigned long find_one_by_one(unsigned int order)
{
	unsigned long pfn, i;

	pthread_mutex_lock(&find_lock);
	pfn = kexec_find_free(order);
	for (i = 0; pfn != SHIM_NO_PAGES && i < BIT(order); i++)
		pfn_to_page(pfn + i)->free = 0;
	pthread_mutex_unlock(&find_lock);
	return pfn;
}

void memfd_machine(void)
{
	kexec_machine();
	old = mmap(NULL, sizeof(*old), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

const struct liveupdate_file_ops *memfd_ops(void)
{
	return shim_file_handler->ops;
}

void memfd_register_handler(void)
{
	if (shim_initcall_memfd_luo_init() || strcmp(shim_file_handler->compatible, "memfd-v2"))
		shim_die("no handler for memfd-v2");
}

void memfd_first_kernel(void)
{
	kexec_first();
	shim_find_pages = find_one_by_one;
	memfd_register_handler();
}

u64 memfd_contents(pgoff_t index)
{
	return (index + 1) * 0x9e3779b97f4a7c15;
}

static const unsigned long flags_of[] = { SHIM_UPTODATE, SHIM_UPTODATE | SHIM_DIRTY, 0 };

void memfd_make_cma_areas(void)
{
	unsigned long i;

	for (i = rnd(6); i < model.nr_pages >> pageblock_order; i += 6)
		shim_migratetype[i] = MIGRATE_CMA;
}

static void add_folio(pgoff_t index, unsigned int order, enum kind kind, struct folio *folio)
{
	unsigned long i;

	folio->page.flags.f |= flags_of[kind];
	for (i = 0; i < BIT(order); i++) {
		/* Without UPTODATE: contents of a previous owner */
		*(u64 *)phys_to_virt(PFN_PHYS(folio_pfn(folio) + i)) = memfd_contents(index + i);
		old->stamped[index + i] = kind != NOT_UPTODATE;
	}
	shim_add_folio(file, index, folio);
}

void memfd_add_folio(pgoff_t index, unsigned int order, enum kind kind)
{
	struct folio *folio = folio_alloc(GFP_KERNEL, order);

	if (!folio)
		shim_die("no memory for a folio of order %u", order);
	add_folio(index, order, kind, folio);
}

/* Of @order, or smaller where memory is fragmented. Returns its order. */
static unsigned int add_fitting_folio(pgoff_t index, unsigned int order, enum kind kind)
{
	struct folio *folio = folio_alloc(GFP_KERNEL, order);

	while (!folio && order)
		folio = folio_alloc(GFP_KERNEL, --order);
	if (!folio)
		shim_die("no memory for a file");
	add_folio(index, order, kind, folio);
	return order;
}

void memfd_make_file(unsigned long pages, unsigned int holes)
{
	pgoff_t index = 0;

	file = shim_new_file((pages << PAGE_SHIFT) - rnd(PAGE_SIZE));
	memset(old->stamped, 0, sizeof(old->stamped));
	while (index < pages) {
		unsigned int order = rnd(5);

		while (index & (BIT(order) - 1) || index + BIT(order) > ALIGN(pages, 16))
			order--;
		if (!holes || rnd(holes))
			order = add_fitting_folio(index, order, rnd(NR_KINDS));
		index += BIT(order);
	}
	file->f_pos = rnd(pages << PAGE_SHIFT);
	file->f_inode->seals = rnd(2) * F_SEAL_SEAL | rnd(2) * F_SEAL_GROW;
	args = (struct liveupdate_file_op_args){ .file = file };
}

pgoff_t memfd_pages(const struct file *f)
{
	return DIV_ROUND_UP(f->f_inode->size, PAGE_SIZE);
}

struct folio *memfd_folio_at(struct file *f, pgoff_t index)
{
	struct folio *folio = filemap_get_folio(f->f_mapping, index);

	if (IS_ERR(folio))
		return NULL;
	folio_ref_sub(folio, 1);
	return folio;
}
