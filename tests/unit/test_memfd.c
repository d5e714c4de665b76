// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files in memory across a kexec: kernel/kho_fast/memfd*.c, over the page cache of
 * tests/shim/memfd.c, which ends a test that mistreats a folio, a pin or a lock.
 *
 *	index	0   1   2       4               8   9
 *	file	SSSS....UUUUUUUUSSSSSSSSSSSSSSSS....SSS|	S stamped, U not up to
 *		    hole  never written         hole   size	date: must be zeroes
 */
#include <linux/liveupdate.h>
#include <linux/kho/abi/memfd.h>

#include "kexec.h"
#include "outgoing.h"
#include "test.h"

extern int (*shim_initcall_memfd_init)(void);

#define MAX_PAGES	6000UL
#define BATCH		4096UL
#define SEGMENT		(2 * PAGES_PER_SECTION)

/* The file as it must come back, and what else the next kernel is told. */
static struct old {
	u64		ser_pa;
	loff_t		size, pos;
	unsigned int	seals;
	bool		stamped[MAX_PAGES];
	unsigned long	pfn[MAX_PAGES];		/* of each page, 0 in a hole */
	/* Of the machine, at the moment of the kexec. */
	unsigned long	nr_pages;
	u8		held[1UL << 18];
} *old;

static struct file *file;
static struct liveupdate_file_op_args args;
static pthread_mutex_t find_lock = PTHREAD_MUTEX_INITIALIZER;

/* Workers allocate at the same time: what one has found nobody else must find. */
static unsigned long find_one_by_one(unsigned int order)
{
	unsigned long pfn, i;

	pthread_mutex_lock(&find_lock);
	pfn = kexec_find_free(order);
	for (i = 0; i < BIT(order); i++)
		pfn_to_page(pfn + i)->free = 0;
	pthread_mutex_unlock(&find_lock);
	return pfn;
}

static void machine(void)
{
	kexec_machine();
	old = mmap(NULL, sizeof(*old), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static const struct liveupdate_file_ops *ops(void)
{
	return shim_file_handler->ops;
}

static void register_handler(void)
{
	if (shim_initcall_memfd_init() || strcmp(shim_file_handler->compatible, "memfd-v2"))
		shim_die("no handler for memfd-v2");
}

static void first_kernel(void)
{
	kexec_first();
	shim_find_pages = find_one_by_one;
	register_handler();
}

/* What a page of the file has that its index tells. */
static u64 contents(pgoff_t index)
{
	return (index + 1) * 0x9e3779b97f4a7c15;
}

enum kind { CLEAN, DIRTY, NOT_UPTODATE, NR_KINDS };

static const unsigned long flags_of[] = { SHIM_UPTODATE, SHIM_UPTODATE | SHIM_DIRTY, 0 };

/* One block in six is in such an area, where nothing may be pinned. */
static void make_cma_areas(void)
{
	unsigned long i;

	for (i = rnd(6); i < world.nr_pages >> pageblock_order; i += 6)
		shim_migratetype[i] = MIGRATE_CMA;
}

static void add_folio(pgoff_t index, unsigned int order, enum kind kind)
{
	struct folio *folio = folio_alloc(GFP_KERNEL, order);
	unsigned long i;

	if (!folio)
		shim_die("no memory for a file");
	folio->page.flags.f |= flags_of[kind];
	for (i = 0; i < BIT(order); i++) {
		/* Garbage of whoever had the page before, if it is not up to date. */
		*(u64 *)phys_to_virt(PFN_PHYS(folio_pfn(folio) + i)) = contents(index + i);
		old->stamped[index + i] = kind != NOT_UPTODATE;
	}
	shim_add_folio(file, index, folio);
}

/* A random file of @pages pages. @holes: one in so many folios is missing, or 0. */
static void make_file(unsigned long pages, unsigned int holes)
{
	pgoff_t index = 0;

	file = shim_new_file((pages << PAGE_SHIFT) - rnd(PAGE_SIZE));
	memset(old->stamped, 0, sizeof(old->stamped));
	while (index < pages) {
		unsigned int order = rnd(5);

		while (index & (BIT(order) - 1) || index + BIT(order) > ALIGN(pages, 16))
			order--;
		if (!holes || rnd(holes))
			add_folio(index, order, rnd(NR_KINDS));
		index += BIT(order);
	}
	file->f_pos = rnd(pages << PAGE_SHIFT);
	file->f_inode->seals = rnd(2) * F_SEAL_SEAL | rnd(2) * F_SEAL_GROW;
	args = (struct liveupdate_file_op_args){ .file = file };
}

static pgoff_t pages_of(const struct file *f)
{
	return DIV_ROUND_UP(f->f_inode->size, PAGE_SIZE);
}

static struct folio *folio_at(struct file *f, pgoff_t index)
{
	struct folio *folio = filemap_get_folio(f->f_mapping, index);

	if (IS_ERR(folio))
		return NULL;
	folio->page.refcount--;
	return folio;
}

static void note_pages(void)
{
	pgoff_t i;

	for (i = 0; i < pages_of(file); i++) {
		struct folio *folio = folio_at(file, i);

		old->pfn[i] = folio ? folio_pfn(folio) + i - folio->index : 0;
	}
}

static void preserve_file(void)
{
	if (!ops()->can_preserve(shim_file_handler, file) || ops()->preserve(&args))
		shim_die("a file is not preserved");
	file->f_pos += 5;
	if (ops()->freeze(&args))
		shim_die("a file is not frozen");
	note_pages();
	old->ser_pa = args.serialized_data;
	old->size = file->f_inode->size;
	old->pos = file->f_pos;
	old->seals = file->f_inode->seals;
}

static void hand_over(unsigned long pages, unsigned int holes)
{
	first_kernel();
	make_cma_areas();
	make_file(pages, holes);
	preserve_file();
}

static void small_file(void)	{ hand_over(1, 0); }
static void holey_file(void)	{ hand_over(700, 3); }
static void only_a_hole(void)	{ hand_over(3, 1); }
static void large_file(void)	{ hand_over(5000, 0); }		/* several segments */
static void large_holes(void)	{ hand_over(5000, 4); }		/* several batches */

static void empty_file(void)
{
	first_kernel();
	file = shim_new_file(0);
	args = (struct liveupdate_file_op_args){ .file = file };
	preserve_file();
}

static void next_kernel(void)
{
	unsigned long pfn;

	kexec_next();
	kexec_boot_late();
	register_handler();
	old->nr_pages = world.nr_pages;
	for (pfn = 0; pfn < world.nr_pages; pfn++)
		old->held[pfn] = world_held(pfn);
	args = (struct liveupdate_file_op_args){ .serialized_data = old->ser_pa };
}

/* Pages that were held and are neither that nor free. */
static unsigned long nr_lost(void)
{
	unsigned long pfn, nr = 0;

	world_forget_tree();
	if (kho_fast_incoming.root)
		world_read_tree(virt_to_phys(kho_fast_incoming.root));
	for (pfn = 0; pfn < world.nr_pages; pfn++)
		nr += old->held[pfn] && !world_held(pfn) && !pfn_to_page(pfn)->free;
	return nr;
}

/* Pages of the file that are held still, by whoever. */
static unsigned long nr_kept(void)
{
	unsigned long i, nr = 0;

	for (i = 0; i < DIV_ROUND_UP(old->size, PAGE_SIZE); i++)
		nr += old->pfn[i] && world_held(old->pfn[i]);
	return nr + world_held(PHYS_PFN(old->ser_pa));
}

static bool page_is_right(struct file *f, pgoff_t index)
{
	struct folio *folio = folio_at(f, index);
	const u64 *p;

	if (!folio || !folio_test_dirty(folio) || !folio_test_uptodate(folio) ||
	    !shim_folio_flag(folio, SHIM_LRU) || shim_folio_flag(folio, SHIM_LOCKED) ||
	    folio->page.refcount != folio_nr_pages(folio))
		return false;
	if (folio_pfn(folio) + index - folio->index != old->pfn[index])
		return false;
	p = phys_to_virt(PFN_PHYS(old->pfn[index]));
	return *p == (old->stamped[index] ? contents(index) : 0);
}

static bool file_is_right(struct file *f)
{
	pgoff_t i;

	if (!f || f->f_inode->size != old->size || f->f_pos != old->pos ||
	    f->f_inode->seals != old->seals)
		return false;
	for (i = 0; i < pages_of(f); i++) {
		if (!page_is_right(f, i))
			return false;
	}
	return true;
}

/* In a child: what it says is the exit status, 0 for good. */
#define IN_NEXT_KERNEL(old_kernel, good)				\
	do {								\
		int status_;						\
									\
		ASSERT_TRUE(kexec_run(old_kernel));			\
		if (!fork()) {						\
			next_kernel();					\
			_exit(!(good));					\
		}							\
		wait(&status_);						\
		shim_forget_memmap();					\
		ASSERT_EQ(status_, 0) TH_LOG("kernel %u", i);		\
	} while (0)

static bool retrieve_and_compare(void)
{
	if (ops()->retrieve(&args) || !file_is_right(args.file))
		return false;
	/* LUO's finish after that does nothing. */
	args.retrieve_status = 1;
	ops()->finish(&args);
	if (!file_is_right(args.file))
		return false;
	fput(args.file);
	return !nr_lost() && !nr_kept() && !shim_nr_errs && !shim_nr_warns;
}

static bool finish_without_retrieve(void)
{
	args.retrieve_status = 0;
	ops()->finish(&args);
	return !nr_lost() && !nr_kept() && !shim_nr_errs && !shim_nr_warns;
}

static void (* const kernels[])(void) = {
	small_file, holey_file, only_a_hole, large_file, large_holes, empty_file,
};

TEST(files_come_back_whole)
{
	unsigned int i;

	machine();
	for (i = 0; i < ARRAY_SIZE(kernels); i++)
		IN_NEXT_KERNEL(kernels[i], retrieve_and_compare());
}

TEST(a_file_that_nobody_retrieves_is_freed)
{
	unsigned int i;

	machine();
	for (i = 0; i < ARRAY_SIZE(kernels); i++)
		IN_NEXT_KERNEL(kernels[i], finish_without_retrieve());
}

/* Nothing of a file is preserved or pinned, and its size may change again. */
static bool is_untouched(void)
{
	world_forget_tree();
	world_read_tree(kho_fast_outgoing_root());
	return !shim_pins && world_count_held() == 2 && !file->f_inode->locked &&
	       !file->f_inode->frozen;
}

/* Allocated pages that are neither of the tree nor of the file. */
static long other_pages(void)
{
	world_forget_tree();
	world_read_tree(kho_fast_outgoing_root());
	return shim_live_pages - world_count_nodes() - file->f_mapping->nrpages;
}

/* Several nodes have memory, as far as is asked. */
static void two_nodes(void)
{
	NODE_DATA(MAX_NUMNODES - 1)->end_pfn = 1;
	NODE_DATA(MAX_NUMNODES - 2)->end_pfn = 1;
}

TEST(preserving_a_file_is_all_or_nothing)
{
	unsigned int holes;
	long n, others, objects;
	bool met;

	machine();
	first_kernel();
	two_nodes();
	for (holes = 0; holes < 2; holes++) {
		make_file(5000, holes * 200);
		others = other_pages();
		objects = shim_live_objects;
		for (n = 0, met = true; met; n += 1 + n / 32) {
			int err;

			shim_fail_after = n;
			err = ops()->preserve(&args);
			met = shim_fail_after < 0;
			shim_fail_after = -1;
			/* Without memory for workers it is done all the same. */
			if (!err)
				ops()->unpreserve(&args);
			ASSERT_TRUE(is_untouched()) TH_LOG("fault %ld", n);
			ASSERT_EQ(other_pages(), others) TH_LOG("fault %ld", n);
			ASSERT_EQ(shim_live_objects, objects) TH_LOG("fault %ld", n);
		}
		/* At least one for each page of records. */
		EXPECT_GT(n, file->f_mapping->i_pages.nr / KHO_FAST_RECORDS_PER_PAGE);
		fput(file);
	}
	EXPECT_EQ(shim_nr_warns, 0);
}

TEST(a_file_can_be_preserved_again_after_it_was_given_up)
{
	unsigned int i;
	long others;

	machine();
	first_kernel();
	two_nodes();
	make_file(5000, 0);
	others = other_pages();
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(ops()->preserve(&args), 0);
		ASSERT_TRUE(file->f_inode->frozen);
		ASSERT_GT(shim_pins, 0);
		ops()->unpreserve(&args);
		ASSERT_TRUE(is_untouched());
		ASSERT_EQ(other_pages(), others);
	}
}

TEST(a_folio_that_somebody_else_preserved_fails_all)
{
	struct folio *folio;

	machine();
	first_kernel();
	two_nodes();
	make_file(5000, 0);
	folio = folio_at(file, 3333);
	ASSERT_EQ(kho_preserve_folio(folio), 0);
	EXPECT_EQ(ops()->preserve(&args), -EEXIST);
	kho_unpreserve_folio(folio);
	EXPECT_TRUE(is_untouched());
	EXPECT_EQ(shim_nr_warns, 0);
}

/* The records of the file, as a reader of the words of the ABI sees them. */
static u64 walk_records(bool (*see)(u64 pfn, unsigned int flags, u64 index))
{
	const u64 *ser = phys_to_virt(args.serialized_data), *chunk, *page;
	u64 nr = 0, chunk_pa;
	unsigned int i, k;

	for (chunk_pa = ser[4]; chunk_pa; chunk_pa = chunk[0]) {
		chunk = phys_to_virt(chunk_pa);
		for (i = 1; i < 512 && chunk[i]; i++) {
			page = phys_to_virt(chunk[i]);
			for (k = 0; k < 512; k += 2) {
				if (!page[k])
					continue;
				if (!see(page[k] & ((1UL << 52) - 1), page[k] >> 52, page[k + 1]))
					return 0;
				nr++;
			}
		}
	}

	return nr;
}

static u64 next_index;

static bool see_next(u64 pfn, unsigned int flags, u64 index)
{
	struct folio *folio = folio_at(file, index);

	if (!folio || index != next_index || folio->index != index ||
	    folio_pfn(folio) != pfn || flags != 3)
		return false;
	if (!folio_test_dirty(folio) || !folio_test_uptodate(folio))
		return false;
	next_index += folio_nr_pages(folio);
	return true;
}

TEST(each_folio_is_recorded_once_in_the_order_of_the_file)
{
	unsigned int holes;

	machine();
	first_kernel();
	two_nodes();
	for (holes = 0; holes < 10; holes += 9) {
		make_file(5000, holes);
		ASSERT_EQ(ops()->preserve(&args), 0);
		next_index = 0;
		EXPECT_EQ(walk_records(see_next), file->f_mapping->i_pages.nr);
		EXPECT_EQ(shim_pins, file->f_mapping->i_pages.nr);
		EXPECT_GE(next_index, pages_of(file));
		ops()->unpreserve(&args);
		fput(file);
	}
}

/*
 * A host of another size: folios of 1 GiB that cross hundreds of segments, in a
 * memory map of their own behind that of the machine. They have no memory.
 */
#define GIGANTIC	18
#define NR_GIGANTIC	(PAGES_PER_SECTION > 4096 ? 17UL * 1024 : 64UL)

static void large_memmap(void)
{
	size_t size = (NR_GIGANTIC + 64) * sizeof(struct page) << GIGANTIC;
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (map == MAP_FAILED)
		shim_die("no address space for %zu bytes", size);
	shim_memmap = map;
}

static void make_gigantic_file(void)
{
	unsigned long i;

	file = shim_new_file((loff_t)NR_GIGANTIC << GIGANTIC << PAGE_SHIFT);
	for (i = 0; i < NR_GIGANTIC; i++) {
		struct page *page = pfn_to_page((i + 64) << GIGANTIC);

		page->flags.f = PG_HEAD | SHIM_UPTODATE | SHIM_DIRTY;
		page[1].order = GIGANTIC;
		page->refcount = 1;
		page->nid = i % 2;
		shim_add_folio(file, i << GIGANTIC, page_folio(page));
	}
	args = (struct liveupdate_file_op_args){ .file = file };
}

TEST(a_file_of_17_tib_is_its_few_folios)
{
	const struct memfd_luo_ser *ser;
	unsigned int nodes;

	kexec_machine();
	large_memmap();
	first_kernel();
	make_gigantic_file();
	if (NR_GIGANTIC > 64)
		EXPECT_GT(pages_of(file), UINT_MAX);
	for (nodes = 1; nodes <= 2; nodes++) {
		if (nodes == 2)
			two_nodes();
		shim_pin_calls = 0;
		ASSERT_EQ(ops()->preserve(&args), 0);
		next_index = 0;
		EXPECT_EQ(walk_records(see_next), NR_GIGANTIC);
		EXPECT_EQ(next_index, pages_of(file));
		EXPECT_EQ(shim_pins, NR_GIGANTIC);
		EXPECT_EQ(shim_pin_calls, 0);
		ser = phys_to_virt(args.serialized_data);
		EXPECT_EQ(DIV_ROUND_UP(ser->nr_folios, 256), ser->folios.total_pages);
		ops()->unpreserve(&args);
		EXPECT_EQ(shim_pins, 0);
	}
}

/*
 * What memfd.c says of memory: 32 KiB of pointers per worker; per segment a list, and two
 * pages that are not full. 1 TiB is 4,096 segments of 256 MiB, so 36 MiB.
 */
TEST(memory_beside_the_records_does_not_grow_with_the_folios)
{
	const unsigned long pages = 5000, segments = DIV_ROUND_UP(pages, 2 * PAGES_PER_SECTION);
	unsigned int nodes;
	pgoff_t i;
	long used;

	machine();
	first_kernel();
	file = shim_new_file(pages << PAGE_SHIFT);
	for (i = 0; i < pages; i++)
		add_folio(i, 0, DIRTY);
	args = (struct liveupdate_file_op_args){ .file = file };
	for (nodes = 1; nodes <= 2; nodes++) {
		if (nodes == 2)
			two_nodes();
		used = other_pages();
		shim_object_peak = shim_object_bytes;
		ASSERT_EQ(ops()->preserve(&args), 0);
		/* The description of the file has a page of its own. */
		EXPECT_LE((other_pages() - used - 1) * (long)PAGE_SIZE,
			  16 * pages + segments * 8192);
		EXPECT_LE(shim_object_peak - shim_object_bytes,
			  nodes * 32 * 1024 + (nodes - 1) * segments * 128);
		ops()->unpreserve(&args);
	}
}

/* Memory behind the end must not make up for a hole: a worker would fill it. */
TEST(holes_are_filled_by_the_caller)
{
	unsigned long pages = 4 * SEGMENT, hole;
	unsigned int trial;
	pgoff_t i;

	if (pages > MAX_PAGES)
		SKIP(return, "segments are too large for a small machine");
	machine();
	first_kernel();
	two_nodes();
	for (trial = 0; trial < 4; trial++) {
		file = shim_new_file(pages << PAGE_SHIFT);
		hole = trial ? rnd(pages) : pages - 1;
		for (i = 0; i < pages; i++) {
			if (i != hole)
				add_folio(i, 0, DIRTY);
		}
		if (trial > 1) {
			struct folio *behind = folio_alloc(GFP_KERNEL, 0);

			shim_add_folio(file, pages + trial - 2, behind);
		}
		args = (struct liveupdate_file_op_args){ .file = file };
		ASSERT_EQ(ops()->preserve(&args), 0);
		EXPECT_NE(folio_at(file, hole), NULL);
		ops()->unpreserve(&args);
		ASSERT_TRUE(is_untouched());
		fput(file);
	}
}

static bool is_in_cma(void)
{
	const struct xarray *xa = &file->f_mapping->i_pages;
	unsigned long i = 0;

	while (i < xa->nr && folio_is_longterm_pinnable(xa->folios[i]))
		i++;
	return i < xa->nr;
}

/* Large and small, in a CMA area and not; one in @swapped is swapped out, or none. */
static void make_mixed_file(unsigned long pages, unsigned int swapped)
{
	pgoff_t index;

	file = shim_new_file(pages << PAGE_SHIFT);
	for (index = 0; index < pages; index += 4) {
		unsigned int order = rnd(3), i;

		for (i = 0; i < 4; i += BIT(order))
			add_folio(index + i, order, DIRTY);
		if (swapped && !rnd(swapped))
			shim_swap_out(file, index);
	}
	args = (struct liveupdate_file_op_args){ .file = file };
}

TEST(folios_that_must_move_or_come_back_do)
{
	unsigned int nodes;

	machine();
	first_kernel();
	for (nodes = 1; nodes <= 2; nodes++) {
		if (nodes == 2)
			two_nodes();
		make_cma_areas();
		make_mixed_file(MAX_PAGES - MAX_PAGES % 4, nodes == 1 ? 0 : 4);
		ASSERT_TRUE(is_in_cma());
		ASSERT_EQ(ops()->preserve(&args), 0);
		EXPECT_FALSE(is_in_cma());
		EXPECT_EQ(file->f_mapping->nrpages, MAX_PAGES - MAX_PAGES % 4);
		EXPECT_EQ(shim_pins, file->f_mapping->i_pages.nr);
		ops()->unpreserve(&args);
		ASSERT_TRUE(is_untouched());
		fput(file);
	}
}

/* One folio of order 0 at index 0. */
TEST(the_bytes_are_those_of_the_abi)
{
	const u64 *ser, *record;
	unsigned long pfn;

	machine();
	first_kernel();
	file = shim_new_file(100);
	file->f_inode->seals = F_SEAL_GROW;
	file->f_pos = 77;
	add_folio(0, 0, CLEAN);
	pfn = folio_pfn(folio_at(file, 0));
	args = (struct liveupdate_file_op_args){ .file = file };
	ASSERT_EQ(ops()->preserve(&args), 0);

	ser = phys_to_virt(args.serialized_data);
	EXPECT_EQ(sizeof(struct memfd_luo_ser), 48);
	EXPECT_EQ(ser[0], 77);				/* pos */
	EXPECT_EQ(ser[1], 100);				/* size */
	EXPECT_EQ(ser[2], F_SEAL_GROW);			/* seals, flags */
	EXPECT_EQ(ser[3], 1);				/* nr_folios */
	EXPECT_EQ(ser[5], 1 | 1UL << 32);		/* pages, flags, order */
	record = phys_to_virt(((u64 *)phys_to_virt(ser[4]))[1]);
	EXPECT_EQ(record[0], pfn | 3UL << 52);
	EXPECT_EQ(record[1], 0);
	EXPECT_EQ(record[2] | record[3], 0);
}

TEST(an_empty_file_has_no_records)
{
	const u64 *ser;

	machine();
	first_kernel();
	file = shim_new_file(0);
	args = (struct liveupdate_file_op_args){ .file = file };
	ASSERT_EQ(ops()->preserve(&args), 0);
	ser = phys_to_virt(args.serialized_data);
	EXPECT_EQ(ser[1] | ser[3] | ser[4] | ser[5], 0);
	ops()->unpreserve(&args);
	EXPECT_TRUE(is_untouched());
}

TEST(only_files_in_memory_without_a_name_and_with_known_seals_are_taken)
{
	machine();
	first_kernel();
	make_file(10, 0);
	EXPECT_TRUE(ops()->can_preserve(shim_file_handler, file));
	file->f_inode->i_nlink = 1;
	EXPECT_FALSE(ops()->can_preserve(shim_file_handler, file));
	file->f_inode->i_nlink = 0;
	file->f_inode->is_shmem = false;
	EXPECT_FALSE(ops()->can_preserve(shim_file_handler, file));
	EXPECT_EQ(ops()->get_id(file), (unsigned long)file->f_inode);

	file->f_inode->is_shmem = true;
	file->f_inode->seals = 0x40;
	EXPECT_EQ(ops()->preserve(&args), -EOPNOTSUPP);
	EXPECT_TRUE(is_untouched());
}

TEST(the_handler_does_without_luo)
{
	shim_register_err = -EOPNOTSUPP;
	EXPECT_EQ(shim_initcall_memfd_init(), 0);
	EXPECT_EQ(shim_nr_errs, 0);
	shim_register_err = -EEXIST;
	EXPECT_EQ(shim_initcall_memfd_init(), -EEXIST);
	EXPECT_EQ(shim_nr_errs, 1);
}

TEST(operations_without_a_preserved_file_are_misuse)
{
	struct inode inode = {};
	struct file nobodys = { .f_inode = &inode };

	register_handler();
	args.file = &nobodys;
	EXPECT_EQ(ops()->freeze(&args), -EINVAL);
	ops()->unpreserve(&args);
	EXPECT_EQ(shim_nr_warns, 2);
}

/* What a hostile kernel could write. Three folios of order 2, at 0, 4 and 8. */
static struct memfd_luo_ser *ser(void)
{
	return phys_to_virt(old->ser_pa);
}

static u64 *chunk(void)
{
	return phys_to_virt(((u64 *)ser())[4]);
}

static struct memfd_luo_folio_ser *rec(unsigned int i)
{
	return (struct memfd_luo_folio_ser *)phys_to_virt(chunk()[1]) + i;
}

static void three_folios(void)
{
	unsigned int i;

	first_kernel();
	file = shim_new_file(12 << PAGE_SHIFT);
	for (i = 0; i < 12; i += 4)
		add_folio(i, 2, DIRTY);
	args = (struct liveupdate_file_op_args){ .file = file };
	preserve_file();
}

/* A batch and a bit, in order. */
#define RETRIEVE_BATCH	64
#define NR_SINGLE	(RETRIEVE_BATCH + 7)

static void single_pages(void)
{
	unsigned int i;

	first_kernel();
	file = shim_new_file(NR_SINGLE << PAGE_SHIFT);
	for (i = 0; i < NR_SINGLE; i++)
		add_folio(i, 0, DIRTY);
	args = (struct liveupdate_file_op_args){ .file = file };
	preserve_file();
}

/*
 * Two batches and a bit: a huge folio, as huge as they are here, and 8 pages in turn.
 *
 *	index	0 - 7  8  9  10  11  12  13  14  15  16 - 23  24
 *	record	0      1  2   3   4   5   6   7   8   9       10
 */
#define NR_MIXED	(2 * RETRIEVE_BATCH + 5)
#define GROUP		9

static void mixed_folios(void)
{
	pgoff_t index = 0;
	unsigned int i;

	first_kernel();
	file = shim_new_file(16 * MAX_PAGES);
	for (i = 0; i < NR_MIXED; i++) {
		add_folio(index, i % GROUP ? 0 : HPAGE_PMD_ORDER, DIRTY);
		index += i % GROUP ? 1 : BIT(HPAGE_PMD_ORDER);
	}
	file->f_inode->size = index << PAGE_SHIFT;
	args = (struct liveupdate_file_op_args){ .file = file };
	preserve_file();
}

/* The same file, with its records in any order. */
static bool is_right_when_shuffled(void)
{
	unsigned int i, k;

	for (i = NR_MIXED - 1; i; i--) {
		k = rnd(i + 1);
		swap(*rec(i), *rec(k));
	}
	return retrieve_and_compare();
}

TEST(records_may_be_in_any_order)
{
	unsigned int i;

	machine();
	for (i = 0; i < 5; i++)
		IN_NEXT_KERNEL(mixed_folios, is_right_when_shuffled());
}

static void short_file(void)	{ ser()->size = 8 << PAGE_SHIFT; }
static void no_size(void)	{ ser()->size = 0; }
static void negative_size(void)	{ ser()->size = 1UL << 63; }
static void negative_pos(void)	{ ser()->pos = -1; }
static void unknown_seal(void)	{ ser()->seals = 0x40; }
static void unknown_flag(void)	{ ser()->flags = 1; }
static void many_records(void)	{ ser()->nr_folios = 257; }
static void all_records(void)	{ ser()->nr_folios = ~0UL; }
static void far_index(void)	{ rec(1)->index = 12; }
static void huge_index(void)	{ rec(1)->index = ~0UL; }
static void odd_index(void)	{ rec(1)->index = 5; }
static void same_index(void)	{ rec(2)->index = 4; }
static void bad_flags(void)	{ rec(1)->flags = 4; }
static void pfn_twice(void)	{ rec(2)->pfn = rec(1)->pfn; }
static void pfn_nowhere(void)	{ rec(1)->pfn = (1UL << 52) - 1; }
static void pfn_of_ser(void)	{ rec(1)->pfn = PHYS_PFN(old->ser_pa); }
static void pfn_of_records(void) { rec(1)->pfn = PHYS_PFN(chunk()[1]); }
static void pfn_of_tail(void)	{ rec(1)->pfn++; }
static void record_is_ser(void)	{ chunk()[1] = old->ser_pa; }
static void no_record(void)	{ chunk()[1] = 0; }
static void no_chain(void)	{ ((u64 *)ser())[4] = 0; }
static void ser_inside(void)	{ args.serialized_data += 8; }
static void ser_nowhere(void)	{ args.serialized_data = 1UL << 51; }
static void no_ser(void)	{ args.serialized_data = 0; }
static void large_folios(void)	{ shim_max_pagecache_order = 1; }

/* In a file of single pages, the last of them in the second batch. */
static void same_as_last(void)	{ rec(9)->index = 8; }
static void late_index(void)	{ rec(NR_SINGLE - 1)->index = 3; }
static void late_flags(void)	{ rec(NR_SINGLE - 1)->flags = 4; }
static void late_pfn(void)	{ rec(NR_SINGLE - 1)->pfn = (1UL << 52) - 1; }

static void next_is_taken(void)
{
	rec(0)->index = 1;
	rec(1)->index = 0;
	rec(2)->index = 1;
}

/* In a file of huge folios and pages. */
static void page_in_huge(void)		{ rec(1)->index = 3; }
static void page_behind_head(void)	{ rec(1)->index = 1; }
static void huge_over_page(void)	{ rec(5)->index = 16 + 3; }

/* @kept: pages that nobody can find any more, and that stay held. */
static const struct spoil {
	void		(*how)(void);
	int		err;
	unsigned int	kept;
} spoils[] = {
	{ short_file, -EINVAL }, { no_size, -EINVAL }, { negative_size, -EINVAL },
	{ negative_pos, -EINVAL }, { unknown_seal, -EOPNOTSUPP }, { unknown_flag, -EINVAL },
	{ many_records, -EINVAL }, { all_records, -EINVAL }, { far_index, -EINVAL },
	{ huge_index, -EINVAL }, { odd_index, -EINVAL }, { same_index, -EEXIST },
	{ bad_flags, -EINVAL }, { pfn_twice, -EIO, 4 }, { pfn_nowhere, -EIO, 4 },
	{ pfn_of_ser, -EIO, 4 }, { pfn_of_records, -EIO, 4 }, { pfn_of_tail, -EIO, 4 },
	{ record_is_ser, -EINVAL, 12 }, { no_record, -EINVAL, 12 }, { no_chain, -EINVAL, 12 },
	{ ser_inside, -EINVAL, 13 }, { ser_nowhere, -EINVAL, 13 }, { no_ser, -EINVAL, 13 },
	{ large_folios, -EINVAL },
};

static const struct spoil spoils_of_single[] = {
	{ same_as_last, -EEXIST }, { late_index, -EEXIST }, { late_flags, -EINVAL },
	{ late_pfn, -EIO, 1 }, { next_is_taken, -EEXIST },
};

static const struct spoil spoils_of_mixed[] = {
	{ page_in_huge, -EEXIST }, { page_behind_head, -EEXIST }, { huge_over_page, -EEXIST },
};

static bool is_refused(const struct spoil *spoil)
{
	spoil->how();
	if (ops()->retrieve(&args) != spoil->err || args.file || shim_live_files)
		return false;
	args.retrieve_status = spoil->err;
	ops()->finish(&args);
	return !nr_lost() && nr_kept() == spoil->kept && shim_nr_errs == 1;
}

TEST(spoiled_handovers_are_refused_and_lose_no_page)
{
	unsigned int i;

	machine();
	for (i = 0; i < ARRAY_SIZE(spoils); i++)
		IN_NEXT_KERNEL(three_folios, is_refused(&spoils[i]));
	for (i = 0; i < ARRAY_SIZE(spoils_of_single); i++)
		IN_NEXT_KERNEL(single_pages, is_refused(&spoils_of_single[i]));
	for (i = 0; i < ARRAY_SIZE(spoils_of_mixed); i++)
		IN_NEXT_KERNEL(mixed_folios, is_refused(&spoils_of_mixed[i]));
}

/* What can be found is freed, whatever it says of the file. */
static bool is_discarded(const struct spoil *spoil)
{
	spoil->how();
	args.retrieve_status = 0;
	ops()->finish(&args);
	return !nr_lost() && nr_kept() == spoil->kept;
}

TEST(spoiled_handovers_can_be_finished)
{
	unsigned int i;

	machine();
	for (i = 0; i < ARRAY_SIZE(spoils); i++)
		IN_NEXT_KERNEL(three_folios, is_discarded(&spoils[i]));
}

/* Returns whether a fault was met; a failed check ends the kernel. */
static bool fails_cleanly(long n)
{
	int err;

	shim_fail_after = n;
	err = ops()->retrieve(&args);
	shim_fail_after = -1;
	if (!err)
		fput(args.file);
	if (nr_lost() || nr_kept() || shim_live_files || shim_nr_errs != !!err)
		shim_die("fault %ld, error %d: lost %lu, kept %lu, messages %u", n, err,
			 nr_lost(), nr_kept(), shim_nr_errs);
	return err;
}

static bool fits_a_quota_of(long pages, int err)
{
	shim_max_blocks = pages;
	if (!err)
		return retrieve_and_compare();
	return ops()->retrieve(&args) == err && !nr_lost() && !nr_kept() && !shim_live_files;
}

TEST(a_file_needs_a_quota_of_its_pages_and_no_more)
{
	const unsigned int i = 0;

	machine();
	IN_NEXT_KERNEL(single_pages, fits_a_quota_of(NR_SINGLE, 0));
	IN_NEXT_KERNEL(single_pages, fits_a_quota_of(NR_SINGLE - 1, -ENOSPC));
}

static unsigned int count_faults(void (*old_kernel)(void), unsigned int max)
{
	unsigned int i, met = 0;

	for (i = 0; i < max; i++) {
		int status;

		if (!kexec_run(old_kernel))
			shim_die("no kexec");
		if (!fork()) {
			next_kernel();
			_exit(!fails_cleanly(i));
		}
		wait(&status);
		shim_forget_memmap();
		if (!WIFEXITED(status))
			shim_die("fault %u ended the kernel", i);
		met += !status;
	}

	return met;
}

TEST(a_retrieve_that_fails_frees_everything)
{
	machine();
	/*
	 * The file, its seals, a charge for each folio; for each batch its account, and
	 * a node of the page cache for each 64 pages in which none was before.
	 */
	EXPECT_EQ(count_faults(three_folios, 10), 2 + 3 + 1 + 1);
	EXPECT_EQ(count_faults(single_pages, NR_SINGLE + 14), 2 + NR_SINGLE + 2 + 2);
}

TEST_HARNESS_MAIN
