// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: KUnit tests of preserved files
 *
 * Callbacks of a test handler (luo_numbers.c), their order, and what a failing
 * one undoes. tests/unit of the project tests the records in userspace,
 * tests/e2e whole live updates.
 */
#include <kunit/test.h>

#include <linux/anon_inodes.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kho/abi/luo.h>
#include <linux/kho_block.h>
#include <linux/liveupdate.h>
#include <linux/prandom.h>
#include <linux/rcupdate.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>

#include "../luo/deps.h"
#include "../luo/file.h"
#include "../luo/file_set.h"
#include "../luo/freeze.h"
#include "../luo/lookup.h"
#include "kunit_luo.h"
#include "luo_numbers.h"

static void luo_test_token_is_used_once_in_a_set(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, luo_test_preserve(&luo_test_set, 0, 7), 0);
	KUNIT_EXPECT_EQ(test, luo_test_preserve(&luo_test_set, 1, 7), -EEXIST);
	KUNIT_EXPECT_EQ(test, luo_test_preserve(&luo_test_other, 1, 7), 0);
	KUNIT_EXPECT_EQ(test, luo_test_set.count, 1);
	KUNIT_EXPECT_EQ(test, luo_test_nr_of[LUO_EV_PRESERVE], 2);
	luo_fast_file_set_unpreserve(&luo_test_set);
	KUNIT_EXPECT_EQ(test, luo_test_preserve(&luo_test_set, 0, 7), 0);
}

static void luo_test_file_is_preserved_once(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, luo_test_preserve(&luo_test_set, 0, 1), 0);
	KUNIT_EXPECT_EQ(test, luo_test_preserve(&luo_test_set, 0, 2), -EBUSY);
	KUNIT_EXPECT_EQ(test, luo_test_preserve(&luo_test_other, 0, 1), -EBUSY);
	KUNIT_EXPECT_EQ(test, luo_test_set.blocks.nblocks, 1);
	KUNIT_EXPECT_EQ(test, luo_test_other.blocks.nblocks, 0);
	luo_fast_file_set_unpreserve(&luo_test_set);
	KUNIT_EXPECT_EQ(test, luo_test_preserve(&luo_test_other, 0, 1), 0);
}

static void luo_test_file_without_handler_is_refused(struct kunit *test)
{
	static const struct file_operations strange_fops = {};
	int fd = anon_inode_getfd("[luo-kunit]", &strange_fops, NULL, 0);

	KUNIT_ASSERT_GE(test, fd, 0);
	KUNIT_EXPECT_EQ(test, luo_fast_file_preserve(&luo_test_set, 1, fd),
			-ENOENT);
	KUNIT_EXPECT_EQ(test, luo_fast_file_preserve(&luo_test_set, 1, -1),
			-EBADF);
	KUNIT_EXPECT_EQ(test, luo_test_set.blocks.nblocks, 0);
	close_fd(fd);
}

static void luo_test_failed_preserve_leaves_nothing(struct kunit *test)
{
	luo_test_add_dep(1, 0);
	luo_numbers[1].fail[LUO_EV_PRESERVE] = -EDOM;
	KUNIT_EXPECT_EQ(test, luo_test_preserve(&luo_test_set, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, luo_test_preserve(&luo_test_set, 1, 1), -EDOM);
	KUNIT_EXPECT_EQ(test, luo_fast_file_find(&luo_test_set, 0)->dependents,
			0);
	KUNIT_EXPECT_NULL(test, luo_fast_file_find(&luo_test_set, 1));
	KUNIT_EXPECT_EQ(test, luo_test_set.count, 1);

	luo_numbers[1].fail[LUO_EV_PRESERVE] = 0;
	KUNIT_EXPECT_EQ(test, luo_test_preserve(&luo_test_set, 1, 1), 0);
	KUNIT_EXPECT_EQ(test, luo_fast_file_find(&luo_test_set, 0)->dependents,
			1);
}

static void luo_test_files_are_unpreserved_in_reverse(struct kunit *test)
{
	int i;

	KUNIT_ASSERT_EQ(test, luo_test_preserve_all(LUO_TEST_FILES), 0);
	luo_fast_file_set_unpreserve(&luo_test_set);
	for (i = 1; i < LUO_TEST_FILES; i++)
		KUNIT_EXPECT_LT(test, luo_test_when(LUO_EV_UNPRESERVE, i),
				luo_test_when(LUO_EV_UNPRESERVE, i - 1));
	KUNIT_EXPECT_EQ(test, luo_test_nr_of[LUO_EV_UNPRESERVE],
			LUO_TEST_FILES);
	KUNIT_EXPECT_EQ(test, luo_test_set.blocks.nblocks, 0);
}

/**
 * struct luo_test_entry - Entry of a hash table.
 * @node: Its place.
 * @key:  Its key.
 */
struct luo_test_entry {
	struct rhash_head	node;
	u32			key;
};

static const struct rhashtable_params luo_test_params = {
	.head_offset = offsetof(struct luo_test_entry, node),
	.key_offset = offsetof(struct luo_test_entry, key),
	.key_len = sizeof_field(struct luo_test_entry, key),
};

static bool luo_test_table_has_room(struct rhashtable *table)
{
	guard(rcu)();
	return !rht_grow_above_100(table,
				   rht_dereference_rcu(table->tbl, table));
}

static void luo_test_tables_grow_before_they_are_full(struct kunit *test)
{
	const unsigned int nr = 3000;
	struct luo_test_entry *entries;
	struct rhashtable table;
	unsigned int i;

	entries = kunit_kcalloc(test, nr, sizeof(*entries), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, entries);
	KUNIT_ASSERT_EQ(test, rhashtable_init(&table, &luo_test_params), 0);
	for (i = 0; i < nr; i++) {
		luo_fast_wait_for_growth(&table);
		if (!luo_test_table_has_room(&table))
			break;
		entries[i].key = i;
		if (rhashtable_lookup_insert_fast(&table, &entries[i].node,
						  luo_test_params))
			break;
	}
	KUNIT_EXPECT_EQ(test, i, nr);
	rhashtable_destroy(&table);
}

/* 63 records fill a block, so that the last file has one of its own. */
static void luo_test_one_file_is_unpreserved(struct kunit *test)
{
	int i;

	KUNIT_ASSERT_EQ(test, luo_test_preserve_all(LUO_TEST_FILES), 0);
	KUNIT_EXPECT_EQ(test, luo_test_set.blocks.nblocks, 2);
	KUNIT_EXPECT_EQ(test, luo_test_unpreserve(5), 0);
	KUNIT_EXPECT_EQ(test, luo_test_unpreserve(5), -ENOENT);
	KUNIT_EXPECT_GE(test, luo_test_when(LUO_EV_UNPRESERVE, 5), 0);
	KUNIT_EXPECT_EQ(test, luo_test_nr_of[LUO_EV_UNPRESERVE], 1);
	KUNIT_EXPECT_EQ(test, luo_test_set.count, LUO_TEST_FILES - 1);
	KUNIT_EXPECT_EQ(test, luo_test_set.blocks.nblocks, 1);

	/* It is frozen with the others no more, and can be preserved again. */
	KUNIT_EXPECT_EQ(test, luo_fast_file_set_freeze(&luo_test_set), 0);
	luo_fast_file_set_unfreeze(&luo_test_set);
	KUNIT_EXPECT_EQ(test, luo_test_nr_of[LUO_EV_FREEZE],
			LUO_TEST_FILES - 1);
	KUNIT_EXPECT_EQ(test, luo_test_when(LUO_EV_FREEZE, 5), -1);
	KUNIT_EXPECT_EQ(test, luo_test_preserve(&luo_test_other, 5, 5), 0);
	for (i = 0; i < LUO_TEST_FILES; i++)
		KUNIT_EXPECT_EQ(test, luo_test_unpreserve(i),
				i == 5 ? -ENOENT : 0);
	KUNIT_EXPECT_EQ(test, luo_test_set.blocks.nblocks, 0);
}

/* 0 <- 1 <- 2 */
static void luo_test_dependents_are_unpreserved_first(struct kunit *test)
{
	struct luo_fast_file *lf;

	luo_test_add_dep(1, 0);
	luo_test_add_dep(2, 1);
	KUNIT_ASSERT_EQ(test, luo_test_preserve_all(4), 0);
	lf = luo_fast_file_find(&luo_test_set, 0);
	KUNIT_EXPECT_EQ(test, luo_test_unpreserve(0), -EBUSY);
	KUNIT_EXPECT_PTR_EQ(test, luo_fast_dependent(&luo_test_set, lf),
			    luo_fast_file_find(&luo_test_set, 1));
	KUNIT_EXPECT_EQ(test, luo_test_unpreserve(1), -EBUSY);
	KUNIT_EXPECT_EQ(test, luo_test_nr_of[LUO_EV_UNPRESERVE], 0);
	KUNIT_EXPECT_EQ(test, luo_test_set.count, 4);
	KUNIT_EXPECT_EQ(test, luo_test_unpreserve(2), 0);
	KUNIT_EXPECT_EQ(test, luo_test_unpreserve(1), 0);
	KUNIT_EXPECT_NULL(test, luo_fast_dependent(&luo_test_set, lf));
	KUNIT_EXPECT_EQ(test, luo_test_unpreserve(0), 0);
}

static void
luo_test_files_freeze_in_the_order_of_preservation(struct kunit *test)
{
	int i;

	KUNIT_ASSERT_EQ(test, luo_test_preserve_all(10), 0);
	luo_test_reset_events();
	KUNIT_EXPECT_EQ(test, luo_fast_file_set_freeze(&luo_test_set), 0);
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, luo_test_when(LUO_EV_FREEZE, i), i);
	luo_fast_file_set_unfreeze(&luo_test_set);
}

/* Random dependencies; some are refused, as the chain is too long. */
static void luo_test_dependents_freeze_first(struct kunit *test)
{
	struct rnd_state rnd;
	int i, n;

	prandom_seed_state(&rnd, 5);
	for (i = 0; i < LUO_TEST_FILES; i++) {
		for (n = prandom_u32_state(&rnd) % (LUO_TEST_MAX_DEPS + 1);
		     i && n; n--)
			luo_test_add_dep(i, prandom_u32_state(&rnd) % i);
		while (luo_test_preserve(&luo_test_set, i, i) == -ELOOP)
			luo_numbers[i].nr_deps--;
	}
	KUNIT_ASSERT_EQ(test, luo_test_set.count, LUO_TEST_FILES);
	KUNIT_ASSERT_EQ(test, luo_fast_file_set_freeze(&luo_test_set), 0);
	luo_fast_file_set_unfreeze(&luo_test_set);
	luo_fast_file_set_unpreserve(&luo_test_set);

	KUNIT_EXPECT_EQ(test, luo_test_nr_of[LUO_EV_FREEZE], LUO_TEST_FILES);
	KUNIT_EXPECT_EQ(test, luo_test_nr_of[LUO_EV_UNFREEZE], LUO_TEST_FILES);
	for (i = 0; i < LUO_TEST_FILES; i++) {
		for (n = 0; n < luo_numbers[i].nr_deps; n++) {
			int on = luo_numbers[i].deps[n];

			KUNIT_EXPECT_LT(test, luo_test_when(LUO_EV_FREEZE, i),
					luo_test_when(LUO_EV_FREEZE, on));
			KUNIT_EXPECT_GT(test, luo_test_when(LUO_EV_UNFREEZE, i),
					luo_test_when(LUO_EV_UNFREEZE, on));
			KUNIT_EXPECT_LT(test,
					luo_test_when(LUO_EV_UNPRESERVE, i),
					luo_test_when(LUO_EV_UNPRESERVE, on));
		}
	}
}

/* 0 <- 1 <- 2 <- ... <- 7 <- 8; 8 is refused */
static void luo_test_dependency_chains_are_limited(struct kunit *test)
{
	const int max = LUO_FAST_MAX_DEPTH;
	int i;

	for (i = 1; i <= max; i++)
		luo_test_add_dep(i, i - 1);
	KUNIT_EXPECT_EQ(test, luo_test_preserve_all(max), 0);
	KUNIT_EXPECT_EQ(test, luo_test_preserve(&luo_test_set, max, 99),
			-ELOOP);
	KUNIT_EXPECT_EQ(test, luo_test_set.count, max);
}

static void luo_test_dependencies_are_in_the_same_set(struct kunit *test)
{
	luo_test_add_dep(0, 0);
	KUNIT_EXPECT_EQ(test, luo_test_preserve(&luo_test_set, 0, 0), -ELOOP);
	luo_test_add_dep(1, 2);
	KUNIT_EXPECT_EQ(test, luo_test_preserve(&luo_test_set, 1, 1), -ENOENT);
	KUNIT_EXPECT_EQ(test, luo_test_preserve(&luo_test_other, 2, 2), 0);
	KUNIT_EXPECT_EQ(test, luo_test_preserve(&luo_test_set, 1, 1), -ENOENT);
	KUNIT_EXPECT_EQ(test, luo_test_set.count, 0);
}

/* A preserved file may have become one that could not be preserved. */
static void luo_test_dependency_is_not_checked_again(struct kunit *test)
{
	luo_test_add_dep(1, 0);
	KUNIT_EXPECT_EQ(test, luo_test_preserve(&luo_test_set, 0, 0), 0);
	luo_numbers[0].refused = true;
	KUNIT_EXPECT_EQ(test, luo_test_preserve(&luo_test_set, 1, 1), 0);
}

/*
 *	freeze 0 1 2 3 4 (5 fails)	unfreeze 4 3 2 1 0
 */
static void luo_test_failed_freeze_is_undone_in_reverse(struct kunit *test)
{
	int i;

	KUNIT_ASSERT_EQ(test, luo_test_preserve_all(10), 0);
	luo_numbers[5].fail[LUO_EV_FREEZE] = -EDOM;
	luo_test_reset_events();
	KUNIT_EXPECT_EQ(test, luo_fast_file_set_freeze(&luo_test_set), -EDOM);
	KUNIT_EXPECT_EQ(test, luo_test_nr_logged, 10);
	for (i = 0; i < 5; i++) {
		KUNIT_EXPECT_EQ(test, luo_test_when(LUO_EV_FREEZE, i), i);
		KUNIT_EXPECT_EQ(test, luo_test_when(LUO_EV_UNFREEZE, i), 9 - i);
	}

	luo_numbers[5].fail[LUO_EV_FREEZE] = 0;
	luo_test_reset_events();
	KUNIT_EXPECT_EQ(test, luo_fast_file_set_freeze(&luo_test_set), 0);
	KUNIT_EXPECT_EQ(test, luo_test_nr_of[LUO_EV_FREEZE], 10);
	luo_fast_file_set_unfreeze(&luo_test_set);
	KUNIT_EXPECT_EQ(test, luo_test_nr_of[LUO_EV_UNFREEZE], 10);
}

static void
luo_test_records_are_in_the_order_of_preservation(struct kunit *test)
{
	struct luo_file_set_ser ser;
	struct kho_block_set_it it;
	struct luo_file_ser *file;
	int i;

	luo_test_add_dep(3, 0);
	KUNIT_ASSERT_EQ(test, luo_test_preserve_all(LUO_TEST_FILES), 0);
	KUNIT_ASSERT_EQ(test, luo_fast_file_set_freeze(&luo_test_set), 0);
	luo_fast_file_set_write(&luo_test_set, &ser);
	luo_fast_file_set_unfreeze(&luo_test_set);

	KUNIT_EXPECT_EQ(test, ser.count, LUO_TEST_FILES);
	KUNIT_EXPECT_EQ(test, ser.files,
			kho_block_set_head_pa(&luo_test_set.blocks));
	kho_block_set_it_init(&it, &luo_test_set.blocks);
	for (i = 0; (file = kho_block_set_it_read_entry(&it)); i++) {
		KUNIT_EXPECT_EQ(test, file->token, i);
		KUNIT_EXPECT_EQ(test, file->data, i);
		KUNIT_EXPECT_STREQ(test, file->compatible, LUO_TEST_HANDLER);
	}
	KUNIT_EXPECT_EQ(test, i, LUO_TEST_FILES);
}

static void luo_test_file_is_retrieved_once(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, luo_test_deserialize_all(3), 0);
	KUNIT_EXPECT_EQ(test, luo_test_deserialize(3, 1), -EEXIST);
	KUNIT_EXPECT_EQ(test, luo_test_retrieve(1), 0);
	KUNIT_EXPECT_EQ(test, luo_test_retrieve(1), 0);
	KUNIT_EXPECT_EQ(test, luo_test_nr_of[LUO_EV_RETRIEVE], 1);
	KUNIT_EXPECT_EQ(test, luo_test_retrieve(9), -ENOENT);
	/* Looked up by its identifier, so it cannot be preserved again. */
	KUNIT_EXPECT_EQ(test, luo_test_preserve(&luo_test_other, 1, 1), -EBUSY);
	KUNIT_EXPECT_EQ(test, luo_fast_file_set_finish(&luo_test_set), 0);
	KUNIT_EXPECT_EQ(test, luo_test_nr_of[LUO_EV_FINISH], 3);
	KUNIT_EXPECT_LT(test, luo_test_when(LUO_EV_FINISH, 2),
			luo_test_when(LUO_EV_FINISH, 1));
	KUNIT_EXPECT_LT(test, luo_test_when(LUO_EV_FINISH, 1),
			luo_test_when(LUO_EV_FINISH, 0));
	KUNIT_EXPECT_EQ(test, luo_test_preserve(&luo_test_other, 1, 1), 0);
}

static void luo_test_failed_retrieval_is_not_retried(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, luo_test_deserialize_all(1), 0);
	luo_numbers[0].fail[LUO_EV_RETRIEVE] = -EDOM;
	KUNIT_EXPECT_EQ(test, luo_test_retrieve(0), -EDOM);
	luo_numbers[0].fail[LUO_EV_RETRIEVE] = 0;
	KUNIT_EXPECT_EQ(test, luo_test_retrieve(0), -EDOM);
	KUNIT_EXPECT_EQ(test, luo_test_nr_of[LUO_EV_RETRIEVE], 0);
}

static void luo_test_retrieval_retrieves_dependencies(struct kunit *test)
{
	luo_test_add_dep(2, 1);
	luo_test_add_dep(2, 0);
	luo_test_add_dep(1, 0);
	KUNIT_ASSERT_EQ(test, luo_test_deserialize_all(3), 0);
	KUNIT_EXPECT_EQ(test, luo_test_retrieve(2), 0);
	KUNIT_EXPECT_EQ(test, luo_test_when(LUO_EV_RETRIEVE, 0), 0);
	KUNIT_EXPECT_EQ(test, luo_test_when(LUO_EV_RETRIEVE, 1), 1);
	KUNIT_EXPECT_EQ(test, luo_test_when(LUO_EV_RETRIEVE, 2), 2);
	KUNIT_EXPECT_EQ(test, luo_test_retrieve(0), 0);
	KUNIT_EXPECT_EQ(test, luo_test_nr_of[LUO_EV_RETRIEVE], 3);
}

/* 0 -> 1 -> 2 -> 0; 3 -> 3; 4 -> no such token */
static void luo_test_dependency_cycles_are_refused(struct kunit *test)
{
	luo_test_add_dep(0, 1);
	luo_test_add_dep(1, 2);
	luo_test_add_dep(2, 0);
	luo_test_add_dep(3, 3);
	luo_test_add_dep(4, 63);
	KUNIT_ASSERT_EQ(test, luo_test_deserialize_all(5), 0);
	KUNIT_EXPECT_EQ(test, luo_test_retrieve(1), -ELOOP);
	KUNIT_EXPECT_EQ(test, luo_test_retrieve(0), -ELOOP);
	KUNIT_EXPECT_EQ(test, luo_test_retrieve(3), -ELOOP);
	KUNIT_EXPECT_EQ(test, luo_test_retrieve(4), -ENOENT);
	KUNIT_EXPECT_EQ(test, luo_test_nr_of[LUO_EV_RETRIEVE], 0);
}

static void luo_test_retrieval_does_not_nest_without_end(struct kunit *test)
{
	int i;

	for (i = 1; i < LUO_TEST_FILES; i++)
		luo_test_add_dep(i, i - 1);
	KUNIT_ASSERT_EQ(test, luo_test_deserialize_all(LUO_TEST_FILES), 0);
	KUNIT_EXPECT_EQ(test, luo_test_retrieve(LUO_TEST_FILES - 1), -ELOOP);
	/* In order of preservation retrievals do not nest. */
	luo_fast_file_set_finish(&luo_test_set);
	luo_test_reset_events();
	KUNIT_ASSERT_EQ(test, luo_test_deserialize_all(LUO_TEST_FILES), 0);
	for (i = 0; i < LUO_TEST_FILES; i++)
		KUNIT_EXPECT_EQ(test, luo_test_retrieve(i), 0);
}

static void luo_test_finishing_is_all_or_nothing(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, luo_test_deserialize_all(10), 0);
	luo_numbers[0].unready = true;
	KUNIT_EXPECT_EQ(test, luo_fast_file_set_finish(&luo_test_set), -EBUSY);
	KUNIT_EXPECT_EQ(test, luo_test_nr_of[LUO_EV_FINISH], 0);
	KUNIT_EXPECT_EQ(test, luo_test_set.count, 10);
	luo_numbers[0].unready = false;
	KUNIT_EXPECT_EQ(test, luo_fast_file_set_finish(&luo_test_set), 0);
	KUNIT_EXPECT_EQ(test, luo_test_nr_of[LUO_EV_FINISH], 10);
}

static void luo_test_dropped_files_are_not_finished(struct kunit *test)
{
	struct luo_file_ser unknown = { .compatible = "nobody's" };

	KUNIT_ASSERT_EQ(test, luo_test_deserialize_all(10), 0);
	KUNIT_EXPECT_EQ(test,
			luo_fast_file_deserialize(&luo_test_set, &unknown),
			-ENOPKG);
	luo_fast_file_set_drop(&luo_test_set);
	KUNIT_EXPECT_EQ(test, luo_test_set.count, 0);
	KUNIT_EXPECT_EQ(test, luo_test_nr_logged, 0);
	KUNIT_EXPECT_NULL(test, luo_fast_file_find(&luo_test_set, 0));
}

static int luo_test_suite_init(struct kunit_suite *suite)
{
	/* On error all cases fail. */
	if (liveupdate_enabled())
		return liveupdate_register_file_handler(&luo_test_handler);
	return 0;
}

static void luo_test_suite_exit(struct kunit_suite *suite)
{
	liveupdate_unregister_file_handler(&luo_test_handler);
}

static int luo_test_init(struct kunit *test)
{
	if (!liveupdate_enabled())
		kunit_skip(test, "live update is off");
	return luo_test_open();
}

static void luo_test_exit(struct kunit *test)
{
	if (liveupdate_enabled())
		luo_test_close();
}

static struct kunit_case luo_test_cases[] = {
	KUNIT_CASE(luo_test_token_is_used_once_in_a_set),
	KUNIT_CASE(luo_test_file_is_preserved_once),
	KUNIT_CASE(luo_test_file_without_handler_is_refused),
	KUNIT_CASE(luo_test_failed_preserve_leaves_nothing),
	KUNIT_CASE(luo_test_files_are_unpreserved_in_reverse),
	KUNIT_CASE(luo_test_tables_grow_before_they_are_full),
	KUNIT_CASE(luo_test_one_file_is_unpreserved),
	KUNIT_CASE(luo_test_dependents_are_unpreserved_first),
	KUNIT_CASE(luo_test_session_names_are_unique),
	KUNIT_CASE(luo_test_files_freeze_in_the_order_of_preservation),
	KUNIT_CASE(luo_test_dependents_freeze_first),
	KUNIT_CASE(luo_test_dependency_chains_are_limited),
	KUNIT_CASE(luo_test_dependencies_are_in_the_same_set),
	KUNIT_CASE(luo_test_dependency_is_not_checked_again),
	KUNIT_CASE(luo_test_failed_freeze_is_undone_in_reverse),
	KUNIT_CASE(luo_test_records_are_in_the_order_of_preservation),
	KUNIT_CASE(luo_test_sessions_freeze_all_or_none),
	KUNIT_CASE(luo_test_unknown_format_is_not_frozen),
	KUNIT_CASE(luo_test_unretrieved_session_is_not_lost),
	KUNIT_CASE(luo_test_session_waits_for_its_handler),
	KUNIT_CASE(luo_test_unreadable_session_is_not_retrieved),
	KUNIT_CASE(luo_test_file_is_retrieved_once),
	KUNIT_CASE(luo_test_failed_retrieval_is_not_retried),
	KUNIT_CASE(luo_test_retrieval_retrieves_dependencies),
	KUNIT_CASE(luo_test_dependency_cycles_are_refused),
	KUNIT_CASE(luo_test_retrieval_does_not_nest_without_end),
	KUNIT_CASE(luo_test_finishing_is_all_or_nothing),
	KUNIT_CASE(luo_test_dropped_files_are_not_finished),
	KUNIT_CASE(luo_test_flb_lives_from_the_first_file_to_the_last),
	KUNIT_CASE(luo_test_flb_belongs_to_the_files_that_took_it),
	KUNIT_CASE(luo_test_flb_is_finished_after_its_last_user),
	KUNIT_CASE(luo_test_flb_waits_for_unknown_files),
	KUNIT_CASE(luo_test_flb_handler_leaves_before_its_files),
	KUNIT_CASE(luo_test_misuse_is_refused_without_a_warning),
	{}
};

static struct kunit_suite luo_test_suite = {
	.name		= "luo_fast",
	.suite_init	= luo_test_suite_init,
	.suite_exit	= luo_test_suite_exit,
	.init		= luo_test_init,
	.exit		= luo_test_exit,
	.test_cases	= luo_test_cases,
};
kunit_test_suite(luo_test_suite);
