// SPDX-License-Identifier: GPL-2.0-only
/*
 * Map of the preserved sections, masks and extended scratch:
 * kernel/kho_fast/incoming/{map,bitmap,scratch_extend}.c
 */
#include "faults.h"
#include "test.h"

static struct kho_fast_map map;

static bool bit_of(const unsigned long *mask, unsigned long i)
{
	return mask[i / 64] >> i % 64 & 1;
}

/* 0 where the map says what the pages say, else the pfn and what is wrong. */
static int check_section(unsigned long nr)
{
	unsigned long start = section_nr_to_pfn(nr), pfn;
	bool nodes = false;
	u32 orders = 0;

	for (pfn = start; pfn < start + PAGES_PER_SECTION && pfn < model.nr_pages; pfn++) {
		if (model.page[pfn].order != NO_KEY)
			orders |= 1U << model.page[pfn].order;
		nodes |= model.page[pfn].tree_page;
	}

	return map.sections[nr].orders != orders || map.sections[nr].tree_pages != nodes ||
	       kho_fast_map_has_preserved(&map, start) != (orders || nodes);
}

/* A section without preserved pages has no mask. */
static int check_masks(unsigned long nr)
{
	unsigned long keys[MAX_ORDER_NR_PAGES / 64], keep[MAX_ORDER_NR_PAGES / 64];
	unsigned long start = section_nr_to_pfn(nr), off, pfn, i;

	for (off = 0; off < PAGES_PER_SECTION; off += MAX_ORDER_NR_PAGES) {
		kho_fast_key_mask(&map, start + off, KHO_FAST_ALL_ORDERS, keys);
		kho_fast_keep_mask(&map, start + off, keep);
		for (i = 0; i < MAX_ORDER_NR_PAGES; i++) {
			pfn = start + off + i;
			if (bit_of(keep, i) != model_keeps(pfn) ||
			    bit_of(keys, i) != (model_keeps(pfn) && !model.page[pfn].tree_page))
				return -1;
		}
	}

	return 0;
}

TEST(map_and_masks_of_a_random_machine_match_its_pages)
{
	unsigned long nr;

	unit_init();
	model_random(48);
	model_add_keys(300, PFN_SECTION_SHIFT + 2);
	ASSERT_EQ(model_build_map(&map), 0);
	EXPECT_EQ(shim_nr_errs, 0);
	EXPECT_EQ(map.tree_pages.nr, model_count_tree_pages());
	EXPECT_EQ(phys_to_virt(model.root), map.root);

	for (nr = 0; nr < map.nr_sections; nr++) {
		ASSERT_EQ(check_section(nr), 0);
		ASSERT_EQ(check_masks(nr), 0);
	}
	EXPECT_EQ(shim_nr_warns, 0);
}

/* 32 GiB: a key of each order, side by side. */
TEST(map_takes_orders_up_to_20)
{
	unsigned int order;
	unsigned long nr;

	unit_init();
	model_plain((8UL << 20) / PAGES_PER_SECTION);
	for (order = 0; order <= 20; order++)
		ASSERT_TRUE(model_add_key((4UL << 20) + (1UL << order), order));
	ASSERT_EQ(model_build_map(&map), 0);
	for (nr = 0; nr < map.nr_sections; nr++) {
		ASSERT_EQ(check_section(nr), 0);
		ASSERT_EQ(check_masks(nr), 0);
	}
}

TEST(map_survives_every_failed_allocation)
{
	unsigned int reserved;
	int err;

	unit_init();
	model_random(12);
	model_add_keys(30, 4);
	model_set_scratch();
	reserved = memblock_reserved_size();

	for_each_fault(f, "KHO: map of preserved sections") {
		shim_nr_errs = 0;
		err = FAULT(f, kho_fast_map_build(&map, model.root));
		ASSERT_EQ(err, f->met ? -ENOMEM : 0);
		ASSERT_EQ(f->met || f->n >= 2, true);
		if (!err)
			continue;
		ASSERT_EQ(shim_nr_errs, 1);
		ASSERT_EQ(memblock_reserved_size(), reserved);
		ASSERT_EQ(map.sections, NULL);
		ASSERT_EQ(map.root, NULL);
	}
}

/*
 * Hostile trees. Each starts from a good one and spoils one thing. The sections of that
 * are quarantined, with one message that tells what, or the tree is refused with one
 * message, leaving no allocation behind.
 */
static unsigned long victim;	/* pfn of the one preserved page */

/*
 *   section 1   scratch
 *   section 5   the victim, root ... leaf anywhere but in scratch
 *   section 8   no memory any more
 */
static void hostile_model(void)
{
	unit_init();
	model_plain(8);
	victim = 5 * PAGES_PER_SECTION + 77;
	model_add_key(victim, 0);
}

/* As before, with a bitmap in place of a section: that is what a bad one concerns. */
#define LEAF_SECTIONS	(KHO_FAST_LEAF_BITS / PAGES_PER_SECTION)

static void hostile_leaf_model(void)
{
	unit_init();
	model_plain(8 * LEAF_SECTIONS);
	victim = 5 * KHO_FAST_LEAF_BITS + 77;
	model_add_key(victim, 0);
}

static void next_hostile_model(void)
{
	shim_memblock_reset();
	shim_nr_errs = 0;
	hostile_model();
}

/* The slot on @level that leads to the victim. */
static u64 *slot(unsigned int level)
{
	return ref_slot(model.root, ref_key(victim, 0), level);
}

static void add_key(u64 key)
{
	ref_add_key(model.root, key, model_new_tree_page);
}

#define EXPECT_REFUSED(why) do {						\
	unsigned int reserved_;							\
										\
	model_set_scratch();							\
	reserved_ = memblock_reserved_size();						\
	EXPECT_EQ(kho_fast_map_build(&map, model.root), -EINVAL);		\
	EXPECT_EQ(shim_nr_errs, 1);						\
	EXPECT_EQ(memblock_reserved_size(), reserved_);				\
	EXPECT_EQ(map.sections, NULL);						\
	EXPECT_EQ(map.tree_pages.pfns, NULL);						\
	EXPECT_EQ(map.root, NULL);						\
	EXPECT_NE(strstr(shim_last_msg, (why)), NULL)				\
		TH_LOG("the message was: %s", shim_last_msg);			\
} while (0)

static unsigned int count_quarantined(unsigned long nr, unsigned long end)
{
	unsigned int count = 0;

	for (; nr < end; nr++)
		count += map.sections[nr].quarantined;
	return count;
}

/* What remains of the tree is valid, and the victim lives unless it is in quarantine. */
static bool rest_is_good(unsigned long nr_sections)
{
	struct kho_fast_map again;
	unsigned int errs = shim_nr_errs;

	if (map.nr_quarantined != nr_sections ||
	    kho_fast_is_preserved(&map, victim, victim + 1) ==
	    kho_fast_is_quarantined(&map, victim))
		return false;
	return !kho_fast_map_build(&again, model.root) && shim_nr_errs == errs &&
	       !again.nr_quarantined;
}

/* Exactly these sections, for one fault; none: the fault concerns no memory. */
#define EXPECT_QUARANTINED(first, nr, why) do {				\
	model_set_scratch();							\
	EXPECT_EQ(kho_fast_map_build(&map, model.root), 0)			\
		TH_LOG("the message was: %s", shim_last_msg);			\
	EXPECT_EQ(shim_nr_errs, 1);						\
	EXPECT_EQ(count_quarantined((first), (first) + (nr)), (nr));		\
	EXPECT_TRUE(rest_is_good(nr));						\
	EXPECT_NE(strstr(shim_last_msg, (why)), NULL)				\
		TH_LOG("the message was: %s", shim_last_msg);			\
} while (0)

/* Exactly these sections, those of all slots that point to a page */
#define EXPECT_BOTH_QUARANTINED(first, nr) do {					\
	model_set_scratch();							\
	EXPECT_EQ(kho_fast_map_build(&map, model.root), 0)			\
		TH_LOG("the message was: %s", shim_last_msg);			\
	EXPECT_EQ(shim_nr_errs, (nr) / LEAF_SECTIONS);				\
	EXPECT_EQ(count_quarantined((first), (first) + (nr)), (nr));		\
	EXPECT_TRUE(rest_is_good(nr));						\
} while (0)

/* Every third page, so that neighbours are missing; a page of them fits the first table. */
static unsigned long node_pfn(unsigned long i)
{
	return 3 * (i * 7919 % 5000);
}

TEST(tree_pages_are_found_at_any_number)
{
	struct kho_fast_tree_pages nodes = {};
	unsigned long i, pfn, reserved, nr_failed = 0;

	unit_init();
	model_plain(20);
	reserved = memblock_reserved_size();
	for (i = 0; i < 5000; i++) {
		shim_fail_after = 0;
		if (kho_fast_tree_pages_add(&nodes, node_pfn(i))) {
			nr_failed++;
			shim_fail_after = -1;
			ASSERT_EQ(kho_fast_tree_pages_add(&nodes, node_pfn(i)), 0);
		}
		shim_fail_after = -1;
	}
	for (i = 0; i < 5000; i++)
		ASSERT_EQ(kho_fast_tree_pages_add(&nodes, node_pfn(i)), -EEXIST);
	/* One page, and a doubling at 256, 512, 1024, 2048 and 4096 of them. */
	EXPECT_EQ(nr_failed, 6);
	EXPECT_EQ(nodes.nr, 5000);

	kho_fast_tree_pages_sort(&nodes);
	for (pfn = 0; pfn < 15010; pfn++) {
		i = kho_fast_tree_pages_find(&nodes, pfn);
		ASSERT_EQ(i, min((pfn + 2) / 3, 5000UL));
		if (i < 5000)
			ASSERT_EQ(nodes.pfns[i], 3 * i);
	}
	kho_fast_tree_pages_destroy(&nodes);
	EXPECT_EQ(memblock_reserved_size(), reserved);
}

TEST(refuses_a_loop)
{
	hostile_model();
	*slot(2) = model.root;
	EXPECT_REFUSED("tree page");
}

TEST(quarantines_what_a_second_slot_of_a_tree_page_covers)
{
	hostile_leaf_model();
	slot(1)[1] = *slot(1);
	EXPECT_BOTH_QUARANTINED(5 * LEAF_SECTIONS, 2 * LEAF_SECTIONS);
}

/* Which of the two is right is not known. */
TEST(quarantines_what_all_slots_of_a_tree_page_cover)
{
	hostile_leaf_model();
	slot(1)[-2] = *slot(1);
	slot(1)[-1] = *slot(1);
	EXPECT_BOTH_QUARANTINED(3 * LEAF_SECTIONS, 3 * LEAF_SECTIONS);
}

TEST(quarantines_what_the_slot_of_a_loop_covers)
{
	hostile_leaf_model();
	slot(1)[1] = *slot(2);
	EXPECT_QUARANTINED(6 * LEAF_SECTIONS, LEAF_SECTIONS, "tree page");
}

TEST(refuses_many_shared_tree_pages)
{
	unsigned int i;

	unit_init();
	model_plain(40 * LEAF_SECTIONS);
	victim = 5 * KHO_FAST_LEAF_BITS + 77;
	model_add_key(victim, 0);
	for (i = 1; i <= KHO_FAST_MAX_SHARED + 1; i++)
		slot(1)[i] = *slot(1);
	model_set_scratch();
	EXPECT_EQ(kho_fast_map_build(&map, model.root), -EINVAL);
	EXPECT_NE(strstr(shim_last_msg, "more than %u are shared"), NULL);
}

TEST(refuses_a_root_outside_memory)
{
	hostile_model();
	model.root = 8 * PAGES_PER_SECTION << PAGE_SHIFT;
	EXPECT_REFUSED("tree page");
}

TEST(refuses_a_root_beyond_every_address)
{
	hostile_model();
	model.root = 0 - PAGE_SIZE;
	EXPECT_REFUSED("tree page");
}

TEST(refuses_an_unaligned_root)
{
	hostile_model();
	model.root += 8;
	EXPECT_REFUSED("tree page");
}

TEST(refuses_a_tree_page_outside_memory)
{
	hostile_model();
	*slot(3) = 1UL << 52;
	EXPECT_REFUSED("tree page");
}

TEST(quarantines_what_an_unaligned_tree_page_covers)
{
	hostile_leaf_model();
	*slot(1) += 1;
	EXPECT_QUARANTINED(5 * LEAF_SECTIONS, LEAF_SECTIONS, "tree page");
}

TEST(quarantines_what_a_tree_page_in_a_hole_covers)
{
	hostile_leaf_model();
	memblock.memory.regions[0].size = 2 * KHO_FAST_LEAF_BITS << PAGE_SHIFT;
	memblock_add_node(PFN_PHYS(2 * KHO_FAST_LEAF_BITS + 3),
			  PFN_PHYS(6 * KHO_FAST_LEAF_BITS - 3), 0, MEMBLOCK_NONE);
	*slot(1) = PFN_PHYS(2 * KHO_FAST_LEAF_BITS + 2);
	EXPECT_QUARANTINED(5 * LEAF_SECTIONS, LEAF_SECTIONS, "tree page");
}

TEST(quarantines_what_a_tree_page_across_the_end_of_memory_covers)
{
	hostile_leaf_model();
	memblock.memory.regions[0].size -= 1;
	*slot(1) = PFN_PHYS(8 * KHO_FAST_LEAF_BITS - 1);
	EXPECT_QUARANTINED(5 * LEAF_SECTIONS, LEAF_SECTIONS, "tree page");
}

TEST(refuses_a_tree_page_in_scratch)
{
	hostile_model();
	*slot(4) = model.areas[0].addr + model.areas[0].size - PAGE_SIZE;
	EXPECT_REFUSED("tree page");
}

TEST(quarantines_what_a_tree_page_in_unmapped_memory_covers)
{
	hostile_leaf_model();
	memblock.memory.regions[0].size -= PAGES_PER_SECTION << PAGE_SHIFT;
	memblock_add_node(PFN_PHYS(8 * KHO_FAST_LEAF_BITS - PAGES_PER_SECTION),
			  PAGES_PER_SECTION << PAGE_SHIFT, 0, MEMBLOCK_NOMAP);
	*slot(1) = PFN_PHYS(8 * KHO_FAST_LEAF_BITS - PAGES_PER_SECTION + 5);
	EXPECT_QUARANTINED(5 * LEAF_SECTIONS, LEAF_SECTIONS, "tree page");
}

TEST(quarantines_keys_in_unmapped_memory)
{
	hostile_model();
	memblock.memory.regions[0].size -= PAGES_PER_SECTION << PAGE_SHIFT;
	memblock_add_node(PFN_PHYS(7 * PAGES_PER_SECTION), PAGES_PER_SECTION << PAGE_SHIFT,
			  0, MEMBLOCK_NOMAP);
	add_key(ref_key(7 * PAGES_PER_SECTION + 5, 0));
	EXPECT_QUARANTINED(7, 1, "not usable memory");
}

TEST(ignores_a_key_beyond_memory)
{
	hostile_model();
	add_key(ref_key(8 * PAGES_PER_SECTION, 0));
	EXPECT_QUARANTINED(0, 0, "not usable memory");
}

TEST(quarantines_a_key_that_crosses_the_end_of_memory)
{
	hostile_model();
	memblock.memory.regions[0].size -= PAGE_SIZE;
	add_key(ref_key(8 * PAGES_PER_SECTION - 4, 2));
	EXPECT_QUARANTINED(7, 1, "not usable memory");
}

TEST(refuses_a_huge_key_that_crosses_the_end_of_memory)
{
	hostile_model();
	add_key(ref_key(0, PFN_SECTION_SHIFT + 4));
	EXPECT_REFUSED("not usable memory");
}

TEST(ignores_the_highest_key_of_each_order)
{
	unsigned int order;

	for (order = 0; order <= KHO_FAST_MAX_ORDER; order++) {
		next_hostile_model();
		add_key(ref_key((1UL << 52) - (1UL << order), order));
		EXPECT_QUARANTINED(0, 0, "not usable memory");
	}
}

TEST(quarantines_a_key_in_a_hole)
{
	hostile_model();
	memblock.memory.regions[0].size = PFN_PHYS(6 * PAGES_PER_SECTION + 8);
	memblock_add_node(PFN_PHYS(6 * PAGES_PER_SECTION + 9), PAGES_PER_SECTION << PAGE_SHIFT,
			  0, MEMBLOCK_NONE);
	add_key(ref_key(6 * PAGES_PER_SECTION + 8, 3));
	EXPECT_QUARANTINED(6, 1, "not usable memory");
}

TEST(quarantines_a_key_in_scratch)
{
	hostile_model();
	add_key(ref_key(PHYS_PFN(model.areas[0].addr) + 5, 0));
	EXPECT_QUARANTINED(1, 1, "not usable memory");
}

/* Such a section is one region from end to end. */
TEST(quarantines_a_key_in_a_section_of_nothing_but_scratch)
{
	hostile_model();
	model.areas[model.nr_areas++] = (struct kho_scratch){
		PFN_PHYS(6 * PAGES_PER_SECTION), PAGES_PER_SECTION << PAGE_SHIFT };
	add_key(ref_key(6 * PAGES_PER_SECTION + 5, 0));
	EXPECT_QUARANTINED(6, 1, "not usable memory");
}

TEST(quarantines_a_bad_key_behind_good_ones)
{
	hostile_model();
	memblock.memory.regions[0].size -= 5 * PAGE_SIZE;
	add_key(ref_key(7 * PAGES_PER_SECTION + 1, 0));
	add_key(ref_key(7 * PAGES_PER_SECTION + 2, 0));
	add_key(ref_key(8 * PAGES_PER_SECTION - 3, 0));
	EXPECT_QUARANTINED(7, 1, "not usable memory");
	EXPECT_FALSE(kho_fast_is_preserved(&map, 7 * PAGES_PER_SECTION + 1,
					   7 * PAGES_PER_SECTION + 2));
}

TEST(quarantines_a_key_around_scratch)
{
	hostile_model();
	add_key(ref_key(0, PFN_SECTION_SHIFT + 1));
	EXPECT_QUARANTINED(0, 2, "not usable memory");
}

/* Order 32 and up: bit 20 and below, whose slots on all upper levels are 0. */
TEST(ignores_an_order_out_of_range)
{
	hostile_model();
	add_key(1UL << 20 | 5);
	EXPECT_QUARANTINED(0, 0, "no possible order");
}

TEST(ignores_a_key_without_order_bit)
{
	hostile_model();
	add_key(0);
	EXPECT_QUARANTINED(0, 0, "no possible order");
}

/* Bit 52 is the highest a key can have: slots 4 and up of the root are none. */
TEST(ignores_a_key_in_an_impossible_slot_of_the_root)
{
	hostile_model();
	add_key(4UL << 51 | victim);
	EXPECT_QUARANTINED(0, 0, "no possible order");
}

TEST(quarantines_a_key_that_covers_the_tree)
{
	hostile_model();
	add_key(ref_key(PHYS_PFN(*slot(3)), 0));
	EXPECT_QUARANTINED(pfn_to_section_nr(PHYS_PFN(*slot(3))), 1, "also preserved");
}

TEST(quarantines_a_large_key_that_covers_the_tree)
{
	do {
		next_hostile_model();
	} while (PHYS_PFN(*slot(1)) < 4);	/* page 0 is reserved */
	add_key(ref_key(ALIGN_DOWN(PHYS_PFN(*slot(1)), 4), 2));
	EXPECT_QUARANTINED(pfn_to_section_nr(PHYS_PFN(*slot(1))), 1, "also preserved");
}

/* Empty nodes are left by keys that were deleted: no fault. */
/* The smaller key at the start of the larger, at its end, and somewhere in it. */
static unsigned long place_in(unsigned long start, unsigned int large, unsigned int small,
			      unsigned int where)
{
	unsigned long nr = BIT(large - small);

	return start + ((where == 0 ? 0 : where == 1 ? nr - 1 : rnd(nr)) << small);
}

static bool quarantines_overlap(unsigned long start, unsigned int large, unsigned int small,
			    unsigned int where)
{
	unsigned long first, end;

	next_hostile_model();
	add_key(ref_key(start, large));
	add_key(ref_key(place_in(start, large, small, where), small));
	model_set_scratch();
	if (kho_fast_map_build(&map, model.root) || !shim_nr_errs)
		return false;

	first = pfn_to_section_nr(start);
	end = pfn_to_section_nr(SECTION_ALIGN_UP(start + BIT(large)));
	return count_quarantined(first, end) == end - first && rest_is_good(end - first);
}

/* The larger key at the start of a section, and at its end. */
TEST(quarantines_keys_of_any_two_orders_that_overlap)
{
	const unsigned long start = 6 * PAGES_PER_SECTION;
	unsigned int large, small, where;

	for (large = 1; large <= PFN_SECTION_SHIFT + 1; large++) {
		unsigned long end = ALIGN(start + 1, max(BIT(large), PAGES_PER_SECTION));

		for (small = 0; small < large; small++) {
			for (where = 0; where < 3; where++) {
				EXPECT_TRUE(quarantines_overlap(start, large, small, where))
					TH_LOG("orders %u and %u", large, small);
				EXPECT_TRUE(quarantines_overlap(end - BIT(large), large, small, where))
					TH_LOG("orders %u and %u, at the end", large, small);
			}
		}
	}
}

/* Right next to each other, in every mixture of orders. */
TEST(accepts_keys_that_touch)
{
	unsigned long pfn = 6 * PAGES_PER_SECTION;
	unsigned int order;

	hostile_model();
	add_key(ref_key(pfn++, 0));
	for (order = 0; order <= PFN_SECTION_SHIFT; order++) {
		add_key(ref_key(pfn, order));
		pfn += BIT(order);
	}
	EXPECT_EQ(model_build_map(&map), 0);
}

/* Whatever else is preserved in the machine. */
TEST(quarantines_one_more_key_over_those_of_a_random_machine)
{
	unsigned long pfn;
	unsigned int order;
	u64 key;

	unit_init();
	model_random(PFN_SECTION_SHIFT < 12 ? 48 : 6);
	model_add_keys(200, PFN_SECTION_SHIFT + 2);
	do {
		pfn = rnd(model.nr_pages);
		order = rnd(PFN_SECTION_SHIFT);
	} while (model.page[pfn].order == NO_KEY || model.page[pfn].order == order);

	pfn = ALIGN_DOWN(pfn, BIT(max(order, model.page[pfn].order)));
	key = ref_key(pfn, order);
	add_key(key);
	model_set_scratch();
	if (kho_fast_map_build(&map, model.root)) {
		EXPECT_NE(strstr(shim_last_msg, "most of memory"), NULL);
		return;
	}
	EXPECT_TRUE(kho_fast_is_quarantined(&map, pfn));
	victim = pfn;
	EXPECT_TRUE(rest_is_good(map.nr_quarantined));
}

TEST(a_flood_of_bad_keys_gets_a_few_messages)
{
	unsigned long i;

	hostile_model();
	for (i = 0; i < 100; i++)
		add_key(ref_key(9 * PAGES_PER_SECTION + 3 * i, 0));
	EXPECT_EQ(model_build_map(&map), 0);
	EXPECT_EQ(shim_nr_errs, 17);
	EXPECT_NE(strstr(shim_last_msg, "sections are quarantined, for %lu faults"), NULL);
	EXPECT_TRUE(rest_is_good(0));
}

TEST(quarantines_a_key_in_memory_that_is_reserved)
{
	hostile_model();
	memblock_reserve(PFN_PHYS(6 * PAGES_PER_SECTION + 2 * MAX_ORDER_NR_PAGES) + 100, 1);
	add_key(ref_key(6 * PAGES_PER_SECTION + 2 * MAX_ORDER_NR_PAGES, 0));
	EXPECT_QUARANTINED(6, 1, "not usable memory");
}

TEST(quarantines_a_key_around_memory_that_is_reserved)
{
	hostile_model();
	memblock_reserve(PFN_PHYS(7 * PAGES_PER_SECTION - 3), 2 * PAGE_SIZE);
	add_key(ref_key(6 * PAGES_PER_SECTION, PFN_SECTION_SHIFT + 1));
	EXPECT_QUARANTINED(6, 2, "not usable memory");
}

TEST(refuses_a_tree_in_memory_that_is_reserved)
{
	hostile_model();
	memblock_reserve(model.root, PAGE_SIZE);
	EXPECT_REFUSED("tree page");
}

TEST(accepts_keys_next_to_memory_that_is_reserved)
{
	hostile_model();
	memblock_reserve(PFN_PHYS(6 * PAGES_PER_SECTION + 8), 8 * PAGE_SIZE);
	add_key(ref_key(6 * PAGES_PER_SECTION, 3));
	add_key(ref_key(6 * PAGES_PER_SECTION + 16, 0));
	EXPECT_EQ(model_build_map(&map), 0);
}

TEST(a_range_is_preserved_when_keys_cover_all_of_it)
{
	const unsigned long pfn = 6 * PAGES_PER_SECTION + MAX_ORDER_NR_PAGES - 4;

	hostile_model();
	add_key(ref_key(pfn, 2));
	add_key(ref_key(pfn + 4, 0));
	EXPECT_EQ(model_build_map(&map), 0);
	EXPECT_TRUE(kho_fast_is_preserved(&map, pfn, pfn + 5));
	EXPECT_TRUE(kho_fast_is_preserved(&map, pfn + 1, pfn + 3));
	EXPECT_FALSE(kho_fast_is_preserved(&map, pfn, pfn + 6));
	EXPECT_FALSE(kho_fast_is_preserved(&map, pfn - 1, pfn + 1));
	EXPECT_FALSE(kho_fast_is_preserved(&map, 5 * PAGES_PER_SECTION,
					   5 * PAGES_PER_SECTION + 1));
	EXPECT_FALSE(kho_fast_is_preserved(&map, 1UL << 52, (1UL << 52) + 1));
	EXPECT_FALSE(kho_fast_is_preserved(&map, PHYS_PFN(model.root),
					   PHYS_PFN(model.root) + 1));
}

TEST(accepts_empty_nodes_and_bits_that_were_cleared)
{
	hostile_model();
	memset(phys_to_virt(*slot(1)), 0, PAGE_SIZE);
	memset(phys_to_virt(PFN_PHYS(victim)), 0xff, PAGE_SIZE);
	EXPECT_EQ(model_build_map(&map), 0);
	EXPECT_FALSE(map.sections[5].orders);
	EXPECT_EQ(map.tree_pages.nr, 6);
}

/* Extended scratch */

static struct kho_fast_section *sections;

static void random_sections(unsigned long nr, unsigned long preserved_one_in)
{
	unsigned long i;

	free(sections);
	sections = calloc(nr, sizeof(*sections));
	map = (struct kho_fast_map){ .sections = sections, .nr_sections = nr };
	for (i = 0; i < nr; i++) {
		if (one_in(preserved_one_in))
			sections[i].orders = 1;
		else if (one_in(preserved_one_in))
			sections[i].tree_pages = 1;
	}
}

static unsigned long count_runs(unsigned int shift)
{
	unsigned long start = 0, end, nr = 0;

	for (; kho_fast_ext_next(&map, shift, &start, &end); start = end)
		nr++;
	return nr;
}

TEST(the_unit_of_extended_scratch_is_the_smallest_with_at_most_512_runs)
{
	unsigned long nr, grown = 0;

	unit_init();
	for (nr = 1; nr < 1UL << 17; nr += nr / 3 + 1) {
		unsigned int shift;

		random_sections(nr, 2 + rnd(100));
		shift = kho_fast_ext_shift(&map);
		ASSERT_LE(count_runs(shift), 512);
		if (shift)
			ASSERT_GT(count_runs(shift - 1), 512);
		grown += shift > 0;
	}
	EXPECT_GT(grown, 5);

	/* 16 TiB with preserved pages in one place: 128 MiB, not 16 GiB */
	random_sections(1UL << 17, 1UL << 20);
	memset(sections, 0, (1UL << 17) * sizeof(*sections));
	sections[77].orders = 1;
	EXPECT_EQ(kho_fast_ext_shift(&map), 0);
	EXPECT_EQ(count_runs(0), 2);
}

static bool has_preserved(unsigned long section)
{
	return kho_fast_map_has_preserved(&map, section_nr_to_pfn(section));
}

/* Whole free blocks, all of them, and nothing else. */
TEST(runs_cover_exactly_the_units_without_preserved_pages)
{
	unsigned long nr, i, start, end, pos, runs;
	unsigned int shift, trial;

	unit_init();
	for (trial = 0; trial < 300; trial++) {
		random_sections(1 + rnd(trial * 40 + 10), 2 + rnd(30));
		nr = map.nr_sections;
		shift = kho_fast_ext_shift(&map) + rnd(3);
		pos = runs = 0;
		for (start = 0; kho_fast_ext_next(&map, shift, &start, &end); start = end) {
			ASSERT_LT(start, end);
			runs++;
			for (i = pos; i < start >> PFN_SECTION_SHIFT; i++) {
				unsigned long k = i >> shift << shift, nr_preserved = 0;

				for (; k < nr && k >> shift == i >> shift; k++)
					nr_preserved += has_preserved(k);
				ASSERT_NE(nr_preserved, 0);
			}
			for (; i < end >> PFN_SECTION_SHIFT; i++)
				ASSERT_FALSE(has_preserved(i));
			pos = i;
			if (pos == nr)
				break;
		}
		ASSERT_LE(pos, nr);
		ASSERT_LE(runs, 512);
	}
}

TEST(extended_scratch_has_no_preserved_page)
{
	unsigned long pfn, nr_ext = 0;

	unit_init();
	model_random(64);
	model_add_keys(12, 3);
	ASSERT_EQ(model_build_map(&map), 0);
	shim_nr_scratch_marks = 0;
	kho_fast_extend_scratch(&map);
	EXPECT_LE(shim_nr_scratch_marks, 512);

	for (pfn = 0; pfn < model.nr_pages; pfn++) {
		bool marked = shim_page_is_scratch(pfn);

		if (model.page[pfn].nid == NUMA_NO_NODE || model.page[pfn].scratch)
			continue;
		ASSERT_EQ(marked, !kho_fast_map_has_preserved(&map, pfn));
		nr_ext += marked;
	}
	EXPECT_NE(nr_ext, 0);
}

/* Also where the last section is not a whole block. */
TEST(extending_scratch_ends_where_memory_ends)
{
	unsigned long nr;

	unit_init();
	for (nr = 1020; nr < 1040; nr++) {
		shim_memblock_reset();
		shim_nr_scratch_marks = 0;
		memblock_add_node(0, section_nr_to_pfn(nr) << PAGE_SHIFT, 0, MEMBLOCK_NONE);
		random_sections(nr, 50);
		kho_fast_extend_scratch(&map);
		ASSERT_LE(shim_nr_scratch_marks, 512);
	}
}

TEST(extending_scratch_goes_on_without_it_when_marking_fails)
{
	unit_init();
	model_plain(8);
	ASSERT_EQ(model_build_map(&map), 0);
	shim_fail_after = 0;
	kho_fast_extend_scratch(&map);
	EXPECT_EQ(shim_nr_warnings, 1);
	EXPECT_EQ(shim_nr_errs, 0);
}

TEST_HARNESS_MAIN
