// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file in memory on a random machine, and the handler that is to preserve it.
 */
#include <sys/mman.h>

#include "memfd/pending.h"

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

/* Tests with the gate have its own. */
bool memfd_freeze_is_late;

__weak bool luo_fast_freeze_is_late(void)
{
	return memfd_freeze_is_late;
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

static void note_pages(void)
{
	pgoff_t i;

	for (i = 0; i < memfd_pages(file); i++) {
		struct folio *folio = memfd_folio_at(file, i);

		old->pfn[i] = folio ? folio_pfn(folio) + i - folio->index : 0;
	}
}

/* One in two, which may be in a CMA area; some of them are swapped out */
void memfd_fill_holes(void)
{
	pgoff_t i;

	for (i = 0; i < memfd_pages(file); i++) {
		struct folio *folio;

		if (xa_load(&file->f_mapping->i_pages, i) || rnd(2))
			continue;
		folio = shim_fill_hole(file, i);
		if (!folio)
			shim_die("no memory for a page");
		*(u64 *)folio_address(folio) = memfd_contents(i);
		old->stamped[i] = true;
		if (!rnd(4))
			shim_swap_out(file, i);
	}
}

void memfd_preserve_file(void)
{
	if (!memfd_ops()->can_preserve(shim_file_handler, file) || memfd_ops()->preserve(&args))
		shim_die("a file is not preserved");
	memfd_fill_holes();
	file->f_pos += 5;
	if (memfd_ops()->freeze(&args))
		shim_die("a file is not frozen");
	note_pages();
	old->ser_pa = args.serialized_data;
	old->size = file->f_inode->size;
	old->pos = file->f_pos;
	old->seals = file->f_inode->seals;
}

void memfd_three_folios(void)
{
	unsigned int i;

	memfd_first_kernel();
	file = shim_new_file(12 << PAGE_SHIFT);
	for (i = 0; i < 12; i += 4)
		memfd_add_folio(i, 2, DIRTY);
	args = (struct liveupdate_file_op_args){ .file = file };
}

void memfd_hand_over(unsigned long pages, unsigned int holes)
{
	memfd_first_kernel();
	memfd_make_cma_areas();
	memfd_make_file(pages, holes);
	memfd_preserve_file();
}

long memfd_objects_of_boot;

/* Most tests are about files that are retrieved at once. */
unsigned long memfd_lazy_records;

void memfd_next_kernel(void)
{
	unsigned long pfn;

	kexec_next();
	kexec_boot_late();
	shim_find_pages = find_one_by_one;
	memfd_register_handler();
	kho_fast_memfd_lazy_records = memfd_lazy_records;
	memfd_objects_of_boot = shim_live_objects;
	old->nr_pages = model.nr_pages;
	for (pfn = 0; pfn < model.nr_pages; pfn++)
		old->held[pfn] = model_keeps(pfn);
	args = (struct liveupdate_file_op_args){ .serialized_data = old->ser_pa };
}

/* Pages that were preserved, and are neither preserved nor free */
unsigned long memfd_nr_lost(void)
{
	unsigned long pfn, nr = 0;

	model_forget_tree();
	if (kho_fast_incoming.root)
		model_read_tree(virt_to_phys(kho_fast_incoming.root));
	for (pfn = 0; pfn < model.nr_pages; pfn++)
		nr += old->held[pfn] && !model_keeps(pfn) && !pfn_to_page(pfn)->free;
	return nr;
}

/* Pages of the file that are still preserved */
unsigned long memfd_nr_kept(void)
{
	unsigned long i, nr = 0;

	for (i = 0; i < DIV_ROUND_UP(old->size, PAGE_SIZE); i++)
		nr += old->pfn[i] && model_keeps(old->pfn[i]);
	return nr + model_keeps(PHYS_PFN(old->ser_pa));
}

bool memfd_page_is_right(struct file *f, pgoff_t index)
{
	struct folio *folio = memfd_folio_at(f, index);
	const u64 *p;

	if (!old->pfn[index])
		return !folio;
	if (!folio || !folio_test_dirty(folio) || !folio_test_uptodate(folio) ||
	    !shim_folio_flag(folio, SHIM_LRU) || shim_folio_flag(folio, SHIM_LOCKED) ||
	    folio->page._refcount.counter != folio_nr_pages(folio))
		return false;
	if (folio_pfn(folio) + index - folio->index != old->pfn[index])
		return false;
	p = phys_to_virt(PFN_PHYS(old->pfn[index]));
	return *p == (old->stamped[index] ? memfd_contents(index) : 0);
}

struct memfd_luo_folio_ser *memfd_record(u64 ser_pa, unsigned int i)
{
	unsigned int page = i / KHO_FAST_RECORDS_PER_PAGE, entry = 1;
	const u64 *chunk = phys_to_virt(((u64 *)phys_to_virt(ser_pa))[4]);

	/* A chunk: the address of the next one, and those of pages, up to a 0 */
	while (page--) {
		if (!chunk[++entry]) {
			chunk = phys_to_virt(chunk[0]);
			entry = 1;
		}
	}
	return (struct memfd_luo_folio_ser *)phys_to_virt(chunk[entry]) +
	       i % KHO_FAST_RECORDS_PER_PAGE;
}

bool memfd_is_right(struct file *f)
{
	pgoff_t i;

	if (!f || f->f_inode->size != old->size || f->f_pos != old->pos ||
	    f->f_inode->seals != old->seals)
		return false;
	for (i = 0; i < memfd_pages(f); i++) {
		if (!memfd_page_is_right(f, i))
			return false;
	}
	return true;
}

bool memfd_retrieve_and_compare(void)
{
	if (memfd_ops()->retrieve(&args) || !memfd_is_right(args.file))
		return false;
	/* finish() after a retrieval has no effect. */
	args.retrieve_status = 1;
	memfd_ops()->finish(&args);
	if (!memfd_is_right(args.file))
		return false;
	fput(args.file);
	return !memfd_nr_lost() && !memfd_nr_kept() && !shim_nr_errs && !shim_nr_warns;
}
