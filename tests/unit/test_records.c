// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arrays that grow, across a kexec: kernel/kho_fast/memfd/records.c and the chain of
 * vmalloc.c that they are in.
 *
 *	kho_vmalloc -> chunk -> chunk -> chunk		a chunk lists 511 pages
 *		       ppppp    pp0      pppp0		0 ends it
 *		       |||||    |
 *		       256 records in each page, some all zero
 */
#include <linux/err.h>
#include <linux/vmalloc.h>

#include "kexec.h"
#include "test.h"

struct record {
	u64 a, b;
};

static struct old {
	struct kho_vmalloc	ser;
	u64			nr;		/* records that were added */
	s64			slots;
	unsigned int		nr_pages;
	unsigned long		pfn[4000];	/* all that was preserved for it */
} *old;

static void machine(void)
{
	kexec_machine();
	old = mmap(NULL, sizeof(*old), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static int add(struct kho_fast_records *list, unsigned int nr)
{
	while (nr--) {
		struct record *record = kho_fast_records_add(list);

		if (IS_ERR(record))
			return PTR_ERR(record);
		if (record->a | record->b)
			shim_die("a new record is not zero");
		old->nr++;
		*record = (struct record){ old->nr, ~old->nr };
	}

	return 0;
}

/* An independent reader of the format, written from the ABI header */
static unsigned int read_chain(u64 phys, unsigned long *pfn)
{
	unsigned int nr = 0, i;

	while (phys) {
		const u64 *chunk = phys_to_virt(phys);

		for (i = 1; i < 512 && chunk[i]; i++)
			pfn[nr++] = chunk[i] >> 12;
		phys = chunk[0];
	}

	return nr;
}

/* Chunks behind the pages that they list */
static void note_pages(void)
{
	u64 phys;

	old->nr_pages = read_chain(old->ser.first.phys, old->pfn);
	for (phys = old->ser.first.phys; phys; phys = *(u64 *)phys_to_virt(phys))
		old->pfn[old->nr_pages++] = phys >> 12;
}

static void write_lists(const unsigned int *sizes, unsigned int nr)
{
	struct kho_fast_records all = {}, list;
	unsigned int i;

	kexec_first();
	old->nr = 0;
	for (i = 0; i < nr; i++) {
		list = (struct kho_fast_records){};
		/* The joined list can be extended. */
		if (add(i % 4 == 3 ? &all : &list, sizes[i]))
			shim_die("cannot add records");
		kho_fast_records_join(&all, &list);
		if (list.chain.first || list.left)
			shim_die("a list that was joined is not empty");
	}
	old->slots = kho_fast_records_store(&all, &old->ser);
	note_pages();
}

#define LISTS(name, ...)						\
static void name(void)							\
{									\
	static const unsigned int sizes[] = { __VA_ARGS__ };		\
									\
	write_lists(sizes, ARRAY_SIZE(sizes));				\
}

LISTS(empty, 0)
LISTS(one, 1)
LISTS(full_page, 256)
LISTS(page_and_one, 257)
LISTS(full_chunk, 511 * 256)
LISTS(chunk_and_one, 511 * 256 + 1)
/* The fourth and the eighth list are extended instead of joined. */
LISTS(joined, 300, 0, 256, 1, 511 * 256, 7, 600, 2 * 511 * 256)
LISTS(first_is_empty, 0, 0, 5, 6)
LISTS(last_is_empty, 600, 0)

static bool records_are_as_written(void)
{
	struct kho_fast_records_it it;
	const struct record *record;
	u64 seen = 0, slots = 0;

	if (kho_fast_records_restore(&old->ser, old->slots, &it))
		return false;
	while ((record = kho_fast_records_next(&it))) {
		slots++;
		if (!record->a && !record->b)
			continue;
		if (record->a != ++seen || record->b != ~seen)
			return false;
	}
	kho_fast_records_free(&it);

	return seen == old->nr && slots == old->slots;
}

static unsigned int nr_lost(void)
{
	unsigned int i, nr = 0;

	model_forget_tree();
	model_read_tree(virt_to_phys(kho_fast_incoming.root));
	for (i = 0; i < old->nr_pages; i++)
		nr += !pfn_to_page(old->pfn[i])->free && !model_keeps(old->pfn[i]);
	return nr;
}

static unsigned int nr_held(void)
{
	unsigned int i, nr = 0;

	for (i = 0; i < old->nr_pages; i++)
		nr += model_keeps(old->pfn[i]);
	return nr;
}

TEST(records_of_joined_lists_are_restored_in_order)
{
	static void (* const kernels[])(void) = {
		empty, one, full_page, page_and_one, full_chunk, chunk_and_one, joined,
		first_is_empty, last_is_empty,
	};
	unsigned int i;
	int status;

	machine();
	for (i = 0; i < ARRAY_SIZE(kernels); i++) {
		ASSERT_TRUE(kexec_run(kernels[i]));
		if (!fork()) {
			kexec_next();
			/* Nothing behind a chunk looks like its end. */
			kexec_scribble();
			_exit(!records_are_as_written() || nr_lost() || nr_held() ||
			      shim_nr_warns);
		}
		wait(&status);
		shim_forget_memmap();
		EXPECT_EQ(status, 0) TH_LOG("kernel %u", i);
	}
}

TEST(joining_an_empty_list_leaves_no_gap)
{
	struct kho_fast_records all = {}, none = {};

	machine();
	kexec_first();
	old->nr = 0;
	ASSERT_EQ(add(&all, 5), 0);
	kho_fast_records_join(&all, &none);
	ASSERT_EQ(add(&all, 251), 0);
	EXPECT_EQ(all.chain.nr_pages, 1);
}

TEST(a_list_of_no_records_is_freed)
{
	struct kho_fast_records_it it;

	machine();
	ASSERT_TRUE(kexec_run(page_and_one));
	kexec_next();
	ASSERT_EQ(kho_fast_records_restore(&old->ser, 0, &it), 0);
	EXPECT_EQ(kho_fast_records_next(&it), NULL);
	kho_fast_records_free(&it);
	EXPECT_EQ(nr_lost() + nr_held(), 0);
}

TEST(a_list_can_be_mapped_as_a_vmalloc_area)
{
	struct vm_struct *area;
	u64 seen = 0, i;

	machine();
	ASSERT_TRUE(kexec_run(joined));
	kexec_next();
	area = kho_restore_vmalloc(&old->ser);
	ASSERT_NE(area, NULL);
	ASSERT_EQ(area->flags & VM_ALLOC, VM_ALLOC);
	ASSERT_EQ(area->nr_pages, DIV_ROUND_UP(old->slots, 256));
	for (i = 0; i < old->slots; i++) {
		struct record *page = page_address(area->pages[i / 256]);

		if (page[i % 256].a)
			ASSERT_EQ(page[i % 256].a, ++seen);
	}
	EXPECT_EQ(seen, old->nr);
}

static unsigned long next_pfn;

static unsigned long in_a_row(unsigned int order)
{
	return next_pfn++;
}

/* Contiguous free pages, so that the bytes are known */
static unsigned long find_row(unsigned int nr)
{
	unsigned long pfn = 0, i;

	for (i = 0; i < nr; i++) {
		if (!i)
			pfn = kexec_find_free(0);
		if (!pfn_to_page(pfn + i)->free ||
		    kho_scratch_overlap(PFN_PHYS(pfn + i), PAGE_SIZE))
			i = -1;
	}

	return pfn;
}

/*
 * Two lists. Preserving a page may take one for the tree first, so the leaf is
 * made before.
 */
TEST(the_bytes_are_those_of_the_abi)
{
	struct kho_fast_records a = {}, b = {};
	const u64 *chunk;
	const u8 *ser;
	u64 pa;

	machine();
	kexec_first();
	next_pfn = find_row(8);
	ASSERT_EQ(kho_preserve_pages(pfn_to_page(next_pfn), 1), 0);
	pa = PFN_PHYS(next_pfn);
	shim_find_pages = in_a_row;
	old->nr = 0;
	ASSERT_EQ(add(&a, 300), 0);		/* record page, chunk, record page */
	ASSERT_EQ(add(&b, 1), 0);		/* record page, chunk */
	kho_fast_records_join(&a, &b);
	EXPECT_EQ(kho_fast_records_store(&a, &old->ser), 2 * 256 + 1);

	ser = (const u8 *)&old->ser;
	EXPECT_EQ(sizeof(old->ser), 16);
	EXPECT_EQ(memcmp(ser, &(u64){ pa + 0x1000 }, 8), 0);
	EXPECT_EQ(memcmp(ser + 8, "\x03\0\0\0\x01\0\0\0", 8), 0);
	chunk = phys_to_virt(pa + 0x1000);
	EXPECT_EQ(chunk[0], pa + 0x4000);
	EXPECT_EQ(chunk[1], pa);
	EXPECT_EQ(chunk[2], pa + 0x2000);
	EXPECT_EQ(chunk[3], 0);
	chunk = phys_to_virt(pa + 0x4000);
	EXPECT_EQ(chunk[0], 0);
	EXPECT_EQ(chunk[1], pa + 0x3000);
	EXPECT_EQ(chunk[2], 0);
}

static void release(struct page *page, void *data)
{
	free_page((unsigned long)page_address(page));
}

/* Allocated pages without those of the tree, which stay */
static long live_pages(void)
{
	model_forget_tree();
	model_read_tree(kho_fast_outgoing_root());
	return shim_live_pages - model_count_tree_pages();
}

TEST(a_failed_addition_can_be_undone)
{
	struct kho_fast_records list;
	int err = -ENOMEM;
	long n, live;

	machine();
	kexec_first();
	live = live_pages();
	for (n = 0; err; n += 1 + n / 8) {
		list = (struct kho_fast_records){};
		shim_fail_after = n;
		old->nr = 0;
		err = add(&list, 600 * 256);
		shim_fail_after = -1;
		if (err) {
			u64 had = old->nr;

			ASSERT_EQ(err, -ENOMEM);
			/* The list is unchanged, and can be extended. */
			ASSERT_EQ(add(&list, 1), 0);
			ASSERT_EQ(list.chain.nr_pages, had / 256 + 1);
		}
		kho_fast_chain_undo(list.chain.first, 0, release, NULL);
		ASSERT_EQ(live_pages(), live);
		ASSERT_EQ(model_count_preserved(), 2);
	}
	EXPECT_GE(n, 100);
	EXPECT_EQ(shim_nr_warns, 0);
}

TEST(too_many_pages_for_the_format_are_refused)
{
	struct kho_fast_records list = { .chain.nr_pages = 1UL << 32 };
	struct kho_vmalloc ser = {};

	EXPECT_EQ(kho_fast_records_store(&list, &ser), -EFBIG);
	EXPECT_EQ(ser.total_pages, 0);
	list.chain.nr_pages--;
	EXPECT_EQ(kho_fast_records_store(&list, &ser), ((1L << 32) - 1) * 256);
	EXPECT_EQ(ser.total_pages, ~0U);
}

static struct kho_vmalloc_chunk *chunk(unsigned int nr)
{
	struct kho_vmalloc_chunk *chunk = phys_to_virt(old->ser.first.phys);

	while (nr--)
		chunk = phys_to_virt(chunk->hdr.next.phys);
	return chunk;
}

/* Each fault is found, and everything that can be restored is freed. */
static void too_few(void)	{ old->ser.total_pages--; }
static void too_many(void)	{ old->ser.total_pages++; }
static void endless(void)	{ old->ser.total_pages = ~0U; }
static void bad_order(void)	{ old->ser.order = 100; }
static void huge_order(void)	{ old->ser.order = 31; }
static void no_first(void)	{ old->ser.first.phys = 0; }
static void first_nowhere(void)	{ old->ser.first.phys = 1UL << 50; }
static void loop(void)		{ chunk(1)->hdr.next.phys = old->ser.first.phys; }
static void next_nowhere(void)	{ chunk(1)->hdr.next.phys = 0 - PAGE_SIZE; }
static void page_twice(void)	{ chunk(2)->phys[0] = chunk(0)->phys[1]; }
static void page_nowhere(void)	{ chunk(2)->phys[0] = 1UL << 51; }
static void page_is_chunk(void)	{ chunk(2)->phys[0] = old->ser.first.phys; }
static void too_short(void)	{ old->slots = old->ser.total_pages * 256UL + 1; }

TEST(invalid_lists_are_refused_and_leak_no_page)
{
	static void (* const spoils[])(void) = {
		too_few, too_many, endless, bad_order, huge_order, no_first, first_nowhere,
		loop, next_nowhere, page_twice, page_nowhere, page_is_chunk, too_short,
	};
	struct kho_fast_records_it it;
	unsigned int i;
	int status;

	machine();
	for (i = 0; i < ARRAY_SIZE(spoils); i++) {
		ASSERT_TRUE(kexec_run(joined));
		if (!fork()) {
			bool refused;

			kexec_next();
			spoils[i]();
			refused = kho_fast_records_restore(&old->ser, old->slots, &it) == -EINVAL;
			kho_fast_records_free(&it);
			_exit(!refused || nr_lost());
		}
		wait(&status);
		shim_forget_memmap();
		ASSERT_EQ(status, 0) TH_LOG("case %u", i);
	}
}

/* Offsets in a page are ignored, as in stock. */
TEST(addresses_inside_a_page_are_those_of_the_page)
{
	machine();
	ASSERT_TRUE(kexec_run(joined));
	kexec_next();
	chunk(0)->phys[1] += 8;
	chunk(0)->hdr.next.phys += 16;
	old->ser.first.phys += 24;
	EXPECT_TRUE(records_are_as_written());
	EXPECT_EQ(nr_lost() + nr_held(), 0);
}

TEST_HARNESS_MAIN
