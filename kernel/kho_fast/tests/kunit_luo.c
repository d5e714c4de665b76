// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: KUnit tests of live update
 *
 * With a handler of its own, whose files are numbers: what is called for them, in
 * which order, and what happens when it says no. Records are tested in userspace
 * (tests/unit of the project), whole live updates in tests/e2e.
 */
#include <kunit/test.h>

#include <linux/anon_inodes.h>
#include <linux/delay.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kho/abi/kexec_handover.h>
#include <linux/liveupdate_deps.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "../luo/file.h"
#include "../luo/file_set.h"
#include "../luo/freeze.h"
#include "../luo/lookup.h"
#include "../luo/query.h"
#include "../luo/serialize.h"
#include "../luo/session.h"
#include "../luo/session_table.h"

#define NR_FILES	64
#define MAX_NEEDS	3
#define TEST_HANDLER	"luo-fast-kunit"
#define TEST_FLB	"luo-fast-kunit-flb"

enum event { PRESERVE, UNPRESERVE, FREEZE, UNFREEZE, RETRIEVE, FINISH, NR_EVENTS };

/**
 * struct number - A file of the test, and its number.
 * @file:      The file.
 * @fd:        It as a descriptor.
 * @needs:     Numbers of the files that it needs.
 * @nr_needs:  How many.
 * @fail:      What the callback of an event returns.
 * @unready:   What can_finish() does not allow.
 * @slow_ms:   How long freezing it takes.
 */
struct number {
	struct file	*file;
	int		fd;
	int		needs[MAX_NEEDS];
	int		nr_needs;
	int		fail[NR_EVENTS];
	bool		unready;
	int		slow_ms;
};

static struct number numbers[NR_FILES];
static struct luo_fast_set set, other_set;

/* What happened: the number of the file plus 100 times the event. */
static DEFINE_SPINLOCK(log_lock);
static int log_of_events[1024];
static int nr_logged, nr_of[NR_EVENTS];

static int happened(enum event event, int nr)
{
	guard(spinlock)(&log_lock);

	if (numbers[nr].fail[event])
		return numbers[nr].fail[event];
	if (nr_logged < ARRAY_SIZE(log_of_events))
		log_of_events[nr_logged++] = 100 * event + nr;
	nr_of[event]++;
	return 0;
}

/* When did it, counted in events? -1: never. */
static int when(enum event event, int nr)
{
	int i;

	for (i = 0; i < nr_logged; i++) {
		if (log_of_events[i] == 100 * event + nr)
			return i;
	}

	return -1;
}

static void forget_events(void)
{
	nr_logged = 0;
	memset(nr_of, 0, sizeof(nr_of));
}

static const struct file_operations number_fops = {
	.owner = THIS_MODULE,
};

static int number_of(struct file *file)
{
	return (struct number *)file->private_data - numbers;
}

static bool test_can_preserve(struct liveupdate_file_handler *fh,
			      struct file *file)
{
	return file->f_op == &number_fops;
}

static int test_preserve(struct liveupdate_file_op_args *args)
{
	const struct number *number = args->file->private_data;
	int i, err;

	for (i = 0; i < number->nr_needs; i++) {
		u64 token;

		err = liveupdate_get_token_outgoing(args,
						    numbers[number->needs[i]].file,
						    &token);
		if (err)
			return err;
		if (token != number->needs[i])
			return -EBADMSG;
	}
	args->serialized_data = number_of(args->file);
	return happened(PRESERVE, number_of(args->file));
}

static void test_unpreserve(struct liveupdate_file_op_args *args)
{
	happened(UNPRESERVE, number_of(args->file));
}

static int test_freeze(struct liveupdate_file_op_args *args)
{
	const struct number *number = args->file->private_data;

	if (number->slow_ms)
		msleep(number->slow_ms);
	return happened(FREEZE, number_of(args->file));
}

static void test_unfreeze(struct liveupdate_file_op_args *args)
{
	happened(UNFREEZE, number_of(args->file));
}

static int test_retrieve(struct liveupdate_file_op_args *args)
{
	struct number *number = &numbers[args->serialized_data];
	int i, err;

	for (i = 0; i < number->nr_needs; i++) {
		struct file *file;

		err = liveupdate_get_file_incoming(args, number->needs[i],
						   &file);
		if (err)
			return err;
		err = number_of(file) == number->needs[i] ? 0 : -EBADMSG;
		fput(file);
		if (err)
			return err;
	}

	err = happened(RETRIEVE, number - numbers);
	if (!err)
		args->file = get_file(number->file);
	return err;
}

static bool test_can_finish(struct liveupdate_file_op_args *args)
{
	return !numbers[args->serialized_data].unready;
}

static void test_finish(struct liveupdate_file_op_args *args)
{
	happened(FINISH, args->serialized_data);
}

static const struct liveupdate_file_ops test_ops = {
	.can_preserve	= test_can_preserve,
	.preserve	= test_preserve,
	.unpreserve	= test_unpreserve,
	.freeze		= test_freeze,
	.unfreeze	= test_unfreeze,
	.retrieve	= test_retrieve,
	.can_finish	= test_can_finish,
	.finish		= test_finish,
	.owner		= THIS_MODULE,
};

static struct liveupdate_file_handler test_handler = {
	.ops = &test_ops,
	.compatible = TEST_HANDLER,
};

static int preserve(struct luo_fast_set *where, int nr, u64 token)
{
	return luo_fast_file_preserve(where, token, numbers[nr].fd);
}

static int preserve_all(int nr)
{
	int i, err = 0;

	for (i = 0; i < nr && !err; i++)
		err = preserve(&set, i, i);
	return err;
}

static void need(int nr, int needed)
{
	numbers[nr].needs[numbers[nr].nr_needs++] = needed;
}

static int adopt(int nr, u64 token)
{
	struct luo_file_ser ser = {
		.compatible = TEST_HANDLER,
		.data = nr,
		.token = token,
	};

	return luo_fast_file_adopt(&set, &ser);
}

static int adopt_all(int nr)
{
	int i, err = 0;

	for (i = 0; i < nr && !err; i++)
		err = adopt(i, i);
	return err;
}

static int retrieve(u64 token)
{
	struct luo_fast_file *lf = luo_fast_find(&set, token);
	struct file *file;
	int err;

	if (!lf)
		return -ENOENT;

	err = luo_fast_file_retrieve(lf, &file);
	if (!err)
		fput(file);
	return err;
}

static void token_is_used_once_in_a_set(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, preserve(&set, 0, 7), 0);
	KUNIT_EXPECT_EQ(test, preserve(&set, 1, 7), -EEXIST);
	KUNIT_EXPECT_EQ(test, preserve(&other_set, 1, 7), 0);
	KUNIT_EXPECT_EQ(test, set.count, 1);
	KUNIT_EXPECT_EQ(test, nr_of[PRESERVE], 2);
	luo_fast_set_unpreserve(&set);
	KUNIT_EXPECT_EQ(test, preserve(&set, 0, 7), 0);
}

static void file_is_preserved_once(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, preserve(&set, 0, 1), 0);
	KUNIT_EXPECT_EQ(test, preserve(&set, 0, 2), -EBUSY);
	KUNIT_EXPECT_EQ(test, preserve(&other_set, 0, 1), -EBUSY);
	KUNIT_EXPECT_EQ(test, set.blocks.nblocks, 1);
	KUNIT_EXPECT_EQ(test, other_set.blocks.nblocks, 0);
	luo_fast_set_unpreserve(&set);
	KUNIT_EXPECT_EQ(test, preserve(&other_set, 0, 1), 0);
}

static void file_without_handler_is_refused(struct kunit *test)
{
	static const struct file_operations strange_fops = {};
	int fd = anon_inode_getfd("[luo-kunit]", &strange_fops, NULL, 0);

	KUNIT_ASSERT_GE(test, fd, 0);
	KUNIT_EXPECT_EQ(test, luo_fast_file_preserve(&set, 1, fd), -ENOENT);
	KUNIT_EXPECT_EQ(test, luo_fast_file_preserve(&set, 1, -1), -EBADF);
	KUNIT_EXPECT_EQ(test, set.blocks.nblocks, 0);
	close_fd(fd);
}

static void handler_that_refuses_leaves_nothing(struct kunit *test)
{
	need(1, 0);
	numbers[1].fail[PRESERVE] = -EDOM;
	KUNIT_EXPECT_EQ(test, preserve(&set, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, preserve(&set, 1, 1), -EDOM);
	KUNIT_EXPECT_EQ(test, luo_fast_find(&set, 0)->dependents, 0);
	KUNIT_EXPECT_NULL(test, luo_fast_find(&set, 1));
	KUNIT_EXPECT_EQ(test, set.count, 1);

	numbers[1].fail[PRESERVE] = 0;
	KUNIT_EXPECT_EQ(test, preserve(&set, 1, 1), 0);
	KUNIT_EXPECT_EQ(test, luo_fast_find(&set, 0)->dependents, 1);
}

static void sets_are_unpreserved_backwards(struct kunit *test)
{
	int i;

	KUNIT_ASSERT_EQ(test, preserve_all(NR_FILES), 0);
	luo_fast_set_unpreserve(&set);
	for (i = 1; i < NR_FILES; i++)
		KUNIT_EXPECT_LT(test, when(UNPRESERVE, i),
				when(UNPRESERVE, i - 1));
	KUNIT_EXPECT_EQ(test, nr_of[UNPRESERVE], NR_FILES);
	KUNIT_EXPECT_EQ(test, set.blocks.nblocks, 0);
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

	KUNIT_ASSERT_EQ(test, preserve_all(10), 0);
	forget_events();
	KUNIT_EXPECT_EQ(test, luo_fast_set_freeze(&set), 0);
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, when(FREEZE, i), i);
	luo_fast_set_unfreeze(&set);
}

/* Random needs; some are refused, as the chain would be too long. */
static void what_needs_a_file_freezes_before_it(struct kunit *test)
{
	struct rnd_state rnd;
	int i, n;

	prandom_seed_state(&rnd, 5);
	for (i = 0; i < NR_FILES; i++) {
		for (n = prandom_u32_state(&rnd) % (MAX_NEEDS + 1); i && n; n--)
			need(i, prandom_u32_state(&rnd) % i);
		while (preserve(&set, i, i) == -ELOOP)
			numbers[i].nr_needs--;
	}
	KUNIT_ASSERT_EQ(test, set.count, NR_FILES);
	KUNIT_ASSERT_EQ(test, luo_fast_set_freeze(&set), 0);
	luo_fast_set_unfreeze(&set);
	luo_fast_set_unpreserve(&set);

	KUNIT_EXPECT_EQ(test, nr_of[FREEZE], NR_FILES);
	KUNIT_EXPECT_EQ(test, nr_of[UNFREEZE], NR_FILES);
	for (i = 0; i < NR_FILES; i++) {
		for (n = 0; n < numbers[i].nr_needs; n++) {
			int on = numbers[i].needs[n];

			KUNIT_EXPECT_LT(test, when(FREEZE, i), when(FREEZE, on));
			KUNIT_EXPECT_GT(test, when(UNFREEZE, i),
					when(UNFREEZE, on));
			KUNIT_EXPECT_LT(test, when(UNPRESERVE, i),
					when(UNPRESERVE, on));
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
		need(i, i - 1);
	KUNIT_EXPECT_EQ(test, preserve_all(LUO_FAST_MAX_DEPTH), 0);
	KUNIT_EXPECT_EQ(test, preserve(&set, LUO_FAST_MAX_DEPTH, 99), -ELOOP);
	KUNIT_EXPECT_EQ(test, set.count, LUO_FAST_MAX_DEPTH);
}

static void needs_are_within_the_set_and_others(struct kunit *test)
{
	need(0, 0);
	KUNIT_EXPECT_EQ(test, preserve(&set, 0, 0), -ELOOP);
	need(1, 2);
	KUNIT_EXPECT_EQ(test, preserve(&set, 1, 1), -ENOENT);
	KUNIT_EXPECT_EQ(test, preserve(&other_set, 2, 2), 0);
	KUNIT_EXPECT_EQ(test, preserve(&set, 1, 1), -ENOENT);
	KUNIT_EXPECT_EQ(test, set.count, 0);
}

/*
 *	freeze 0 1 2 3 4 (5 fails)	unfreeze 4 3 2 1 0
 */
static void freeze_that_fails_is_undone_backwards(struct kunit *test)
{
	int i;

	KUNIT_ASSERT_EQ(test, preserve_all(10), 0);
	numbers[5].fail[FREEZE] = -EDOM;
	forget_events();
	KUNIT_EXPECT_EQ(test, luo_fast_set_freeze(&set), -EDOM);
	KUNIT_EXPECT_EQ(test, nr_logged, 10);
	for (i = 0; i < 5; i++) {
		KUNIT_EXPECT_EQ(test, when(FREEZE, i), i);
		KUNIT_EXPECT_EQ(test, when(UNFREEZE, i), 9 - i);
	}

	numbers[5].fail[FREEZE] = 0;
	forget_events();
	KUNIT_EXPECT_EQ(test, luo_fast_set_freeze(&set), 0);
	KUNIT_EXPECT_EQ(test, nr_of[FREEZE], 10);
	luo_fast_set_unfreeze(&set);
	KUNIT_EXPECT_EQ(test, nr_of[UNFREEZE], 10);
}

static void records_are_in_the_order_of_preservation(struct kunit *test)
{
	struct luo_file_set_ser ser;
	struct kho_block_set_it it;
	struct luo_file_ser *file;
	int i;

	need(3, 0);
	KUNIT_ASSERT_EQ(test, preserve_all(NR_FILES), 0);
	KUNIT_ASSERT_EQ(test, luo_fast_set_freeze(&set), 0);
	luo_fast_set_write(&set, &ser);
	luo_fast_set_unfreeze(&set);

	KUNIT_EXPECT_EQ(test, ser.count, NR_FILES);
	KUNIT_EXPECT_EQ(test, ser.files, kho_block_set_head_pa(&set.blocks));
	kho_block_set_it_init(&it, &set.blocks);
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
		err = preserve(&session->set, i, i);
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
	numbers[17].fail[FREEZE] = -EDOM;
	numbers[18].fail[FREEZE] = -ERANGE;
	numbers[17].slow_ms = 10;
	for (trial = 0; trial < 20; trial++) {
		forget_events();
		/* It fails after 17, or before. */
		numbers[18].slow_ms = trial % 2 ? 30 : 0;
		KUNIT_EXPECT_EQ(test, luo_fast_serialize(&pa), -EDOM);
		KUNIT_EXPECT_EQ(test, pa, 0);
		KUNIT_EXPECT_GE(test, nr_of[FREEZE], 17);
		KUNIT_EXPECT_EQ(test, nr_of[UNFREEZE], nr_of[FREEZE]);
		for (i = 1; i < 17; i++)
			KUNIT_EXPECT_GT(test, when(UNFREEZE, i - 1),
					when(UNFREEZE, i));
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
	numbers[0].fail[FREEZE] = -EDOM;

	KUNIT_EXPECT_EQ(test, set_next(KHO_FDT_COMPATIBLE "\n" LUO_ABI_COMPATIBLE "\n"), 0);
	KUNIT_EXPECT_EQ(test, luo_fast_serialize(&pa), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, set_next(KHO_FDT_COMPATIBLE "\n" TEST_HANDLER "\n"), 0);
	KUNIT_EXPECT_EQ(test, luo_fast_serialize(&pa), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, nr_of[FREEZE], 0);

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
	KUNIT_ASSERT_EQ(test, adopt_all(3), 0);
	KUNIT_EXPECT_EQ(test, adopt(3, 1), -EEXIST);
	KUNIT_EXPECT_EQ(test, retrieve(1), 0);
	KUNIT_EXPECT_EQ(test, retrieve(1), 0);
	KUNIT_EXPECT_EQ(test, nr_of[RETRIEVE], 1);
	KUNIT_EXPECT_EQ(test, retrieve(9), -ENOENT);
	/* It is known again, so it cannot be preserved. */
	KUNIT_EXPECT_EQ(test, preserve(&other_set, 1, 1), -EBUSY);
	KUNIT_EXPECT_EQ(test, luo_fast_set_finish(&set), 0);
	KUNIT_EXPECT_EQ(test, nr_of[FINISH], 3);
	KUNIT_EXPECT_LT(test, when(FINISH, 2), when(FINISH, 1));
	KUNIT_EXPECT_LT(test, when(FINISH, 1), when(FINISH, 0));
	KUNIT_EXPECT_EQ(test, preserve(&other_set, 1, 1), 0);
}

static void retrieval_that_failed_is_not_tried_again(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, adopt_all(1), 0);
	numbers[0].fail[RETRIEVE] = -EDOM;
	KUNIT_EXPECT_EQ(test, retrieve(0), -EDOM);
	numbers[0].fail[RETRIEVE] = 0;
	KUNIT_EXPECT_EQ(test, retrieve(0), -EDOM);
	KUNIT_EXPECT_EQ(test, nr_of[RETRIEVE], 0);
}

static void retrieval_gets_what_the_file_needs(struct kunit *test)
{
	need(2, 1);
	need(2, 0);
	need(1, 0);
	KUNIT_ASSERT_EQ(test, adopt_all(3), 0);
	KUNIT_EXPECT_EQ(test, retrieve(2), 0);
	KUNIT_EXPECT_EQ(test, when(RETRIEVE, 0), 0);
	KUNIT_EXPECT_EQ(test, when(RETRIEVE, 1), 1);
	KUNIT_EXPECT_EQ(test, when(RETRIEVE, 2), 2);
	KUNIT_EXPECT_EQ(test, retrieve(0), 0);
	KUNIT_EXPECT_EQ(test, nr_of[RETRIEVE], 3);
}

/*
 *	0 -> 1 -> 2 -> 0	3 -> 3	4 -> nowhere
 */
static void circles_of_needs_are_refused(struct kunit *test)
{
	need(0, 1);
	need(1, 2);
	need(2, 0);
	need(3, 3);
	need(4, 63);
	KUNIT_ASSERT_EQ(test, adopt_all(5), 0);
	KUNIT_EXPECT_EQ(test, retrieve(1), -ELOOP);
	KUNIT_EXPECT_EQ(test, retrieve(0), -ELOOP);
	KUNIT_EXPECT_EQ(test, retrieve(3), -ELOOP);
	KUNIT_EXPECT_EQ(test, retrieve(4), -ENOENT);
	KUNIT_EXPECT_EQ(test, nr_of[RETRIEVE], 0);
}

static void retrieval_does_not_nest_without_end(struct kunit *test)
{
	int i;

	for (i = 1; i < NR_FILES; i++)
		need(i, i - 1);
	KUNIT_ASSERT_EQ(test, adopt_all(NR_FILES), 0);
	KUNIT_EXPECT_EQ(test, retrieve(NR_FILES - 1), -ELOOP);
	/* One after the other it is no matter how many there are. */
	luo_fast_set_finish(&set);
	forget_events();
	KUNIT_ASSERT_EQ(test, adopt_all(NR_FILES), 0);
	for (i = 0; i < NR_FILES; i++)
		KUNIT_EXPECT_EQ(test, retrieve(i), 0);
}

static void finishing_is_all_or_nothing(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, adopt_all(10), 0);
	numbers[0].unready = true;
	KUNIT_EXPECT_EQ(test, luo_fast_set_finish(&set), -EBUSY);
	KUNIT_EXPECT_EQ(test, nr_of[FINISH], 0);
	KUNIT_EXPECT_EQ(test, set.count, 10);
	numbers[0].unready = false;
	KUNIT_EXPECT_EQ(test, luo_fast_set_finish(&set), 0);
	KUNIT_EXPECT_EQ(test, nr_of[FINISH], 10);
}

static void what_is_forgotten_is_not_finished(struct kunit *test)
{
	struct luo_file_ser unknown = { .compatible = "nobody's" };

	KUNIT_ASSERT_EQ(test, adopt_all(10), 0);
	KUNIT_EXPECT_EQ(test, luo_fast_file_adopt(&set, &unknown), -ENOENT);
	luo_fast_set_forget(&set);
	KUNIT_EXPECT_EQ(test, set.count, 0);
	KUNIT_EXPECT_EQ(test, nr_logged, 0);
	KUNIT_EXPECT_NULL(test, luo_fast_find(&set, 0));
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
	KUNIT_ASSERT_EQ(test, liveupdate_register_flb(&test_handler, &test_flb), 0);
	KUNIT_EXPECT_EQ(test, liveupdate_register_flb(&test_handler, &test_flb),
			-EEXIST);
	KUNIT_EXPECT_EQ(test, liveupdate_register_flb(&test_handler, &same_name),
			-EEXIST);

	KUNIT_EXPECT_EQ(test, liveupdate_flb_get_outgoing(&test_flb, &obj),
			-ENOENT);
	KUNIT_EXPECT_EQ(test, preserve(&set, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, preserve(&other_set, 1, 1), 0);
	KUNIT_EXPECT_EQ(test, flb_preserved, 1);
	KUNIT_EXPECT_EQ(test, liveupdate_flb_get_outgoing(&test_flb, &obj), 0);
	KUNIT_EXPECT_PTR_EQ(test, obj, (void *)&test_flb);
	liveupdate_flb_put_outgoing(&test_flb);
	luo_fast_set_unpreserve(&set);
	KUNIT_EXPECT_EQ(test, flb_unpreserved, 0);
	luo_fast_set_unpreserve(&other_set);
	KUNIT_EXPECT_EQ(test, flb_unpreserved, 1);

	flb_err = -EDOM;
	KUNIT_EXPECT_EQ(test, preserve(&set, 0, 0), -EDOM);
	KUNIT_EXPECT_EQ(test, nr_of[PRESERVE], 2);
	flb_err = 0;
	/* Nobody handed it over: no object, no underflow. */
	KUNIT_EXPECT_EQ(test, liveupdate_flb_get_incoming(&test_flb, &obj),
			-ENODATA);
	liveupdate_flb_put_incoming(&test_flb);
	liveupdate_unregister_flb(&test_handler, &test_flb);
}

static int open_numbers(struct kunit *test)
{
	int i;

	forget_events();
	luo_fast_set_init(&set);
	luo_fast_set_init(&other_set);
	memset(numbers, 0, sizeof(numbers));
	for (i = 0; i < NR_FILES; i++) {
		int fd = anon_inode_getfd("[luo-kunit]", &number_fops,
					  &numbers[i], O_RDWR);

		if (fd < 0)
			return fd;
		numbers[i].fd = fd;
		numbers[i].file = fget(fd);
	}

	return 0;
}

static void close_numbers(struct kunit *test)
{
	int i;

	/* Those that were adopted were never to be unpreserved. */
	if (set.blocks.nblocks)
		luo_fast_set_unpreserve(&set);
	else
		luo_fast_set_forget(&set);
	luo_fast_set_unpreserve(&other_set);
	for (i = 0; i < NR_FILES; i++) {
		fput(numbers[i].file);
		close_fd(numbers[i].fd);
	}
}

static int register_handler(struct kunit_suite *suite)
{
	/* The cases fail then, with that error. */
	if (liveupdate_enabled())
		return liveupdate_register_file_handler(&test_handler);
	return 0;
}

static void unregister_handler(struct kunit_suite *suite)
{
	liveupdate_unregister_file_handler(&test_handler);
}

static int open_if_enabled(struct kunit *test)
{
	if (!liveupdate_enabled())
		kunit_skip(test, "live update is off");
	return open_numbers(test);
}

static void close_if_enabled(struct kunit *test)
{
	if (liveupdate_enabled())
		close_numbers(test);
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
