// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: KUnit test of FLBs
 *
 * Life of an FLB of the test handler (luo_numbers.c), and who uses it.
 */
#include <kunit/test.h>

#include <linux/kho/abi/luo.h>
#include <linux/liveupdate.h>
#include <linux/liveupdate_deps.h>
#include <linux/module.h>
#include <linux/refcount.h>
#include <linux/string.h>

#include "../luo/file.h"
#include "../luo/flb.h"
#include "../luo/lookup.h"
#include "kunit_luo.h"
#include "luo_numbers.h"

#define LUO_TEST_FLB	"luo-fast-kunit-flb"

static int luo_test_flb_preserved, luo_test_flb_unpreserved, luo_test_flb_err;

static int luo_test_flb_preserve(struct liveupdate_flb_op_args *args)
{
	if (luo_test_flb_err)
		return luo_test_flb_err;
	args->obj = args->flb;
	luo_test_flb_preserved++;
	return 0;
}

static void luo_test_flb_unpreserve(struct liveupdate_flb_op_args *args)
{
	luo_test_flb_unpreserved++;
}

static int luo_test_flb_retrieve(struct liveupdate_flb_op_args *args)
{
	args->obj = args->flb;
	return 0;
}

static const struct liveupdate_flb_ops luo_test_flb_ops = {
	.preserve	= luo_test_flb_preserve,
	.unpreserve	= luo_test_flb_unpreserve,
	.retrieve	= luo_test_flb_retrieve,
	.finish		= luo_test_flb_unpreserve,
	.owner		= THIS_MODULE,
};

static struct liveupdate_flb luo_test_flb = {
	.ops = &luo_test_flb_ops,
	.compatible = LUO_TEST_FLB,
};

static struct liveupdate_flb luo_test_flb_twin = {
	.ops = &luo_test_flb_ops,
	.compatible = LUO_TEST_FLB,
};

/* Outgoing files and references of the FLB */
static unsigned int luo_test_flb_count(void)
{
	return refcount_read(&luo_fast_flb_priv(&luo_test_flb)->outgoing.count);
}

void luo_test_flb_lives_from_the_first_file_to_the_last(struct kunit *test)
{
	struct liveupdate_file_handler *fh = &luo_test_handler;
	void *obj;

	luo_test_flb_preserved = 0;
	luo_test_flb_unpreserved = 0;
	KUNIT_ASSERT_EQ(test, liveupdate_register_flb(fh, &luo_test_flb), 0);
	KUNIT_EXPECT_EQ(test, liveupdate_register_flb(fh, &luo_test_flb),
			-EEXIST);
	KUNIT_EXPECT_EQ(test, liveupdate_register_flb(fh, &luo_test_flb_twin),
			-EEXIST);

	KUNIT_EXPECT_EQ(test, liveupdate_flb_get_outgoing(&luo_test_flb, &obj),
			-ENOENT);
	KUNIT_EXPECT_EQ(test, luo_test_preserve(&luo_test_set, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, luo_test_preserve(&luo_test_other, 1, 1), 0);
	KUNIT_EXPECT_EQ(test, luo_test_flb_preserved, 1);
	KUNIT_EXPECT_EQ(test, liveupdate_flb_get_outgoing(&luo_test_flb, &obj),
			0);
	KUNIT_EXPECT_PTR_EQ(test, obj, (void *)&luo_test_flb);
	liveupdate_flb_put_outgoing(&luo_test_flb);
	KUNIT_EXPECT_EQ(test, luo_test_unpreserve(0), 0);
	KUNIT_EXPECT_EQ(test, luo_test_flb_unpreserved, 0);
	KUNIT_EXPECT_EQ(test, luo_test_flb_count(), 1);
	luo_fast_file_set_unpreserve(&luo_test_other);
	KUNIT_EXPECT_EQ(test, luo_test_flb_unpreserved, 1);

	luo_test_flb_err = -EDOM;
	KUNIT_EXPECT_EQ(test, luo_test_preserve(&luo_test_set, 0, 0), -EDOM);
	KUNIT_EXPECT_EQ(test, luo_test_nr_of[LUO_EV_PRESERVE], 2);
	luo_test_flb_err = 0;
	/* Not in the handover: no object, no underflow. */
	KUNIT_EXPECT_EQ(test, liveupdate_flb_get_incoming(&luo_test_flb, &obj),
			-ENODATA);
	liveupdate_flb_put_incoming(&luo_test_flb);
	liveupdate_unregister_flb(fh, &luo_test_flb);
}

/* File 0 is preserved before the FLB is registered, file 1 while it is. */
void luo_test_flb_belongs_to_the_files_that_took_it(struct kunit *test)
{
	struct liveupdate_file_handler *fh = &luo_test_handler;

	luo_test_flb_preserved = 0;
	luo_test_flb_unpreserved = 0;
	KUNIT_ASSERT_EQ(test, luo_test_preserve(&luo_test_set, 0, 0), 0);
	KUNIT_ASSERT_EQ(test, liveupdate_register_flb(fh, &luo_test_flb), 0);
	KUNIT_ASSERT_EQ(test, luo_test_preserve(&luo_test_other, 1, 1), 0);
	KUNIT_EXPECT_EQ(test, luo_test_flb_count(), 1);

	luo_fast_file_set_unpreserve(&luo_test_set);
	KUNIT_EXPECT_EQ(test, luo_test_flb_count(), 1);
	KUNIT_EXPECT_EQ(test, luo_test_flb_unpreserved, 0);

	liveupdate_unregister_flb(fh, &luo_test_flb);
	KUNIT_EXPECT_EQ(test, luo_test_preserve(&luo_test_set, 2, 2), 0);
	KUNIT_EXPECT_EQ(test, luo_test_flb_count(), 1);
	luo_fast_file_set_unpreserve(&luo_test_other);
	KUNIT_EXPECT_EQ(test, luo_test_flb_unpreserved, 1);
	luo_fast_file_set_unpreserve(&luo_test_set);
	KUNIT_EXPECT_EQ(test, luo_test_flb_unpreserved, 1);
	KUNIT_EXPECT_EQ(test, luo_test_flb_count(), 0);
}

/* As after a kexec: the record was read; it says that one file used the FLB. */
static void luo_test_flb_hand_over(void)
{
	struct luo_flb_private_state *state =
		&luo_fast_flb_priv(&luo_test_flb)->incoming;

	state->finished = false;
	state->retrieve_status = 0;
	refcount_set(&state->count, 1);
	luo_fast_flb_set_files_known();
}

static int luo_test_deserialize_of(struct luo_fast_file_set *where,
				   const struct liveupdate_file_handler *fh,
				   int nr)
{
	struct luo_file_ser ser = { .data = nr, .token = nr };

	strscpy(ser.compatible, fh->compatible);
	return luo_fast_file_deserialize(where, &ser);
}

/* In this kernel a second handler uses the FLB, too. */
void luo_test_flb_is_finished_after_its_last_user(struct kunit *test)
{
	static struct liveupdate_file_handler second = {
		.ops = &luo_number_ops,
		.compatible = LUO_TEST_HANDLER "-2",
	};
	void *obj;

	KUNIT_ASSERT_EQ(test, liveupdate_register_file_handler(&second), 0);
	KUNIT_ASSERT_EQ(test, liveupdate_register_flb(&luo_test_handler,
						      &luo_test_flb), 0);
	KUNIT_ASSERT_EQ(test, liveupdate_register_flb(&second, &luo_test_flb),
			0);
	luo_test_flb_unpreserved = 0;
	luo_test_flb_hand_over();

	KUNIT_EXPECT_EQ(test, luo_test_deserialize_of(&luo_test_set,
						      &luo_test_handler, 0), 0);
	KUNIT_EXPECT_EQ(test, luo_test_deserialize_of(&luo_test_other,
						      &second, 1), 0);
	KUNIT_EXPECT_EQ(test, luo_test_deserialize_of(&luo_test_other,
						      &second, 2), 0);
	KUNIT_EXPECT_EQ(test, liveupdate_flb_get_incoming(&luo_test_flb, &obj),
			0);
	liveupdate_flb_put_incoming(&luo_test_flb);
	KUNIT_EXPECT_EQ(test, luo_fast_file_set_finish(&luo_test_other), 0);
	KUNIT_EXPECT_EQ(test, luo_test_flb_unpreserved, 0);
	KUNIT_EXPECT_EQ(test, liveupdate_flb_get_incoming(&luo_test_flb, &obj),
			0);
	KUNIT_EXPECT_EQ(test, luo_fast_file_set_finish(&luo_test_set), 0);
	KUNIT_EXPECT_EQ(test, luo_test_flb_unpreserved, 0);
	liveupdate_flb_put_incoming(&luo_test_flb);
	KUNIT_EXPECT_EQ(test, luo_test_flb_unpreserved, 1);
	KUNIT_EXPECT_EQ(test, liveupdate_flb_get_incoming(&luo_test_flb, &obj),
			-ENODATA);

	liveupdate_unregister_file_handler(&second);
	liveupdate_unregister_flb(&luo_test_handler, &luo_test_flb);
}

/* A session that cannot be loaded yet may have files that use the FLB. */
void luo_test_flb_waits_for_unknown_files(struct kunit *test)
{
	void *obj;

	KUNIT_ASSERT_EQ(test, liveupdate_register_flb(&luo_test_handler,
						      &luo_test_flb), 0);
	luo_test_flb_unpreserved = 0;
	luo_test_flb_hand_over();
	luo_fast_flb_add_unknown();

	KUNIT_EXPECT_EQ(test, luo_test_deserialize_of(&luo_test_set,
						      &luo_test_handler, 0), 0);
	KUNIT_EXPECT_EQ(test, liveupdate_flb_get_incoming(&luo_test_flb, &obj),
			0);
	liveupdate_flb_put_incoming(&luo_test_flb);
	KUNIT_EXPECT_EQ(test, luo_fast_file_set_finish(&luo_test_set), 0);
	KUNIT_EXPECT_EQ(test, luo_test_flb_unpreserved, 0);
	luo_fast_flb_del_unknown();
	KUNIT_EXPECT_EQ(test, luo_test_flb_unpreserved, 1);

	liveupdate_unregister_flb(&luo_test_handler, &luo_test_flb);
}

/* Built-in code has no module that its files could keep. */
void luo_test_flb_handler_leaves_before_its_files(struct kunit *test)
{
	static struct liveupdate_file_handler third = {
		.ops = &luo_number_ops,
		.compatible = LUO_TEST_HANDLER "-3",
	};

	KUNIT_ASSERT_EQ(test, liveupdate_register_file_handler(&third), 0);
	KUNIT_ASSERT_EQ(test, liveupdate_register_flb(&third, &luo_test_flb),
			0);
	luo_test_flb_unpreserved = 0;
	luo_test_flb_hand_over();
	KUNIT_EXPECT_EQ(test, luo_test_deserialize_of(&luo_test_set, &third, 0),
			0);
	KUNIT_EXPECT_EQ(test, luo_test_deserialize_of(&luo_test_other, &third,
						      1), 0);

	liveupdate_unregister_file_handler(&third);
	KUNIT_EXPECT_EQ(test, luo_fast_file_set_finish(&luo_test_set), 0);
	/* It comes back, without these files. */
	KUNIT_ASSERT_EQ(test, liveupdate_register_file_handler(&third), 0);
	KUNIT_ASSERT_EQ(test, liveupdate_register_flb(&third, &luo_test_flb),
			0);
	KUNIT_EXPECT_EQ(test, luo_fast_file_set_finish(&luo_test_other), 0);
	KUNIT_EXPECT_FALSE(test, luo_fast_flb_in_use(&luo_test_flb));
	KUNIT_EXPECT_EQ(test, luo_test_flb_unpreserved, 0);
	liveupdate_unregister_file_handler(&third);
}

/* The console has no warning, which could panic the host. */
void luo_test_misuse_is_refused_without_a_warning(struct kunit *test)
{
	static const struct liveupdate_flb_ops half = { .owner = THIS_MODULE };
	struct liveupdate_flb unusable = {
		.ops = &half,
		.compatible = LUO_TEST_FLB "-half",
	};
	struct liveupdate_file_handler stranger = {
		.ops = &luo_number_ops,
		.compatible = LUO_TEST_HANDLER "-4",
	};
	struct luo_fast_op op;
	u64 token;

	KUNIT_EXPECT_EQ(test, liveupdate_register_flb(&luo_test_handler,
						      &unusable), -EINVAL);
	KUNIT_EXPECT_EQ(test, liveupdate_register_flb(&stranger, &luo_test_flb),
			-EINVAL);
	liveupdate_flb_put_outgoing(&luo_test_flb);

	KUNIT_ASSERT_EQ(test, luo_test_preserve(&luo_test_set, 0, 0), 0);
	op = luo_fast_file_op(luo_fast_file_find(&luo_test_set, 0));
	KUNIT_EXPECT_EQ(test, liveupdate_get_token_outgoing(&op.args,
							    luo_numbers[1].file,
							    &token), -EINVAL);
}
