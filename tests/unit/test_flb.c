// SPDX-License-Identifier: GPL-2.0-only
/*
 * FLBs in modules, which are unloaded with their last reference: kernel/kho_fast/luo/flb.c
 *
 * The FLB is in the memory of its module, with the locks.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/refcount.h>

#include "luo/flb.h"
#include "luo/flb_records.h"
#include "test.h"

extern bool shim_liveupdate;

/* A module with one FLB, unloaded when @refs gets 0: then nothing may use its memory. */
struct module {
	unsigned int		refs;
	bool			going;
	struct liveupdate_flb	flb;
};

static struct module *module;
static struct luo_flb_ser record;
static bool has_record, in_use;
static int callback_err;
static unsigned int nr_preserved, nr_unpreserved, nr_retrieved, nr_finished;

bool try_module_get(struct module *m)
{
	if (m->going)
		return false;
	m->refs++;
	return true;
}

void __module_get(struct module *m)
{
	if (!m->refs++)
		shim_die("a module is used without a reference");
}

void module_put(struct module *m)
{
	if (!m->refs)
		shim_die("a module is put too often");
	if (--m->refs)
		return;
	free(m);
	module = NULL;
}

const struct luo_flb_ser *luo_fast_flb_find_record(const char *name)
{
	return has_record ? &record : ERR_PTR(-ENODATA);
}

bool luo_fast_flb_in_use(const struct liveupdate_flb *flb)
{
	return in_use;
}

static int preserve(struct liveupdate_flb_op_args *args)
{
	args->obj = &record;
	nr_preserved += !callback_err;
	return callback_err;
}

static void unpreserve(struct liveupdate_flb_op_args *args)
{
	nr_unpreserved++;
}

static int retrieve(struct liveupdate_flb_op_args *args)
{
	args->obj = &record;
	nr_retrieved += !callback_err;
	return callback_err;
}

static void finish(struct liveupdate_flb_op_args *args)
{
	nr_finished++;
}

static struct liveupdate_flb_ops ops = {
	.preserve = preserve, .unpreserve = unpreserve, .retrieve = retrieve, .finish = finish,
};

/* @refs: references of its users; with none it is about to be unloaded. */
static struct liveupdate_flb *load(unsigned int refs)
{
	unit_init();
	shim_liveupdate = true;
	module = calloc(1, sizeof(*module));
	module->refs = refs;
	module->flb.ops = &ops;
	ops.owner = module;
	has_record = true;
	return &module->flb;
}

static bool is_leaked(void)
{
	return strstr(shim_last_err, "is leaked, as it cannot be retrieved");
}

TEST(the_object_holds_the_module)
{
	struct liveupdate_flb *flb = load(1);
	void *obj;

	ASSERT_EQ(luo_fast_flb_get_or_preserve(flb), 0);
	ASSERT_EQ(luo_fast_flb_get_or_preserve(flb), 0);
	EXPECT_EQ(module->refs, 2);
	liveupdate_flb_put_outgoing(flb);
	EXPECT_EQ(module->refs, 2);
	liveupdate_flb_put_outgoing(flb);
	EXPECT_EQ(module->refs, 1);
	EXPECT_EQ(nr_preserved, 1);
	EXPECT_EQ(nr_unpreserved, 1);

	in_use = true;
	ASSERT_EQ(liveupdate_flb_get_incoming(flb, &obj), 0);
	ASSERT_EQ(liveupdate_flb_get_incoming(flb, &obj), 0);
	EXPECT_EQ(module->refs, 2);
	liveupdate_flb_put_incoming(flb);
	liveupdate_flb_put_incoming(flb);
	EXPECT_EQ(module->refs, 2);
	in_use = false;
	luo_fast_flb_finish_unused(flb);
	EXPECT_EQ(module->refs, 1);
	EXPECT_EQ(nr_retrieved, 1);
	EXPECT_EQ(nr_finished, 1);
	EXPECT_EQ(liveupdate_flb_get_incoming(flb, &obj), -ENODATA);
	EXPECT_EQ(module->refs, 1);
}

/* A client takes the reference of a file, which is put when the session is closed. */
TEST(a_put_too_many_is_reported_and_takes_no_reference)
{
	struct liveupdate_flb *flb = load(1);
	void *obj;

	ASSERT_EQ(luo_fast_flb_get_or_preserve(flb), 0);
	liveupdate_flb_put_outgoing(flb);
	EXPECT_EQ(shim_nr_errs, 0);
	liveupdate_flb_put_outgoing(flb);
	EXPECT_EQ(shim_nr_errs, 1);
	EXPECT_EQ(module->refs, 1);
	EXPECT_EQ(nr_unpreserved, 1);
	ASSERT_EQ(luo_fast_flb_get_or_preserve(flb), 0);
	EXPECT_EQ(nr_preserved, 2);

	in_use = true;
	ASSERT_EQ(liveupdate_flb_get_incoming(flb, &obj), 0);
	liveupdate_flb_put_incoming(flb);
	EXPECT_EQ(shim_nr_errs, 1);
	liveupdate_flb_put_incoming(flb);
	EXPECT_EQ(shim_nr_errs, 2);
	EXPECT_EQ(nr_finished, 0);
	EXPECT_EQ(shim_nr_warns, 0);
}

/* Each of the following puts the last reference, and the lock is not touched after it. */
TEST(a_module_may_go_with_the_last_reference)
{
	void *obj;

	ASSERT_EQ(luo_fast_flb_get_or_preserve(load(1)), 0);
	module->refs--;
	liveupdate_flb_put_outgoing(&module->flb);
	EXPECT_TRUE(!module);

	ASSERT_EQ(liveupdate_flb_get_incoming(load(1), &obj), 0);
	module->refs--;
	liveupdate_flb_put_incoming(&module->flb);
	EXPECT_TRUE(!module);
	EXPECT_EQ(nr_finished, 1);
}

/* A caller that found the FLB otherwise; with the error goes the only reference. */
TEST(a_module_may_go_when_its_callback_fails)
{
	void *obj;

	callback_err = -EDOM;
	EXPECT_EQ(luo_fast_flb_get_or_preserve(load(0)), -EDOM);
	EXPECT_TRUE(!module);
	EXPECT_EQ(liveupdate_flb_get_incoming(load(0), &obj), -EDOM);
	EXPECT_TRUE(!module);
	luo_fast_flb_finish_unused(load(0));
	EXPECT_TRUE(!module);
	EXPECT_TRUE(is_leaked());
}

static long until_then;	/* times that the task may sleep before the other one runs */

static void other_task(void)
{
	if (until_then--)
		return;
	shim_other_task = NULL;
	luo_fast_flb_finish_unused(&module->flb);
}

/* Another task finishes the last file at any time. */
TEST(a_module_may_go_while_an_object_is_put)
{
	long n = 0;
	void *obj;

	do {
		ASSERT_EQ(liveupdate_flb_get_incoming(load(1), &obj), 0);
		module->refs--;
		until_then = n++;
		shim_other_task = other_task;
		liveupdate_flb_put_incoming(&module->flb);
		ASSERT_TRUE(!module);
		ASSERT_EQ(nr_finished, n);
	} while (!shim_other_task);
	EXPECT_GT(n, 1);
}

TEST(a_failed_retrieval_is_not_repeated)
{
	struct liveupdate_flb *flb = load(1);
	void *obj;

	callback_err = -EDOM;
	EXPECT_EQ(liveupdate_flb_get_incoming(flb, &obj), -EDOM);
	callback_err = 0;
	EXPECT_EQ(liveupdate_flb_get_incoming(flb, &obj), -EDOM);
	EXPECT_EQ(nr_retrieved, 0);
	EXPECT_EQ(module->refs, 1);
}

/* No callback of it is called any more. */
TEST(a_module_that_is_being_unloaded_is_left_alone)
{
	struct liveupdate_flb *flb = load(0);
	void *obj;

	module->going = true;
	EXPECT_EQ(luo_fast_flb_get_or_preserve(flb), -ENODEV);
	EXPECT_EQ(liveupdate_flb_get_incoming(flb, &obj), -ENODEV);
	luo_fast_flb_finish_unused(flb);
	EXPECT_TRUE(is_leaked());
	EXPECT_EQ(nr_preserved + nr_retrieved + nr_finished, 0);
}

TEST_HARNESS_MAIN
