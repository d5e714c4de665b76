// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keys and the radix tree: kernel/kho_fast/tree/{key,radix}.c
 */
#include <pthread.h>

#include "faults.h"
#include "test.h"

TEST(key_of_order_0_has_bit_52)
{
	EXPECT_EQ(kho_fast_key(0, 0), 0x10000000000000);
	EXPECT_EQ(kho_fast_key(0x12345, 0), 0x10000000012345);
	EXPECT_EQ(kho_fast_key(0xfffffffffffff, 0), 0x1fffffffffffff);
}

TEST(key_of_order_n_has_bit_52_minus_n)
{
	EXPECT_EQ(kho_fast_key(2, 1), 0x8000000000001);
	EXPECT_EQ(kho_fast_key(0x200, 9), 0x80000000001);
	EXPECT_EQ(kho_fast_key(0xc0000, 18), 0x400000003);
	EXPECT_EQ(kho_fast_key(0x180000000, 31), 0x200003);
}

TEST(keys_of_all_orders_decode_to_what_they_were)
{
	unsigned int order, i;

	unit_init();
	for (order = 0; order <= 31; order++) {
		for (i = 0; i < 1000; i++) {
			unsigned long pfn = rnd(1UL << 52) >> order << order;
			unsigned long key = kho_fast_key(pfn, order);

			ASSERT_EQ(key, ref_key(pfn, order));
			ASSERT_EQ(kho_fast_key_order(key), (int)order);
			ASSERT_EQ(kho_fast_key_pfn(key, order), pfn);
		}
	}
}

TEST(foreign_keys_have_no_order)
{
	EXPECT_EQ(kho_fast_key_order(0), -ERANGE);
	EXPECT_EQ(kho_fast_key_order(1), -ERANGE);
	EXPECT_EQ(kho_fast_key_order(0xfffff), -ERANGE);	/* order 33 */
	EXPECT_EQ(kho_fast_key_order(0x100000), -ERANGE);	/* order 32 */
	EXPECT_EQ(kho_fast_key_order(0x200000), 31);
	EXPECT_EQ(kho_fast_key_order(0x1fffffffffffff), 0);
	EXPECT_EQ(kho_fast_key_order(0x20000000000000), -ERANGE);
	EXPECT_EQ(kho_fast_key_order(~0UL), -ERANGE);
}

/* A set of keys, sorted: the slow obvious tree. */
struct keys {
	unsigned long	key[4096];
	unsigned int	nr, seen;
};

static unsigned int keys_find(const struct keys *keys, unsigned long key)
{
	unsigned int i = 0;

	while (i < keys->nr && keys->key[i] < key)
		i++;
	return i;
}

static bool keys_has(const struct keys *keys, unsigned long key)
{
	unsigned int i = keys_find(keys, key);

	return i < keys->nr && keys->key[i] == key;
}

static void keys_add(struct keys *keys, unsigned long key)
{
	unsigned int i = keys_find(keys, key);

	if (keys_has(keys, key))
		return;
	memmove(keys->key + i + 1, keys->key + i, (keys->nr - i) * sizeof(key));
	keys->key[i] = key;
	keys->nr++;
}

static void keys_del(struct keys *keys, unsigned long key)
{
	unsigned int i = keys_find(keys, key);

	keys->nr--;
	memmove(keys->key + i, keys->key + i + 1, (keys->nr - i) * sizeof(key));
}

/* Ascending and complete. */
static int next_is(unsigned long key, void *data)
{
	struct keys *keys = data;

	return keys->seen < keys->nr && keys->key[keys->seen++] == key ? 0 : -EINVAL;
}

static unsigned long random_key(void)
{
	/* Few places, so that keys share nodes and come twice. */
	return ref_key(rnd(8) << 40 | rnd(3) << 18 | rnd(4) << 15 | rnd(200) << 5, rnd(6));
}

static void tree_init(struct kho_radix_tree *tree)
{
	shim_slab_is_up = true;
	if (kho_radix_init_tree(tree, NULL))
		shim_die("no tree");
}

TEST(tree_walk_shows_what_was_added_and_not_deleted_in_order)
{
	const struct kho_radix_walk_cb cb = { .leaf = next_is };
	static struct keys keys;
	struct kho_radix_tree tree;
	unsigned int i;

	unit_init();
	tree_init(&tree);
	for (i = 0; i < 20000; i++) {
		unsigned long key = random_key();

		if (one_in(3) && keys_has(&keys, key)) {
			keys_del(&keys, key);
			kho_radix_del_key(&tree, key);
		} else if (keys.nr < ARRAY_SIZE(keys.key)) {
			keys_add(&keys, key);
			ASSERT_EQ(kho_radix_add_key(&tree, key), 0);
		}
		if (i % 500)
			continue;
		keys.seen = 0;
		ASSERT_EQ(kho_radix_walk_tree(&tree, &cb, &keys), 0);
		ASSERT_EQ(keys.seen, keys.nr);
	}
	EXPECT_EQ(shim_nr_warns, 0);

	kho_radix_destroy_tree(&tree);
	EXPECT_EQ(shim_live_pages, 0);
	EXPECT_EQ(tree.root, NULL);
}

static int count_call(unsigned long key, void *data)
{
	return ++*(int *)data == 3 ? 77 : 0;
}

static int count_node(phys_addr_t phys, void *data)
{
	return count_call(phys, data);
}

TEST(tree_walk_ends_with_the_first_callback_that_returns_non_zero)
{
	struct kho_radix_tree tree;
	unsigned int i;
	int calls = 0;

	unit_init();
	tree_init(&tree);
	for (i = 0; i < 5; i++)
		EXPECT_EQ(kho_radix_add_key(&tree, ref_key(i, 0)), 0);

	EXPECT_EQ(kho_radix_walk_tree(&tree, &(struct kho_radix_walk_cb){
		  .leaf = count_call }, &calls), 77);
	EXPECT_EQ(calls, 3);
	calls = 0;
	EXPECT_EQ(kho_radix_walk_tree(&tree, &(struct kho_radix_walk_cb){
		  .node = count_node }, &calls), 77);
	EXPECT_EQ(calls, 3);
	kho_radix_destroy_tree(&tree);
}

/* Root first, a node before what is below it; level 5 to 0 for the one key. */
static int next_node(phys_addr_t phys, void *data)
{
	phys_addr_t **next = data;

	return *(*next)++ == phys ? 0 : -EINVAL;
}

TEST(tree_walk_calls_back_for_each_node_from_the_root_down)
{
	const unsigned long key = ref_key(0x123456789, 0);
	phys_addr_t nodes[6], *next = nodes;
	struct kho_radix_tree tree;
	int level;

	unit_init();
	tree_init(&tree);
	EXPECT_EQ(kho_radix_add_key(&tree, key), 0);
	nodes[0] = virt_to_phys(tree.root);
	for (level = 5; level > 0; level--)
		nodes[6 - level] = *ref_slot(nodes[0], key, level);

	EXPECT_EQ(kho_radix_walk_tree(&tree, &(struct kho_radix_walk_cb){
		  .node = next_node }, &next), 0);
	EXPECT_EQ(next, nodes + 6);
	kho_radix_destroy_tree(&tree);
}

TEST(tree_refuses_keys_that_are_too_wide_and_trees_without_root)
{
	struct kho_radix_tree tree = {};

	unit_init();
	EXPECT_EQ(kho_radix_add_key(&tree, 1), -EINVAL);
	EXPECT_EQ(kho_radix_walk_tree(&tree, &(struct kho_radix_walk_cb){}, NULL), -EINVAL);
	kho_radix_del_key(&tree, 1);
	EXPECT_EQ(shim_nr_errs, 3);
	kho_radix_destroy_tree(&tree);

	tree_init(&tree);
	EXPECT_EQ(kho_radix_add_key(&tree, 1UL << 53), -ERANGE);
	EXPECT_EQ(kho_radix_add_key(&tree, (1UL << 53) - 1), 0);
	kho_radix_del_key(&tree, 1UL << 53);
	EXPECT_EQ(shim_nr_errs, 3);
	kho_radix_del_key(&tree, 5);
	EXPECT_EQ(shim_nr_errs, 4);
	EXPECT_EQ(shim_nr_warns, 0);
	kho_radix_destroy_tree(&tree);
	EXPECT_EQ(shim_live_pages, 0);
}

TEST(tree_survives_every_failed_allocation)
{
	const struct kho_radix_walk_cb cb = { .leaf = next_is };
	struct kho_radix_tree tree;
	int err;

	unit_init();
	shim_slab_is_up = true;
	shim_fail_after = 0;
	EXPECT_EQ(kho_radix_init_tree(&tree, NULL), -ENOMEM);
	for_each_fault(f, "tree: add a key") {
		struct keys keys = { .key = { ref_key(1UL << 40, 0) } };

		tree_init(&tree);
		ASSERT_EQ(kho_radix_add_key(&tree, keys.key[0]), 0);
		keys.nr = 1;
		/* Another slot of the root: all five nodes below it are missing. */
		err = FAULT(f, kho_radix_add_key(&tree, ref_key(1UL << 51, 0)));
		ASSERT_EQ(err, f->n < 5 ? -ENOMEM : 0);
		if (err) {
			ASSERT_EQ(kho_radix_walk_tree(&tree, &cb, &keys), 0);
			ASSERT_EQ(keys.seen, 1);
			ASSERT_EQ(kho_radix_add_key(&tree, ref_key(1UL << 51, 0)), 0);
		}
		kho_radix_destroy_tree(&tree);
		ASSERT_EQ(shim_live_pages, 0);
	}
}

/*
 * Golden bytes. 4 KiB pages 0x12345 and 0x12346 and a 2 MiB page at pfn 0x200:
 * slots and bits worked out by hand from the table in the ABI header.
 */
TEST(wire_format_has_not_moved)
{
	struct kho_radix_tree tree;
	const u64 *l5, *l4, *l1;
	const u8 *leaf;

	unit_init();
	EXPECT_STREQ(KHO_FDT_COMPATIBLE, "kho-v4");
	tree_init(&tree);
	EXPECT_EQ(kho_radix_add_key(&tree, kho_fast_key(0x12345, 0)), 0);
	EXPECT_EQ(kho_radix_add_key(&tree, kho_fast_key(0x12346, 0)), 0);
	EXPECT_EQ(kho_radix_add_key(&tree, kho_fast_key(0x200, 9)), 0);

	/* bit 52 is bit 1 of the root's index, bit 43 bit 1 of level 4's. */
	l5 = (u64 *)tree.root;
	ASSERT_NE(l5[2], 0);
	ASSERT_NE(l5[0], 0);
	EXPECT_EQ(l5[1], 0);
	l4 = phys_to_virt(l5[0]);
	ASSERT_NE(l4[2], 0);

	l1 = phys_to_virt(*ref_slot(virt_to_phys(tree.root), 0x10000000012345, 2));
	ASSERT_NE(l1[2], 0);		/* 0x12345 >> 15 */
	leaf = phys_to_virt(l1[2]);
	EXPECT_EQ(leaf[0x468], 0x60);	/* 0x2345 / 8, bits 5 and 6 */
	leaf = phys_to_virt(*ref_slot(virt_to_phys(tree.root), 0x80000000001, 1));
	EXPECT_EQ(leaf[0], 0x02);
	kho_radix_destroy_tree(&tree);
}

static struct kho_radix_tree shared;

/* Another task that needs the same node is faster, each time there is a race. */
static void overtake(void)
{
	shim_alloc_hook = NULL;
	if (kho_radix_add_key(&shared, ref_key(8, 0)))
		shim_die("cannot add");
}

TEST(the_loser_of_a_race_frees_its_node)
{
	const struct kho_radix_walk_cb cb = { .leaf = next_is };
	struct keys keys = { .key = { ref_key(7, 0), ref_key(8, 0) }, .nr = 2 };

	unit_init();
	tree_init(&shared);
	shim_alloc_hook = overtake;
	EXPECT_EQ(kho_radix_add_key(&shared, ref_key(7, 0)), 0);
	EXPECT_EQ(shim_live_pages, 6);
	EXPECT_EQ(kho_radix_walk_tree(&shared, &cb, &keys), 0);
	EXPECT_EQ(keys.seen, 2);
	kho_radix_destroy_tree(&shared);
	EXPECT_EQ(shim_live_pages, 0);
}

static void *add_many(void *arg)
{
	unsigned long i, me = (unsigned long)arg;

	/* All want the same nodes at the same time; one key in four is shared. */
	for (i = 0; i < 800; i++) {
		unsigned long pfn = (i % 60) << 15 | i << 3 | (i % 4 ? me : 0);

		if (kho_radix_add_key(&shared, kho_fast_key(pfn, 0)))
			shim_die("cannot add");
		if (i % 4 && i % 5 == 0)
			kho_radix_del_key(&shared, kho_fast_key(pfn, 0));
	}

	return NULL;
}

TEST(concurrent_adders_lose_nothing_and_leak_nothing)
{
	const struct kho_radix_walk_cb cb = { .leaf = next_is };
	static struct keys keys;
	unsigned long i, me;
	pthread_t thread[4];

	unit_init();
	tree_init(&shared);
	for (me = 0; me < 4; me++)
		pthread_create(&thread[me], NULL, add_many, (void *)(me + 1));
	for (me = 0; me < 4; me++)
		pthread_join(thread[me], NULL);

	for (i = 0; i < 800; i++) {
		for (me = 1; me <= 4; me++) {
			unsigned long pfn = (i % 60) << 15 | i << 3 | (i % 4 ? me : 0);

			if (i % 5 || !(i % 4))
				keys_add(&keys, ref_key(pfn, 0));
		}
	}
	EXPECT_EQ(kho_radix_walk_tree(&shared, &cb, &keys), 0);
	EXPECT_EQ(keys.seen, keys.nr);
	kho_radix_destroy_tree(&shared);
	EXPECT_EQ(shim_live_pages, 0);
}

TEST_HARNESS_MAIN
