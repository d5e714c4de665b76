// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of LUO: kernel/kho_fast/luo/{block,deserialize}.c
 *
 * Both kernels run one after the other. The first one preserves in its tree,
 * the second one restores from there:
 *
 *	root record -> sessions [][][] -> [][]        a block a page
 *	                         |
 *	                         +-----> files [][][] -> []
 */
#include <linux/err.h>
#include <linux/kho_block.h>
#include <linux/io.h>

#include "luo/records.h"
#include "faults.h"
#include "test.h"

#define NR_PAGES	16384UL
#define PER_BLOCK	63UL	/* records of files */

static unsigned long nr_claims, nr_released;

static unsigned long find_free(unsigned int order)
{
	static unsigned long last;
	unsigned long i;

	for (i = 0; i < NR_PAGES; i++) {
		last = last + 1 < NR_PAGES ? last + 1 : 1;
		if (!order && pfn_to_page(last)->free)
			return last;
	}
	shim_die("no page is free");
}

static void machine(void)
{
	unsigned long pfn;

	unit_init();
	shim_slab_is_up = true;
	memblock_add_node(0, PFN_PHYS(NR_PAGES), 0, MEMBLOCK_NONE);
	for (pfn = 0; pfn < NR_PAGES; pfn++)
		*pfn_to_page(pfn) = (struct page){ .inits = 1, .free = 1, ._mapcount = { -1 } };
	unit_add_spare_memory();
	if (kho_fast_outgoing_init())
		shim_die("no memory for a tree");
	shim_find_pages = find_free;
}

static unsigned long *leaf_of(unsigned long pfn, unsigned int order)
{
	struct kho_radix_leaf *leaf;

	leaf = kho_fast_leaf(phys_to_virt(kho_fast_outgoing_root()), kho_fast_key(pfn, order));
	return leaf ? leaf->bitmap : NULL;
}

/* Replaces luo/restore.c: restores from the tree of the first kernel. */
void *luo_fast_record_restore(u64 pa, size_t size)
{
	unsigned int order = get_order(size), bit = kho_fast_bit(kho_fast_key(PHYS_PFN(pa), order));
	unsigned long *bitmap = leaf_of(PHYS_PFN(pa), order);

	if (pa & ((PAGE_SIZE << order) - 1) || !bitmap || !test_bit(bit, bitmap))
		return NULL;
	__clear_bit(bit, bitmap);
	nr_claims++;
	return phys_to_virt(pa);
}

void *luo_fast_record_find(u64 pa, size_t size)
{
	if (!kho_fast_outgoing_has(PHYS_PFN(pa), get_order(size)))
		return NULL;
	return phys_to_virt(pa);
}

/* There are no checksums to verify. */
void *luo_fast_record_peek(u64 pa, size_t size)
{
	shim_die("%zu bytes at %#lx are verified", size, (unsigned long)pa);
}

void luo_fast_record_free(void *mem)
{
	if (mem) {
		nr_released++;
		folio_put(virt_to_folio(mem));
	}
}

static void write_file(struct luo_file_ser *ser, u64 nr)
{
	*ser = (struct luo_file_ser){ .data = nr * 3, .token = nr };
	snprintf(ser->compatible, sizeof(ser->compatible), "handler-%lu", (unsigned long)nr % 7);
}

static void write_files(struct kho_block_set *bs, u64 count)
{
	struct kho_block_set_it it;
	u64 i;

	kho_block_set_it_init(&it, bs);
	for (i = 0; i < count; i++)
		write_file(kho_block_set_it_reserve_entry(&it), i);
}

static u64 count_files(struct kho_block_set *bs)
{
	struct kho_block_set_it it;
	struct luo_file_ser *ser, want;
	u64 nr = 0;

	kho_block_set_it_init(&it, bs);
	while ((ser = kho_block_set_it_read_entry(&it))) {
		write_file(&want, nr);
		if (memcmp(ser, &want, sizeof(want)))
			return ULONG_MAX;
		nr++;
	}
	return nr;
}

static void files_init(struct kho_block_set *bs)
{
	kho_block_set_init(bs, sizeof(struct luo_file_ser));
}

/* A chain of the first kernel, whose set is leaked */
static u64 preserve_files(u64 count)
{
	struct kho_block_set bs;
	u64 pa;

	files_init(&bs);
	if (kho_block_set_grow(&bs, count))
		shim_die("no memory");
	write_files(&bs, count);
	pa = kho_block_set_head_pa(&bs);
	luo_fast_blocks_leak(&bs);
	return pa;
}

static struct kho_block_header_ser *block_at(u64 pa, unsigned int nr)
{
	struct kho_block_header_ser *ser = phys_to_virt(pa);

	return nr ? block_at(ser->next, nr - 1) : ser;
}

TEST(a_set_has_as_many_blocks_as_its_records_require)
{
	struct kho_block_set bs;
	unsigned int trial;
	long pages;

	machine();
	files_init(&bs);
	ASSERT_EQ(bs.count_per_block, PER_BLOCK);
	ASSERT_EQ(kho_block_set_grow(&bs, 1), 0);
	kho_block_set_destroy(&bs);
	pages = shim_live_pages;

	for (trial = 0; trial < 300; trial++) {
		u64 count = rnd(20 * PER_BLOCK);

		ASSERT_EQ(kho_block_set_grow(&bs, count), 0);
		kho_block_set_shrink(&bs, count);
		ASSERT_EQ(bs.nblocks, DIV_ROUND_UP(count, PER_BLOCK));
		ASSERT_EQ(shim_live_pages - pages, bs.nblocks);
		ASSERT_EQ(!kho_block_set_head_pa(&bs), !count);
		write_files(&bs, count);
		ASSERT_EQ(count_files(&bs), count);
		kho_block_set_clear(&bs);
		ASSERT_EQ(count_files(&bs), 0);
	}
	kho_block_set_destroy(&bs);
	EXPECT_EQ(shim_live_pages, pages);
	EXPECT_TRUE(kho_block_set_is_empty(&bs));
	EXPECT_EQ(shim_nr_warns, 0);
}

TEST(a_full_set_accepts_no_record_and_iterates_backwards)
{
	struct kho_block_set_it it;
	struct kho_block_set bs;
	long i, nr = 5 * PER_BLOCK;

	machine();
	files_init(&bs);
	kho_block_set_it_init(&it, &bs);
	EXPECT_EQ(kho_block_set_it_reserve_entry(&it), NULL);
	EXPECT_EQ(kho_block_set_it_read_entry(&it), NULL);
	EXPECT_EQ(kho_block_set_it_prev(&it), NULL);

	ASSERT_EQ(kho_block_set_grow(&bs, nr), 0);
	kho_block_set_it_init(&it, &bs);
	for (i = 0; i < nr; i++)
		write_file(kho_block_set_it_reserve_entry(&it), i);
	EXPECT_EQ(kho_block_set_it_reserve_entry(&it), NULL);
	for (i = nr - 1; i >= 0; i--) {
		struct luo_file_ser *ser = kho_block_set_it_prev(&it);

		ASSERT_NE(ser, NULL);
		ASSERT_EQ(ser->token, i);
	}
	EXPECT_EQ(kho_block_set_it_prev(&it), NULL);
	kho_block_set_destroy(&bs);
}

TEST(growing_is_undone_after_any_failed_allocation)
{
	struct kho_block_set bs;
	long pages, objects;
	int err;

	machine();
	files_init(&bs);
	ASSERT_EQ(kho_block_set_grow(&bs, PER_BLOCK), 0);
	write_files(&bs, PER_BLOCK);
	pages = shim_live_pages;
	objects = shim_live_objects;
	for_each_fault(f, "LUO: room for the records of files") {
		err = FAULT(f, kho_block_set_grow(&bs, 5 * PER_BLOCK));
		/* For each of four blocks: a page and its struct kho_block. */
		ASSERT_EQ(err, f->n < 8 ? -ENOMEM : 0);
		if (!err)
			continue;
		ASSERT_EQ(shim_live_pages, pages);
		ASSERT_EQ(shim_live_objects, objects);
		ASSERT_EQ(bs.nblocks, 1);
		ASSERT_EQ(block_at(bs.head_pa, 0)->next, 0);
		ASSERT_EQ(count_files(&bs), PER_BLOCK);
	}
	kho_block_set_destroy(&bs);
	EXPECT_EQ(shim_nr_warns, 0);
}

TEST(records_larger_than_a_block_are_refused)
{
	struct kho_block_set bs;
	long pages;

	machine();
	pages = shim_live_pages;
	kho_block_set_init(&bs, KHO_BLOCK_SIZE);
	EXPECT_EQ(kho_block_set_grow(&bs, 1), -EINVAL);
	EXPECT_EQ(shim_live_pages, pages);
	EXPECT_EQ(shim_nr_errs, 1);
	EXPECT_EQ(shim_nr_warns, 0);
}

TEST(a_set_too_large_for_the_next_kernel_is_refused)
{
	struct kho_block_set bs;

	machine();
	files_init(&bs);
	EXPECT_EQ(kho_block_set_grow(&bs, 10001 * PER_BLOCK), -ENOSPC);
	EXPECT_EQ(bs.nblocks, 0);
	ASSERT_EQ(kho_block_set_grow(&bs, 10000 * PER_BLOCK), 0);
	EXPECT_EQ(kho_block_set_grow(&bs, 10000 * PER_BLOCK + 1), -ENOSPC);
	EXPECT_EQ(bs.nblocks, 10000);
	kho_block_set_destroy(&bs);
}

TEST(a_chain_that_is_too_long_is_refused_with_a_message)
{
	struct kho_block_header_ser *more;
	struct kho_block_set bs;
	u64 pa;

	machine();
	pa = preserve_files(10000 * PER_BLOCK);
	more = kho_alloc_preserve(KHO_BLOCK_SIZE);
	more->count = 1;
	block_at(pa, 9999)->next = virt_to_phys(more);
	files_init(&bs);
	EXPECT_EQ(kho_block_set_restore(&bs, pa), -ENOSPC);
	EXPECT_EQ(nr_claims, 10000);
	EXPECT_EQ(nr_released, 0);
	EXPECT_EQ(shim_nr_errs, 1);
	EXPECT_TRUE(kho_block_set_is_empty(&bs));
}

TEST(a_chain_is_restored_read_and_freed)
{
	struct kho_block_set bs;
	unsigned int trial;

	machine();
	for (trial = 0; trial < 50; trial++) {
		u64 count = 1 + rnd(10 * PER_BLOCK);
		u64 pa = preserve_files(count);
		long pages = shim_live_pages;

		files_init(&bs);
		ASSERT_EQ(kho_block_set_restore(&bs, pa), 0);
		ASSERT_EQ(count_files(&bs), count);
		ASSERT_EQ(kho_block_set_grow(&bs, count), -EINVAL);
		kho_block_set_destroy(&bs);
		ASSERT_EQ(pages - shim_live_pages, DIV_ROUND_UP(count, PER_BLOCK));
	}
	EXPECT_EQ(kho_block_set_restore(&bs, 0), 0);
	EXPECT_EQ(nr_claims, nr_released);
	/* Of the calls that have tried to make it grow */
	EXPECT_EQ(shim_nr_errs, 50);
	EXPECT_EQ(shim_nr_warns, 0);
}

TEST(restoring_goes_on_after_any_failed_allocation)
{
	machine();
	for_each_fault(f, "LUO: restore the records of files") {
		u64 pa = preserve_files(4 * PER_BLOCK);
		long pages = shim_live_pages;
		struct kho_block_set bs;

		files_init(&bs);
		ASSERT_EQ(FAULT(f, kho_block_set_restore(&bs, pa)), f->n < 4 ? -ENOMEM : 0);
		ASSERT_EQ(bs.nblocks, min(f->n, 4));
		ASSERT_EQ(shim_live_pages, pages);
		ASSERT_EQ(kho_block_set_restore(&bs, pa), 0);
		ASSERT_EQ(count_files(&bs), 4 * PER_BLOCK);
		luo_fast_blocks_leak(&bs);
	}
	EXPECT_EQ(nr_released, 0);
	EXPECT_EQ(shim_nr_errs, 0);
}

/* Faults of a chain of three blocks: the block, the fault, and what is restored */
static const struct bad_chain {
	const char	*what;
	unsigned int	block;
	void		(*spoil)(struct kho_block_header_ser *ser, u64 head_pa);
} bad_chains[];

static void next_is_odd(struct kho_block_header_ser *ser, u64 head_pa)
{
	ser->next++;
}

static void next_is_head(struct kho_block_header_ser *ser, u64 head_pa)
{
	ser->next = head_pa;
}

static void next_is_itself(struct kho_block_header_ser *ser, u64 head_pa)
{
	ser->next = virt_to_phys(ser);
}

static void next_is_free(struct kho_block_header_ser *ser, u64 head_pa)
{
	ser->next = PFN_PHYS(find_free(0));
}

static void next_is_nowhere(struct kho_block_header_ser *ser, u64 head_pa)
{
	ser->next = 0xfffffffffffff000;
}

static void count_is_0(struct kho_block_header_ser *ser, u64 head_pa)
{
	ser->count = 0;
}

static void count_is_1_more(struct kho_block_header_ser *ser, u64 head_pa)
{
	ser->count = PER_BLOCK + 1;
}

static void count_is_huge(struct kho_block_header_ser *ser, u64 head_pa)
{
	ser->count = ULONG_MAX;
}

static const struct bad_chain bad_chains[] = {
	{ "odd",	0, next_is_odd },
	{ "odd, last",	2, next_is_odd },
	{ "circle",	2, next_is_head },
	{ "circle of 2", 1, next_is_head },
	{ "itself",	0, next_is_itself },
	{ "free",	1, next_is_free },
	{ "nowhere",	2, next_is_nowhere },
	{ "0 records",	0, count_is_0 },
	{ "0 records, last", 2, count_is_0 },
	{ "64 records",	1, count_is_1_more },
	{ "many records", 2, count_is_huge },
};

/* Stock grows a set for a name that is in use, and does not shrink it. */
TEST(an_empty_block_at_the_end_is_taken_with_a_message)
{
	struct kho_block_set_it it;
	struct kho_block_set bs;
	unsigned int nr = 0;
	u64 pa;

	machine();
	pa = preserve_files(2 * PER_BLOCK + 1);
	memset(block_at(pa, 2), 0, PAGE_SIZE);
	files_init(&bs);
	shim_nr_warnings = 0;
	ASSERT_EQ(kho_block_set_restore(&bs, pa), 0);
	EXPECT_EQ(shim_nr_warnings, 1);
	kho_block_set_it_init(&it, &bs);
	while (kho_block_set_it_read_entry(&it))
		nr++;
	EXPECT_EQ(nr, 2 * PER_BLOCK);
	kho_block_set_destroy(&bs);
}

TEST(an_invalid_chain_is_refused_and_not_freed)
{
	unsigned int i;

	machine();
	for (i = 0; i < ARRAY_SIZE(bad_chains); i++) {
		u64 pa = preserve_files(3 * PER_BLOCK);
		long pages = shim_live_pages;
		struct kho_block_set bs;

		bad_chains[i].spoil(block_at(pa, bad_chains[i].block), pa);
		files_init(&bs);
		shim_nr_errs = 0;
		ASSERT_EQ(kho_block_set_restore(&bs, pa), -EINVAL)
			TH_LOG("%s", bad_chains[i].what);
		ASSERT_EQ(shim_nr_errs, 1);
		ASSERT_TRUE(kho_block_set_is_empty(&bs));
		ASSERT_EQ(shim_live_pages, pages);
	}
	EXPECT_EQ(nr_released, 0);
}

/* The kernel that hands a chain over reads it, and changes nothing. */
TEST(a_chain_can_be_read_before_it_is_handed_over)
{
	struct kho_block_set bs;
	u64 pa;

	machine();
	pa = preserve_files(3 * PER_BLOCK);
	files_init(&bs);
	EXPECT_EQ(luo_fast_blocks_read(&bs, pa), 0);
	EXPECT_EQ(count_files(&bs), 3 * PER_BLOCK);
	luo_fast_blocks_leak(&bs);
	EXPECT_EQ(nr_claims, 0);

	files_init(&bs);
	EXPECT_EQ(kho_block_set_restore(&bs, pa), 0);
	EXPECT_EQ(count_files(&bs), 3 * PER_BLOCK);
	EXPECT_EQ(shim_nr_errs, 0);
}

static void expect_unreadable(struct __test_metadata *_metadata, u64 pa, int err)
{
	const long objects = shim_live_objects;
	struct kho_block_set bs;

	shim_nr_errs = 0;
	files_init(&bs);
	EXPECT_EQ(luo_fast_blocks_read(&bs, pa), err);
	EXPECT_EQ(shim_nr_errs, 1);
	EXPECT_TRUE(kho_block_set_is_empty(&bs));
	EXPECT_EQ(shim_live_objects, objects);
}

TEST(a_bad_chain_is_found_before_it_is_handed_over)
{
	struct kho_block_header_ser *second;
	u64 pa, next;

	machine();
	pa = preserve_files(3 * PER_BLOCK);
	second = block_at(pa, 1);
	next = second->next;

	kho_unpreserve_folio(virt_to_folio(second));
	expect_unreadable(_metadata, pa, -EINVAL);
	ASSERT_EQ(kho_preserve_folio(virt_to_folio(second)), 0);
	second->count = PER_BLOCK + 1;
	expect_unreadable(_metadata, pa, -EINVAL);
	second->count = 0;
	expect_unreadable(_metadata, pa, -EINVAL);
	second->count = PER_BLOCK;
	second->next = 1UL << 50;
	expect_unreadable(_metadata, pa, -EINVAL);
	second->next = pa;
	expect_unreadable(_metadata, pa, -ENOSPC);
	second->next = next;
	expect_unreadable(_metadata, 8, -EINVAL);
}

/* Calls of a reader; the call fails when @fail_at is 0 */
struct heard {
	struct luo_fast_reader	reader;
	struct kho_block_set	files[64];
	unsigned long		nr_sessions, nr_files, nr_ended, nr_faults;
	long			fail_at;
};

/* For readers to come: they go on after a fault, and skip sessions. */
static bool goes_on;
static u64 nr_skipped;

static int hear(struct heard *heard)
{
	return heard->fail_at-- ? 0 : -EEXIST;
}

static int hear_session(struct luo_fast_reader *reader, const struct luo_session_ser *ser)
{
	struct heard *heard = container_of(reader, struct heard, reader);

	if (heard->nr_sessions == ARRAY_SIZE(heard->files))
		shim_die("more sessions than there are");
	if (strnlen(ser->name, sizeof(ser->name)) == sizeof(ser->name) || !*ser->name)
		shim_die("a session without a name is passed on");
	reader->files = &heard->files[heard->nr_sessions++];
	files_init(reader->files);
	return hear(heard);
}

static int hear_file(struct luo_fast_reader *reader, const struct luo_file_ser *ser)
{
	struct heard *heard = container_of(reader, struct heard, reader);

	if (strnlen(ser->compatible, sizeof(ser->compatible)) == sizeof(ser->compatible) ||
	    !*ser->compatible)
		shim_die("a file without a handler is passed on");
	heard->nr_files++;
	return hear(heard);
}

static int hear_end(struct luo_fast_reader *reader, const struct luo_session_ser *ser,
		    const char *fault)
{
	struct heard *heard = container_of(reader, struct heard, reader);

	if (fault && !*fault)
		shim_die("a fault without a reason");
	heard->nr_ended++;
	heard->nr_faults += !!fault;
	return 0;
}

static void sessions_init(struct kho_block_set *bs)
{
	kho_block_set_init(bs, sizeof(struct luo_session_ser));
}

/* Session i has i files. */
static u64 preserve_sessions(unsigned int nr)
{
	struct kho_block_set_it it;
	struct kho_block_set bs;
	unsigned int i;
	u64 pa;

	sessions_init(&bs);
	if (kho_block_set_grow(&bs, nr))
		shim_die("no memory");
	kho_block_set_it_init(&it, &bs);
	for (i = 0; i < nr; i++) {
		struct luo_session_ser *ser = kho_block_set_it_reserve_entry(&it);

		snprintf(ser->name, sizeof(ser->name), "session %u", i);
		ser->file_set_ser.count = i;
		ser->file_set_ser.files = preserve_files(i);
	}
	pa = kho_block_set_head_pa(&bs);
	luo_fast_blocks_leak(&bs);
	return pa;
}

static struct luo_session_ser *session_at(u64 pa, unsigned int nr)
{
	return (struct luo_session_ser *)((struct kho_block_header_ser *)phys_to_virt(pa) + 1) + nr;
}

static struct luo_file_ser *file_at(u64 pa, unsigned int session, unsigned int nr)
{
	u64 files = session_at(pa, session)->file_set_ser.files;

	return (struct luo_file_ser *)(block_at(files, 0) + 1) + nr;
}

static int read_sessions(struct heard *heard, u64 pa, long fail_at)
{
	struct kho_block_set bs;
	unsigned long i;
	int err;

	*heard = (struct heard){
		.reader.session = hear_session,
		.reader.file = hear_file,
		.reader.blocks = kho_block_set_restore,
		.reader.end = goes_on ? hear_end : NULL,
		.reader.skip = nr_skipped,
		.fail_at = fail_at,
	};
	sessions_init(&bs);
	err = kho_block_set_restore(&bs, pa);
	if (!err)
		err = luo_fast_parse_sessions(&bs, &heard->reader);
	luo_fast_blocks_leak(&bs);
	for (i = 0; i < heard->nr_sessions; i++)
		luo_fast_blocks_leak(&heard->files[i]);
	return err;
}

TEST(sessions_and_files_are_parsed)
{
	static struct heard heard;

	machine();
	ASSERT_EQ(read_sessions(&heard, preserve_sessions(60), -1), 0);
	EXPECT_EQ(heard.nr_sessions, 60);
	EXPECT_EQ(heard.nr_files, 60 * 59 / 2);
	EXPECT_EQ(shim_nr_errs, 0);
	EXPECT_EQ(nr_released, 0);
}

TEST(parsing_frees_nothing_after_any_failed_allocation)
{
	static struct heard heard;

	machine();
	for_each_fault(f, "LUO: parse sessions and files") {
		u64 pa = preserve_sessions(10);
		long pages = shim_live_pages, objects = shim_live_objects;

		ASSERT_EQ(FAULT(f, read_sessions(&heard, pa, -1)), f->met ? -ENOMEM : 0);
		ASSERT_EQ(shim_live_pages, pages);
		ASSERT_EQ(shim_live_objects, objects);
	}
	EXPECT_EQ(nr_released, 0);
}

TEST(an_error_of_the_reader_ends_parsing)
{
	static struct heard heard;
	long n;

	machine();
	for (n = 0; n < 4 + 6; n++) {
		shim_nr_errs = 0;
		ASSERT_EQ(read_sessions(&heard, preserve_sessions(4), n), -EEXIST);
		ASSERT_EQ(heard.nr_sessions + heard.nr_files, n + 1);
		ASSERT_EQ(shim_nr_errs, 1);
	}
}

static void name_has_no_end(u64 pa)
{
	memset(session_at(pa, 2)->name, 'x', LIVEUPDATE_SESSION_NAME_LENGTH);
}

static void name_is_empty(u64 pa)
{
	session_at(pa, 1)->name[0] = '\0';
}

static void files_are_fewer(u64 pa)
{
	session_at(pa, 3)->file_set_ser.count++;
}

static void files_are_more(u64 pa)
{
	session_at(pa, 3)->file_set_ser.count--;
}

static void files_are_counted_but_nowhere(u64 pa)
{
	session_at(pa, 3)->file_set_ser.files = 0;
}

static void files_are_there_but_not_counted(u64 pa)
{
	session_at(pa, 3)->file_set_ser.count = 0;
}

static void files_are_those_of_another(u64 pa)
{
	session_at(pa, 3)->file_set_ser = session_at(pa, 2)->file_set_ser;
}

static void files_are_the_sessions(u64 pa)
{
	session_at(pa, 3)->file_set_ser.files = pa;
}

static void handler_has_no_end(u64 pa)
{
	memset(file_at(pa, 3, 1)->compatible, 'x', LIVEUPDATE_HNDL_COMPAT_LENGTH);
}

static void handler_is_empty(u64 pa)
{
	file_at(pa, 3, 2)->compatible[0] = '\0';
}

static void (*const spoil[])(u64 pa) = {
	name_has_no_end, name_is_empty, files_are_fewer, files_are_more,
	files_are_counted_but_nowhere, files_are_there_but_not_counted,
	files_are_those_of_another, files_are_the_sessions, handler_has_no_end, handler_is_empty,
};

TEST(an_invalid_record_ends_parsing_and_frees_nothing)
{
	static struct heard heard;
	unsigned int i;

	machine();
	for (i = 0; i < ARRAY_SIZE(spoil); i++) {
		u64 pa = preserve_sessions(5);

		spoil[i](pa);
		shim_nr_errs = 0;
		ASSERT_EQ(read_sessions(&heard, pa, -1), -EINVAL)
			TH_LOG("case %u", i);
		ASSERT_GE(shim_nr_errs, 1);
	}
	EXPECT_EQ(nr_released, 0);
}

TEST(an_invalid_record_costs_its_session_only)
{
	static struct heard heard;
	unsigned int i;

	machine();
	goes_on = true;
	for (i = 0; i < ARRAY_SIZE(spoil); i++) {
		u64 pa = preserve_sessions(5);

		spoil[i](pa);
		ASSERT_EQ(read_sessions(&heard, pa, -1), 0)
			TH_LOG("case %u", i);
		ASSERT_EQ(heard.nr_ended, 5);
		ASSERT_EQ(heard.nr_faults, 1);
	}
	EXPECT_EQ(nr_released, 0);

	ASSERT_EQ(read_sessions(&heard, preserve_sessions(5), -1), 0);
	EXPECT_EQ(heard.nr_faults, 0);
}

/* The block of session 2 wants memory: the first is for that of the sessions. */
TEST(no_memory_is_no_fault_of_a_session)
{
	static struct heard heard;
	u64 pa;

	machine();
	goes_on = true;
	pa = preserve_sessions(5);
	shim_fail_after = 2;
	ASSERT_EQ(read_sessions(&heard, pa, -1), -ENOMEM);
	EXPECT_EQ(heard.nr_ended, 2);
	EXPECT_EQ(heard.nr_faults, 0);

	shim_fail_after = -1;
	nr_skipped = 3;
	ASSERT_EQ(read_sessions(&heard, preserve_sessions(5), -1), 0);
	EXPECT_EQ(heard.nr_sessions, 2);
	EXPECT_EQ(heard.nr_ended, 2);
}

TEST(a_block_that_cannot_be_restored_is_named)
{
	struct kho_block_set bs;
	u64 pa, bad_pa = 1;

	machine();
	pa = preserve_files(3 * PER_BLOCK);
	files_init(&bs);
	EXPECT_EQ(luo_fast_blocks_restore(&bs, pa, &bad_pa), 0);
	EXPECT_EQ(bad_pa, 0);
	luo_fast_blocks_leak(&bs);

	/* Leads to the last block above */
	bad_pa = block_at(pa, 1)->next;
	pa = preserve_files(2 * PER_BLOCK);
	block_at(pa, 1)->next = bad_pa;
	files_init(&bs);
	EXPECT_EQ(luo_fast_blocks_restore(&bs, pa, &bad_pa), -EINVAL);
	EXPECT_EQ(bad_pa, block_at(pa, 1)->next);
}

/* Random bits: an error or consistent records, but no crash */
TEST(random_records_are_parsed_or_refused)
{
	static struct heard heard;
	unsigned int trial, refused = 0;

	machine();
	for (trial = 0; trial < 300; trial++) {
		u64 pa = preserve_sessions(5), files = session_at(pa, 1 + rnd(4))->file_set_ser.files;
		unsigned int n = 1 + rnd(4);

		while (n--) {
			u64 *word = phys_to_virt((one_in(2) ? pa : files) + 8 * rnd(64));

			*word ^= one_in(2) ? BIT(rnd(64)) : rnd(ULONG_MAX);
		}
		refused += !!read_sessions(&heard, pa, -1);
	}
	EXPECT_GT(refused, 30);
	EXPECT_LT(refused, 300);
	EXPECT_EQ(nr_released, 0);
}

TEST(the_root_record_must_be_complete_and_of_this_version)
{
	struct luo_ser ser = { .compatible = "luo-v5", .liveupdate_num = 7, .sessions_pa = 1,
			       .flbs_pa = 2 };
	struct luo_fast_root root = {};

	unit_init();
	ASSERT_EQ(luo_fast_parse_root(&ser, sizeof(ser), &root), 0);
	EXPECT_EQ(root.number, 7);
	EXPECT_EQ(root.sessions_pa, 1);
	EXPECT_EQ(root.flbs_pa, 2);
	EXPECT_EQ(luo_fast_parse_root(&ser, PAGE_SIZE, &root), 0);
	EXPECT_EQ(luo_fast_parse_root(&ser, sizeof(ser) - 1, &root), -EINVAL);
	EXPECT_EQ(shim_nr_errs, 1);
	ser.compatible[5] = '6';
	EXPECT_EQ(luo_fast_parse_root(&ser, sizeof(ser), &root), -EINVAL);
	EXPECT_EQ(shim_nr_errs, 2);
	memset(ser.compatible, 'l', sizeof(ser.compatible));
	EXPECT_EQ(luo_fast_parse_root(&ser, sizeof(ser), &root), -EINVAL);
}

struct flb_page {
	struct luo_flb_header_ser	header;
	struct luo_flb_ser		flb[63];
	u8				rest[48];
} __packed;
static_assert(sizeof(struct flb_page) == PAGE_SIZE);

static void fill_flbs(struct flb_page *page)
{
	unsigned int i;

	page->header = (struct luo_flb_header_ser){ .pgcnt = 1, .count = 63 };
	snprintf((char *)page->rest, sizeof(page->rest), "flb-63");
	for (i = 0; i < 63; i++) {
		snprintf(page->flb[i].name, sizeof(page->flb[i].name), "flb-%u", i);
		page->flb[i].count = 1 + i;
	}
}

TEST(flbs_on_more_pages_than_one_are_refused)
{
	static struct flb_page page;

	fill_flbs(&page);
	page.header.pgcnt = 2;
	EXPECT_EQ(luo_fast_check_flbs(&page.header, PAGE_SIZE), -EINVAL);
	EXPECT_EQ(shim_nr_errs, 1);
	page.header.pgcnt = 0;
	EXPECT_EQ(luo_fast_check_flbs(&page.header, PAGE_SIZE), -EINVAL);
}

TEST(invalid_flbs_are_refused)
{
	static struct flb_page page;

	unit_init();
	fill_flbs(&page);
	EXPECT_EQ(luo_fast_check_flbs(&page.header, PAGE_SIZE), 0);
	page.header.count = 64;
	EXPECT_EQ(luo_fast_check_flbs(&page.header, PAGE_SIZE), -EINVAL);
	page.header.count = ULONG_MAX;
	EXPECT_EQ(luo_fast_check_flbs(&page.header, PAGE_SIZE), -EINVAL);
	fill_flbs(&page);
	page.flb[62].count = 0;
	EXPECT_EQ(luo_fast_check_flbs(&page.header, PAGE_SIZE), -EINVAL);
	page.flb[62].count = 1UL << 31;
	EXPECT_EQ(luo_fast_check_flbs(&page.header, PAGE_SIZE), -EINVAL);
	fill_flbs(&page);
	page.flb[40] = page.flb[3];
	EXPECT_EQ(luo_fast_check_flbs(&page.header, PAGE_SIZE), -EINVAL);
	fill_flbs(&page);
	memset(page.flb[9].name, 'x', sizeof(page.flb[9].name));
	EXPECT_EQ(luo_fast_check_flbs(&page.header, PAGE_SIZE), -EINVAL);
	fill_flbs(&page);
	page.flb[0].name[0] = '\0';
	EXPECT_EQ(luo_fast_check_flbs(&page.header, PAGE_SIZE), -EINVAL);
	EXPECT_EQ(shim_nr_errs, 7);
	page.header.count = 0;
	EXPECT_EQ(luo_fast_check_flbs(&page.header, PAGE_SIZE), 0);
}

TEST_HARNESS_MAIN
