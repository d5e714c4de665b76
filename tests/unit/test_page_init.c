// SPDX-License-Identifier: GPL-2.0-only
/*
 * Struct pages of preserved memory, byte by byte: mm/kho_page_init.c, which makes templates
 * and copies them, beside the same functions called for each page in place, in mm/'s order.
 *
 * Both sides call the __init_single_page(), prep_compound_tail() and prep_compound_head() of
 * tests/shim. So this shows that every byte that those write ends up where it belongs, at
 * any order, in parts, and whether tails keep their head or a mask; not what the kernel's
 * own write. They touch a page of a folio only up to the third, as in the kernel: a field
 * of a later page would fail a static_assert in kho_page_init.c.
 */
#include "mm/internal.h"
#include "mm/mm_init.h"

#include "test.h"

#define HEAD		(1UL << 18)	/* aligned like the largest folio */
#define MAX_ORDER	18
#define MAX_CUT_ORDER	6
#define NR_PAGES	(HEAD << 1)

static struct page *expected;

static struct zone *zone(void)
{
	return &NODE_DATA(3)->node_zones[ZONE_NORMAL];
}

static void machine(void)
{
	unit_init();
	memblock_add_node(0, PFN_PHYS(NR_PAGES), 3, MEMBLOCK_NONE);
	*NODE_DATA(3) = (pg_data_t){ .end_pfn = NR_PAGES, .nr_zones = 2 };
	*zone() = (struct zone){ 3, ZONE_NORMAL, 0, NR_PAGES, { 0 } };
	expected = malloc(BIT(MAX_ORDER) * sizeof(*expected));
	if (!expected)
		shim_die("no memory");
}

static void init_single_pages(unsigned long pfn, unsigned long end)
{
	for (; pfn < end; pfn++) {
		memset(pfn_to_page(pfn), 0, sizeof(struct page));
		__init_single_page(pfn_to_page(pfn), pfn, ZONE_NORMAL, 3);
	}
}

/* A tail is on no list: it has no pointer to itself where the head has its list. */
static void make_folio(struct page *head, unsigned int order)
{
	unsigned long i;

	if (order)
		__SetPageHead(head);
	for (i = 1; i < BIT(order); i++) {
		head[i].lru.prev = NULL;
		set_page_count(head + i, 0);
		prep_compound_tail(head + i, head, order);
	}
	if (order)
		prep_compound_head(head, order);
}

static void expect_folios(unsigned int order, unsigned long nr)
{
	struct page *head = pfn_to_page(HEAD);
	unsigned long i;

	init_single_pages(HEAD, HEAD + (nr << order));
	for (i = 0; i < nr; i++)
		make_folio(head + (i << order), order);
	memcpy(expected, head, (nr << order) * sizeof(*head));
	memset(head, 0xa5, (nr << order) * sizeof(*head));
}

static void expect(unsigned int order)
{
	expect_folios(order, 1);
}

/* The first page that is not as expected, or their number. */
static unsigned long first_other(unsigned int order)
{
	const struct page *head = pfn_to_page(HEAD);
	unsigned long i = 0;

	while (i < BIT(order) && !memcmp(head + i, expected + i, sizeof(*head)))
		i++;
	return i;
}

FIXTURE(page_init) {
	struct kho_page_templates templates;
};

FIXTURE_VARIANT(page_init) {
	bool mask;
};

FIXTURE_VARIANT_ADD(page_init, tails_keep_their_head) {
	.mask = false,
};

FIXTURE_VARIANT_ADD(page_init, tails_keep_a_mask) {
	.mask = true,
};

FIXTURE_SETUP(page_init)
{
	machine();
	shim_compound_mask = variant->mask;
	kho_page_templates_init(&self->templates, zone(), HEAD);
}

FIXTURE_TEARDOWN(page_init)
{
}

TEST_F(page_init, a_folio_is_what_its_pages_are_byte_by_byte)
{
	unsigned int order;

	for (order = 0; order <= min(MAX_ORDER, MAX_FOLIO_ORDER); order++) {
		expect(order);
		kho_init_preserved_range(&self->templates, HEAD, order, BIT(order));
		wmb();
		ASSERT_EQ(first_other(order), BIT(order))
			TH_LOG("order %u: page %lu", order, first_other(order));
	}
}

/* Templates are made for another order, and back, and for another folio. */
TEST_F(page_init, folios_of_all_orders_can_take_turns)
{
	unsigned int order, other;

	for (order = 1; order <= MAX_CUT_ORDER; order++) {
		for (other = 1; other <= MAX_CUT_ORDER; other++) {
			kho_init_preserved_range(&self->templates, 0, other, BIT(other));
			expect(order);
			kho_init_preserved_range(&self->templates, HEAD, order, BIT(order));
			wmb();
			ASSERT_EQ(first_other(order), BIT(order))
				TH_LOG("order %u after %u", order, other);
		}
	}
}

/* Some of a range of folios, whose struct pages are deferred, or initialised as single pages. */
static void hold_part(unsigned int order, unsigned long start, unsigned long end, bool early)
{
	struct kho_page_templates templates;
	unsigned long i;

	if (start == end)
		return;
	if (!early) {
		kho_page_templates_init(&templates, zone(), HEAD);
		kho_init_preserved_range(&templates, HEAD + start, order, end - start);
		wmb();
		return;
	}

	init_single_pages(HEAD + start, HEAD + end);
	kho_init_preserved_range(NULL, HEAD + start, order, end - start);
	wmb();
	/* A tail that was a single page keeps what is left of its list, but for the first two. */
	for (i = start; i < end; i++)
		if (i % BIT(order) > 2)
			pfn_to_page(HEAD + i)->lru.prev = NULL;
}

/* Three parts, which end at @cut[], early or not as @early says, in the order of @turn. */
static bool in_parts(unsigned int order, const unsigned long *cut, unsigned int early,
		     unsigned int turn)
{
	unsigned int i, part;

	expect(order);
	for (i = 0; i < 3; i++) {
		part = turn < 3 ? (i + turn) % 3 : (turn - i) % 3;
		hold_part(order, part ? cut[part - 1] : 0, cut[part], early & BIT(part));
	}
	return first_other(order) == BIT(order);
}

TEST_F(page_init, parts_of_a_folio_can_come_in_any_order)
{
	unsigned long cut[3];
	unsigned int order, early, turn;

	for (order = 0; order <= MAX_CUT_ORDER; order++) {
		cut[2] = BIT(order);
		for (cut[0] = 1; cut[0] <= cut[2]; cut[0] += cut[0] < 6 ? 1 : 13) {
			for (cut[1] = cut[0]; cut[1] <= cut[2]; cut[1] += cut[1] < 6 ? 1 : 13) {
				for (early = 0; early < 8; early++) {
					for (turn = 0; turn < 6; turn++) {
						ASSERT_TRUE(in_parts(order, cut, early, turn))
							TH_LOG("order %u cut at %lu and %lu, early %u, turn %u, page %lu",
							       order, cut[0], cut[1], early, turn,
							       first_other(order));
					}
				}
			}
		}
	}
}

TEST_F(page_init, a_range_can_have_several_folios)
{
	unsigned long cut, end;
	unsigned int order, early;

	for (order = 1; order <= MAX_CUT_ORDER; order++) {
		end = 4UL << order;
		for (cut = 0; cut <= end; cut += cut < 10 ? 1 : 7) {
			for (early = 0; early < 4; early++) {
				expect_folios(order, 4);
				hold_part(order, 0, cut, early & 1);
				hold_part(order, cut, end, early & 2);
				ASSERT_EQ(first_other(order + 2), end)
					TH_LOG("order %u cut at %lu, early %u, page %lu",
					       order, cut, early, first_other(order + 2));
			}
		}
	}
}

TEST_HARNESS_MAIN
