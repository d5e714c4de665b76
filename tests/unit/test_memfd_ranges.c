// SPDX-License-Identifier: GPL-2.0-only
/*
 * A large file is retrieved in ranges of its records, by several tasks:
 * kernel/kho_fast/memfd/retrieve.c. Ranges have 512 records where sections are small.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "memfd.h"
#include "test.h"

#define NR_PAGES	2500U

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

/* Runs in a child. Returns its exit status, 0 for success. */
static int in_next_kernel(bool (*good)(unsigned int n), unsigned int n)
{
	int status;

	if (!kexec_run(single_pages))
		return -1;
	if (!fork()) {
		memfd_next_kernel();
		_exit(!good(n));
	}
	wait(&status);
	shim_forget_memmap();
	return status;
}

static bool is_page_held(unsigned long pfn)
{
	const struct page *page = pfn_to_page(pfn);

	return model_keeps(pfn) ||
	       (!page->free && page->_refcount.counter == 1 && !page->mapping &&
		!(page->flags.f & (SHIM_LOCKED | SHIM_LRU | SHIM_CHARGED)));
}

/* Nothing of it was freed, and nothing is charged, accounted, locked or in a page cache. */
static bool is_held(void)
{
	unsigned int i;

	for (i = 0; i < NR_PAGES; i++) {
		if (!is_page_held(old->pfn[i]))
			return false;
	}
	return !shim_live_files && !args.file;
}

/* Each task may have met the same error. */
static bool fails_with(int err)
{
	bool ok = memfd_ops()->retrieve(&args) == err && is_held() &&
		  shim_nr_errs <= num_online_cpus();

	shim_nr_errs = 0;
	return ok;
}

static bool is_divided(const struct kho_fast_memfd_in *in)
{
	return in->nr_ranges == DIV_ROUND_UP(in->records.nr, PAGES_PER_SECTION);
}

static bool comes_back_when_it_is_mended(unsigned int n)
{
	struct memfd_luo_folio_ser *record = memfd_record(old->ser_pa, n);
	u64 index = record->index;

	record->index = NR_PAGES;
	if (!fails_with(-EINVAL) || !fails_with(-EINVAL) || !is_divided(args.private_data))
		return false;
	record->index = index;
	return memfd_retrieve_and_compare();
}

/* Without memory for ranges, after the file and its seals, there is one for all attempts. */
static bool comes_back_undivided(unsigned int n)
{
	struct memfd_luo_folio_ser *record = memfd_record(old->ser_pa, n);
	const struct kho_fast_memfd_in *in;

	if (NR_PAGES <= PAGES_PER_SECTION)
		return memfd_retrieve_and_compare();
	record->flags ^= 4;
	shim_fail_after = 2;
	if (!fails_with(-EINVAL) || shim_fail_after >= 0)
		return false;
	in = args.private_data;
	if (in->nr_ranges != 1 || !fails_with(-EINVAL) || in->nr_ranges != 1)
		return false;
	record->flags ^= 4;
	return memfd_retrieve_and_compare();
}

static bool is_finished_after_a_failure(unsigned int n)
{
	struct memfd_luo_folio_ser *record = memfd_record(old->ser_pa, n);

	record->flags = 4;
	if (!fails_with(-EINVAL))
		return false;
	memfd_ops()->finish(&args);
	return !memfd_nr_lost() && !memfd_nr_kept() && shim_live_objects == memfd_objects_of_boot;
}

/* Another range has a folio at that index. */
static bool is_refused_if_ranges_overlap(unsigned int n)
{
	memfd_record(old->ser_pa, n)->index = (n + NR_PAGES / 2) % NR_PAGES;
	return fails_with(-EEXIST) && fails_with(-EEXIST);
}

static bool is_refused_if_a_folio_is_named_twice(unsigned int n)
{
	memfd_record(old->ser_pa, n)->pfn =
		memfd_record(old->ser_pa, (n + NR_PAGES / 2) % NR_PAGES)->pfn;
	return fails_with(-EIO);
}

static bool needs_a_quota_of_its_pages(unsigned int n)
{
	shim_max_blocks = NR_PAGES - 1 - n;
	if (!fails_with(-ENOSPC))
		return false;
	shim_max_blocks = NR_PAGES;
	return memfd_retrieve_and_compare();
}

static bool comes_back_if_the_task_lives(unsigned int n)
{
	shim_die_after = n / 64;
	if (!fails_with(-EINTR))
		return false;
	shim_die_after = -1;
	return memfd_retrieve_and_compare();
}

/* Of ranges, workers, charges, and the page cache. Only some of them are needed. */
static bool comes_back_after_a_fault(unsigned int n)
{
	int err;

	shim_fail_after = n;
	err = memfd_ops()->retrieve(&args);
	shim_fail_after = -1;
	shim_nr_errs = 0;
	if (err)
		return is_held() && memfd_retrieve_and_compare();
	return memfd_is_right(args.file);
}

static bool comes_back(unsigned int n)
{
	return memfd_retrieve_and_compare();
}

static const struct trial {
	const char	*what;
	bool		(*good)(unsigned int n);
} trials[] = {
	{ "retrieve", comes_back },
	{ "mend", comes_back_when_it_is_mended },
	{ "undivided", comes_back_undivided },
	{ "finish", is_finished_after_a_failure },
	{ "overlap", is_refused_if_ranges_overlap },
	{ "twice", is_refused_if_a_folio_is_named_twice },
	{ "quota", needs_a_quota_of_its_pages },
	{ "kill", comes_back_if_the_task_lives },
	{ "fault", comes_back_after_a_fault },
};

/* The first and the last record, and some of each range but the first */
TEST(a_large_file_comes_back_or_is_held_as_a_whole)
{
	static const unsigned int records[] = { 0, 3, 600, 1100, 1700, 2047, 2048, NR_PAGES - 1 };
	unsigned int i, n;

	memfd_machine();
	for (i = 0; i < ARRAY_SIZE(trials); i++) {
		for (n = 0; n < ARRAY_SIZE(records); n++)
			ASSERT_EQ(in_next_kernel(trials[i].good, records[n]), 0)
				TH_LOG("%s %u", trials[i].what, records[n]);
	}
}

/* Without memory for ranges there is one. */
static bool is_not_divided(unsigned int n)
{
	struct kho_fast_memfd_in *in = kho_fast_memfd_open(args.serialized_data);

	shim_fail_after = 0;
	kho_fast_memfd_divide(in, KHO_FAST_MEMFD_RANGE_RECORDS);
	/* Of a section's records at most it allocates nothing. */
	if ((shim_fail_after < 0) != (NR_PAGES > PAGES_PER_SECTION) || in->nr_ranges != 1)
		return false;
	shim_fail_after = -1;
	kho_fast_memfd_divide(in, KHO_FAST_MEMFD_RANGE_RECORDS);
	if (!is_divided(in))
		return false;
	kho_fast_memfd_discard(in);
	return !memfd_nr_lost() && !memfd_nr_kept() && shim_live_objects == memfd_objects_of_boot;
}

TEST(a_file_is_divided_if_there_is_memory)
{
	memfd_machine();
	ASSERT_EQ(in_next_kernel(is_not_divided, 0), 0);
}

TEST_HARNESS_MAIN
