// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preserving a memfd: kernel/kho_fast/memfd/preserve.c and pin.c, over the page
 * cache of tests/shim/memfd.c, which ends a test that misuses a folio, a pin or
 * a lock.
 */
#include <sys/mman.h>

#include "memfd.h"
#include "faults.h"
#include "test.h"

#define SEGMENT		(2 * PAGES_PER_SECTION)

/*
 * Check that no folio of a file is preserved or pinned, and that its size is
 * not frozen.
 */
static bool is_untouched(void)
{
	model_forget_tree();
	model_read_tree(kho_fast_outgoing_root());
	return !shim_pins && model_count_preserved() == 2 && !file->f_inode->locked &&
	       !file->f_inode->frozen;
}

/* Allocated pages of neither the tree nor the file */
static long other_pages(void)
{
	model_forget_tree();
	model_read_tree(kho_fast_outgoing_root());
	return shim_live_pages - model_count_tree_pages() - file->f_mapping->nrpages;
}

/* Each node with memory has workers. */
static void nodes_are(unsigned int nr)
{
	unsigned int nid;

	for (nid = 0; nid < MAX_NUMNODES; nid++)
		NODE_DATA(nid)->end_pfn = nid < nr;
}

TEST(preserving_a_file_is_all_or_nothing)
{
	static const char *const what[] = { "memfd: preserve", "memfd: preserve, with holes" };
	long others, objects;
	unsigned int holes;

	memfd_machine();
	memfd_first_kernel();
	nodes_are(2);
	for (holes = 0; holes < 2; holes++) {
		memfd_make_file(5000, holes * 200);
		/* Nodes of the tree stay. */
		ASSERT_EQ(memfd_ops()->preserve(&args), 0);
		memfd_ops()->unpreserve(&args);
		others = other_pages();
		objects = shim_live_objects;
		for_each_fault(f, what[holes]) {
			int err = FAULT(f, memfd_ops()->preserve(&args));

			/*
			 * Without memory for workers the caller preserves the
			 * file.
			 */
			ASSERT_EQ(err && !f->met, false);
			if (!err)
				memfd_ops()->unpreserve(&args);
			ASSERT_TRUE(is_untouched()) TH_LOG("fault %ld", f->n);
			ASSERT_EQ(other_pages(), others) TH_LOG("fault %ld", f->n);
			ASSERT_EQ(shim_live_objects, objects) TH_LOG("fault %ld", f->n);
			/* At least one allocation per page of records */
			ASSERT_EQ(f->met || f->n > shim_nr_folios(file) / KHO_FAST_RECORDS_PER_PAGE,
				  true);
		}
		fput(file);
	}
	EXPECT_EQ(shim_nr_warns, 0);
}

TEST(a_file_can_be_preserved_again_after_unpreserving)
{
	unsigned int i;
	long others;

	memfd_machine();
	memfd_first_kernel();
	nodes_are(2);
	memfd_make_file(5000, 0);
	others = other_pages();
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(memfd_ops()->preserve(&args), 0);
		ASSERT_TRUE(file->f_inode->frozen);
		ASSERT_GT(shim_pins, 0);
		memfd_ops()->unpreserve(&args);
		ASSERT_TRUE(is_untouched());
		ASSERT_EQ(other_pages(), others);
	}
}

TEST(a_folio_that_is_preserved_already_fails_the_file)
{
	struct folio *folio;

	memfd_machine();
	memfd_first_kernel();
	nodes_are(2);
	memfd_make_file(5000, 0);
	folio = memfd_folio_at(file, 3333);
	ASSERT_EQ(kho_preserve_folio(folio), 0);
	EXPECT_EQ(memfd_ops()->preserve(&args), -EEXIST);
	kho_unpreserve_folio(folio);
	EXPECT_TRUE(is_untouched());
	EXPECT_EQ(shim_nr_warns, 0);
}

/* As if it had been hot-added: the next kernel does not have it. */
static void hot_add(const struct folio *folio)
{
	memblock_remove(PFN_PHYS(folio_pfn(folio)), folio_size(folio));
	kho_fast_leaf_cache_suspend();
	kho_fast_leaf_cache_resume();
	kho_fast_memory_exit();
	if (kho_fast_memory_init())
		shim_die("no memory for a map");
}

TEST(a_folio_that_was_hot_added_fails_the_file_with_its_offset)
{
	struct folio *folio;
	char where[64];

	memfd_machine();
	memfd_first_kernel();
	/* Of several, another could be met first. */
	shim_online_cpus = 1;
	memfd_make_file(5000, 0);
	folio = memfd_folio_at(file, 3333);
	hot_add(folio);
	shim_nr_errs = 0;
	EXPECT_EQ(memfd_ops()->preserve(&args), -EINVAL);
	EXPECT_TRUE(is_untouched());
	/* With the message of kho_preserve_folios() before it */
	EXPECT_EQ(shim_nr_errs, 2);
	EXPECT_TRUE(strstr(shim_last_msg, "offset %#llx of a file") != NULL);
	snprintf(where, sizeof(where), "%#llx", (unsigned long long)folio->index << PAGE_SHIFT);
	EXPECT_TRUE(strstr(shim_last_line, where) != NULL);
}

/* The records of the file, as an independent reader of the ABI sees them */
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
	struct folio *folio = memfd_folio_at(file, index);

	if (!folio || index < next_index || folio->index != index ||
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

	memfd_machine();
	memfd_first_kernel();
	nodes_are(2);
	for (holes = 0; holes < 10; holes += 9) {
		memfd_make_file(5000, holes);
		ASSERT_EQ(memfd_ops()->preserve(&args), 0);
		next_index = 0;
		EXPECT_EQ(walk_records(see_next), shim_nr_folios(file));
		EXPECT_EQ(shim_pins, shim_nr_folios(file));
		memfd_ops()->unpreserve(&args);
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
		struct folio *folio = unit_make_folio((i + 64) << GIGANTIC, GIGANTIC, i % 2);

		folio->flags.f |= SHIM_UPTODATE | SHIM_DIRTY;
		set_page_count(&folio->page, 1);
		shim_add_folio(file, i << GIGANTIC, folio);
	}
	args = (struct liveupdate_file_op_args){ .file = file };
}

TEST(a_file_of_17_tib_is_its_few_folios)
{
	const struct memfd_luo_ser *ser;
	unsigned int nodes;

	kexec_machine();
	large_memmap();
	memfd_first_kernel();
	/* As if the machine had booted with it */
	memblock_add_node(PFN_PHYS(64UL << GIGANTIC), PFN_PHYS(NR_GIGANTIC << GIGANTIC), 0,
			  MEMBLOCK_NONE);
	shim_online_end = (64UL + NR_GIGANTIC) << GIGANTIC;
	kho_fast_memory_exit();
	ASSERT_EQ(kho_fast_memory_init(), 0);
	make_gigantic_file();
	if (NR_GIGANTIC > 64)
		EXPECT_GT(memfd_pages(file), UINT_MAX);
	for (nodes = 1; nodes <= 2; nodes++) {
		nodes_are(nodes);
		shim_pin_calls = 0;
		ASSERT_EQ(memfd_ops()->preserve(&args), 0);
		next_index = 0;
		EXPECT_EQ(walk_records(see_next), NR_GIGANTIC);
		EXPECT_EQ(next_index, memfd_pages(file));
		EXPECT_EQ(shim_pins, NR_GIGANTIC);
		EXPECT_EQ(shim_pin_calls, 0);
		ser = phys_to_virt(args.serialized_data);
		EXPECT_EQ(DIV_ROUND_UP(ser->nr_folios, 256), ser->folios.total_pages);
		memfd_ops()->unpreserve(&args);
		EXPECT_EQ(shim_pins, 0);
	}
}

/*
 * Memory as documented in memfd/memfd.c: 32 KiB of pointers per worker; per segment a list, and two
 * pages that are not full. 1 TiB is 4,096 segments of 256 MiB, so 36 MiB.
 */
TEST(memory_besides_records_is_independent_of_the_number_of_folios)
{
	const unsigned long pages = 5000, segments = DIV_ROUND_UP(pages, 2 * PAGES_PER_SECTION);
	unsigned int nodes;
	pgoff_t i;
	long used;

	memfd_machine();
	memfd_first_kernel();
	file = shim_new_file(pages << PAGE_SHIFT);
	for (i = 0; i < pages; i++)
		memfd_add_folio(i, 0, DIRTY);
	args = (struct liveupdate_file_op_args){ .file = file };
	for (nodes = 1; nodes <= 2; nodes++) {
		nodes_are(nodes);
		used = other_pages();
		shim_object_peak = shim_object_bytes;
		ASSERT_EQ(memfd_ops()->preserve(&args), 0);
		/* The description of the file has a page of its own. */
		EXPECT_LE((other_pages() - used - 1) * (long)PAGE_SIZE,
			  16 * pages + segments * 8192);
		/* Two tasks per node, and room for eight */
		EXPECT_LE(shim_object_peak - shim_object_bytes,
			  nodes * (2 * 32 * 1024 + 1024) + segments * 128);
		memfd_ops()->unpreserve(&args);
	}
}

TEST(holes_stay_holes)
{
	unsigned int nodes, holes;

	memfd_machine();
	memfd_first_kernel();
	for (nodes = 1; nodes <= 2; nodes++) {
		nodes_are(nodes);
		for (holes = 2; holes < 200; holes *= 3) {
			unsigned long folios, pages;

			memfd_make_file(5000, holes);
			folios = shim_nr_folios(file);
			pages = file->f_mapping->nrpages;
			ASSERT_EQ(memfd_ops()->preserve(&args), 0);
			EXPECT_EQ(shim_pins, folios);
			memfd_ops()->unpreserve(&args);
			ASSERT_TRUE(is_untouched());
			EXPECT_EQ(shim_nr_folios(file), folios);
			EXPECT_EQ(file->f_mapping->nrpages, pages);
			fput(file);
		}
	}
}

/* As the format says nothing of holes, a file costs what is in it. */
TEST(a_sparse_file_of_a_pebibyte_is_its_few_folios)
{
	static const pgoff_t at[] = { 0, 77, 1UL << 30, (1UL << 38) - 1 };
	unsigned int i;
	long used;

	memfd_machine();
	memfd_first_kernel();
	nodes_are(2);
	file = shim_new_file(1UL << 50);
	for (i = 0; i < ARRAY_SIZE(at); i++)
		shim_fill_hole(file, at[i]);
	args = (struct liveupdate_file_op_args){ .file = file };
	used = other_pages();
	shim_object_peak = shim_object_bytes;
	ASSERT_EQ(memfd_ops()->preserve(&args), 0);
	EXPECT_LE(shim_object_peak - shim_object_bytes, 32 * 1024);
	/* Description, records, and their list */
	EXPECT_EQ(other_pages() - used, 3);
	EXPECT_EQ(walk_records(see_next), ARRAY_SIZE(at));
	memfd_ops()->unpreserve(&args);
	EXPECT_TRUE(is_untouched());
}

/* Workers share a file that is mostly holes, in a bounded number of segments. */
TEST(a_large_file_with_holes_is_shared_by_workers)
{
	const unsigned long pages = 3 * SEGMENT;
	unsigned long i, threads = 0;

	memfd_machine();
	memfd_first_kernel();
	nodes_are(2);
	file = shim_new_file(1UL << 50);
	for (i = 0; i < pages; i++)
		shim_fill_hole(file, i * ((1UL << 38) / pages));
	args = (struct liveupdate_file_op_args){ .file = file };
	memset(shim_node_threads, 0, sizeof(shim_node_threads));
	shim_object_peak = shim_object_bytes;
	ASSERT_EQ(memfd_ops()->preserve(&args), 0);
	for (i = 0; i < MAX_NUMNODES; i++)
		threads += shim_node_threads[i];
	EXPECT_GT(threads, 0);
	EXPECT_LE(shim_object_peak - shim_object_bytes, 4096 * 128 + 8 * 32 * 1024);
	EXPECT_EQ(walk_records(see_next), pages);
	memfd_ops()->unpreserve(&args);
	EXPECT_TRUE(is_untouched());
}

/* Returns the number of pages that come: in one hole of so many, at most 100. */
static unsigned int fill_holes(unsigned int one_in)
{
	unsigned int nr = 0;
	pgoff_t i;

	for (i = 0; i < memfd_pages(file) && nr < 100; i++) {
		if (!xa_load(&file->f_mapping->i_pages, i) && !rnd(one_in)) {
			shim_fill_hole(file, i);
			nr++;
		}
	}
	return nr;
}

/* Those that came later are behind the others. */
static bool see_any(u64 pfn, unsigned int flags, u64 index)
{
	next_index = index;
	return see_next(pfn, flags, index);
}

TEST(pages_that_come_until_the_freeze_are_preserved)
{
	unsigned int i;

	memfd_machine();
	memfd_first_kernel();
	memfd_make_cma_areas();
	memfd_make_file(5000, 2);
	ASSERT_EQ(memfd_ops()->preserve(&args), 0);
	/* The kexec after each of them fails. */
	for (i = 0; i < 3; i++) {
		ASSERT_GT(fill_holes(10), 0);
		ASSERT_EQ(memfd_ops()->freeze(&args), 0);
		EXPECT_EQ(walk_records(see_any), shim_nr_folios(file));
		EXPECT_EQ(shim_pins, shim_nr_folios(file));
	}
	memfd_ops()->unpreserve(&args);
	EXPECT_TRUE(is_untouched());
}

TEST(a_freeze_without_new_pages_looks_at_none)
{
	memfd_machine();
	memfd_first_kernel();
	memfd_make_file(5000, 2);
	ASSERT_EQ(memfd_ops()->preserve(&args), 0);
	/* It would need memory for pointers. */
	shim_fail_after = 1;
	EXPECT_EQ(memfd_ops()->freeze(&args), 0);
	EXPECT_EQ(shim_fail_after, 0);
}

/* Returns how often the freeze could sleep, with a page in the last one. */
static unsigned long count_sleeps(unsigned long pages)
{
	unsigned long before, i;

	file = shim_new_file((pages + 1) << PAGE_SHIFT);
	for (i = 0; i < pages; i++)
		memfd_add_folio(i, 0, DIRTY);
	args = (struct liveupdate_file_op_args){ .file = file };
	if (memfd_ops()->preserve(&args))
		shim_die("a file is not preserved");
	shim_fill_hole(file, pages);
	before = shim_nr_sleeps;
	if (memfd_ops()->freeze(&args) || walk_records(see_any) != pages + 1)
		shim_die("a page is not preserved");
	return shim_nr_sleeps - before;
}

/* Nothing is pinned meanwhile. */
TEST(the_search_for_new_pages_lets_others_run)
{
	memfd_machine();
	memfd_first_kernel();
	EXPECT_EQ(count_sleeps(5000), count_sleeps(1000) + 1);
}

/* Its list of records begins at the freeze. */
TEST(a_file_that_was_only_a_hole_is_preserved_at_the_freeze)
{
	memfd_machine();
	memfd_first_kernel();
	memfd_make_file(1000, 1);
	ASSERT_EQ(memfd_ops()->preserve(&args), 0);
	EXPECT_EQ(walk_records(see_any), 0);
	shim_fill_hole(file, 500);
	ASSERT_EQ(memfd_ops()->freeze(&args), 0);
	EXPECT_EQ(walk_records(see_any), 1);
	memfd_ops()->unpreserve(&args);
	EXPECT_TRUE(is_untouched());
}

/* A page behind the end goes, and one in a hole comes: as many pages as before */
TEST(a_page_behind_the_end_hides_none_before_it)
{
	struct folio *behind;

	memfd_machine();
	memfd_first_kernel();
	memfd_make_file(64, 1);
	behind = shim_fill_hole(file, 64 + 7);
	ASSERT_EQ(memfd_ops()->preserve(&args), 0);
	EXPECT_EQ(shim_pins, 0);
	behind->page.flags.f |= SHIM_LOCKED;
	behind->mapping = file->f_mapping;
	folio_ref_add(behind, 1);
	filemap_remove_folio(behind);
	shmem_recalc_inode(file->f_inode, 0, 0);
	shim_fill_hole(file, 5);
	ASSERT_EQ(memfd_ops()->freeze(&args), 0);
	EXPECT_EQ(walk_records(see_any), 1);
}

TEST(a_failed_freeze_can_be_repeated)
{
	unsigned int nr;
	long others, objects;

	memfd_machine();
	memfd_first_kernel();
	memfd_make_file(5000, 3);
	others = other_pages();
	objects = shim_live_objects;
	for_each_fault(f, "memfd: freeze, with new pages") {
		ASSERT_EQ(memfd_ops()->preserve(&args), 0);
		nr = fill_holes(40);
		EXPECT_GT(nr, 0);
		ASSERT_EQ(FAULT(f, memfd_ops()->freeze(&args)) ? f->met : !f->met, true);
		if (f->n % 2) {
			ASSERT_EQ(memfd_ops()->freeze(&args), 0);
			EXPECT_EQ(walk_records(see_any), shim_nr_folios(file));
		}
		memfd_ops()->unpreserve(&args);
		ASSERT_TRUE(is_untouched()) TH_LOG("fault %ld", f->n);
		ASSERT_EQ(other_pages(), others) TH_LOG("fault %ld", f->n);
		ASSERT_EQ(shim_live_objects, objects) TH_LOG("fault %ld", f->n);
		ASSERT_EQ(f->met || f->n >= 2, true);
	}
	EXPECT_EQ(shim_nr_warns, 0);
}

static bool is_in_cma(void)
{
	unsigned long index;
	struct folio *folio;

	xa_for_each(&file->f_mapping->i_pages, index, folio) {
		if (!xa_is_value(folio) && !folio_is_longterm_pinnable(folio))
			return true;
	}
	return false;
}

/* Large and small, in a CMA area and not; one in @swapped is swapped out, or none. */
static void make_mixed_file(unsigned long pages, unsigned int swapped)
{
	pgoff_t index;

	file = shim_new_file(pages << PAGE_SHIFT);
	for (index = 0; index < pages; index += 4) {
		unsigned int order = rnd(3), i;

		for (i = 0; i < 4; i += BIT(order))
			memfd_add_folio(index + i, order, DIRTY);
		if (swapped && !rnd(swapped))
			shim_swap_out(file, index);
	}
	args = (struct liveupdate_file_op_args){ .file = file };
}

TEST(folios_are_migrated_and_swapped_in)
{
	unsigned int nodes;

	memfd_machine();
	memfd_first_kernel();
	for (nodes = 1; nodes <= 2; nodes++) {
		nodes_are(nodes);
		memfd_make_cma_areas();
		make_mixed_file(MAX_PAGES - MAX_PAGES % 4, nodes == 1 ? 0 : 4);
		ASSERT_TRUE(is_in_cma());
		ASSERT_EQ(memfd_ops()->preserve(&args), 0);
		EXPECT_FALSE(is_in_cma());
		EXPECT_EQ(file->f_mapping->nrpages, MAX_PAGES - MAX_PAGES % 4);
		EXPECT_EQ(shim_pins, shim_nr_folios(file));
		memfd_ops()->unpreserve(&args);
		ASSERT_TRUE(is_untouched());
		fput(file);
	}
}

/*
 * Before each call the kernel looks for the next hole, up to the last page that
 * it asks for.
 */
TEST(a_file_that_is_brought_back_is_not_searched_again_for_each_batch)
{
	pgoff_t i;

	memfd_machine();
	memfd_first_kernel();
	file = shim_new_file(5000 << PAGE_SHIFT);
	for (i = 0; i < 5000; i++) {
		memfd_add_folio(i, 0, DIRTY);
		shim_swap_out(file, i);
	}
	args = (struct liveupdate_file_op_args){ .file = file };
	ASSERT_EQ(memfd_ops()->preserve(&args), 0);
	EXPECT_EQ(shim_pins, 5000);
	EXPECT_EQ(shim_pin_pages, 5000);
}

/* There is one batch of folios, or one in each segment: with large sections there is one. */
TEST(preserving_a_file_can_be_killed)
{
	const unsigned int segments = DIV_ROUND_UP(5000, 2 * PAGES_PER_SECTION);
	unsigned int nodes;
	long n;

	memfd_machine();
	memfd_first_kernel();
	memfd_make_file(5000, 0);
	for (nodes = 1; nodes <= 2; nodes++) {
		nodes_are(nodes);
		for (n = 0; n < min(nodes, segments); n++) {
			shim_die_after = n;
			EXPECT_EQ(memfd_ops()->preserve(&args), -EINTR);
			EXPECT_TRUE(is_untouched());
		}
	}
}

/* A write(2) whose page fault is never answered holds it. */
TEST(a_task_that_holds_the_inode_for_ever_delays_nothing)
{
	memfd_machine();
	memfd_first_kernel();
	memfd_make_file(100, 3);
	file->f_inode->is_stuck = true;
	EXPECT_EQ(memfd_ops()->preserve(&args), -EINTR);
	EXPECT_TRUE(is_untouched());

	file->f_inode->is_stuck = false;
	ASSERT_EQ(memfd_ops()->preserve(&args), 0);
	file->f_inode->is_stuck = true;
	EXPECT_EQ(memfd_ops()->freeze(&args), 0);
	memfd_ops()->unpreserve(&args);
	EXPECT_TRUE(is_untouched());
}

TEST(a_swapped_file_that_does_not_fit_is_refused_at_once)
{
	unsigned long i;

	memfd_machine();
	memfd_first_kernel();
	file = shim_new_file(100 << PAGE_SHIFT);
	for (i = 0; i < 100; i++) {
		memfd_add_folio(i, 0, DIRTY);
		if (i < 30)
			shim_swap_out(file, i);
	}
	args = (struct liveupdate_file_op_args){ .file = file };
	shim_available = 29;
	EXPECT_EQ(memfd_ops()->preserve(&args), -ENOMEM);
	EXPECT_EQ(shim_pin_calls, 0);
	EXPECT_TRUE(is_untouched());
	shim_available = 30;
	EXPECT_EQ(memfd_ops()->preserve(&args), 0);
}

/* What is preserved is pinned, so these were added since. */
TEST(added_pages_that_are_swapped_and_do_not_fit_fail_the_freeze)
{
	pgoff_t i;

	memfd_machine();
	memfd_first_kernel();
	file = shim_new_file(100 << PAGE_SHIFT);
	memfd_add_folio(0, 0, DIRTY);
	args = (struct liveupdate_file_op_args){ .file = file };
	ASSERT_EQ(memfd_ops()->preserve(&args), 0);
	for (i = 1; i <= 30; i++) {
		memfd_add_folio(i, 0, DIRTY);
		shim_swap_out(file, i);
	}
	shim_available = 29;
	EXPECT_EQ(memfd_ops()->freeze(&args), -ENOMEM);
	EXPECT_EQ(shim_pin_calls, 0);
	EXPECT_NE(strstr(shim_last_err, "that are swapped"), NULL);
	shim_available = 30;
	EXPECT_EQ(memfd_ops()->freeze(&args), 0);
	EXPECT_EQ(shim_pins, 31);
}

/* A task may preserve a file for as long as it likes, but not hold up a reboot. */
TEST(added_pages_that_take_too_long_fail_the_freeze)
{
	pgoff_t i;

	memfd_machine();
	memfd_first_kernel();
	memfd_freeze_is_late = true;
	file = shim_new_file(100 << PAGE_SHIFT);
	memfd_add_folio(0, 0, DIRTY);
	args = (struct liveupdate_file_op_args){ .file = file };
	ASSERT_EQ(memfd_ops()->preserve(&args), 0);
	ASSERT_EQ(memfd_ops()->freeze(&args), 0);
	for (i = 1; i <= 30; i++) {
		memfd_add_folio(i, 0, DIRTY);
		shim_swap_out(file, i);
	}
	EXPECT_EQ(memfd_ops()->freeze(&args), -ETIMEDOUT);
	EXPECT_EQ(shim_nr_errs, 1);
	EXPECT_LT(shim_pin_calls, 3);
	memfd_freeze_is_late = false;
	EXPECT_EQ(memfd_ops()->freeze(&args), 0);
	EXPECT_EQ(shim_pins, 31);
}

static long count_chunks(struct kho_vmalloc area)
{
	const struct kho_vmalloc_chunk *chunk = phys_to_virt(area.first.phys);
	long nr = 1;

	for (; chunk->hdr.next.phys; chunk = phys_to_virt(chunk->hdr.next.phys))
		nr++;
	return nr;
}

/* The description, the records, and the list of their pages */
TEST(all_that_is_preserved_is_charged_to_the_caller)
{
	const struct memfd_luo_ser *ser;
	unsigned int nodes;

	memfd_machine();
	memfd_first_kernel();
	memfd_make_file(5000, 0);
	for (nodes = 1; nodes <= 2; nodes++) {
		nodes_are(nodes);
		shim_charged_pages = 0;
		ASSERT_EQ(memfd_ops()->preserve(&args), 0);
		ser = phys_to_virt(args.serialized_data);
		EXPECT_EQ(shim_charged_pages,
			  1 + ser->folios.total_pages + count_chunks(ser->folios));
		memfd_ops()->unpreserve(&args);
	}
}

/* Folios of order 0, 1, 2 and 3, at 0, 2, 4 and 8 */
static void make_file_of_four(void)
{
	unsigned int order;

	file = shim_new_file(16 << PAGE_SHIFT);
	for (order = 0; order < 4; order++)
		memfd_add_folio(order ? 1 << order : 0, order, DIRTY);
	args = (struct liveupdate_file_op_args){ .file = file };
}

TEST(a_file_with_a_memory_error_is_refused_with_its_offset)
{
	static const pgoff_t at[] = { 0, 3, 4, 15 };
	unsigned int i;

	memfd_machine();
	memfd_first_kernel();
	for (i = 0; i < ARRAY_SIZE(at); i++) {
		char offset[32];

		make_file_of_four();
		shim_poison(file, at[i]);
		snprintf(offset, sizeof(offset), "offset %#lx of", at[i] << PAGE_SHIFT);
		EXPECT_EQ(memfd_ops()->preserve(&args), -EHWPOISON);
		EXPECT_NE(strstr(shim_last_line, offset), NULL) TH_LOG("%s", shim_last_line);
		EXPECT_TRUE(is_untouched());
	}
}

TEST(a_memory_error_until_the_freeze_refuses_it)
{
	struct file *other;

	memfd_machine();
	memfd_first_kernel();
	make_file_of_four();
	other = file;
	make_file_of_four();
	ASSERT_EQ(memfd_ops()->preserve(&args), 0);
	ASSERT_EQ(memfd_ops()->freeze(&args), 0);
	shim_poison(other, 9);
	ASSERT_EQ(memfd_ops()->freeze(&args), 0);
	shim_poison(file, 9);
	EXPECT_EQ(memfd_ops()->freeze(&args), -EHWPOISON);
	EXPECT_EQ(memfd_ops()->freeze(&args), -EHWPOISON);
	memfd_ops()->unpreserve(&args);
	EXPECT_TRUE(is_untouched());
}

/* One folio of order 0 at index 0. */
TEST(the_bytes_are_those_of_the_abi)
{
	const u64 *ser, *record;
	unsigned long pfn;

	memfd_machine();
	memfd_first_kernel();
	file = shim_new_file(100);
	file->f_inode->seals = F_SEAL_GROW;
	file->f_pos = 77;
	memfd_add_folio(0, 0, CLEAN);
	pfn = folio_pfn(memfd_folio_at(file, 0));
	args = (struct liveupdate_file_op_args){ .file = file };
	ASSERT_EQ(memfd_ops()->preserve(&args), 0);

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

/* abi/kho_memfd.h */
TEST(the_bytes_of_attributes_are_those_of_the_abi)
{
	/* The last word is the seal, see test_checksum.c. */
	char want[PAGE_SIZE - 256 - 8] = "kho-fast-memfd-v1";
	const char *bytes;

	memfd_machine();
	memfd_first_kernel();
	file = shim_new_file(100);
	file->f_inode->i_mode = 0100750;
	strscpy(file->shim_name, "memfd:vm1");
	args = (struct liveupdate_file_op_args){ .file = file };
	ASSERT_EQ(memfd_ops()->preserve(&args), 0);

	file->f_inode->i_mode = 0100640;
	ASSERT_EQ(memfd_ops()->freeze(&args), 0);
	bytes = (char *)phys_to_virt(args.serialized_data) + 256;
	want[24] = (char)0xa0;
	want[25] = 0x01;
	memcpy(want + 32, "memfd:vm1", 9);
	EXPECT_EQ(memcmp(bytes, want, sizeof(want)), 0);
}

TEST(an_empty_file_has_no_records)
{
	const u64 *ser;

	memfd_machine();
	memfd_first_kernel();
	file = shim_new_file(0);
	args = (struct liveupdate_file_op_args){ .file = file };
	ASSERT_EQ(memfd_ops()->preserve(&args), 0);
	ser = phys_to_virt(args.serialized_data);
	EXPECT_EQ(ser[1] | ser[3] | ser[4] | ser[5], 0);
	memfd_ops()->unpreserve(&args);
	EXPECT_TRUE(is_untouched());
}

TEST(only_unlinked_shmem_files_with_known_seals_are_supported)
{
	memfd_machine();
	memfd_first_kernel();
	memfd_make_file(10, 0);
	EXPECT_TRUE(memfd_ops()->can_preserve(shim_file_handler, file));
	file->f_inode->i_nlink = 1;
	EXPECT_FALSE(memfd_ops()->can_preserve(shim_file_handler, file));
	file->f_inode->i_nlink = 0;
	file->f_inode->is_shmem = false;
	EXPECT_FALSE(memfd_ops()->can_preserve(shim_file_handler, file));
	EXPECT_EQ(memfd_ops()->get_id(file), (unsigned long)file->f_inode);

	file->f_inode->is_shmem = true;
	file->f_inode->seals = 0x40;
	EXPECT_EQ(memfd_ops()->preserve(&args), -EOPNOTSUPP);
	EXPECT_TRUE(is_untouched());
}

/* The next kernel opens a file for both: a descriptor for one of them would gain the other. */
TEST(a_descriptor_that_is_not_for_reading_and_writing_preserves_nothing)
{
	static const unsigned int modes[] = { FMODE_READ, FMODE_WRITE, 0 };
	unsigned int i;

	memfd_machine();
	memfd_first_kernel();
	memfd_make_file(10, 0);
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		file->f_mode = modes[i];
		EXPECT_EQ(memfd_ops()->preserve(&args), -EACCES);
		EXPECT_TRUE(is_untouched());
	}
}

TEST(position_and_seals_are_those_of_the_freeze)
{
	const u64 *ser;

	memfd_machine();
	memfd_first_kernel();
	memfd_make_file(10, 0);
	file->f_inode->seals = 0;
	ASSERT_EQ(memfd_ops()->preserve(&args), 0);
	ser = phys_to_virt(args.serialized_data);
	EXPECT_EQ((u32)ser[2], 0);
	/* A page that is preserved is pinned, so that the file cannot be write-sealed. */
	EXPECT_EQ(memfd_add_seals(file, F_SEAL_WRITE), -EBUSY);
	EXPECT_EQ(memfd_add_seals(file, F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK), 0);
	file->f_pos = 4711;
	ASSERT_EQ(memfd_ops()->freeze(&args), 0);
	EXPECT_EQ(ser[0], 4711);
	EXPECT_EQ((u32)ser[2], F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK);

	file->f_inode->seals = 0x40;
	EXPECT_EQ(memfd_ops()->freeze(&args), -EOPNOTSUPP);
}

TEST(the_handler_works_without_luo)
{
	shim_register_err = -EOPNOTSUPP;
	EXPECT_EQ(shim_initcall_memfd_luo_init(), 0);
	EXPECT_EQ(shim_nr_errs, 0);
	shim_register_err = -EEXIST;
	EXPECT_EQ(shim_initcall_memfd_luo_init(), -EEXIST);
	EXPECT_EQ(shim_nr_errs, 1);
}

TEST(operations_without_a_preserved_file_are_misuse)
{
	struct inode inode = {};
	struct file nobodys = { .f_inode = &inode };

	memfd_register_handler();
	args.file = &nobodys;
	EXPECT_EQ(memfd_ops()->freeze(&args), -EINVAL);
	memfd_ops()->unpreserve(&args);
	EXPECT_EQ(shim_nr_warns, 2);
}

TEST_HARNESS_MAIN
