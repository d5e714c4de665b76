// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: KUnit tests of live update
 *
 * With a handler of its own, whose files are numbers (luo_numbers.c): which
 * callbacks are called for them, in which order, and what happens when one
 * fails. Records are tested in userspace (tests/unit of the project), whole
 * live updates in tests/e2e.
 */
#include <kunit/test.h>

#include <linux/anon_inodes.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kho/abi/kexec_handover.h>
#include <linux/liveupdate_deps.h>
#include <linux/prandom.h>
#include <linux/slab.h>

#include "../luo/file.h"
#include "../luo/file_set.h"
#include "../luo/freeze.h"
#include "../luo/lookup.h"
#include "../luo/query.h"
#include "../luo/serialize.h"
#include "../luo/session.h"
#include "../luo/session_table.h"
#include "luo_numbers.h"

#define TEST_FLB	"luo-fast-kunit-flb"

static void token_is_used_once_in_a_set(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, luo_number_preserve(&luo_set, 0, 7), 0);
	KUNIT_EXPECT_EQ(test, luo_number_preserve(&luo_set, 1, 7), -EEXIST);
	KUNIT_EXPECT_EQ(test, luo_number_preserve(&luo_other_set, 1, 7), 0);
	KUNIT_EXPECT_EQ(test, luo_set.count, 1);
	KUNIT_EXPECT_EQ(test, luo_nr_of[PRESERVE], 2);
	luo_fast_set_unpreserve(&luo_set);
	KUNIT_EXPECT_EQ(test, luo_number_preserve(&luo_set, 0, 7), 0);
}

static void file_is_preserved_once(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, luo_number_preserve(&luo_set, 0, 1), 0);
	KUNIT_EXPECT_EQ(test, luo_number_preserve(&luo_set, 0, 2), -EBUSY);
	KUNIT_EXPECT_EQ(test, luo_number_preserve(&luo_other_set, 0, 1), -EBUSY);
	KUNIT_EXPECT_EQ(test, luo_set.blocks.nblocks, 1);
	KUNIT_EXPECT_EQ(test, luo_other_set.blocks.nblocks, 0);
	luo_fast_set_unpreserve(&luo_set);
	KUNIT_EXPECT_EQ(test, luo_number_preserve(&luo_other_set, 0, 1), 0);
}

static void file_without_handler_is_refused(struct kunit *test)
{
	static const struct file_operations strange_fops = {};
	int fd = anon_inode_getfd("[luo-kunit]", &strange_fops, NULL, 0);

	KUNIT_ASSERT_GE(test, fd, 0);
	KUNIT_EXPECT_EQ(test, luo_fast_file_preserve(&luo_set, 1, fd), -ENOENT);
	KUNIT_EXPECT_EQ(test, luo_fast_file_preserve(&luo_set, 1, -1), -EBADF);
	KUNIT_EXPECT_EQ(test, luo_set.blocks.nblocks, 0);
	close_fd(fd);
}

static void handler_that_refuses_leaves_nothing(struct kunit *test)
{
	luo_number_need(1, 0);
	luo_numbers[1].fail[PRESERVE] = -EDOM;
	KUNIT_EXPECT_EQ(test, luo_number_preserve(&luo_set, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, luo_number_preserve(&luo_set, 1, 1), -EDOM);
	KUNIT_EXPECT_EQ(test, luo_fast_find(&luo_set, 0)->dependents, 0);
	KUNIT_EXPECT_NULL(test, luo_fast_find(&luo_set, 1));
	KUNIT_EXPECT_EQ(test, luo_set.count, 1);

	luo_numbers[1].fail[PRESERVE] = 0;
	KUNIT_EXPECT_EQ(test, luo_number_preserve(&luo_set, 1, 1), 0);
	KUNIT_EXPECT_EQ(test, luo_fast_find(&luo_set, 0)->dependents, 1);
}

static void sets_are_unpreserved_backwards(struct kunit *test)
{
	int i;

	KUNIT_ASSERT_EQ(test, luo_numbers_preserve(NR_FILES), 0);
	luo_fast_set_unpreserve(&luo_set);
	for (i = 1; i < NR_FILES; i++)
		KUNIT_EXPECT_LT(test, luo_when(UNPRESERVE, i),
				luo_when(UNPRESERVE, i - 1));
	KUNIT_EXPECT_EQ(test, luo_nr_of[UNPRESERVE], NR_FILES);
	KUNIT_EXPECT_EQ(test, luo_set.blocks.nblocks, 0);
}

static void session_names_are_unique(struct kunit *test)
{
	static const char name[LIVEUPDATE_SESSION_NAME_LENGTH] = "luo-kunit";
	struct file *file = luo_fast_session_create(name);

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	KUNIT_EXPECT_EQ(test, PTR_ERR(luo_fast_session_create(name)), -EEXIST);
	__fput_sync(file);
	file = luo_fast_session_create(name);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	__fput_sync(file);
	KUNIT_EXPECT_EQ(test, luo_fast_outgoing.count, 0);
	KUNIT_EXPECT_EQ(test, luo_fast_outgoing.blocks.nblocks, 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR(luo_fast_session_retrieve(name)), -ENOENT);
}

static void files_freeze_in_the_order_of_preservation(struct kunit *test)
{
	int i;

	KUNIT_ASSERT_EQ(test, luo_numbers_preserve(10), 0);
	luo_forget_events();
	KUNIT_EXPECT_EQ(test, luo_fast_set_freeze(&luo_set), 0);
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, luo_when(FREEZE, i), i);
	luo_fast_set_unfreeze(&luo_set);
}

/* Random needs; some are refused, as the chain would be too long. */
static void what_needs_a_file_freezes_before_it(struct kunit *test)
{
	struct rnd_state rnd;
	int i, n;

	prandom_seed_state(&rnd, 5);
	for (i = 0; i < NR_FILES; i++) {
		for (n = prandom_u32_state(&rnd) % (MAX_NEEDS + 1); i && n; n--)
			luo_number_need(i, prandom_u32_state(&rnd) % i);
		while (luo_number_preserve(&luo_set, i, i) == -ELOOP)
			luo_numbers[i].nr_needs--;
	}
	KUNIT_ASSERT_EQ(test, luo_set.count, NR_FILES);
	KUNIT_ASSERT_EQ(test, luo_fast_set_freeze(&luo_set), 0);
	luo_fast_set_unfreeze(&luo_set);
	luo_fast_set_unpreserve(&luo_set);

	KUNIT_EXPECT_EQ(test, luo_nr_of[FREEZE], NR_FILES);
	KUNIT_EXPECT_EQ(test, luo_nr_of[UNFREEZE], NR_FILES);
	for (i = 0; i < NR_FILES; i++) {
		for (n = 0; n < luo_numbers[i].nr_needs; n++) {
			int on = luo_numbers[i].needs[n];

			KUNIT_EXPECT_LT(test, luo_when(FREEZE, i), luo_when(FREEZE, on));
			KUNIT_EXPECT_GT(test, luo_when(UNFREEZE, i),
					luo_when(UNFREEZE, on));
			KUNIT_EXPECT_LT(test, luo_when(UNPRESERVE, i),
					luo_when(UNPRESERVE, on));
		}
	}
}

/*
 *	0 <- 1 <- 2 <- ... <- 7 <- 8	8 is too much
 */
static void chains_of_needs_are_limited(struct kunit *test)
{
	int i;

	for (i = 1; i <= LUO_FAST_MAX_DEPTH; i++)
		luo_number_need(i, i - 1);
	KUNIT_EXPECT_EQ(test, luo_numbers_preserve(LUO_FAST_MAX_DEPTH), 0);
	KUNIT_EXPECT_EQ(test, luo_number_preserve(&luo_set, LUO_FAST_MAX_DEPTH, 99),
			-ELOOP);
	KUNIT_EXPECT_EQ(test, luo_set.count, LUO_FAST_MAX_DEPTH);
}

static void needs_are_within_the_set_and_others(struct kunit *test)
{
	luo_number_need(0, 0);
	KUNIT_EXPECT_EQ(test, luo_number_preserve(&luo_set, 0, 0), -ELOOP);
	luo_number_need(1, 2);
	KUNIT_EXPECT_EQ(test, luo_number_preserve(&luo_set, 1, 1), -ENOENT);
	KUNIT_EXPECT_EQ(test, luo_number_preserve(&luo_other_set, 2, 2), 0);
	KUNIT_EXPECT_EQ(test, luo_number_preserve(&luo_set, 1, 1), -ENOENT);
	KUNIT_EXPECT_EQ(test, luo_set.count, 0);
}

/*
 *	freeze 0 1 2 3 4 (5 fails)	unfreeze 4 3 2 1 0
 */
static void freeze_that_fails_is_undone_backwards(struct kunit *test)
{
	int i;

	KUNIT_ASSERT_EQ(test, luo_numbers_preserve(10), 0);
	luo_numbers[5].fail[FREEZE] = -EDOM;
	luo_forget_events();
	KUNIT_EXPECT_EQ(test, luo_fast_set_freeze(&luo_set), -EDOM);
	KUNIT_EXPECT_EQ(test, luo_nr_logged, 10);
	for (i = 0; i < 5; i++) {
		KUNIT_EXPECT_EQ(test, luo_when(FREEZE, i), i);
		KUNIT_EXPECT_EQ(test, luo_when(UNFREEZE, i), 9 - i);
	}

	luo_numbers[5].fail[FREEZE] = 0;
	luo_forget_events();
	KUNIT_EXPECT_EQ(test, luo_fast_set_freeze(&luo_set), 0);
	KUNIT_EXPECT_EQ(test, luo_nr_of[FREEZE], 10);
	luo_fast_set_unfreeze(&luo_set);
	KUNIT_EXPECT_EQ(test, luo_nr_of[UNFREEZE], 10);
}

static void records_are_in_the_order_of_preservation(struct kunit *test)
{
	struct luo_file_set_ser ser;
	struct kho_block_set_it it;
	struct luo_file_ser *file;
	int i;

	luo_number_need(3, 0);
	KUNIT_ASSERT_EQ(test, luo_numbers_preserve(NR_FILES), 0);
	KUNIT_ASSERT_EQ(test, luo_fast_set_freeze(&luo_set), 0);
	luo_fast_set_write(&luo_set, &ser);
	luo_fast_set_unfreeze(&luo_set);

	KUNIT_EXPECT_EQ(test, ser.count, NR_FILES);
	KUNIT_EXPECT_EQ(test, ser.files, kho_block_set_head_pa(&luo_set.blocks));
	kho_block_set_it_init(&it, &luo_set.blocks);
	for (i = 0; (file = kho_block_set_it_read_entry(&it)); i++) {
		KUNIT_EXPECT_EQ(test, file->token, i);
		KUNIT_EXPECT_EQ(test, file->data, i);
		KUNIT_EXPECT_STREQ(test, file->compatible, TEST_HANDLER);
	}
	KUNIT_EXPECT_EQ(test, i, NR_FILES);
}

#define NR_SESSIONS	48

/* Session i has the file i. */
static int create_sessions(struct file **files)
{
	struct luo_fast_session *session;
	int i, err;

	for (i = 0; i < NR_SESSIONS; i++) {
		char name[LIVEUPDATE_SESSION_NAME_LENGTH] = {};

		snprintf(name, sizeof(name), "luo-kunit-%d", i);
		files[i] = luo_fast_session_create(name);
		if (IS_ERR(files[i]))
			return PTR_ERR(files[i]);
		session = files[i]->private_data;
		guard(mutex)(&session->mutex);
		err = luo_number_preserve(&session->set, i, i);
		if (err)
			return err;
	}

	return 0;
}

static void close_sessions(struct file **files)
{
	int i;

	for (i = 0; i < NR_SESSIONS; i++)
		__fput_sync(files[i]);
}

/*
 * With all CPUs at it: the error is that of session 17, although 18 fails, too,
 * and whatever was frozen by then is not any more.
 */
static void sessions_freeze_all_or_none(struct kunit *test)
{
	static struct file *files[NR_SESSIONS];
	int i, trial;
	u64 pa = 1;

	KUNIT_ASSERT_EQ(test, create_sessions(files), 0);
	luo_numbers[17].fail[FREEZE] = -EDOM;
	luo_numbers[18].fail[FREEZE] = -ERANGE;
	luo_numbers[17].slow_ms = 10;
	for (trial = 0; trial < 20; trial++) {
		luo_forget_events();
		/* It fails after 17, or before. */
		luo_numbers[18].slow_ms = trial % 2 ? 30 : 0;
		KUNIT_EXPECT_EQ(test, luo_fast_serialize(&pa), -EDOM);
		KUNIT_EXPECT_EQ(test, pa, 0);
		KUNIT_EXPECT_GE(test, luo_nr_of[FREEZE], 17);
		KUNIT_EXPECT_EQ(test, luo_nr_of[UNFREEZE], luo_nr_of[FREEZE]);
		for (i = 1; i < 17; i++)
			KUNIT_EXPECT_GT(test, luo_when(UNFREEZE, i - 1),
					luo_when(UNFREEZE, i));
	}
	close_sessions(files);
	KUNIT_EXPECT_EQ(test, luo_fast_outgoing.count, 0);
}

static int set_next(const char *text)
{
	return luo_fast_next_set(text, strlen(text));
}

static void what_the_next_kernel_does_not_know_is_not_frozen(struct kunit *test)
{
	static struct file *files[NR_SESSIONS];
	u64 pa;

	KUNIT_ASSERT_EQ(test, create_sessions(files), 0);
	/* So that it ends here in any case. */
	luo_numbers[0].fail[FREEZE] = -EDOM;

	KUNIT_EXPECT_EQ(test, set_next(KHO_FDT_COMPATIBLE "\n"
				       LUO_ABI_COMPATIBLE "\n"), 0);
	KUNIT_EXPECT_EQ(test, luo_fast_serialize(&pa), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, set_next(KHO_FDT_COMPATIBLE "\n" TEST_HANDLER "\n"), 0);
	KUNIT_EXPECT_EQ(test, luo_fast_serialize(&pa), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, luo_nr_of[FREEZE], 0);

	KUNIT_EXPECT_EQ(test, set_next("zzz\n" LUO_ABI_COMPATIBLE "\n\n" TEST_HANDLER
				       "\n" KHO_FDT_COMPATIBLE "\n"
				       "liveupdate-test-flb-v0\n"
				       "liveupdate-test-flb-v1\n"
				       "liveupdate-test-flb-v2\n"), 0);
	KUNIT_EXPECT_EQ(test, luo_fast_serialize(&pa), -EDOM);
	KUNIT_EXPECT_EQ(test, set_next("\n"), 0);
	KUNIT_EXPECT_EQ(test, luo_fast_serialize(&pa), -EDOM);
	close_sessions(files);
}

static void file_is_retrieved_once(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, luo_numbers_adopt(3), 0);
	KUNIT_EXPECT_EQ(test, luo_number_adopt(3, 1), -EEXIST);
	KUNIT_EXPECT_EQ(test, luo_number_retrieve(1), 0);
	KUNIT_EXPECT_EQ(test, luo_number_retrieve(1), 0);
	KUNIT_EXPECT_EQ(test, luo_nr_of[RETRIEVE], 1);
	KUNIT_EXPECT_EQ(test, luo_number_retrieve(9), -ENOENT);
	/* It is known again, so it cannot be preserved. */
	KUNIT_EXPECT_EQ(test, luo_number_preserve(&luo_other_set, 1, 1), -EBUSY);
	KUNIT_EXPECT_EQ(test, luo_fast_set_finish(&luo_set), 0);
	KUNIT_EXPECT_EQ(test, luo_nr_of[FINISH], 3);
	KUNIT_EXPECT_LT(test, luo_when(FINISH, 2), luo_when(FINISH, 1));
	KUNIT_EXPECT_LT(test, luo_when(FINISH, 1), luo_when(FINISH, 0));
	KUNIT_EXPECT_EQ(test, luo_number_preserve(&luo_other_set, 1, 1), 0);
}

static void retrieval_that_failed_is_not_tried_again(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, luo_numbers_adopt(1), 0);
	luo_numbers[0].fail[RETRIEVE] = -EDOM;
	KUNIT_EXPECT_EQ(test, luo_number_retrieve(0), -EDOM);
	luo_numbers[0].fail[RETRIEVE] = 0;
	KUNIT_EXPECT_EQ(test, luo_number_retrieve(0), -EDOM);
	KUNIT_EXPECT_EQ(test, luo_nr_of[RETRIEVE], 0);
}

static void retrieval_gets_what_the_file_needs(struct kunit *test)
{
	luo_number_need(2, 1);
	luo_number_need(2, 0);
	luo_number_need(1, 0);
	KUNIT_ASSERT_EQ(test, luo_numbers_adopt(3), 0);
	KUNIT_EXPECT_EQ(test, luo_number_retrieve(2), 0);
	KUNIT_EXPECT_EQ(test, luo_when(RETRIEVE, 0), 0);
	KUNIT_EXPECT_EQ(test, luo_when(RETRIEVE, 1), 1);
	KUNIT_EXPECT_EQ(test, luo_when(RETRIEVE, 2), 2);
	KUNIT_EXPECT_EQ(test, luo_number_retrieve(0), 0);
	KUNIT_EXPECT_EQ(test, luo_nr_of[RETRIEVE], 3);
}

/*
 *	0 -> 1 -> 2 -> 0	3 -> 3	4 -> nowhere
 */
static void circles_of_needs_are_refused(struct kunit *test)
{
	luo_number_need(0, 1);
	luo_number_need(1, 2);
	luo_number_need(2, 0);
	luo_number_need(3, 3);
	luo_number_need(4, 63);
	KUNIT_ASSERT_EQ(test, luo_numbers_adopt(5), 0);
	KUNIT_EXPECT_EQ(test, luo_number_retrieve(1), -ELOOP);
	KUNIT_EXPECT_EQ(test, luo_number_retrieve(0), -ELOOP);
	KUNIT_EXPECT_EQ(test, luo_number_retrieve(3), -ELOOP);
	KUNIT_EXPECT_EQ(test, luo_number_retrieve(4), -ENOENT);
	KUNIT_EXPECT_EQ(test, luo_nr_of[RETRIEVE], 0);
}

static void retrieval_does_not_nest_without_end(struct kunit *test)
{
	int i;

	for (i = 1; i < NR_FILES; i++)
		luo_number_need(i, i - 1);
	KUNIT_ASSERT_EQ(test, luo_numbers_adopt(NR_FILES), 0);
	KUNIT_EXPECT_EQ(test, luo_number_retrieve(NR_FILES - 1), -ELOOP);
	/* One after the other it is no matter how many there are. */
	luo_fast_set_finish(&luo_set);
	luo_forget_events();
	KUNIT_ASSERT_EQ(test, luo_numbers_adopt(NR_FILES), 0);
	for (i = 0; i < NR_FILES; i++)
		KUNIT_EXPECT_EQ(test, luo_number_retrieve(i), 0);
}

static void finishing_is_all_or_nothing(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, luo_numbers_adopt(10), 0);
	luo_numbers[0].unready = true;
	KUNIT_EXPECT_EQ(test, luo_fast_set_finish(&luo_set), -EBUSY);
	KUNIT_EXPECT_EQ(test, luo_nr_of[FINISH], 0);
	KUNIT_EXPECT_EQ(test, luo_set.count, 10);
	luo_numbers[0].unready = false;
	KUNIT_EXPECT_EQ(test, luo_fast_set_finish(&luo_set), 0);
	KUNIT_EXPECT_EQ(test, luo_nr_of[FINISH], 10);
}

static void what_is_forgotten_is_not_finished(struct kunit *test)
{
	struct luo_file_ser unknown = { .compatible = "nobody's" };

	KUNIT_ASSERT_EQ(test, luo_numbers_adopt(10), 0);
	KUNIT_EXPECT_EQ(test, luo_fast_file_adopt(&luo_set, &unknown), -ENOENT);
	luo_fast_set_forget(&luo_set);
	KUNIT_EXPECT_EQ(test, luo_set.count, 0);
	KUNIT_EXPECT_EQ(test, luo_nr_logged, 0);
	KUNIT_EXPECT_NULL(test, luo_fast_find(&luo_set, 0));
}

static int flb_preserved, flb_unpreserved, flb_err;

static int test_flb_preserve(struct liveupdate_flb_op_args *args)
{
	if (flb_err)
		return flb_err;
	args->obj = args->flb;
	flb_preserved++;
	return 0;
}

static void test_flb_unpreserve(struct liveupdate_flb_op_args *args)
{
	flb_unpreserved++;
}

static int test_flb_retrieve(struct liveupdate_flb_op_args *args)
{
	return -EDOM;
}

static const struct liveupdate_flb_ops test_flb_ops = {
	.preserve	= test_flb_preserve,
	.unpreserve	= test_flb_unpreserve,
	.retrieve	= test_flb_retrieve,
	.finish		= test_flb_unpreserve,
	.owner		= THIS_MODULE,
};

static struct liveupdate_flb test_flb = {
	.ops = &test_flb_ops,
	.compatible = TEST_FLB,
};

static struct liveupdate_flb same_name = {
	.ops = &test_flb_ops,
	.compatible = TEST_FLB,
};

static void flb_lives_from_the_first_file_to_the_last(struct kunit *test)
{
	void *obj;

	flb_preserved = 0;
	flb_unpreserved = 0;
	KUNIT_ASSERT_EQ(test,
			liveupdate_register_flb(&luo_number_handler, &test_flb),
			0);
	KUNIT_EXPECT_EQ(test, liveupdate_register_flb(&luo_number_handler, &test_flb),
			-EEXIST);
	KUNIT_EXPECT_EQ(test, liveupdate_register_flb(&luo_number_handler, &same_name),
			-EEXIST);

	KUNIT_EXPECT_EQ(test, liveupdate_flb_get_outgoing(&test_flb, &obj),
			-ENOENT);
	KUNIT_EXPECT_EQ(test, luo_number_preserve(&luo_set, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, luo_number_preserve(&luo_other_set, 1, 1), 0);
	KUNIT_EXPECT_EQ(test, flb_preserved, 1);
	KUNIT_EXPECT_EQ(test, liveupdate_flb_get_outgoing(&test_flb, &obj), 0);
	KUNIT_EXPECT_PTR_EQ(test, obj, (void *)&test_flb);
	liveupdate_flb_put_outgoing(&test_flb);
	luo_fast_set_unpreserve(&luo_set);
	KUNIT_EXPECT_EQ(test, flb_unpreserved, 0);
	luo_fast_set_unpreserve(&luo_other_set);
	KUNIT_EXPECT_EQ(test, flb_unpreserved, 1);

	flb_err = -EDOM;
	KUNIT_EXPECT_EQ(test, luo_number_preserve(&luo_set, 0, 0), -EDOM);
	KUNIT_EXPECT_EQ(test, luo_nr_of[PRESERVE], 2);
	flb_err = 0;
	/* Nobody handed it over: no object, no underflow. */
	KUNIT_EXPECT_EQ(test, liveupdate_flb_get_incoming(&test_flb, &obj),
			-ENODATA);
	liveupdate_flb_put_incoming(&test_flb);
	liveupdate_unregister_flb(&luo_number_handler, &test_flb);
}

static int register_handler(struct kunit_suite *suite)
{
	/* The cases fail then, with that error. */
	if (liveupdate_enabled())
		return liveupdate_register_file_handler(&luo_number_handler);
	return 0;
}

static void unregister_handler(struct kunit_suite *suite)
{
	liveupdate_unregister_file_handler(&luo_number_handler);
}

static int open_if_enabled(struct kunit *test)
{
	if (!liveupdate_enabled())
		kunit_skip(test, "live update is off");
	return luo_numbers_open();
}

static void close_if_enabled(struct kunit *test)
{
	if (liveupdate_enabled())
		luo_numbers_close();
}

static struct kunit_case luo_fast_cases[] = {
	KUNIT_CASE(token_is_used_once_in_a_set),
	KUNIT_CASE(file_is_preserved_once),
	KUNIT_CASE(file_without_handler_is_refused),
	KUNIT_CASE(handler_that_refuses_leaves_nothing),
	KUNIT_CASE(sets_are_unpreserved_backwards),
	KUNIT_CASE(session_names_are_unique),
	KUNIT_CASE(files_freeze_in_the_order_of_preservation),
	KUNIT_CASE(what_needs_a_file_freezes_before_it),
	KUNIT_CASE(chains_of_needs_are_limited),
	KUNIT_CASE(needs_are_within_the_set_and_others),
	KUNIT_CASE(freeze_that_fails_is_undone_backwards),
	KUNIT_CASE(records_are_in_the_order_of_preservation),
	KUNIT_CASE(sessions_freeze_all_or_none),
	KUNIT_CASE(what_the_next_kernel_does_not_know_is_not_frozen),
	KUNIT_CASE(file_is_retrieved_once),
	KUNIT_CASE(retrieval_that_failed_is_not_tried_again),
	KUNIT_CASE(retrieval_gets_what_the_file_needs),
	KUNIT_CASE(circles_of_needs_are_refused),
	KUNIT_CASE(retrieval_does_not_nest_without_end),
	KUNIT_CASE(finishing_is_all_or_nothing),
	KUNIT_CASE(what_is_forgotten_is_not_finished),
	KUNIT_CASE(flb_lives_from_the_first_file_to_the_last),
	{}
};

static struct kunit_suite luo_fast_suite = {
	.name		= "luo_fast",
	.suite_init	= register_handler,
	.suite_exit	= unregister_handler,
	.init		= open_if_enabled,
	.exit		= close_if_enabled,
	.test_cases	= luo_fast_cases,
};
kunit_test_suite(luo_fast_suite);
