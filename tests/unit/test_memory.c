// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the next kernel would refuse is refused when it is preserved:
 * kernel/kho_fast/outgoing/{memory,tree}.c
 *
 *	|RRRRRRSSRRR....RRRRSRRRRR..RRR|	R RAM of the next kernel, S scratch, . neither
 */
#include <linux/kho_bulk.h>

#include "test.h"

/* Four bitmaps of order 0, half a bitmap of order 3 */
#define NR_PAGES	(4 * KHO_FAST_LEAF_BITS)

static struct kho_scratch areas[4];
static u8 accepted[NR_PAGES], expected[NR_PAGES], found[NR_PAGES];

static void fill(unsigned long start, unsigned long end, u8 value)
{
	memset(accepted + start, value, end - start);
}

static void machine(void)
{
	unsigned long pfn = 0;
	unsigned int i;

	unit_init();
	shim_slab_is_up = true;
	while (pfn < NR_PAGES) {
		unsigned long end = min(pfn + 1 + rnd(NR_PAGES / 2), NR_PAGES);

		/* Adjacent regions, of different nodes, are one range of RAM. */
		memblock_add_node(PFN_PHYS(pfn), PFN_PHYS(end - pfn), rnd(2), MEMBLOCK_NONE);
		fill(pfn, end, 1);
		pfn = end + (one_in(2) ? rnd(3000) : 0);
	}
	for (i = 0; i < ARRAY_SIZE(areas); i++) {
		unsigned long start = rnd(NR_PAGES - 2000), nr = rnd(2000);

		areas[i] = (struct kho_scratch){ PFN_PHYS(start), PFN_PHYS(nr) };
		fill(start, start + nr, 0);
	}
	unit_add_spare_memory();
	kho_scratch = areas;
	kho_scratch_cnt = ARRAY_SIZE(areas);
	if (kho_fast_outgoing_init())
		shim_die("no memory for a tree");
}

static bool is_accepted(unsigned long pfn, unsigned long nr_pages)
{
	return !memchr(accepted + pfn, 0, nr_pages);
}

static int see_key(unsigned long key, void *data)
{
	int order = kho_fast_key_order(key);

	memset(found + kho_fast_key_pfn(key, order), 1, BIT(order));
	return 0;
}

static bool tree_is_as_expected(void)
{
	const struct kho_radix_walk_cb cb = { .leaf = see_key };
	struct kho_radix_tree tree = { .root = phys_to_virt(kho_fast_outgoing_root()) };

	memset(found, 0, sizeof(found));
	return !kho_radix_walk_tree(&tree, &cb, NULL) &&
	       !memcmp(found, expected, sizeof(found));
}

/* In each of the ways to preserve it */
static int preserve(unsigned long pfn, unsigned int order, unsigned long nr, unsigned int how)
{
	struct folio *folios[64];
	unsigned long i;

	for (i = 0; i < nr; i++)
		folios[i] = unit_make_folio(pfn + (i << order), order, 0);
	switch (how) {
	case 0:
		return nr == 1 ? kho_preserve_folio(folios[0]) : kho_preserve_folios(folios, nr);
	case 1:
		return kho_preserve_folios(folios, nr);
	case 2:
		return kho_preserve_folio_range(folios[0], nr);
	default:
		return kho_preserve_pages(pfn_to_page(pfn), nr << order);
	}
}

/* Half of them at a border of what is accepted */
static unsigned long random_pfn(unsigned long pages)
{
	unsigned long pfn = rnd(NR_PAGES - pages);

	if (one_in(2))
		return pfn;
	while (pfn < NR_PAGES - pages && accepted[pfn] == accepted[pfn + 1])
		pfn++;
	return pfn - min(pfn, rnd(pages));
}

TEST(what_the_next_kernel_would_refuse_is_refused_when_it_is_preserved)
{
	unsigned int i, nr_refused = 0;

	machine();
	for (i = 0; i < 20000; i++) {
		unsigned int order = rnd(rnd(8) + 1), how = rnd(4);
		unsigned long nr = one_in(2) ? 1 : 1 + rnd(64);
		unsigned long pages = nr << order;
		unsigned long pfn = ALIGN_DOWN(random_pfn(pages), BIT(order));
		int err;

		/* Before all memory is preserved */
		if (i % 1000 == 0) {
			ASSERT_TRUE(tree_is_as_expected());
			kho_fast_outgoing_exit();
			ASSERT_EQ(kho_fast_outgoing_init(), 0);
			memset(expected, 0, sizeof(expected));
		}
		if (memchr(expected + pfn, 1, pages))
			continue;
		err = preserve(pfn, order, nr, how);
		ASSERT_EQ(err, is_accepted(pfn, pages) ? 0 : -EINVAL)
			TH_LOG("%lu of order %u at %#lx, way %u", nr, order, pfn, how);
		nr_refused += !!err;
		if (!err)
			memset(expected + pfn, 1, pages);
	}
	EXPECT_TRUE(tree_is_as_expected());
	EXPECT_GT(nr_refused, 20);
	EXPECT_EQ(shim_nr_errs, nr_refused);
	EXPECT_EQ(shim_nr_warns, 0);
}

TEST(the_largest_range_around_a_page_is_found)
{
	struct kho_fast_pfn_range range;
	unsigned long pfn;

	machine();
	for (pfn = 0; pfn < NR_PAGES; pfn++) {
		ASSERT_EQ(kho_fast_memory_find(pfn, &range), accepted[pfn]);
		if (!accepted[pfn])
			continue;
		ASSERT_TRUE(is_accepted(range.start, range.end - range.start));
		ASSERT_TRUE(!range.start || !accepted[range.start - 1]);
		ASSERT_TRUE(range.end == NR_PAGES || !accepted[range.end]);
		pfn = max(pfn, range.end - 1);
	}
}

/* Its key would be that of other pages. */
TEST(what_is_not_a_folio_is_refused)
{
	machine();
	EXPECT_EQ(kho_fast_outgoing_add_slowly(8 + 1, 1), -EINVAL);
	EXPECT_EQ(kho_fast_outgoing_add_slowly(0, KHO_FAST_MAX_ORDER + 1), -EINVAL);
	EXPECT_EQ(kho_fast_outgoing_add_slowly(0, 64), -EINVAL);
	EXPECT_TRUE(tree_is_as_expected());
}

TEST_HARNESS_MAIN
