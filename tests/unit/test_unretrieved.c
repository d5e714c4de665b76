// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sessions that are not retrieved: kernel/kho_fast/luo/unretrieved.c
 */
#include <linux/errno.h>
#include <linux/list.h>

#include "luo/enable.h"
#include "luo/session_table.h"
#include "luo/unretrieved.h"
#include "test.h"

struct luo_fast_table luo_fast_incoming;
static struct luo_fast_session sessions[3];

int luo_fast_incoming_error(void)
{
	return 0;
}

/* All records are read already. */
void *luo_fast_record_restore(u64 pa, size_t size)
{
	shim_die("a record is restored");
}

void *luo_fast_record_find(u64 pa, size_t size)
{
	shim_die("a record is read");
}

void *luo_fast_record_peek(u64 pa, size_t size)
{
	shim_die("a record is verified");
}

void luo_fast_record_free(void *mem)
{
	shim_die("a record is freed");
}

/* Of three sessions of the previous kernel the first two are unreadable. */
static void three_sessions(void)
{
	unsigned int i;

	unit_init();
	mutex_init(&luo_fast_incoming.lock);
	INIT_LIST_HEAD(&luo_fast_incoming.list);
	kho_block_set_init(&luo_fast_incoming.blocks, sizeof(struct luo_session_ser));
	for (i = 0; i < ARRAY_SIZE(sessions); i++) {
		snprintf(sessions[i].name, sizeof(sessions[i].name), "vm%u", i);
		list_add_tail(&sessions[i].list, &luo_fast_incoming.list);
	}
	sessions[0].err = sessions[1].err = -EBADMSG;
	strcpy(sessions[0].fault, "no luck");
	strcpy(sessions[1].fault, "bad luck");
}

static bool says(const char *text)
{
	return strstr(shim_last_line, text);
}

TEST(a_session_that_can_be_retrieved_is_named_first)
{
	three_sessions();
	EXPECT_EQ(luo_fast_count_unretrieved(), 3);
	EXPECT_EQ(luo_fast_check_unretrieved(), -EBUSY);
	EXPECT_TRUE(says("session 'vm2' of the last one is not retrieved"));
	EXPECT_TRUE(says("(3 in all): retrieve it, or write 1 to"));

	/* The first of two */
	sessions[1].err = 0;
	EXPECT_EQ(luo_fast_check_unretrieved(), -EBUSY);
	EXPECT_TRUE(says("session 'vm1' of the last one is not retrieved"));
	sessions[1].err = -EBADMSG;

	/* A handler that is missing yet can come. */
	sessions[2].err = -ENOPKG;
	EXPECT_EQ(luo_fast_check_unretrieved(), -EBUSY);
	EXPECT_TRUE(says("session 'vm2' of the last one is not retrieved"));
}

TEST(nobody_is_told_to_retrieve_what_cannot_be_read)
{
	three_sessions();
	sessions[2].retrieved = true;
	EXPECT_EQ(luo_fast_check_unretrieved(), -EBUSY);
	EXPECT_TRUE(says("session 'vm0' of the last one cannot be retrieved (no luck)"));
	EXPECT_TRUE(says("(2 in all): write 1 to"));
	EXPECT_EQ(strstr(shim_last_line, "retrieve it"), NULL);
	EXPECT_NE(strstr(shim_last_msg, "'%*pE'"), NULL);
}

TEST(permission_to_lose_sessions_is_for_the_first_update_that_needs_it)
{
	three_sessions();
	luo_fast_set_drop_unretrieved(true);
	EXPECT_EQ(luo_fast_check_unretrieved(), 0);
	EXPECT_EQ(shim_nr_errs, 0);
	EXPECT_EQ(shim_nr_warnings, 1);
	EXPECT_FALSE(luo_fast_drops_unretrieved());
	EXPECT_EQ(luo_fast_check_unretrieved(), -EBUSY);

	sessions[0].retrieved = sessions[1].retrieved = sessions[2].retrieved = true;
	luo_fast_set_drop_unretrieved(true);
	EXPECT_EQ(luo_fast_check_unretrieved(), 0);
	EXPECT_TRUE(luo_fast_drops_unretrieved());
	EXPECT_EQ(shim_nr_warnings, 1);
}

TEST_HARNESS_MAIN
