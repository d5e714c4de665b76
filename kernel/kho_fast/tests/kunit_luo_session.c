// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: KUnit tests of sessions
 *
 * Names, the parallel freeze, the list of formats of the next kernel, and
 * sessions of the previous one. Each session has one file of luo_numbers.c.
 */
#include <kunit/test.h>

#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kho/abi/kexec_handover.h>
#include <linux/kho/abi/luo.h>
#include <linux/kho_block.h>
#include <linux/liveupdate.h>
#include <linux/mutex.h>
#include <linux/string.h>

#include "../luo/flb.h"
#include "../luo/query.h"
#include "../luo/serialize.h"
#include "../luo/session.h"
#include "../luo/session_table.h"
#include "../luo/unretrieved.h"
#include "kunit_luo.h"
#include "luo_numbers.h"

void luo_test_session_names_are_unique(struct kunit *test)
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
	KUNIT_EXPECT_EQ(test, PTR_ERR(luo_fast_session_retrieve(name)),
			-ENOENT);
}

#define LUO_TEST_SESSIONS	48

/* Session i has file i. */
static int luo_test_create_sessions(struct file **files)
{
	struct luo_fast_session *session;
	int i, err;

	for (i = 0; i < LUO_TEST_SESSIONS; i++) {
		char name[LIVEUPDATE_SESSION_NAME_LENGTH] = {};

		snprintf(name, sizeof(name), "luo-kunit-%d", i);
		files[i] = luo_fast_session_create(name);
		if (IS_ERR(files[i]))
			return PTR_ERR(files[i]);
		session = files[i]->private_data;
		guard(mutex)(&session->mutex);
		err = luo_test_preserve(&session->file_set, i, i);
		if (err)
			return err;
	}

	return 0;
}

static void luo_test_close_sessions(struct file **files)
{
	int i;

	for (i = 0; i < LUO_TEST_SESSIONS; i++)
		__fput_sync(files[i]);
}

/*
 * On all CPUs: sessions 17 and 18 fail. The error is that of 17, and all frozen
 * sessions are unfrozen.
 */
void luo_test_sessions_freeze_all_or_none(struct kunit *test)
{
	static struct file *files[LUO_TEST_SESSIONS];
	int i, trial;
	u64 pa = 1;

	KUNIT_ASSERT_EQ(test, luo_test_create_sessions(files), 0);
	luo_numbers[17].fail[LUO_EV_FREEZE] = -EDOM;
	luo_numbers[18].fail[LUO_EV_FREEZE] = -ERANGE;
	luo_numbers[17].slow_ms = 10;
	for (trial = 0; trial < 20; trial++) {
		luo_test_reset_events();
		/* 18 fails after or before 17. */
		luo_numbers[18].slow_ms = trial % 2 ? 30 : 0;
		KUNIT_EXPECT_EQ(test, luo_fast_serialize(NULL, &pa), -EDOM);
		KUNIT_EXPECT_EQ(test, pa, 0);
		KUNIT_EXPECT_GE(test, luo_test_nr_of[LUO_EV_FREEZE], 17);
		KUNIT_EXPECT_EQ(test, luo_test_nr_of[LUO_EV_UNFREEZE],
				luo_test_nr_of[LUO_EV_FREEZE]);
		for (i = 1; i < 17; i++)
			KUNIT_EXPECT_GT(test,
					luo_test_when(LUO_EV_UNFREEZE, i - 1),
					luo_test_when(LUO_EV_UNFREEZE, i));
	}
	luo_test_close_sessions(files);
	KUNIT_EXPECT_EQ(test, luo_fast_outgoing.count, 0);
}

static int luo_test_set_next(const char *text)
{
	return luo_fast_set_next_list(text, strlen(text));
}

void luo_test_unknown_format_is_not_frozen(struct kunit *test)
{
	static struct file *files[LUO_TEST_SESSIONS];
	u64 pa;

	KUNIT_ASSERT_EQ(test, luo_test_create_sessions(files), 0);
	/* Makes every freeze fail, so that it is undone. */
	luo_numbers[0].fail[LUO_EV_FREEZE] = -EDOM;

	KUNIT_EXPECT_EQ(test,
			luo_test_set_next(KHO_FDT_COMPATIBLE
					  "\n" LUO_ABI_COMPATIBLE "\n"),
			0);
	KUNIT_EXPECT_EQ(test, luo_fast_serialize(NULL, &pa), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test,
			luo_test_set_next(KHO_FDT_COMPATIBLE
					  "\n" LUO_TEST_HANDLER "\n"),
			0);
	KUNIT_EXPECT_EQ(test, luo_fast_serialize(NULL, &pa), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, luo_test_nr_of[LUO_EV_FREEZE], 0);

	KUNIT_EXPECT_EQ(test,
			luo_test_set_next("zzz\n" LUO_ABI_COMPATIBLE
					  "\n\n" LUO_TEST_HANDLER
					  "\n" KHO_FDT_COMPATIBLE "\n"
					  "liveupdate-test-flb-v0\n"
					  "liveupdate-test-flb-v1\n"
					  "liveupdate-test-flb-v2\n"),
			0);
	KUNIT_EXPECT_EQ(test, luo_fast_serialize(NULL, &pa), -EDOM);
	KUNIT_EXPECT_EQ(test, luo_test_set_next("\n"), 0);
	KUNIT_EXPECT_EQ(test, luo_fast_serialize(NULL, &pa), -EDOM);
	luo_test_close_sessions(files);
}

/* A session of the previous kernel, not retrieved */
static struct luo_fast_session *luo_test_add_incoming(const char *name)
{
	struct luo_fast_session *session =
		luo_fast_session_alloc(name, GFP_KERNEL);

	guard(mutex)(&luo_fast_incoming.lock);
	if (session && luo_fast_table_add(&luo_fast_incoming, session)) {
		luo_fast_session_free(session);
		session = NULL;
	}

	return session;
}

static void luo_test_del_incoming(struct luo_fast_session *session)
{
	scoped_guard(mutex, &luo_fast_incoming.lock)
		luo_fast_table_del(&luo_fast_incoming, session);
	luo_fast_session_free(session);
}

void luo_test_unretrieved_session_is_not_lost(struct kunit *test)
{
	struct luo_fast_session *left = luo_test_add_incoming("luo-kunit-left");
	static struct file *files[LUO_TEST_SESSIONS];
	u64 pa;

	KUNIT_ASSERT_NOT_NULL(test, left);
	KUNIT_ASSERT_EQ(test, luo_test_create_sessions(files), 0);
	/* Makes every freeze fail, so that it is undone. */
	luo_numbers[0].fail[LUO_EV_FREEZE] = -EDOM;

	KUNIT_EXPECT_EQ(test, luo_fast_count_unretrieved(), 1);
	KUNIT_EXPECT_EQ(test, luo_fast_serialize(NULL, &pa), -EBUSY);
	KUNIT_EXPECT_EQ(test, luo_test_nr_of[LUO_EV_FREEZE], 0);

	/* Allowed once */
	luo_fast_set_drop_unretrieved(true);
	KUNIT_EXPECT_EQ(test, luo_fast_serialize(NULL, &pa), -EDOM);
	KUNIT_EXPECT_FALSE(test, luo_fast_drops_unretrieved());
	KUNIT_EXPECT_EQ(test, luo_fast_serialize(NULL, &pa), -EBUSY);

	left->retrieved = true;
	KUNIT_EXPECT_EQ(test, luo_fast_count_unretrieved(), 0);
	/* What is not needed is not used up. */
	luo_fast_set_drop_unretrieved(true);
	KUNIT_EXPECT_EQ(test, luo_fast_serialize(NULL, &pa), -EDOM);
	KUNIT_EXPECT_TRUE(test, luo_fast_drops_unretrieved());
	luo_fast_set_drop_unretrieved(false);
	luo_test_del_incoming(left);
	luo_test_close_sessions(files);
}

#define LUO_TEST_LATE_HANDLER	"luo-kunit-late-v1"

static struct liveupdate_file_handler luo_test_late = {
	.ops = &luo_number_ops,
	.compatible = LUO_TEST_LATE_HANDLER,
};

/* Its records: file 0 has a handler, file 1 a late one. */
static int luo_test_write_records(struct kho_block_set *blocks)
{
	struct kho_block_set_it it;
	struct luo_file_ser *ser;
	int err = kho_block_set_grow(blocks, 2);

	if (err)
		return err;

	kho_block_set_it_init(&it, blocks);
	ser = kho_block_set_it_reserve_entry(&it);
	strscpy(ser->compatible, LUO_TEST_HANDLER);
	ser = kho_block_set_it_reserve_entry(&it);
	strscpy(ser->compatible, LUO_TEST_LATE_HANDLER);
	ser->token = 1;
	ser->data = 1;
	return 0;
}

/* As after the first open of the device */
static void luo_test_fail_to_load(struct luo_fast_session *session)
{
	session->err = -ENOPKG;
	luo_fast_flb_add_unknown();
}

static int luo_test_retrieve_session(const char *name, struct file **filep)
{
	char text[LIVEUPDATE_SESSION_NAME_LENGTH] = {};

	strscpy(text, name);
	*filep = luo_fast_session_retrieve(text);
	return PTR_ERR_OR_ZERO(*filep);
}

void luo_test_session_waits_for_its_handler(struct kunit *test)
{
	struct luo_fast_session *late = luo_test_add_incoming("luo-kunit-late");
	struct file *file;

	KUNIT_ASSERT_NOT_NULL(test, late);
	KUNIT_ASSERT_EQ(test, luo_test_write_records(&late->file_set.blocks),
			0);
	luo_test_fail_to_load(late);

	KUNIT_EXPECT_EQ(test, luo_test_retrieve_session(late->name, &file),
			-ENOPKG);
	KUNIT_EXPECT_EQ(test, luo_test_retrieve_session(late->name, &file),
			-ENOPKG);
	KUNIT_EXPECT_NOT_NULL(test, strstr(late->fault, LUO_TEST_LATE_HANDLER));
	KUNIT_EXPECT_EQ(test, late->file_set.count, 0);
	KUNIT_EXPECT_EQ(test, luo_fast_count_unretrieved(), 1);

	KUNIT_ASSERT_EQ(test, liveupdate_register_file_handler(&luo_test_late),
			0);
	KUNIT_ASSERT_EQ(test, luo_test_retrieve_session(late->name, &file), 0);
	KUNIT_EXPECT_EQ(test, late->file_set.count, 2);
	KUNIT_EXPECT_EQ(test, late->file_set.blocks.nblocks, 0);
	KUNIT_EXPECT_EQ(test, luo_fast_count_unretrieved(), 0);
	/* Closing finishes it. */
	__fput_sync(file);
	KUNIT_EXPECT_EQ(test, luo_test_nr_of[LUO_EV_FINISH], 2);
	KUNIT_EXPECT_EQ(test, luo_fast_incoming.count, 0);
	liveupdate_unregister_file_handler(&luo_test_late);
}

void luo_test_unreadable_session_is_not_retrieved(struct kunit *test)
{
	struct luo_fast_session *bad = luo_test_add_incoming("luo-kunit-bad");
	struct file *file;

	KUNIT_ASSERT_NOT_NULL(test, bad);
	bad->err = -EBADMSG;
	KUNIT_EXPECT_EQ(test, luo_test_retrieve_session(bad->name, &file),
			-EBADMSG);
	KUNIT_EXPECT_FALSE(test, bad->retrieved);
	luo_test_del_incoming(bad);
}
