// SPDX-License-Identifier: GPL-2.0-only
/*
 * The folios of a large file are added after its user has the descriptor: by workers, by the
 * first who touches them, or when all are needed; kernel/kho_fast/memfd/pending.c.
 *
 *   records   | range 0 | range 1 | range 2 | ...     64 each, where sections are small
 *   file      | pages   |         | pages   |         filled when touched
 *
 * Workers run when a test lets them.
 */
#include <sys/wait.h>
#include <unistd.h>

#include <linux/shmem_fs.h>
#include <linux/kho_shmem.h>

#include "memfd/pending.h"
#include "memfd.h"
#include "test.h"

#define NR_PAGES	5000U
#define RANGE		((unsigned int)KHO_FAST_MEMFD_FAULT_RECORDS)
#define NR_RANGES	DIV_ROUND_UP(NR_PAGES, RANGE)

static struct work_struct *works[64];
static unsigned int nr_works;

static void take_work(struct work_struct *work)
{
	if (nr_works == ARRAY_SIZE(works))
		shim_die("too much work");
	works[nr_works++] = work;
}

static void run_works(void)
{
	while (nr_works--)
		works[nr_works]->fn(works[nr_works]);
	nr_works = 0;
}

static void *worker(void *work)
{
	shim_is_worker = true;
	((struct work_struct *)work)->fn(work);
	return NULL;
}

static void single_pages(void)
{
	unsigned int i;

	memfd_first_kernel();
	file = shim_new_file(NR_PAGES * PAGE_SIZE);
	for (i = 0; i < NR_PAGES; i++)
		memfd_add_folio(i, 0, DIRTY);
	args = (struct liveupdate_file_op_args){ .file = file };
	memfd_preserve_file();
}

static void mixed_pages(void)
{
	memfd_first_kernel();
	memfd_make_file(NR_PAGES, 3);
	memfd_preserve_file();
}

/* More records than two ranges have */
static void folios_of_four_pages(void)
{
	unsigned int i;

	memfd_first_kernel();
	file = shim_new_file(NR_PAGES * PAGE_SIZE);
	for (i = 0; i < NR_PAGES; i += 4)
		memfd_add_folio(i, 2, DIRTY);
	args = (struct liveupdate_file_op_args){ .file = file };
	memfd_preserve_file();
}

/* Runs in a child. Returns its exit status, 0 for success. */
static int in_next_kernel(void (*first)(void), bool (*good)(void))
{
	int status;

	if (!kexec_run(first))
		return -1;
	if (!fork()) {
		memfd_lazy_records = RANGE + 1;
		memfd_next_kernel();
		shim_take_work = take_work;
		shim_max_pagecache_order = 4;
		_exit(!good());
	}
	wait(&status);
	shim_forget_memmap();
	return status;
}

static int nr_pending(void)
{
	return kho_shmem_key.key.enabled;
}

static bool is_pending(void)
{
	return nr_pending() == 1 && kho_shmem_is_pending(args.file->f_inode);
}

/* Pages for the nodes of a page cache: one for up to six of them, one per range of 64 at most */
#define NODE_PAGES	DIV_ROUND_UP(NR_PAGES, 64)

/* What is charged for @missing pages and the nodes for them */
static bool is_charged_for(long missing)
{
	long nodes = shim_kernel_pages - missing;

	return nodes >= missing / 64 / 7 && nodes <= DIV_ROUND_UP(missing, 64);
}

/* The file has its blocks and charges, and @pages pages. */
static bool has_pages(long pages)
{
	const struct inode *inode = args.file->f_inode;

	return (long)inode->mapping.nrpages == pages && inode->blocks == NR_PAGES &&
	       (long)inode->alloced == pages && is_charged_for(NR_PAGES - pages) &&
	       shim_memcg_pages - shim_kernel_pages == pages &&
	       !shim_task.memcg_nr_pages_over_high;
}

/* Nothing of the file is left but free memory. */
static bool is_gone(void)
{
	return !shim_live_files && !memfd_nr_lost() && !memfd_nr_kept() && !shim_memcg_pages &&
	       !shim_kernel_pages && !shim_nr_objcg_refs && !nr_pending() &&
	       shim_live_objects == memfd_objects_of_boot;
}

static bool closes_without_messages(void)
{
	shim_nr_errs = 0;
	fput(args.file);
	run_works();
	return is_gone();
}

static bool closes_without_a_trace(void)
{
	fput(args.file);
	run_works();
	return is_gone() && !shim_nr_errs && !shim_nr_warns;
}

static bool retrieve(void)
{
	return !memfd_ops()->retrieve(&args) && is_pending();
}

static bool returns_without_pages(void)
{
	unsigned long pfn;

	if (!retrieve() || !has_pages(0) || nr_works != num_online_cpus())
		return false;
	memfd_nr_lost();	/* reads the tree */
	for (pfn = 0; pfn < NR_PAGES; pfn++) {
		if (!model_keeps(old->pfn[pfn]))
			return false;
	}
	return args.file->f_inode->size == old->size && args.file->f_pos == old->pos &&
	       args.file->f_inode->seals == old->seals && closes_without_a_trace();
}

TEST(retrieving_a_large_file_accounts_and_restores_no_page)
{
	memfd_machine();
	ASSERT_EQ(in_next_kernel(single_pages, returns_without_pages), 0);
}

/* @n: a page in the middle of a range */
static bool touch_fills(pgoff_t n, long pages)
{
	return !shim_access(args.file, n) && memfd_page_is_right(args.file, n) &&
	       has_pages(pages);
}

static bool fills_what_is_touched(void)
{
	const pgoff_t last = (NR_RANGES - 1) * RANGE;

	/* Borders are wider apart than a folio can be large. */
	return retrieve() && touch_fills(RANGE + 20, RANGE) && touch_fills(RANGE + 20, RANGE) &&
	       touch_fills(20, 2 * RANGE) && touch_fills(RANGE - 1, 2 * RANGE) &&
	       touch_fills(2 * RANGE - 1, 2 * RANGE) &&
	       touch_fills(last, 2 * RANGE + NR_PAGES - last) && closes_without_a_trace();
}

TEST(a_touch_fills_its_range_only)
{
	memfd_machine();
	if (3 * RANGE < NR_PAGES) {
		ASSERT_EQ(in_next_kernel(single_pages, fills_what_is_touched), 0);
	}
}

/* Largest folios are as large as two ranges, so they overlap two of them. */
static bool fills_where_a_folio_could_be(void)
{
	shim_max_pagecache_order = ilog2(2 * RANGE);
	return retrieve() && touch_fills(0, 2 * RANGE) && touch_fills(2 * RANGE - 1, 2 * RANGE) &&
	       closes_without_a_trace();
}

TEST(a_touch_leaves_no_room_for_a_large_folio_over_preserved_ones)
{
	memfd_machine();
	if (2 * RANGE < NR_PAGES) {
		ASSERT_EQ(in_next_kernel(single_pages, fills_where_a_folio_could_be), 0);
	}
}

/* All pages are in the file, and none is preserved. */
static bool is_whole(void)
{
	memfd_nr_lost();	/* reads the tree */
	return !is_pending() && !nr_pending() && memfd_is_right(args.file) &&
	       !shim_kernel_pages && !memfd_nr_kept();
}

static bool workers_fill_it(void)
{
	if (!retrieve())
		return false;
	run_works();
	return is_whole() && closes_without_a_trace();
}

static bool workers_fill_the_rest(void)
{
	unsigned int i;

	if (!retrieve())
		return false;
	for (i = 0; i < 9; i++) {
		pgoff_t n = rnd(NR_PAGES);

		if (shim_access(args.file, n) || !memfd_page_is_right(args.file, n))
			return false;
	}
	run_works();
	return is_whole() && closes_without_a_trace();
}

static bool touches_fill_it(void)
{
	unsigned int i;

	if (!retrieve())
		return false;
	for (i = NR_PAGES; i--;) {
		if (shim_access(args.file, i) || !memfd_page_is_right(args.file, i))
			return false;
	}
	return is_whole() && closes_without_a_trace();
}

/* Truncation, hole punching, seals, SEEK_HOLE */
static bool what_needs_all_pages_fills_it(void)
{
	return retrieve() && !shim_access(args.file, 1234) && !shim_fallocate(args.file) &&
	       is_whole() && !shim_fallocate(args.file) && closes_without_a_trace();
}

/* Workers of preserve.c: the model of memory is not for threads. */
static void do_work(struct work_struct *work)
{
	work->fn(work);
}

static bool preserving_fills_it(void)
{
	struct liveupdate_file_op_args again = {};
	const struct memfd_luo_ser *ser;

	if (!retrieve())
		return false;
	shim_take_work = do_work;
	again.file = args.file;
	if (memfd_ops()->preserve(&again) || is_pending())
		return false;
	ser = phys_to_virt(again.serialized_data);
	if (ser->nr_folios != NR_PAGES)
		return false;
	memfd_ops()->unpreserve(&again);
	if (!is_whole())
		return false;
	fput(args.file);
	run_works();
	return !shim_memcg_pages && !shim_nr_errs && !shim_nr_warns;
}

/* LUO lets go of the file, which keeps what it needs. */
static bool outlives_its_session(void)
{
	if (!retrieve())
		return false;
	args.retrieve_status = 1;
	memfd_ops()->finish(&args);
	if (!is_pending())
		return false;
	run_works();
	return is_whole() && closes_without_a_trace();
}

static bool needs_no_more_memory(void)
{
	unsigned int i;

	if (!retrieve())
		return false;
	/* That would be consumed by anything that can fail. */
	shim_fail_after = 0;
	for (i = 0; i < NR_PAGES; i += RANGE / 2) {
		if (shim_access(args.file, i))
			return false;
	}
	if (shim_fail_after != 0)
		return false;
	shim_fail_after = -1;
	return is_whole() && closes_without_a_trace();
}

static bool can_be_closed_half_way(void)
{
	unsigned int i;

	if (!retrieve())
		return false;
	for (i = 0; i < 5; i++) {
		if (shim_access(args.file, rnd(NR_PAGES)))
			return false;
	}
	return closes_without_a_trace();
}

static bool a_killed_task_leaves_the_rest(void)
{
	if (!retrieve())
		return false;
	shim_die_after = 1;
	if (shim_fallocate(args.file) != -EINTR || !is_pending())
		return false;
	shim_die_after = -1;
	return !shim_fallocate(args.file) && is_whole() && closes_without_a_trace();
}

/* When it looks for the first time, in the survey, and for the last one, before a charge */
static bool a_killed_task_retrieves_nothing(void)
{
	const long looks[] = { 0, NR_RANGES / 2, NR_RANGES };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(looks); i++) {
		shim_die_after = looks[i];
		if (memfd_ops()->retrieve(&args) != -EINTR || shim_live_files || shim_memcg_pages ||
		    shim_nr_objcg_refs || nr_pending())
			return false;
	}
	shim_die_after = 1000;
	if (memfd_ops()->retrieve(&args) || !is_pending())
		return false;
	/* Once for each range of up to 1024 records, and for each charge */
	i = 1000 - shim_die_after;
	shim_die_after = -1;
	return i > NR_RANGES && closes_without_messages();
}

static struct kho_fast_memfd_pending *held;
static unsigned int nr_resched;

static void work_meanwhile(void)
{
	shim_resched = NULL;
	nr_resched++;
	if (kho_fast_memfd_next_pending() ||
	    kho_fast_memfd_try_range(held, &held->ranges[held->nr_ranges - 1]))
		shim_die("a file is filled that is gone");
}

static bool workers_leave_a_file_that_is_gone(void)
{
	if (!retrieve())
		return false;
	held = kho_fast_memfd_next_pending();
	shim_resched = work_meanwhile;
	fput(args.file);
	kho_fast_memfd_put_pending(held);
	run_works();
	return nr_resched == 1 && is_gone() && !shim_nr_errs;
}

static bool a_group_of_the_root_is_not_charged(void)
{
	shim_memcg_is_root = true;
	if (!retrieve() || shim_memcg_pages)
		return false;
	run_works();
	return is_whole() && closes_without_a_trace();
}

static const struct {
	const char	*what;
	bool		(*good)(void);
} ways[] = {
	{ "workers", workers_fill_it },
	{ "some touches", workers_fill_the_rest },
	{ "touches", touches_fill_it },
	{ "all", what_needs_all_pages_fills_it },
	{ "preserve", preserving_fills_it },
	{ "finish", outlives_its_session },
	{ "no memory", needs_no_more_memory },
	{ "close", can_be_closed_half_way },
	{ "kill", a_killed_task_leaves_the_rest },
	{ "kill while retrieving", a_killed_task_retrieves_nothing },
	{ "gone", workers_leave_a_file_that_is_gone },
	{ "root", a_group_of_the_root_is_not_charged },
};

TEST(a_pending_file_becomes_whole_or_goes)
{
	unsigned int i;

	memfd_machine();
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		ASSERT_EQ(in_next_kernel(single_pages, ways[i].good), 0)
			TH_LOG("%s", ways[i].what);
	}
}

/* Holes and folios of all sizes, some of them added late; fewer records than pages */
static bool random_file_comes_back(void)
{
	unsigned int i;

	kho_fast_memfd_lazy_records = 1;
	if (KHO_FAST_MEMFD_FAULT_RECORDS == 64 ? !retrieve() : memfd_ops()->retrieve(&args))
		return false;
	for (i = 0; i < 200; i++) {
		pgoff_t n = rnd(NR_PAGES);

		if (shim_access(args.file, n) || !memfd_page_is_right(args.file, n))
			return false;
	}
	run_works();
	return is_whole() && closes_without_a_trace();
}

TEST(a_pending_file_of_folios_and_holes_comes_back)
{
	unsigned int i;

	memfd_machine();
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(in_next_kernel(mixed_pages, random_file_comes_back), 0);
	}
}

static bool charges_for_nodes(void)
{
	const unsigned int node_size = sizeof(struct xa_node) + sizeof(void *);
	unsigned long charged, used;
	long pages;

	kho_fast_memfd_lazy_records = 1;
	if (memfd_ops()->retrieve(&args) || !shim_kernel_pages)
		return false;
	charged = shim_memcg_pages;
	shim_nr_nodes = 0;
	run_works();
	pages = args.file->f_inode->mapping.nrpages;
	used = DIV_ROUND_UP(shim_nr_nodes * node_size, PAGE_SIZE);
	/* A page more for each range, and a fifth for nodes that two ranges share */
	return charged >= pages + used && charged <= pages + used * 6 / 5 + NR_PAGES / RANGE + 1 &&
	       shim_memcg_pages == pages;
}

/* Each page has nodes of its own, of one level or of two. */
static bool charges_for_distant_pages(void)
{
	struct memfd_luo_ser *ser = phys_to_virt(old->ser_pa);
	unsigned int i, distance = 64 << 6 * rnd(2);

	for (i = 0; i < NR_PAGES; i++)
		memfd_record(old->ser_pa, i)->index *= distance;
	ser->size *= distance;
	return charges_for_nodes();
}

TEST(nodes_of_the_page_cache_are_charged_in_advance)
{
	memfd_machine();
	ASSERT_EQ(in_next_kernel(single_pages, charges_for_nodes), 0);
	ASSERT_EQ(in_next_kernel(single_pages, charges_for_distant_pages), 0);
}

static bool fails_with(int err)
{
	unsigned int i;

	if (memfd_ops()->retrieve(&args) != err || shim_live_files || shim_memcg_pages ||
	    shim_nr_objcg_refs || nr_pending() || !shim_nr_errs)
		return false;
	shim_nr_errs = 0;
	memfd_nr_lost();	/* reads the tree */
	for (i = 0; i < NR_PAGES; i++) {
		if (!model_keeps(old->pfn[i]))
			return false;
	}
	return true;
}

static bool needs_room_in_its_group(void)
{
	/* Without nodes of the page cache */
	shim_memcg_limit = NR_PAGES;
	if (!fails_with(-ENOMEM) || !fails_with(-ENOMEM))
		return false;
	shim_memcg_limit = NR_PAGES + NODE_PAGES;
	if (!retrieve())
		return false;
	run_works();
	return is_whole() && closes_without_a_trace();
}

static bool needs_blocks(void)
{
	shim_max_blocks = NR_PAGES - 1;
	if (!fails_with(-ENOSPC) || !fails_with(-ENOSPC))
		return false;
	shim_max_blocks = NR_PAGES;
	if (!retrieve())
		return false;
	run_works();
	return is_whole() && closes_without_a_trace();
}

TEST(what_a_fault_could_lack_fails_at_retrieve)
{
	memfd_machine();
	ASSERT_EQ(in_next_kernel(single_pages, needs_room_in_its_group), 0);
	ASSERT_EQ(in_next_kernel(single_pages, needs_blocks), 0);
}

/* Each allocation of the retrieval fails in turn. */
static bool comes_back_after_a_fault(void)
{
	static unsigned int n;
	int err;

	for (;; n++) {
		shim_fail_after = n;
		err = memfd_ops()->retrieve(&args);
		if (shim_fail_after >= 0)
			break;
		shim_fail_after = -1;
		shim_nr_errs = 0;
		if (!err && !args.file)
			return false;
		if (!err) {
			/* At once or later: it must be the file. */
			run_works();
			return memfd_is_right(args.file);
		}
	}
	shim_fail_after = -1;
	run_works();
	return n > 3 && memfd_is_right(args.file);
}

TEST(a_retrieval_that_lacked_memory_can_be_repeated)
{
	memfd_machine();
	ASSERT_EQ(in_next_kernel(single_pages, comes_back_after_a_fault), 0);
}

/* The record of page 10 names the folio of one in the third range, which is touched later. */
static bool a_folio_of_two_records_is_lost_once(void)
{
	const unsigned int other = 2 * RANGE + 3;
	const u64 *contents = phys_to_virt(PFN_PHYS(old->pfn[10]));

	memfd_record(old->ser_pa, 10)->pfn = old->pfn[other];
	if (!retrieve() || shim_access(args.file, 20) || shim_nr_errs)
		return false;
	/* Not even zeroes, and no page that is there: it could be the wrong one. */
	if (shim_access(args.file, other) != -EIO || shim_nr_errs != 2 ||
	    shim_access(args.file, 2 * RANGE + 40) != -EIO ||
	    shim_access(args.file, 2 * RANGE + 1) ||
	    !memfd_page_is_right(args.file, 2 * RANGE + 1) ||
	    args.file->f_inode->mapping.nrpages != RANGE + other % RANGE ||
	    shim_fallocate(args.file) != -EIO || shim_nr_errs != 2)
		return false;
	run_works();
	if (!is_pending() || shim_access(args.file, NR_PAGES - 1) ||
	    !memfd_page_is_right(args.file, NR_PAGES - 1))
		return false;
	fput(args.file);
	memfd_nr_lost();	/* reads the tree */
	/* What nobody has is held; it has what it had. */
	return model_keeps(old->pfn[10]) && *contents == memfd_contents(10) &&
	       !pfn_to_page(old->pfn[other + 1])->free && !nr_pending() &&
	       shim_live_objects == memfd_objects_of_boot && !shim_kernel_pages;
}

/* The second one to be added is lost, and what comes after it in its range. */
static bool a_second_folio_at_an_index_is_lost(void)
{
	memfd_record(old->ser_pa, RANGE)->index = RANGE - 1;
	if (!retrieve() || shim_access(args.file, 1) || shim_nr_errs ||
	    shim_access(args.file, RANGE + 20) != -EIO || shim_nr_errs != 2 ||
	    shim_access(args.file, RANGE - 1) || !memfd_page_is_right(args.file, RANGE - 1) ||
	    shim_fallocate(args.file) != -EIO)
		return false;
	run_works();
	if (!is_pending() || shim_access(args.file, 4 * RANGE) || shim_nr_errs != 2)
		return false;
	fput(args.file);
	return !nr_pending() && shim_live_objects == memfd_objects_of_boot && !shim_kernel_pages;
}

static bool an_invalid_record_is_refused(void)
{
	struct memfd_luo_folio_ser *record = memfd_record(old->ser_pa, NR_PAGES - 1);

	record->flags ^= 4;
	if (memfd_ops()->retrieve(&args) != -EINVAL || nr_pending())
		return false;
	record->flags ^= 4;
	/* Folios are restored: it cannot be filled later any more. */
	return !memfd_ops()->retrieve(&args) && !nr_pending() &&
	       memfd_is_right(args.file);
}

static bool an_index_behind_the_file_is_refused(void)
{
	struct memfd_luo_folio_ser *record = memfd_record(old->ser_pa, NR_PAGES - 1);

	record->index++;
	if (memfd_ops()->retrieve(&args) != -EINVAL || nr_pending())
		return false;
	record->index--;
	return !memfd_ops()->retrieve(&args) && memfd_is_right(args.file);
}

static bool an_unaligned_index_is_refused(void)
{
	struct memfd_luo_folio_ser *record = memfd_record(old->ser_pa, 10);

	record->index++;
	if (memfd_ops()->retrieve(&args) != -EINVAL || nr_pending())
		return false;
	record->index--;
	return !memfd_ops()->retrieve(&args) && memfd_is_right(args.file);
}

static bool a_page_inside_a_folio_is_refused(void)
{
	struct memfd_luo_folio_ser *record = memfd_record(old->ser_pa, 10);

	record->pfn++;
	if (memfd_ops()->retrieve(&args) != -EIO || nr_pending())
		return false;
	record->pfn--;
	return !memfd_ops()->retrieve(&args) && memfd_is_right(args.file);
}

static bool a_folio_that_is_not_preserved_is_refused(void)
{
	struct memfd_luo_folio_ser *record = memfd_record(old->ser_pa, RANGE + 1);
	u64 pfn = record->pfn;

	record->pfn = 0xfffffffff;
	if (memfd_ops()->retrieve(&args) != -EIO || nr_pending())
		return false;
	record->pfn = pfn;
	return !memfd_ops()->retrieve(&args) && memfd_is_right(args.file);
}

/* Two records change places; each touch must still find the range of its page. */
static bool comes_back_with_exchanged(unsigned int i, unsigned int k)
{
	struct memfd_luo_folio_ser *a = memfd_record(old->ser_pa, i);
	struct memfd_luo_folio_ser *b = memfd_record(old->ser_pa, k);
	struct memfd_luo_folio_ser copy = *a;
	const unsigned int pages[] = { i, k, 0, NR_PAGES - 1 };
	unsigned int n;

	*a = *b;
	*b = copy;
	if (!retrieve())
		return false;
	for (n = 0; n < ARRAY_SIZE(pages); n++) {
		if (shim_access(args.file, pages[n]) || !memfd_page_is_right(args.file, pages[n]))
			return false;
	}
	run_works();
	return is_whole() && closes_without_a_trace();
}

static bool records_of_a_range_have_any_order(void)
{
	return comes_back_with_exchanged(RANGE, RANGE + 40);
}

static bool records_of_ranges_have_any_order(void)
{
	return comes_back_with_exchanged(2, RANGE + 40);
}

static bool the_last_records_have_any_order(void)
{
	return comes_back_with_exchanged(RANGE + 1, NR_PAGES - 20);
}

static bool is_retrieved_at_once(void)
{
	return !memfd_ops()->retrieve(&args) && !nr_pending() && !nr_works &&
	       memfd_is_right(args.file);
}

static bool a_small_file_is_retrieved_at_once(void)
{
	kho_fast_memfd_lazy_records = NR_PAGES + 1;
	return is_retrieved_at_once();
}

static bool it_can_be_switched_off(void)
{
	kho_fast_memfd_lazy_records = 0;
	return is_retrieved_at_once();
}

TEST(records_that_are_not_sound_are_refused_or_contained)
{
	memfd_machine();
	if (3 * RANGE < NR_PAGES) {
		ASSERT_EQ(in_next_kernel(single_pages, a_folio_of_two_records_is_lost_once), 0);
	}
	if (5 * RANGE < NR_PAGES) {
		ASSERT_EQ(in_next_kernel(single_pages, a_second_folio_at_an_index_is_lost), 0);
	}
	ASSERT_EQ(in_next_kernel(single_pages, a_folio_that_is_not_preserved_is_refused), 0);
	ASSERT_EQ(in_next_kernel(single_pages, an_invalid_record_is_refused), 0);
	ASSERT_EQ(in_next_kernel(single_pages, an_index_behind_the_file_is_refused), 0);
	if (4 * 2 * RANGE < NR_PAGES) {
		ASSERT_EQ(in_next_kernel(folios_of_four_pages, an_unaligned_index_is_refused), 0);
		ASSERT_EQ(in_next_kernel(folios_of_four_pages, a_page_inside_a_folio_is_refused),
			  0);
	}
}

TEST(records_may_have_any_order)
{
	memfd_machine();
	ASSERT_EQ(in_next_kernel(single_pages, records_of_a_range_have_any_order), 0);
	ASSERT_EQ(in_next_kernel(single_pages, records_of_ranges_have_any_order), 0);
	ASSERT_EQ(in_next_kernel(single_pages, the_last_records_have_any_order), 0);
}

TEST(a_small_file_is_not_pending)
{
	memfd_machine();
	ASSERT_EQ(in_next_kernel(single_pages, a_small_file_is_retrieved_at_once), 0);
	ASSERT_EQ(in_next_kernel(single_pages, it_can_be_switched_off), 0);
}

#define NR_TOUCHERS	3

/* Contents, once the page is there; a worker may still publish others. */
static void *touch_at_random(void *seed)
{
	unsigned long i, n = (unsigned long)seed;

	for (i = 0; i < 300; i++) {
		n = n * 6364136223846793005UL + 1442695040888963407UL;
		if (shim_access(args.file, (n >> 33) % NR_PAGES))
			return seed;
		if (*(u64 *)phys_to_virt(PFN_PHYS(old->pfn[(n >> 33) % NR_PAGES])) !=
		    memfd_contents((n >> 33) % NR_PAGES))
			return seed;
	}
	return NULL;
}

static void *fill_all(void *unused)
{
	return shim_fallocate(args.file) ? &args : NULL;
}

static bool run_side_by_side(void *(*other)(void *), bool close)
{
	pthread_t threads[NR_TOUCHERS + 4];
	unsigned int i, nr = 0;
	bool good = true;

	for (i = 0; i < NR_TOUCHERS && other; i++)
		pthread_create(&threads[nr++], NULL, i ? touch_at_random : other,
			       (void *)(i * 77UL + 1));
	for (i = 0; i < nr_works; i++)
		pthread_create(&threads[nr++], NULL, worker, works[i]);
	nr_works = 0;
	/* Not before a worker is in the middle of a range. */
	while (close && __atomic_load_n(&shim_kernel_pages, __ATOMIC_RELAXED) == NR_PAGES)
		sched_yield();
	if (close)
		fput(args.file);
	for (i = 0; i < nr; i++) {
		void *ret;

		pthread_join(threads[i], &ret);
		good &= !ret;
	}
	return good;
}

static bool workers_and_touchers_fill_it(void)
{
	return retrieve() && run_side_by_side(touch_at_random, false) && is_whole() &&
	       closes_without_a_trace();
}

static bool a_task_that_needs_all_fills_it(void)
{
	return retrieve() && run_side_by_side(fill_all, false) && is_whole() &&
	       closes_without_a_trace();
}

static bool workers_let_it_be_closed(void)
{
	return retrieve() && run_side_by_side(NULL, true) && is_gone() && !shim_nr_errs;
}

TEST(workers_touchers_and_eviction_meet)
{
	unsigned int i;

	memfd_machine();
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(in_next_kernel(single_pages, workers_and_touchers_fill_it), 0);
		ASSERT_EQ(in_next_kernel(single_pages, a_task_that_needs_all_fills_it), 0);
		ASSERT_EQ(in_next_kernel(single_pages, workers_let_it_be_closed), 0);
	}
}

TEST_HARNESS_MAIN
