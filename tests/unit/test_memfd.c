// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files in memory across a kexec: kernel/kho_fast/memfd/, over the page cache of
 * tests/shim/memfd.c, which ends a test that mistreats a folio, a pin or a lock.
 *
 *	index	0   1   2       4               8   9
 *	file	SSSS....UUUUUUUUSSSSSSSSSSSSSSSS....SSS|	S stamped, U not up to
 *		    hole  never written         hole   size	date: must be zeroes
 *
 * Some holes are filled before the freeze. The others stay holes.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "memfd.h"
#include "faults.h"
#include "test.h"

static void small_file(void)	{ memfd_hand_over(1, 0); }
static void holey_file(void)	{ memfd_hand_over(700, 3); }
static void only_a_hole(void)	{ memfd_hand_over(3, 1); }
static void large_file(void)	{ memfd_hand_over(5000, 0); }		/* several segments */
static void large_holes(void)	{ memfd_hand_over(5000, 4); }		/* several batches */

static void empty_file(void)
{
	memfd_first_kernel();
	file = shim_new_file(0);
	args = (struct liveupdate_file_op_args){ .file = file };
	memfd_preserve_file();
}

/* Runs in a child. Returns its exit status, 0 for success. */
#define IN_NEXT_KERNEL(old_kernel, good)				\
	do {								\
		int status_;						\
									\
		ASSERT_TRUE(kexec_run(old_kernel));			\
		if (!fork()) {						\
			memfd_next_kernel();					\
			_exit(!(good));					\
		}							\
		wait(&status_);						\
		shim_forget_memmap();					\
		ASSERT_EQ(status_, 0) TH_LOG("kernel %u", i);		\
	} while (0)

static bool finish_without_retrieve(void)
{
	args.retrieve_status = 0;
	memfd_ops()->finish(&args);
	return !memfd_nr_lost() && !memfd_nr_kept() && !shim_nr_errs && !shim_nr_warns;
}

static void (* const kernels[])(void) = {
	small_file, holey_file, only_a_hole, large_file, large_holes, empty_file,
};

TEST(files_are_retrieved_completely)
{
	unsigned int i;

	memfd_machine();
	for (i = 0; i < ARRAY_SIZE(kernels); i++)
		IN_NEXT_KERNEL(kernels[i], memfd_retrieve_and_compare());
}

TEST(a_file_that_is_not_retrieved_is_freed)
{
	unsigned int i;

	memfd_machine();
	for (i = 0; i < ARRAY_SIZE(kernels); i++)
		IN_NEXT_KERNEL(kernels[i], finish_without_retrieve());
}

/* A file without exec bits, with any seals but the one that forbids more of them */
static unsigned int test_seals;

static void sealed_file(void)
{
	memfd_first_kernel();
	file = shim_new_file(PAGE_SIZE);
	memfd_add_folio(0, 0, DIRTY);
	file->f_inode->i_mode = 0666;
	file->f_inode->seals = 0;
	if (memfd_add_seals(file, test_seals))
		shim_die("seals %#x cannot be added", test_seals);
	args = (struct liveupdate_file_op_args){ .file = file };
	memfd_preserve_file();
}

static bool is_sealed_as_it_was(void)
{
	unsigned int exec;

	if (memfd_ops()->retrieve(&args) || !memfd_is_right(args.file))
		return false;
	exec = args.file->f_inode->i_mode & 0111;
	fput(args.file);
	return old->seals == test_seals && (!exec || !(test_seals & F_SEAL_EXEC));
}

TEST(seals_come_back_and_add_no_others)
{
	unsigned int i;

	memfd_machine();
	for (i = 0; i <= SHIM_ALL_SEALS; i++) {
		test_seals = i;
		IN_NEXT_KERNEL(sealed_file, is_sealed_as_it_was());
	}
}

/* Attributes that memfd-v2 has no fields for */
static unsigned int test_mode;
static void (*test_change)(struct kho_memfd_ser *attributes);
static const char test_name[] = "memfd:guest";

static void named_file(void)
{
	memfd_first_kernel();
	file = shim_new_file(PAGE_SIZE);
	memfd_add_folio(0, 0, DIRTY);
	file->f_inode->i_mode = 0100000 | test_mode;
	file->f_inode->seals = 0;
	strscpy(file->shim_name, test_name);
	if (memfd_add_seals(file, test_seals))
		shim_die("seals %#x cannot be added", test_seals);
	args = (struct liveupdate_file_op_args){ .file = file };
	memfd_preserve_file();
	if (test_change)
		test_change(phys_to_virt(old->ser_pa + KHO_MEMFD_OFFSET));
}

static bool has(unsigned int mode, const char *name)
{
	const struct inode *inode;
	bool right;

	if (memfd_ops()->retrieve(&args) || !memfd_is_right(args.file))
		return false;
	inode = args.file->f_inode;
	right = (inode->i_mode & 0777) == mode && !strcmp(args.file->shim_name, name) &&
		!(inode->seals & ~old->seals);
	fput(args.file);
	return right && !memfd_nr_lost() && !memfd_nr_kept();
}

TEST(mode_and_name_come_back)
{
	static const unsigned int modes[] = { 0, 0600, 0666, 0750, 0777 };
	unsigned int i;

	memfd_machine();
	for (i = 0; i < 2 * ARRAY_SIZE(modes); i++) {
		test_mode = modes[i / 2];
		test_seals = i % 2 ? F_SEAL_EXEC : 0;
		IN_NEXT_KERNEL(named_file, has(test_mode, test_name) && !shim_nr_errs);
	}
}

static void write_nothing(struct kho_memfd_ser *attributes)
{
	memset(attributes, 0, PAGE_SIZE - KHO_MEMFD_OFFSET);
}

static void write_another_version(struct kho_memfd_ser *attributes)
{
	strscpy(attributes->compatible, "kho-fast-memfd-v2");
}

TEST(a_file_without_attributes_is_as_from_stock)
{
	unsigned int i;

	memfd_machine();
	test_mode = 0640;
	for (i = 0; i < 4; i++) {
		test_change = i % 2 ? write_nothing : write_another_version;
		test_seals = i / 2 ? F_SEAL_EXEC : 0;
		IN_NEXT_KERNEL(named_file, has(i / 2 ? 0666 : 0777, "") && !shim_nr_errs);
	}
}

static void set_the_sticky_bit(struct kho_memfd_ser *attributes)
{
	attributes->mode |= 01000;
}

static void set_an_exec_bit(struct kho_memfd_ser *attributes)
{
	attributes->mode |= 1;
}

static void leave_the_name_open(struct kho_memfd_ser *attributes)
{
	memset(attributes->name, 'x', sizeof(attributes->name));
}

TEST(invalid_attributes_are_ignored)
{
	static void (*const changes[])(struct kho_memfd_ser *attributes) = {
		set_the_sticky_bit, set_an_exec_bit, leave_the_name_open,
	};
	unsigned int i;

	memfd_machine();
	test_mode = 0640;
	test_seals = F_SEAL_EXEC;
	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		test_change = changes[i];
		IN_NEXT_KERNEL(named_file, has(0666, "") && shim_nr_errs == 1);
	}
}

/* Handovers of a hostile kernel: three folios of order 2, at 0, 4 and 8 */
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
	memfd_three_folios();
	memfd_preserve_file();
}

/* More than a batch, in order */
#define RETRIEVE_BATCH	64
#define NR_SINGLE	(RETRIEVE_BATCH + 7)

static void single_pages(void)
{
	unsigned int i;

	memfd_first_kernel();
	file = shim_new_file(NR_SINGLE << PAGE_SHIFT);
	for (i = 0; i < NR_SINGLE; i++)
		memfd_add_folio(i, 0, DIRTY);
	args = (struct liveupdate_file_op_args){ .file = file };
	memfd_preserve_file();
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

	memfd_first_kernel();
	file = shim_new_file(16 * MAX_PAGES);
	for (i = 0; i < NR_MIXED; i++) {
		memfd_add_folio(index, i % GROUP ? 0 : HPAGE_PMD_ORDER, DIRTY);
		index += i % GROUP ? 1 : BIT(HPAGE_PMD_ORDER);
	}
	file->f_inode->size = index << PAGE_SHIFT;
	args = (struct liveupdate_file_op_args){ .file = file };
	memfd_preserve_file();
}

/* The same file with its records in random order */
static bool is_right_when_shuffled(void)
{
	unsigned int i, k;

	for (i = NR_MIXED - 1; i; i--) {
		k = rnd(i + 1);
		swap(*rec(i), *rec(k));
	}
	return memfd_retrieve_and_compare();
}

TEST(records_may_be_in_any_order)
{
	unsigned int i;

	memfd_machine();
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

/* In a file of single pages; the last one is in the second batch */
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

/* In a file of huge folios and pages */
static void page_in_huge(void)		{ rec(1)->index = 3; }
static void page_behind_head(void)	{ rec(1)->index = 1; }
static void huge_over_page(void)	{ rec(5)->index = 16 + 3; }

/* @kept: pages that cannot be found any more, and stay preserved */
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
	if (memfd_ops()->retrieve(&args) != spoil->err || args.file || shim_live_files ||
	    shim_nr_errs != 1)
		return false;
	/* Again, and with the same result */
	if (memfd_ops()->retrieve(&args) != spoil->err || args.file || shim_live_files)
		return false;
	memfd_ops()->finish(&args);
	return !memfd_nr_lost() && memfd_nr_kept() == spoil->kept &&
	       shim_live_objects == memfd_objects_of_boot;
}

TEST(invalid_handovers_are_refused_and_leak_no_page)
{
	unsigned int i;

	memfd_machine();
	for (i = 0; i < ARRAY_SIZE(spoils); i++)
		IN_NEXT_KERNEL(three_folios, is_refused(&spoils[i]));
	for (i = 0; i < ARRAY_SIZE(spoils_of_single); i++)
		IN_NEXT_KERNEL(single_pages, is_refused(&spoils_of_single[i]));
	for (i = 0; i < ARRAY_SIZE(spoils_of_mixed); i++)
		IN_NEXT_KERNEL(mixed_folios, is_refused(&spoils_of_mixed[i]));
}

/* Everything that can be restored is freed, even if the description is invalid. */
static bool is_discarded(const struct spoil *spoil)
{
	spoil->how();
	memfd_ops()->finish(&args);
	return !memfd_nr_lost() && memfd_nr_kept() == spoil->kept;
}

TEST(invalid_handovers_can_be_finished)
{
	unsigned int i;

	memfd_machine();
	for (i = 0; i < ARRAY_SIZE(spoils); i++)
		IN_NEXT_KERNEL(three_folios, is_discarded(&spoils[i]));
}

/*
 * Nothing of the file was freed, and nothing of it is charged, accounted, locked or in a
 * page cache.
 */
static bool is_held(void)
{
	unsigned long i;

	for (i = 0; i < DIV_ROUND_UP(old->size, PAGE_SIZE); i++) {
		struct page *page = pfn_to_page(old->pfn[i]);
		struct folio *folio = page_folio(page);

		if (!old->pfn[i] || model_keeps(old->pfn[i]))
			continue;
		if (page->free || folio->page._refcount.counter != 1 || folio->page.mapping ||
		    shim_folio_flag(folio, SHIM_LOCKED | SHIM_LRU | SHIM_CHARGED))
			return false;
	}
	return !shim_live_files && !args.file;
}

/* Returns false if there was no fault to fail of. */
static bool fails_cleanly(struct faults *f)
{
	int err = FAULT(f, memfd_ops()->retrieve(&args));

	if (!f->met != !err)
		shim_die("fault %ld, error %d", f->n, err);
	if (!err)
		return false;
	if (!shim_again || !is_held())
		shim_die("fault %ld, error %d: the file is not held", f->n, err);
	if (shim_nr_errs != 1)
		shim_die("fault %ld, error %d: %u messages", f->n, err, shim_nr_errs);
	shim_nr_errs = 0;
	return true;
}

static void leaks_nothing(const struct faults *f)
{
	if (shim_live_objects != memfd_objects_of_boot)
		shim_die("fault %ld: %ld objects are left", f->n,
			 shim_live_objects - memfd_objects_of_boot);
}

/* The second attempt fails, too. */
static void comes_back_after(struct faults *f)
{
	struct faults again;

	if (!fails_cleanly(f))
		return;
	again = *f;
	if (!fails_cleanly(&again))
		shim_die("fault %ld: the second attempt does not fail", f->n);
	if (!memfd_retrieve_and_compare())
		shim_die("fault %ld: the file does not come back", f->n);
	leaks_nothing(f);
}

static void can_be_finished_after(struct faults *f)
{
	if (!fails_cleanly(f))
		return;
	if (!finish_without_retrieve())
		shim_die("fault %ld: the file is not freed", f->n);
	leaks_nothing(f);
}

/* The first attempt fails for want of a page of the quota, the second one does not. */
static bool needs_a_quota_of(long pages)
{
	shim_max_blocks = pages - 1;
	if (memfd_ops()->retrieve(&args) != -ENOSPC || !is_held())
		return false;
	shim_nr_errs = 0;
	shim_max_blocks = pages;
	return memfd_retrieve_and_compare();
}

TEST(a_file_needs_a_quota_of_its_pages_and_no_more)
{
	const unsigned int i = 0;

	memfd_machine();
	IN_NEXT_KERNEL(single_pages, needs_a_quota_of(NR_SINGLE));
}

static bool ends_when_it_is_killed(void)
{
	unsigned int n;

	for (n = 0; n < 2; n++) {
		shim_die_after = n;
		if (memfd_ops()->retrieve(&args) != -EINTR || !is_held())
			return false;
	}
	shim_die_after = -1;
	return memfd_retrieve_and_compare();
}

TEST(a_task_that_is_killed_need_not_wait_for_a_file)
{
	const unsigned int i = 0;

	memfd_machine();
	IN_NEXT_KERNEL(single_pages, ends_when_it_is_killed());
}

static long count_faults(const char *what, void (*old_kernel)(void),
			 void (*retrieve)(struct faults *f))
{
	long nr = 0;

	for_each_fault(f, what) {
		int status;

		if (!kexec_run(old_kernel))
			shim_die("no kexec");
		if (!fork()) {
			memfd_next_kernel();
			retrieve(f);
			_exit(0);
		}
		wait(&status);
		shim_forget_memmap();
		if (status)
			shim_die("fault %ld ended the kernel", f->n);
		nr = f->failed;
	}

	return nr;
}

/*
 * The file, its seals, a charge for each folio; for each batch its account, and a node of the
 * page cache for each 64 pages in which none was before, and one above the first two of
 * those.
 */
#define FAULTS_OF_THREE		(2 + 3 + 1 + 1)
#define FAULTS_OF_SINGLE	(2 + NR_SINGLE + 2 + 2 + 1)

TEST(a_failed_retrieval_can_be_repeated)
{
	memfd_machine();
	EXPECT_EQ(count_faults("memfd: retrieve folios, and again", three_folios,
			       comes_back_after), FAULTS_OF_THREE);
	EXPECT_EQ(count_faults("memfd: retrieve pages, and again", single_pages,
			       comes_back_after), FAULTS_OF_SINGLE);
}

TEST(a_file_can_be_finished_after_a_failed_retrieval)
{
	memfd_machine();
	EXPECT_EQ(count_faults("memfd: retrieve folios, and finish", three_folios,
			       can_be_finished_after), FAULTS_OF_THREE);
	EXPECT_EQ(count_faults("memfd: retrieve pages, and finish", single_pages,
			       can_be_finished_after), FAULTS_OF_SINGLE);
}

/*
 * Flipped addresses in the list of records that are valid by themselves: those of a page of
 * another owner, with nothing in it.
 */
static void sealed_file_and_other(void)
{
	kexec_checksums("on");
	memfd_hand_over(5000, 0);
	kexec_preserve_other();
	kexec_seal();
}

static void entry_is_other(void)	{ chunk()[2] = params->other; }
static void entry_nowhere(void)		{ chunk()[2] = 1UL << 51; }
static void link_is_other(void)		{ chunk()[0] = params->other; }

static void last_is_other(void)
{
	u64 *last = chunk();

	while (last[0])
		last = phys_to_virt(last[0]);
	last[0] = params->other;
}

static void entries_swapped(void)	{ swap(chunk()[1], chunk()[2]); }
static void pfn_is_other(void)		{ rec(1)->pfn = PHYS_PFN(params->other); }
static void first_is_other(void)	{ ((u64 *)ser())[4] = params->other; }

static bool is_left_alone(void (*flip)(void))
{
	const unsigned long kept = memfd_nr_kept() - 1;	/* but the description */

	flip();
	if (memfd_ops()->retrieve(&args) != -EINVAL || args.file || shim_nr_errs != 1)
		return false;
	memfd_ops()->finish(&args);
	return kexec_other_is_there() && memfd_nr_lost() == 1 /* that */ &&
	       memfd_nr_kept() == kept;
}

TEST(what_differs_is_neither_restored_nor_freed)
{
	static void (*const flips[])(void) = {
		entry_is_other, entry_nowhere, link_is_other, last_is_other, entries_swapped,
		pfn_is_other, first_is_other,
	};
	unsigned int i;

	memfd_machine();
	for (i = 0; i < ARRAY_SIZE(flips); i++)
		IN_NEXT_KERNEL(sealed_file_and_other, is_left_alone(flips[i]));
}

static void hole_by_default(void)
{
	memfd_hand_over(3, 1);
	kexec_seal();
}

static void large_file_by_default(void)
{
	memfd_hand_over(5000, 4);
	kexec_seal();
}

static void sealed_hole(void)		{ kexec_checksums("on"); hole_by_default(); }
static void sealed_large_file(void)	{ kexec_checksums("on"); large_file_by_default(); }

static void larger(void)		{ ser()->size ^= 1ULL << 40; }
static void not_sealed(void)		{ ser()->seals ^= F_SEAL_SHRINK; }
static void at_another_place(void)	{ ser()->pos ^= 1; }
static void with_another_mode(void)	{ kho_fast_memfd_attributes(ser())->mode ^= 2; }

static bool is_noticed(void (*flip)(void))
{
	flip();
	return memfd_ops()->retrieve(&args) == -EINVAL && !args.file && shim_nr_errs == 1;
}

/* A larger file would be the same with a hole behind it. */
TEST(what_is_valid_but_not_as_written_is_noticed_by_default)
{
	static void (*const flips[])(void) = {
		larger, not_sealed, at_another_place, with_another_mode,
	};
	unsigned int i;

	memfd_machine();
	for (i = 0; i < ARRAY_SIZE(flips); i++)
		IN_NEXT_KERNEL(large_file_by_default, is_noticed(flips[i]));
}

TEST(sealed_files_are_retrieved_completely)
{
	static void (*const sealed[])(void) = {
		sealed_hole, sealed_large_file, hole_by_default, large_file_by_default,
	};
	unsigned int i;

	memfd_machine();
	for (i = 0; i < ARRAY_SIZE(sealed); i++)
		IN_NEXT_KERNEL(sealed[i], memfd_retrieve_and_compare());
}

TEST_HARNESS_MAIN
