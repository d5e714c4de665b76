// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of the KUnit tests of LUO. Each file is a number; its handler logs the
 * callbacks.
 */
#include <linux/anon_inodes.h>
#include <linux/delay.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/liveupdate_deps.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "../luo/file.h"
#include "../luo/lookup.h"
#include "luo_numbers.h"

struct luo_number luo_numbers[LUO_TEST_FILES];
struct luo_fast_file_set luo_test_set, luo_test_other;

/* Each event is 100 times its kind plus the number of the file. */
static DEFINE_SPINLOCK(luo_test_log_lock);
static int luo_test_log[1024];
int luo_test_nr_logged, luo_test_nr_of[LUO_NR_EV];

static int luo_test_log_event(enum luo_test_event event, int nr)
{
	guard(spinlock)(&luo_test_log_lock);

	if (luo_numbers[nr].fail[event])
		return luo_numbers[nr].fail[event];
	if (luo_test_nr_logged < ARRAY_SIZE(luo_test_log))
		luo_test_log[luo_test_nr_logged++] = 100 * event + nr;
	luo_test_nr_of[event]++;
	return 0;
}

/* Returns the position of an event in the log, or -1. */
int luo_test_when(enum luo_test_event event, int nr)
{
	int i;

	for (i = 0; i < luo_test_nr_logged; i++) {
		if (luo_test_log[i] == 100 * event + nr)
			return i;
	}

	return -1;
}

void luo_test_reset_events(void)
{
	luo_test_nr_logged = 0;
	memset(luo_test_nr_of, 0, sizeof(luo_test_nr_of));
}

static const struct file_operations luo_number_fops = {
	.owner = THIS_MODULE,
};

static int luo_number_of(struct file *file)
{
	return (struct luo_number *)file->private_data - luo_numbers;
}

static bool luo_number_op_can_preserve(struct liveupdate_file_handler *fh,
				       struct file *file)
{
	const struct luo_number *number = file->private_data;

	return file->f_op == &luo_number_fops && !number->refused;
}

static int luo_number_op_preserve(struct liveupdate_file_op_args *args)
{
	const struct luo_number *number = args->file->private_data;
	int i, err;

	for (i = 0; i < number->nr_deps; i++) {
		struct file *dep = luo_numbers[number->deps[i]].file;
		u64 token;

		err = liveupdate_get_token_outgoing(args, dep, &token);
		if (err)
			return err;
		if (token != number->deps[i])
			return -EBADMSG;
	}
	args->serialized_data = luo_number_of(args->file);
	return luo_test_log_event(LUO_EV_PRESERVE, luo_number_of(args->file));
}

static void luo_number_op_unpreserve(struct liveupdate_file_op_args *args)
{
	luo_test_log_event(LUO_EV_UNPRESERVE, luo_number_of(args->file));
}

static int luo_number_op_freeze(struct liveupdate_file_op_args *args)
{
	const struct luo_number *number = args->file->private_data;

	if (number->slow_ms)
		msleep(number->slow_ms);
	return luo_test_log_event(LUO_EV_FREEZE, luo_number_of(args->file));
}

static void luo_number_op_unfreeze(struct liveupdate_file_op_args *args)
{
	luo_test_log_event(LUO_EV_UNFREEZE, luo_number_of(args->file));
}

static int luo_number_op_retrieve(struct liveupdate_file_op_args *args)
{
	struct luo_number *number = &luo_numbers[args->serialized_data];
	int i, err;

	for (i = 0; i < number->nr_deps; i++) {
		struct file *file;

		err = liveupdate_get_file_incoming(args, number->deps[i],
						   &file);
		if (err)
			return err;
		err = luo_number_of(file) == number->deps[i] ? 0 : -EBADMSG;
		fput(file);
		if (err)
			return err;
	}

	err = luo_test_log_event(LUO_EV_RETRIEVE, number - luo_numbers);
	if (!err)
		args->file = get_file(number->file);
	return err;
}

static bool luo_number_op_can_finish(struct liveupdate_file_op_args *args)
{
	return !luo_numbers[args->serialized_data].unready;
}

static void luo_number_op_finish(struct liveupdate_file_op_args *args)
{
	luo_test_log_event(LUO_EV_FINISH, args->serialized_data);
}

const struct liveupdate_file_ops luo_number_ops = {
	.can_preserve	= luo_number_op_can_preserve,
	.preserve	= luo_number_op_preserve,
	.unpreserve	= luo_number_op_unpreserve,
	.freeze		= luo_number_op_freeze,
	.unfreeze	= luo_number_op_unfreeze,
	.retrieve	= luo_number_op_retrieve,
	.can_finish	= luo_number_op_can_finish,
	.finish		= luo_number_op_finish,
	.owner		= THIS_MODULE,
};

struct liveupdate_file_handler luo_test_handler = {
	.ops = &luo_number_ops,
	.compatible = LUO_TEST_HANDLER,
};

int luo_test_preserve(struct luo_fast_file_set *where, int nr, u64 token)
{
	return luo_fast_file_preserve(where, token, luo_numbers[nr].fd);
}

int luo_test_preserve_all(int nr)
{
	int i, err = 0;

	for (i = 0; i < nr && !err; i++)
		err = luo_test_preserve(&luo_test_set, i, i);
	return err;
}

int luo_test_unpreserve(u64 token)
{
	struct luo_fast_file *lf = luo_fast_file_find(&luo_test_set, token);

	return lf ? luo_fast_file_unpreserve(&luo_test_set, lf) : -ENOENT;
}

void luo_test_add_dep(int nr, int needed)
{
	luo_numbers[nr].deps[luo_numbers[nr].nr_deps++] = needed;
}

int luo_test_deserialize(int nr, u64 token)
{
	struct luo_file_ser ser = {
		.compatible = LUO_TEST_HANDLER,
		.data = nr,
		.token = token,
	};

	return luo_fast_file_deserialize(&luo_test_set, &ser);
}

int luo_test_deserialize_all(int nr)
{
	int i, err = 0;

	for (i = 0; i < nr && !err; i++)
		err = luo_test_deserialize(i, i);
	return err;
}

int luo_test_retrieve(u64 token)
{
	struct luo_fast_file *lf = luo_fast_file_find(&luo_test_set, token);
	struct file *file;
	int err;

	if (!lf)
		return -ENOENT;

	err = luo_fast_file_retrieve(lf, &file);
	if (!err)
		fput(file);
	return err;
}

int luo_test_open(void)
{
	int i;

	luo_test_reset_events();
	luo_fast_file_set_init(&luo_test_set);
	luo_fast_file_set_init(&luo_test_other);
	memset(luo_numbers, 0, sizeof(luo_numbers));
	for (i = 0; i < LUO_TEST_FILES; i++) {
		int fd = anon_inode_getfd("[luo-kunit]", &luo_number_fops,
					  &luo_numbers[i], O_RDWR);

		if (fd < 0)
			return fd;
		luo_numbers[i].fd = fd;
		luo_numbers[i].file = fget(fd);
	}

	return 0;
}

void luo_test_close(void)
{
	int i;

	/* Deserialized files are not unpreserved. */
	if (luo_test_set.blocks.nblocks)
		luo_fast_file_set_unpreserve(&luo_test_set);
	else
		luo_fast_file_set_drop(&luo_test_set);
	luo_fast_file_set_unpreserve(&luo_test_other);
	for (i = 0; i < LUO_TEST_FILES; i++) {
		fput(luo_numbers[i].file);
		close_fd(luo_numbers[i].fd);
	}
}
