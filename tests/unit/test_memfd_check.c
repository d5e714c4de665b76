// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is handed over for a file in memory is what was preserved, or the live update is
 * refused: kernel/kho_fast/memfd/check.c
 */
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faults.h"
#include "memfd.h"
#include "luo/luo.h"
#include "outgoing/preflight.h"
#include "test.h"

static struct kho_fast_fault fault;

static int check(void)
{
	memset(&fault, 0, sizeof(fault));
	return shim_file_check->run(&args, &fault);
}

static void preserve_and_freeze(void)
{
	if (memfd_ops()->preserve(&args))
		shim_die("a file is not preserved");
	memfd_fill_holes();
	if (memfd_ops()->freeze(&args))
		shim_die("a file is not frozen");
}

TEST(what_is_preserved_is_accepted)
{
	static const struct { unsigned long pages; unsigned int holes; } files[] = {
		{ 1, 0 }, { 700, 3 }, { 3, 1 }, { 5000, 0 }, { 5000, 4 },
	};
	unsigned int i;

	memfd_machine();
	memfd_first_kernel();
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		memfd_make_file(files[i].pages, files[i].holes);
		preserve_and_freeze();
		/* With workers, and without memory for them. */
		ASSERT_EQ(check(), 0) TH_LOG("file %u: %s", i, fault.reason);
		shim_fail_after = 0;
		ASSERT_EQ(check(), 0) TH_LOG("file %u: %s", i, fault.reason);
		shim_fail_after = -1;
		memfd_ops()->unpreserve(&args);
	}
	file = shim_new_file(0);
	args = (struct liveupdate_file_op_args){ .file = file };
	ASSERT_EQ(memfd_ops()->preserve(&args), 0);
	ASSERT_EQ(memfd_ops()->freeze(&args), 0);
	EXPECT_EQ(check(), 0) TH_LOG("%s", fault.reason);
}

/* The failed freeze may leave a page of the list without records, or a chunk without pages. */
TEST(a_file_is_accepted_after_a_freeze_that_has_failed)
{
	memfd_machine();
	memfd_first_kernel();
	for_each_fault(f, "memfd: freeze, and check") {
		memfd_make_file(1500, 1);
		ASSERT_EQ(memfd_ops()->preserve(&args), 0);
		memfd_fill_holes();
		if (FAULT(f, memfd_ops()->freeze(&args)))
			ASSERT_EQ(memfd_ops()->freeze(&args), 0);
		ASSERT_EQ(check(), 0) TH_LOG("fault %ld: %s", f->n, fault.reason);
		memfd_ops()->unpreserve(&args);
		fput(file);
	}
}

/* Three folios of order 2 at the indices 0, 4 and 8 */
static struct memfd_luo_ser *ser(void)
{
	return phys_to_virt(args.serialized_data);
}

static u64 *chunk(void)
{
	return phys_to_virt(((u64 *)ser())[4]);
}

static struct memfd_luo_folio_ser *rec(unsigned int i)
{
	return memfd_record(args.serialized_data, i);
}

static void change_size(void)	{ ser()->size--; }
static void change_pos(void)	{ ser()->pos ^= 1; }
static void change_seals(void)	{ ser()->seals ^= F_SEAL_WRITE; }
static void set_flags(void)	{ ser()->flags = 1; }
static void change_mode(void)	{ kho_fast_memfd_attributes(ser())->mode ^= 0111; }
static void change_name(void)	{ kho_fast_memfd_attributes(ser())->name[3] ^= 1; }
static void no_attributes(void)	{ kho_fast_memfd_attributes(ser())->compatible[0] = 0; }
static void fewer_records(void)	{ ser()->nr_folios--; }
static void more_records(void)	{ ser()->nr_folios++; }
static void more_pages(void)	{ ((u64 *)ser())[5]++; }
static void other_chunk(void)	{ ((u64 *)ser())[4] = args.serialized_data; }
static void no_record(void)	{ memset(rec(1), 0, sizeof(*rec(1))); }
static void record_twice(void)	{ *rec(1) = *rec(0); }
static void not_dirty(void)	{ rec(1)->flags ^= MEMFD_LUO_FOLIO_DIRTY; }
static void not_uptodate(void)	{ rec(1)->flags ^= MEMFD_LUO_FOLIO_UPTODATE; }
static void pfn_of_tail(void)	{ rec(1)->pfn++; }
static void pfn_nowhere(void)	{ rec(1)->pfn = (1UL << 52) - 1; }
static void page_nowhere(void)	{ chunk()[1] = 1UL << 51; }
static void page_unaligned(void) { chunk()[1] += 16; }
static void page_twice(void)	{ chunk()[2] = chunk()[1]; }
static void no_page(void)	{ chunk()[1] = 0; }
static void next_is_ser(void)	{ chunk()[0] = args.serialized_data; }
static void next_nowhere(void)	{ chunk()[0] = 1UL << 51; }

/* Another owner has freed it. */
static void pfn_of_free(void)
{
	struct folio *folio = folio_alloc(GFP_KERNEL, 0);

	rec(1)->pfn = folio_pfn(folio);
	folio_put(folio);
}

/* A client has freed it without unpreserving it, and it is not mapped. */
static void page_unmapped(void)
{
	struct folio *folio = folio_alloc(GFP_KERNEL, 0);

	kho_preserve_folio(folio);
	chunk()[1] = PFN_PHYS(folio_pfn(folio));
	if (mprotect(folio_address(folio), PAGE_SIZE, PROT_NONE))
		shim_die("a page cannot be unmapped");
}

static void chunk_in_circle(void)
{
	chunk()[0] = ((u64 *)ser())[4];
	chunk()[1] = 0;
}

static void swap_indices(void)
{
	rec(0)->index = 4;
	rec(1)->index = 0;
}

static void unpreserve_folio(void)
{
	kho_unpreserve_folio(pfn_folio(rec(1)->pfn));
}

static void unpreserve_list(void)
{
	kho_unpreserve_pages(pfn_to_page(PHYS_PFN(chunk()[1])), 1);
}

static void unpreserve_ser(void)
{
	kho_unpreserve_pages(pfn_to_page(PHYS_PFN(args.serialized_data)), 1);
}

/* The next kernel would get one page of four. */
static void preserve_less(void)
{
	unpreserve_folio();
	kho_preserve_pages(pfn_to_page(rec(1)->pfn), 1);
}

static const struct spoil {
	void		(*how)(void);
	const char	*why;
} spoils[] = {
	{ change_size, "description was" }, { change_pos, "description was" },
	{ change_seals, "description was" }, { set_flags, "description was" },
	{ change_mode, "mode or name" }, { change_name, "mode or name" },
	{ no_attributes, "mode or name" },
	{ fewer_records, "description was" }, { more_records, "description was" },
	{ more_pages, "description was" }, { other_chunk, "description was" },
	{ no_record, "records were" }, { record_twice, "records were" },
	{ not_dirty, "records were" }, { not_uptodate, "records were" },
	{ swap_indices, "records were" }, { preserve_less, "records were" },
	{ pfn_of_tail, "no folio" }, { pfn_nowhere, "no folio" }, { unpreserve_folio, "no folio" },
	{ pfn_of_free, "no folio" }, { page_unmapped, "of the records" },
	{ page_nowhere, "of the records" }, { page_unaligned, "of the records" },
	{ unpreserve_list, "of the records" }, { next_nowhere, "of the records" },
	{ page_twice, "too long" }, { next_is_ser, "too long" },
	{ chunk_in_circle, "too long" }, { no_page, "lacks 1 page" },
	{ unpreserve_ser, "description is not" },
};

static void three_folios(void)
{
	memfd_three_folios();
	preserve_and_freeze();
}

static bool is_refused(const struct spoil *spoil)
{
	three_folios();
	if (check())
		return false;
	spoil->how();
	return check() == -EINVAL && strstr(fault.reason, spoil->why);
}

TEST(what_is_not_as_it_was_preserved_is_refused)
{
	unsigned int i;
	int status;

	memfd_machine();
	for (i = 0; i < ARRAY_SIZE(spoils); i++) {
		if (!fork()) {
			bool ok;

			/* A list without an end must not outlive the test. */
			alarm(60);
			ok = is_refused(&spoils[i]);
			if (!ok)
				fprintf(stderr, "# reason: %s\n", fault.reason);
			_exit(!ok);
		}
		wait(&status);
		shim_forget_memmap();
		ASSERT_EQ(status, 0) TH_LOG("case %u", i);
	}
}

static void file_of_pages(unsigned long pages)
{
	unsigned long i;

	file = shim_new_file(pages * PAGE_SIZE);
	for (i = 0; i < pages; i++)
		memfd_add_folio(i, 0, DIRTY);
	args = (struct liveupdate_file_op_args){ .file = file };
	preserve_and_freeze();
}

/* Of another client: the check sees it, and names page and index. */
static bool is_found_missing(const struct memfd_luo_folio_ser *record)
{
	struct folio *folio = pfn_folio(record->pfn);
	char why[32];
	bool found;

	snprintf(why, sizeof(why), "for index %lu", (unsigned long)record->index);
	kho_unpreserve_folio(folio);
	found = check() == -EINVAL && fault.phys == PFN_PHYS(record->pfn) &&
		strstr(fault.reason, why);
	return !kho_preserve_folio(folio) && found;
}

static bool is_found_zeroed(struct memfd_luo_folio_ser *record)
{
	const struct memfd_luo_folio_ser was = *record;
	int err;

	*record = (struct memfd_luo_folio_ser){};
	err = check();
	*record = was;
	return err == -EINVAL;
}

/* The list is checked in parts, of two pages where sections are small. */
TEST(a_bad_record_is_refused_in_each_part)
{
	unsigned int i, nr;

	memfd_machine();
	memfd_first_kernel();
	file_of_pages(MAX_PAGES);
	nr = ser()->nr_folios;
	ASSERT_GE(nr, MAX_PAGES);

	/* Another place in each page, the first record, and the last one. */
	for (i = 0; i < nr; i = i == nr - 1 ? nr : min(i + 251, nr - 1)) {
		if (!rec(i)->pfn)
			continue;
		ASSERT_TRUE(is_found_missing(rec(i))) TH_LOG("record %u: %s", i, fault.reason);
		ASSERT_TRUE(is_found_zeroed(rec(i))) TH_LOG("record %u: %s", i, fault.reason);
		ASSERT_EQ(check(), 0) TH_LOG("record %u: %s", i, fault.reason);
	}
}

static bool is_pinned(pgoff_t index)
{
	struct folio *folio = memfd_folio_at(file, index);

	return folio && folio->_pincount.counter == 1;
}

/* A page that a client has freed without unpreserving it, and that is now a folio of the file */
static void preserve_twice(void)
{
	kho_preserve_pages(pfn_to_page(rec(0)->pfn), 1);
}

/*
 * The records that a file is unpreserved by are not those of the description; and other clients'
 * keys spoil none.
 */
static bool spoils_records(const struct spoil *spoil)
{
	return !strstr(spoil->why, "description") && !strstr(spoil->why, "mode") &&
	       spoil->how != unpreserve_folio && spoil->how != preserve_less;
}

/* Closing the session then follows none of its records, and unpins nobody's folio. */
static bool is_left_alone(void)
{
	return is_pinned(0) && is_pinned(4) && is_pinned(8) && shim_pins == 3 &&
	       file->f_inode->frozen &&
	       strstr(shim_last_err, "its records are damaged");
}

/* @checked: The live update was refused for this file; or for one before it, or not begun. */
static bool is_closed_safely(const struct spoil *spoil, bool checked)
{
	three_folios();
	spoil->how();
	if (checked && !check())
		return false;
	memfd_ops()->unpreserve(&args);
	return spoils_records(spoil) ? is_left_alone() :
				       !shim_pins && !file->f_inode->frozen;
}

/* Each spoil in a kernel of its own, in two ways */
static void for_each_spoil(struct __test_metadata *_metadata,
			   bool (*passes)(const struct spoil *spoil, bool second))
{
	unsigned int i;
	int status;

	memfd_machine();
	for (i = 0; i < 2 * ARRAY_SIZE(spoils); i++) {
		if (!fork()) {
			alarm(60);
			_exit(!passes(&spoils[i / 2], i % 2));
		}
		wait(&status);
		shim_forget_memmap();
		ASSERT_EQ(status, 0) TH_LOG("case %u, way %u", i / 2, i % 2);
	}
}

TEST(a_file_with_damaged_records_is_leaked_as_a_whole)
{
	for_each_spoil(_metadata, is_closed_safely);
}

/* Records that were overwritten, and a reason to read all of them when it is frozen */
static bool is_not_frozen(const struct spoil *spoil, bool poisoned)
{
	if (!spoils_records(spoil))
		return true;

	kexec_checksums("on");
	memfd_three_folios();
	i_size_write(file->f_inode, 16 << PAGE_SHIFT);
	if (memfd_ops()->preserve(&args))
		return false;
	if (poisoned)
		atomic_long_inc(&num_poisoned_pages);
	else
		shim_fill_hole(file, 13);
	spoil->how();
	return memfd_ops()->freeze(&args) == -EINVAL &&
	       strstr(shim_last_err, "records of a file are damaged");
}

TEST(damaged_records_are_not_followed_by_a_freeze)
{
	for_each_spoil(_metadata, is_not_frozen);
}

TEST(keys_of_other_clients_cost_no_file)
{
	memfd_machine();
	three_folios();
	preserve_twice();
	memfd_ops()->unpreserve(&args);
	EXPECT_EQ(shim_pins, 0);
	EXPECT_FALSE(file->f_inode->frozen);
	EXPECT_EQ(shim_nr_errs, 0);
}

static bool says(const char *what)
{
	if (strstr(shim_last_line, what))
		return true;
	fprintf(stderr, "# message: %s\n", shim_last_line);
	return false;
}

/* A client removes keys that are not its own; the folios are pinned. */
TEST(a_file_that_lost_keys_is_unpreserved_with_one_message)
{
	unsigned int i;

	memfd_machine();
	memfd_first_kernel();
	file_of_pages(MAX_PAGES);
	strcpy(file->shim_name, "memfd:guest\n");
	for (i = 700; i < 3000; i += 100)
		kho_unpreserve_folio(pfn_folio(rec(i)->pfn));
	EXPECT_EQ(shim_nr_errs, 0);
	memfd_ops()->unpreserve(&args);
	EXPECT_EQ(shim_nr_errs, 1);
	EXPECT_EQ(shim_nr_warns, 0);
	EXPECT_TRUE(says("memfd:guest"));
	EXPECT_TRUE(says(" 23 of its folios"));
	EXPECT_TRUE(says("offset 0x2bc000,"));
	EXPECT_EQ(shim_pins, 0);
	EXPECT_FALSE(file->f_inode->frozen);
	EXPECT_EQ(memfd_ops()->preserve(&args), 0);
}

/* A random word of what the next kernel will read */
static u64 *some_word(void)
{
	switch (rnd(4)) {
	case 0:
		return (u64 *)ser() + rnd(6);
	case 1:
		return chunk() + rnd(8);
	default:
		return (u64 *)rec(rnd(ser()->nr_folios)) + rnd(2);
	}
}

static void overwrite(void)
{
	struct memfd_luo_folio_ser *a = rec(rnd(ser()->nr_folios)), *b = rec(rnd(ser()->nr_folios));
	u64 *word = some_word(), index = a->index;

	switch (rnd(4)) {
	case 0:
		*word ^= BIT(rnd(64));
		break;
	case 1:
		*word = *some_word();
		break;
	case 2:
		*a = *b;
		break;
	default:
		a->index = b->index;
		b->index = index;
	}
}

/* Another client unpreserves what is not its own. */
static void unpreserve_some(void)
{
	const struct memfd_luo_folio_ser *some = rec(rnd(ser()->nr_folios));

	if (some->pfn)
		kho_unpreserve_folio(pfn_folio(some->pfn));
}

static void clumsy_kernel(void)
{
	memfd_hand_over(300, 3);
	switch (rnd(4)) {
	case 0:
		break;
	case 1:
		unpreserve_some();
		break;
	default:
		overwrite();
	}
	check();
	strcpy(params->refused, fault.reason);
}

TEST(no_kernel_hands_over_a_file_that_comes_back_as_another)
{
	unsigned int i, nr_refused = 0;
	int status;

	memfd_machine();
	for (i = 0; i < 300; i++) {
		rnd(2);	/* another sequence */
		ASSERT_TRUE(kexec_run(clumsy_kernel));
		nr_refused += !!*params->refused;
		if (*params->refused)
			continue;
		if (!fork()) {
			memfd_next_kernel();
			_exit(!memfd_retrieve_and_compare());
		}
		wait(&status);
		shim_forget_memmap();
		ASSERT_EQ(status, 0) TH_LOG("round %u", i);
	}
	EXPECT_GT(nr_refused, 100);
	EXPECT_LT(nr_refused, 250);
}

TEST_HARNESS_MAIN
