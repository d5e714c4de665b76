// SPDX-License-Identifier: GPL-2.0-only
/*
 * Target: the records of live update, read as core.c, sessions.c and flb_records.c
 * do. Ends the program when the kernel does anything but take all of a sound
 * handover, or refuse one with a message and nothing freed.
 */
#include <stdlib.h>

#include <linux/bug.h>
#include <linux/slab.h>

#include "fuzz.h"
#include "luo/records.h"

/* More cannot be: each page has up to 51, and there are not that many pages. */
#define MAX_SESSIONS	(51 * NR_PAGES)

struct heard {
	u64		nr_sessions, nr_files, nr_flbs;
	unsigned int	nr_calls;
	bool		has_flbs;
	bool		refused;	/* by the reader */
};

/* A handover as the kernel sees it; what the reader heard. */
static struct {
	struct luo_fast_reader	reader;
	struct kho_block_set	sessions;
	struct kho_block_set	files[MAX_SESSIONS];
	struct heard		heard;
} luo;

static void must(bool cond, const char *what)
{
	if (!cond)
		shim_die("%s", what);
}

static void must_be_text(const char *text, size_t size)
{
	must(*text && strnlen(text, size) < size, "text without an end, or none, is passed on");
}

static int hear(void)
{
	luo.heard.refused = ++luo.heard.nr_calls == image.head.refuse;
	return luo.heard.refused ? -EEXIST : 0;
}

static int hear_session(struct luo_fast_reader *reader, const struct luo_session_ser *ser)
{
	must(!luo.heard.refused, "the reader refused, and is called again");
	must(luo.heard.nr_sessions < MAX_SESSIONS, "more sessions than there can be");
	must_be_text(ser->name, sizeof(ser->name));
	reader->files = &luo.files[luo.heard.nr_sessions++];
	kho_block_set_init(reader->files, sizeof(struct luo_file_ser));
	return hear();
}

static int hear_file(struct luo_fast_reader *reader, const struct luo_file_ser *ser)
{
	must(!luo.heard.refused, "the reader refused, and is called again");
	must_be_text(ser->compatible, sizeof(ser->compatible));
	luo.heard.nr_files++;
	return hear();
}

static void luo_init(void)
{
	u64 i;

	for (i = 0; i < luo.heard.nr_sessions; i++)
		memset(&luo.files[i], 0, sizeof(luo.files[i]));
	luo.heard = (struct heard){};
	luo.reader = (struct luo_fast_reader){ .session = hear_session, .file = hear_file };
	kho_block_set_init(&luo.sessions, sizeof(struct luo_session_ser));
	shim_nr_errs = 0;
	shim_nr_warns = 0;
	shim_fail_after = image.head.fault - 1L;
}

static int take_flbs(u64 pa)
{
	const struct luo_flb_header_ser *ser;
	int err;

	if (!pa)
		return 0;
	ser = luo_fast_record_restore(pa, PAGE_SIZE);
	if (!ser) {
		pr_err("no FLBs there\n");
		return -EINVAL;
	}
	luo.heard.has_flbs = true;
	err = luo_fast_check_flbs(ser, PAGE_SIZE);
	if (!err)
		luo.heard.nr_flbs = ser->count;
	return err;
}

/* @ser is a copy of just the bytes that there are said to be. */
static int take_root(const struct luo_ser *ser, size_t size)
{
	struct luo_fast_root root;
	int err = luo_fast_parse_root(ser, size, &root);

	if (err)
		return err;
	if (!luo_fast_record_restore(image_pa(image.head.root % NR_PAGES), sizeof(*ser))) {
		pr_err("no root record there\n");
		return -EINVAL;
	}
	err = kho_block_set_restore(&luo.sessions, root.sessions_pa);
	if (!err)
		err = take_flbs(root.flbs_pa);
	return err ?: luo_fast_parse_sessions(&luo.sessions, &luo.reader);
}

static void *copy_root(size_t size)
{
	void *copy = malloc(size);

	if (!copy)
		shim_die("no memory for a copy");
	memcpy(copy, image_page(image_pa(image.head.root % NR_PAGES)), size);
	return copy;
}

static void check_refusal(int err, bool sound, bool met_fault)
{
	u64 i;

	must(!image.nr_released, "refused, and something is freed");
	must(err == (luo.heard.refused ? -EEXIST : met_fault ? -ENOMEM : -EINVAL), "another error");
	must(met_fault || shim_nr_errs, "refused without a message");
	must(!sound || luo.heard.refused || met_fault, "a sound handover is refused");
	luo_fast_blocks_leak(&luo.sessions);
	for (i = 0; i < luo.heard.nr_sessions; i++)
		luo_fast_blocks_leak(&luo.files[i]);
	must(!image.nr_released, "abandoned, and something is freed");
}

static void check_success(const struct expected *e, bool met_fault)
{
	u64 i;

	must(!met_fault, "taken without memory for it");
	must(e->sound, "a handover that is not sound is taken");
	must(luo.heard.nr_sessions == e->sessions && luo.heard.nr_files == e->files &&
	     luo.heard.nr_flbs == e->flbs,
	     "not all of it is taken");
	must(!shim_nr_errs, "taken, with a message");
	for (i = 0; i < luo.heard.nr_sessions; i++)
		kho_block_set_destroy(&luo.files[i]);
	kho_block_set_destroy(&luo.sessions);
	/* The kernel keeps the FLBs; that it frees the root record is core.c's. */
	must(image.nr_claimed - image.nr_released == 1 + luo.heard.has_flbs,
	     "not every block is freed");
}

bool take_over(const u8 *data, size_t size)
{
	struct expected expected;
	size_t root_size;
	bool met_fault;
	void *root;
	int err;

	image_read(data, size);
	expected = expect();
	root_size = image.head.root_size ?: sizeof(struct luo_ser);
	root_size = min(root_size, PAGE_SIZE);
	root = copy_root(root_size);
	image_close();
	luo_init();

	err = take_root(root, root_size);
	met_fault = image.head.fault && shim_fail_after < 0;
	if (err)
		check_refusal(err, expected.sound, met_fault);
	else
		check_success(&expected, met_fault);
	must(!shim_nr_warns, "the kernel warns");
	must(!shim_live_objects, "something is not given back");
	free(root);
	return !err;
}
